"""System: names, clock, management interfaces, updates, licence, limits of the machine."""

from sbcd.config.table import Params, col, kept, params
from sbcd.config.types import NO_ADDRESS, Address, Secret


@params(section="SYSTEM Params", area="system", cli="")
class SystemParams(Params):
    """What the device is called."""

    sys_name: str = col("SNMPSysName", default="", most=255, help="Name of the device, SNMP's sysName.")


@params(section="SYSTEM Params", area="network", cli="")
class HostParams(Params):
    """What the device is called in the network."""

    hostname: str = kept("HOSTNAME", default="", cli="hostname", most=100, help="Host name.")


@params(section="Voice Engine Params", area="system", cli="")
class SystemVoiceParams(Params):
    """What the device is called."""

    sbc_cluster_mode: int = kept("SbcClusterMode", default=0, always=True)


@params(section="SYSTEM Params", area="system", cli="clock")
class ClockParams(Params):
    """Local time."""

    utc_offset: int = col(
        "NTPServerUTCOffset",
        default=0,
        cli="utc-offset",
        low=-86400,
        high=86400,
        help="Seconds that local time is ahead of UTC.",
    )
    summer_time: bool = col(
        "DayLightSavingTimeEnable", default=False, cli="summer-time", help="Daylight saving time is observed."
    )
    summer_time_start: str = col(
        "DayLightSavingTimeStart",
        default="01:01:00:00",
        cli="start",
        most=16,
        help="Begin of it in standard time, as mm:dd:hh:mm or mm:SUN/01:hh:mm (05: the last of the month).",
    )
    summer_time_end: str = col(
        "DayLightSavingTimeEnd",
        default="01:01:00:00",
        cli="end",
        most=16,
        help="End of it in daylight saving time, likewise.",
    )
    summer_time_offset: int = col(
        "DayLightSavingTimeOffset",
        default=60,
        cli="offset",
        low=0,
        high=120,
        help="Minutes that it is ahead of standard time.",
    )


@params(section="SYSTEM Params", area="system", cli="ntp")
class NtpParams(Params):
    """Time servers."""

    primary: str = col(
        "NTPServerIP",
        default="",
        cli="primary-server",
        most=253,
        help="First time server, a name or an address.",
    )
    secondary: str = col(
        "NTPSecondaryServerIP", default="", cli="secondary-server", most=253, help="Second time server."
    )
    update_interval: int = col(
        "NTPUpdateInterval",
        default=86400,
        cli="update-interval",
        low=1,
        high=2147483647,
        help="Seconds between two questions.",
    )
    key_id: int = col(
        "ntpAuthKeyId",
        default=0,
        cli="auth-key-id",
        low=0,
        high=2147483647,
        help="Number of the key that questions and answers are signed with, 0: they are not.",
    )
    md5_key: Secret = col(
        "ntpAuthMd5Key",
        default=Secret(),
        cli="auth-key-md5",
        most=31,
        was=("ntpAuthMd5KeyPassword",),
        help="This key.",
    )


@params(section="WEB Params", area="system", cli="web")
class WebParams(Params):
    """The Web and REST interface."""

    http_port: int = kept(
        "HTTPport",
        default=80,
        cli="http-port",
        low=0,
        high=65535,
        resets=True,
        help="HTTP port, 0: none. --http of the command line stands before it.",
    )
    https_port: int = kept(
        "HTTPSPort",
        default=443,
        cli="https-port",
        low=0,
        high=65535,
        resets=True,
        help="HTTPS port. --https of the command line stands before it.",
    )
    https_only: bool = col("HTTPSOnly", default=False, cli="https-only", resets=True, help="HTTPS only.")
    https_ciphers: str = kept("HTTPSCipherString", default="", cli="https-cipher-string", most=200)
    https_client_certificate: bool = col(
        "HTTPSRequireClientCertificate",
        default=False,
        cli="https-require-client-cert",
        help="Only clients with a certificate from the trusted roots of TLS context 0.",
    )
    access_list: tuple[Address, ...] = col(
        "WebAccessList",
        default=NO_ADDRESS,
        cli="web-access-list",
        array=50,
        help="Addresses that may log in, 0.0.0.0: not used; all unused: everyone.",
    )
    languages: tuple[str, ...] = kept(
        "Languages", default=("en-US", "", "", "", "", "", "", "", "", ""), cli="languages", always=True
    )
    up_label: str = col("UpLabelName", default="WAN", cli="up-label-name", help="Name of the side above.")
    down_label: str = col(
        "DownLabelName", default="LAN", cli="down-label-name", help="Name of the side below."
    )
    logo_width: str = kept("LogoWidth", default="145", cli="logo-width")
    use_product: bool = col(
        "UseProductName", default=False, cli="use-product-name", help="UserProductName is shown."
    )
    user_product: str = col(
        "UserProductName",
        default="",
        cli="user-product-name",
        most=29,
        help="Product name to show, with UseProductName 1.",
    )


