"""Alarms: who is told - SNMP managers, syslog, activity log, call records."""

from sbcd.config.table import Params, col, kept, params
from sbcd.config.types import NO_ADDRESS, Address, Secret


@params(section="SNMP Params", area="system", cli="snmp settings")
class SnmpParams(Params):
    """SNMP."""

    disabled: bool = col(
        "DisableSNMP", default=False, cli="disable", help="No traps are sent, and nobody may ask."
    )
    port: int = col(
        "SNMPPort", default=161, cli="port", low=100, high=65535, help="Port on which managers may ask."
    )
    trap_community: Secret = col(
        "SNMPTrapCommunityString",
        default=Secret("trapuser"),
        cli="trap-community",
        help="Community of SNMPv2 traps.",
    )
    read_only_communities: tuple[Secret, ...] = col(
        "SNMPReadOnlyCommunityString",
        default=Secret(),
        cli="ro-community-string",
        array=5,
        help="Who knows one of these may read.",
    )
    read_write_communities: tuple[Secret, ...] = col(
        "SNMPReadWriteCommunityString",
        default=Secret(),
        cli="rw-community-string",
        array=5,
        help="Who knows one of these may read as well; nothing is written by SNMP here.",
    )
    trusted_managers: tuple[Address, ...] = col(
        "SNMPTrustedMGR",
        default=NO_ADDRESS,
        cli="trusted-managers",
        array=5,
        help="Addresses that may ask; none given: everyone with a community or as a user.",
    )
    keep_alive_trap: bool = col(
        "SendKeepAliveTrap",
        default=False,
        cli="keep-alive-trap",
        help="Every manager gets acKeepAlive again and again, so that a NAT between keeps the way open.",
    )
    keep_alive_trap_port: int = col(
        "KeepAliveTrapPort",
        default=1161,
        cli="keep-alive-trap-port",
        low=0,
        high=65334,
        help="Port of the managers for these, 0: none.",
    )
    active_most: int = col(
        "ActiveAlarmTableMaxSize",
        default=120,
        cli="active-alarm-table-max-size",
        low=50,
        high=3000,
        help="Most active alarms.",
    )
    history_most: int = col(
        "AlarmHistoryTableMaxSize",
        default=500,
        cli="alarm-history-table-max-size",
        low=50,
        high=2000,
        help="Most alarms in the history.",
    )
    no_alarm_for_disabled_port: bool = kept(
        "NoAlarmForDisabledPort", default=False, cli="no-alarm-for-disabled-port"
    )


@params(section="SNMP Params", area="system", cli="snmp trap-destination")
class TrapParams(Params):
    """Where traps go."""

    used: tuple[bool, ...] = col(
        "SNMPManagerIsUsed", default=False, cli="is-used", array=5, help="The manager is there."
    )
    managers: tuple[Address, ...] = col(
        "SNMPManagerTableIP", default=NO_ADDRESS, cli="ip-address", array=5, help="Its address."
    )
    ports: tuple[int, ...] = col(
        "SNMPManagerTrapPort", default=162, cli="port", low=100, high=65535, array=5, help="Its port."
    )
    sending: tuple[bool, ...] = col(
        "SNMPManagerTrapSendingEnable", default=True, cli="send-trap", array=5, help="It gets traps."
    )
    users: tuple[str, ...] = col(
        "SNMPManagerTrapUser",
        default="",
        cli="trap-user",
        most=32,
        array=5,
        help="SNMPv3 user, empty: SNMPv2 with the trap community.",
    )


@params(section="SYSTEM Params", area="troubleshoot", cli="syslog")
class SyslogParams(Params):
    """Log lines to a collector."""

    enabled: bool = col(
        "EnableSyslog", default=False, cli="syslog", words={False: "off", True: "on"}, help="Lines are sent."
    )
    server: Address = col("SyslogServerIP", default=NO_ADDRESS, cli="syslog-ip", help="The collector.")
    port: int = col(
        "SyslogServerPort", default=514, cli="syslog-port", low=0, high=65535, help="Its UDP port."
    )
    facility: int = col(
        "SyslogFacility", default=16, cli="facility", low=16, high=23, help="16 to 23: local0 to local7."
    )
    level: int = col(
        "SyslogLogLevel", default=7, cli="log-level", low=0, high=7, help="Lines of this severity and worse."
    )
    max_bundle_syslog_length: int = kept(
        "MaxBundleSyslogLength", default=1220, cli="max-bundle-syslog-length"
    )
    syslog_cpu_protection: bool = kept("SyslogCpuProtection", default=False, cli="syslog-cpu-protection")
    debug_level_high_threshold: int = kept(
        "DebugLevelHighThreshold", default=90, cli="debug-level-high-threshold"
    )


@params(section="SIP Params", area="troubleshoot", cli="syslog")
class SyslogSipParams(Params):
    """Log lines to a collector."""

    syslog_optimization: int = kept("SyslogOptimization", default=0, cli="syslog-optimization")
    debug_level: int = kept(
        "GwDebugLevel",
        default=0,
        cli="debug-level",
        low=0,
        high=7,
        help="How much of the calls is logged: 0 none, 1 basic, 5 detailed.",
    )


@params(section="SYSTEM Params", area="troubleshoot", cli="cdr")
class CdrParams(Params):
    """Call detail records."""

    level: int = col(
        "CDRReportLevel",
        default=0,
        cli="cdr-report-level",
        low=0,
        high=4,
        help="0 none, 1 end, 2 start and end, 3 connect and end, 4 all.",
    )
    media_level: int = kept("MediaCDRReportLevel", default=0, cli="media-cdr-rprt-level", low=0, high=4)
    server: str = col(
        "CDRSyslogServerIP", default="", cli="cdr-srvr-ip-adrr", most=253, help="Collector of its own."
    )
    duration_units: int = kept(
        "CallDurationUnits",
        default=0,
        cli="call-duration-units",
        low=0,
        high=3,
        help="0 seconds, 1 tenths, 2 hundredths, 3 milliseconds.",
    )


@params(section="SYSTEM Params", area="troubleshoot", cli="activity-log")
class ActivityParams(Params):
    """What users do."""

    logged: tuple[str, ...] = col(
        "ActivityListToLog",
        default=(),
        cli="activity-list",
        help="Kinds of activity that leave the device: values (pvc, secret ones spc), resets (dr), saving "
        "(fb), files (afl, swu, ini, cli), logins (ll), refused logins (naa), other actions (ae).",
    )
    enable_parameters_monitoring: bool = col(
        "EnableParametersMonitoring",
        default=False,
        cli="parameters-monitoring",
        help="Changes of parameters are told, as if ActivityListToLog named 'pvc'.",
    )
    enable_activity_trap: bool = col(
        "EnableActivityTrap", default=False, cli="activity-trap", help="Each activity is a trap too."
    )
    debug_recording_dest_ip: str = kept(
        "DebugRecordingDestIP", default="", cli="debug-recording-dest-ip", most=45
    )
    enable_core_dump: int = kept("EnableCoreDump", default=0, cli="core-dump")
