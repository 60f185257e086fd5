"""Parameters of the ways out that the device's own set lacks: informs, syslog streams, the web hook.

One rule: where the device has a name for it, that name is used; the others begin with Sbcd."""

from enum import IntEnum

from sbcd.config.table import Params, Row, col, params, table
from sbcd.config.types import Secret


class SyslogProtocol(IntEnum):
    UDP = 0
    TCP = 1
    TLS = 2


class SyslogForm(IntEnum):
    BSD = 0
    RFC_5424 = 1


@table(
    ini="SyslogTLSContext",
    area="troubleshoot",
    cli="syslog-tls-context",
    help="With which TLS context lines travel.",
    most_rows=1,
)
class SyslogTLSContext(Row):
    """With which TLS context lines travel."""

    context: str = col(
        "TLSContextId",
        default="",
        cli="tls-context",
        refers_to="TLSContexts",
        help="The TLS context whose roots the collector's certificate must go back to; "
        "empty: those of the system.",
    )


@params(section="SYSTEM Params", area="troubleshoot", cli="syslog")
class SyslogStreamParams(Params):
    """How log lines travel."""

    protocol: SyslogProtocol = col(
        "SyslogProtocol", default=SyslogProtocol.UDP, cli="syslog-protocol", help="How lines travel."
    )
    form: SyslogForm = col(
        "SbcdSyslogForm",
        default=SyslogForm.BSD,
        cli="syslog-form",
        help="The form of a line: that of RFC 3164 with the device's marks, or RFC 5424.",
    )


@params(section="SNMP Params", area="system", cli="snmp settings")
class SnmpIdentityParams(Params):
    """SNMP: who the device is, and whether it may be asked."""

    enterprise: str = col(
        "SNMPTrapEnterpriseOid",
        default="",
        cli="trap-enterprise-oid",
        most=100,
        pattern=r"([0-2](\.[0-9]{1,9}){1,20})?",
        help="Where the traps stand in the tree of OIDs; empty: where those of the device stand.",
    )
    engine_id: str = col(
        "SNMPEngineIDString",
        default="",
        cli="engine-id",
        most=95,
        pattern=r"([0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){4,31})?",
        resets=True,
        help="Engine ID of SNMPv3, as aa:bb:...; empty: made of the serial number.",
    )
    agent: bool = col(
        "SbcdSNMPAgent",
        default=False,
        cli="agent",
        help="Managers may read the alarm tables; nothing is set.",
    )


@params(section="SNMP Params", area="system", cli="snmp trap-destination")
class InformParams(Params):
    """Where traps go: with or without an answer."""

    inform: tuple[bool, ...] = col(
        "SbcdSNMPInform", default=False, cli="inform", array=5, help="The manager answers, or is told again."
    )
    retries: int = col(
        "SbcdSNMPInformRetries", default=5, low=0, high=100, cli="inform-retries", help="How often again."
    )
    timeout: int = col(
        "SbcdSNMPInformTimeout",
        default=2,
        low=1,
        high=60,
        cli="inform-timeout",
        help="Seconds to wait for the answer.",
    )


@params(section="SYSTEM Params", area="network", cli="nat-settings")
class NatParams(Params):
    """How long a NAT before the device keeps a way open."""

    binding: int = col(
        "NATBINDINGDEFAULTTIMEOUT",
        default=30,
        cli="nat-binding-default-timeout",
        low=0,
        high=2592000,
        help="Seconds a way stays open unused; keep-alive traps come after nine tenths of it, 0: never.",
    )


@params(section="SYSTEM Params", area="system", cli="web-hook")
class WebhookParams(Params):
    """Alarms as JSON to a web server."""

    url: str = col(
        "SbcdAlarmWebhookURL",
        default="",
        cli="url",
        most=500,
        pattern=r"(https?://[^\s]+)?",
        help="Where alarms are posted; empty: nowhere.",
    )
    token: Secret = col(
        "SbcdAlarmWebhookToken", default=Secret(), cli="token", most=500, help="Sent as bearer token."
    )
    context: str = col(
        "SbcdAlarmWebhookTLSContext",
        default="",
        cli="tls-context",
        most=31,
        help="The TLS context whose roots the server's certificate must go back to; "
        "empty: those of the system.",
    )