@params(section="SYSTEM Params", area="system", cli="cli-settings")
class CliParams(Params):
    """CLI sessions."""

    telnet: int = kept("TelnetServerEnable", default=1, cli="telnet")
    telnet_port: int = kept("TelnetServerPort", default=23, cli="telnet-port")
    telnet_idle: int = kept("TelnetServerIdleDisconnect", default=5, cli="idle-timeout", resets=True)
    telnet_sessions: int = kept("TelnetMaxSessions", default=2, cli="telnet-max-sessions")
    ssh: bool = kept("SSHServerEnable", default=False, cli="ssh")
    ssh_port: int = kept("SSHServerPort", default=22, cli="ssh-port")
    ssh_sessions: int = kept("SSHMaxSessions", default=5, cli="ssh-max-sessions")
    ssh_login_attempts: int = kept("SSHMaxLoginAttempts", default=3, cli="ssh-max-login-attempts")
    ssh_public_key: bool = kept("SSHRequirePublicKey", default=False, cli="ssh-require-public-key")
    ssh_admin_key: str = kept("SSHAdminKey", default="", cli="ssh-admin-key", most=510)
    ssh_ciphers: str = kept("SSHCiphersString", default="", cli="ssh-ciphers", most=500)
    ssh_kex: str = kept("SSHKexAlgorithmsString", default="", cli="ssh-kex-algorithms", most=500)
    ssh_macs: str = kept("SSHMACsString", default="", cli="ssh-macs", most=500)
    window_height: int = kept(
        "DefaultTerminalWindowHeight",
        default=-1,
        cli="window-height",
        low=-1,
        high=65535,
        help="Lines of a page, 0: no paging, -1: as the terminal.",
    )
    enable_password: Secret = kept("CLIPrivPass", default=Secret("Admin"), cli="privilege-password")


@params(section="SYSTEM Params", area="system", cli="automatic-update")
class UpdateParams(Params):
    """Fetching files from a server."""

    update_firmware: bool = kept("AutoUpdateCmpFile", default=False, cli="update-firmware")
    frequency: int = kept("AutoUpdateFreqencySeconds", default=0, cli="update-frequency-sec")
    predefined_time: str = kept("AutoUpdatePredefinedTime", default="", cli="predefined-time", most=8)
    interface: str = kept("AUPDInterface", default="OAMP", cli="aupd-interface")
    firmware: str = kept("CmpFileURL", default="", cli="firmware", most=254, resets=True)
    ini_file: str = kept("IniFileURL", default="", cli="voice-configuration", most=758, resets=True)


@params(section="SYSTEM Params", area="system", cli="cwmp")
class Tr069Params(Params):
    """TR-069."""

    acs_password: Secret = kept("TR069ACSPASSWORD", default=Secret(), cli="acs-password", always=True)
    connection_request_password: Secret = kept(
        "TR069CONNECTIONREQUESTPASSWORD", default=Secret(), cli="connection-request-password", always=True
    )


@params(section="SYSTEM Params", area="system", cli="license")
class LicenseParams(Params):
    """The licence server."""

    server: bool = kept("LicenseServerEnable", default=False, cli="license-server")
    username: str = kept("LicenseServerUsername", default="", cli="license-server-username", most=255)


@params(section="BSP Params", area="system", cli="license")
class LicenseBoardParams(Params):
    """The licence server."""

    product_key: str = kept("ProductKey", default="", cli="product-key", most=40)


@params(section="SYSTEM Params", area="network", cli="dns settings")
class DnsParams(Params):
    """Name servers for interfaces without their own."""

    old_primary: Address = kept("DNSPriServerIP", default=NO_ADDRESS, cli="dns-primary-server-ip")
    primary: Address = col(
        "DefaultPrimaryDnsServerIp",
        default=NO_ADDRESS,
        cli="dns-default-primary-server-ip",
        help="First name server.",
    )
    secondary: Address = col(
        "DefaultSecondaryDnsServerIp",
        default=NO_ADDRESS,
        cli="dns-default-secondary-server-ip",
        help="Second name server.",
    )


@params(section="BSP Params", area="system", cli="board")
class BoardParams(Params):
    """Limits and defaults of the machine."""

    pcm_law_select: int = kept("PCMLawSelect", default=3, resets=True, always=True)
    arp_table_max_entries: int = kept("ARPTableMaxEntries", default=1024, always=True)
    enter_cpu_overload_percent: int = kept("EnterCpuOverloadPercent", default=99, always=True)
    exit_cpu_overload_percent: int = kept("ExitCpuOverloadPercent", default=95, always=True)
    sbc_performance_profile: int = kept("SbcPerformanceProfile", default=0, always=True)
    media_diffserv: int = kept(
        "PREMIUMSERVICECLASSMEDIADIFFSERV", default=46, cli="premium-media-diffserv", low=0, high=63
    )
    control_diffserv: int = kept(
        "PREMIUMSERVICECLASSCONTROLDIFFSERV", default=24, cli="premium-control-diffserv", low=0, high=63
    )
    gold_diffserv: int = kept("GOLDSERVICECLASSDIFFSERV", default=26, cli="gold-diffserv", low=0, high=63)
    bronze_diffserv: int = kept(
        "BRONZESERVICECLASSDIFFSERV", default=10, cli="bronze-diffserv", low=0, high=63
    )


@params(section="ControlProtocols Params", area="troubleshoot", cli="state")
class StateParams(Params):
    """Lock state and debugging of the control protocols."""

    admin_state_lock_control: int = col(
        "AdminStateLockControl",
        default=0,
        cli="admin-state-lock-control",
        always=True,
        low=-1,
        high=2000000,
        help="Seconds in which calls may end when the device is locked; 0: at once, -1: no limit.",
    )
    call_flow_report: int = kept("CallFlowReportMode", default=0, cli="call-flow-report")
    rest_debug_mode: int = kept("RestDebugMode", default=0, cli="rest-debug-mode")
