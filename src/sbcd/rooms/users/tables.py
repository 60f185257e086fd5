"""Users: local accounts, RADIUS and LDAP servers, and what governs their logins."""

from enum import IntEnum

from sbcd.config.table import Row, col, kept, table
from sbcd.config.types import NO_ADDRESS, Address, Secret


class UserStatus(IntEnum):
    NEW = 0
    VALID = 1
    FAILED_LOGIN = 2
    INACTIVITY = 3


class UserLevel(IntEnum):
    USER = 50
    ADMIN = 100
    SEC_ADMIN = 200
    MASTER = 220


class LdapServerType(IntEnum):
    CONTROL = 0
    MANAGEMENT = 1


class LdapSearchMethod(IntEnum):
    PARALLEL = 0
    SEQUENTIAL = 1


class LdapSearchDns(IntEnum):
    SEQUENTIAL = 0
    PARALLEL = 1


class GroupLevel(IntEnum):
    MONITOR = 0
    ADMIN = 1
    SEC_ADMIN = 2


@table(ini="WebUsers", area="system", cli="user", help="Local users of the Web, CLI and REST interfaces.")
class WebUsers(Row):
    """Local users of the Web, CLI and REST interfaces."""

    name: str = col(
        "Username", cli="user", most=40, unique=True, help="Letters, digits, dot, underscore, hyphen."
    )
    password: Secret = col(
        "Password", default=Secret(), cli="password", help="Kept as a salted slow digest only."
    )
    status: UserStatus = col(
        "Status", default=UserStatus.NEW, cli="status", help="Whether the account may be used."
    )
    password_age: int = col(
        "PwAgeInterval",
        default=90,
        cli="password-age",
        low=0,
        high=10000,
        help="Days (older versions: minutes) a password is good for, 0: always.",
    )
    session_limit: int = col(
        "SessionLimit", default=5, cli="session-limit", low=0, high=100, help="Sessions at a time."
    )
    cli_session_limit: int = kept(
        "CliSessionLimit",
        default=-1,
        cli="cli-session-limit",
        low=-1,
        high=100,
        help="CLI sessions at a time, -1: no limit.",
    )
    session_timeout: int = col(
        "SessionTimeout",
        default=15,
        cli="session-timeout",
        low=0,
        high=100000,
        help="Minutes until an idle session ends.",
    )
    block_time: int = col(
        "BlockTime",
        default=60,
        cli="block-duration",
        low=0,
        high=100000,
        help="Seconds an account is blocked after failed logins.",
    )
    level: UserLevel = col("UserLevel", default=UserLevel.USER, cli="privilege", help="What the user may do.")
    nonce: str = kept("PwNonce", default="")
    ssh_public_key: str = kept(
        "SSHPublicKey", default="", cli="public-key", most=512, help="Key for SSH logins."
    )
    previous1: str = kept("PrevPassw1", default="")
    previous2: str = kept("PrevPassw2", default="")
    previous3: str = kept("PrevPassw3", default="")
    previous4: str = kept("PrevPassw4", default="")

    @classmethod
    def factory(cls) -> "dict[int, WebUsers]":
        return {
            0: cls(
                name="Admin", password=Secret("Admin"), status=UserStatus.VALID, level=UserLevel.SEC_ADMIN
            ),
            1: cls(name="User", password=Secret("User"), status=UserStatus.VALID, level=UserLevel.USER),
        }


@table(ini="RadiusServers", area="system", cli="radius servers", help="Servers asked for logins.")
class RadiusServers(Row):
    """Servers asked for logins."""

    server_group: str = kept("ServerGroup", default="0", cli="server-group")
    ip_address: Address = col(
        "IPAddress", default=NO_ADDRESS, cli="ip-address", help="Address of the server."
    )
    authentication_port: int = col(
        "AuthenticationPort",
        default=1645,
        cli="auth-port",
        low=0,
        high=65535,
        help="UDP port for logins, 0: not asked.",
    )
    accounting_port: int = kept(
        "AccountingPort",
        default=1646,
        cli="acc-port",
        low=0,
        high=65535,
        help="UDP port for accounting, 0: not told.",
    )
    shared_secret: Secret = col("SharedSecret", default=Secret(), cli="shared-secret", help="Shared secret.")


@table(
    ini="LdapServerGroups",
    area="system",
    cli="ldap ldap-server-groups",
    help="Groups of LDAP servers that answer alike.",
    was=("LDAPServerGroups",),
)
class LdapServerGroups(Row):
    """Groups of LDAP servers that answer alike."""

    name: str = col("Name", most=40, unique=True, help="Name of the group.")
    server_type: LdapServerType = col(
        "ServerType", default=LdapServerType.CONTROL, cli="server-type", help="Call control or logins."
    )
    search_method: LdapSearchMethod = col(
        "SearchMethod",
        default=LdapSearchMethod.PARALLEL,
        cli="server-search-method",
        help="All servers at once or one by one.",
    )
    cache_entry_timeout: int = kept(
        "CacheEntryTimeout",
        default=1200,
        cli="cache-entry-timeout",
        low=0,
        high=35791,
        help="Minutes an answer is good for.",
    )
    cache_entry_removal_timeout: int = kept(
        "CacheEntryRemovalTimeout",
        default=0,
        cli="cache-entry-removal-timeout",
        low=0,
        high=596,
        help="Hours until an answer is forgotten, 0: never.",
    )
    search_dns_method: LdapSearchDns = kept(
        "SearchDnsMethod",
        default=LdapSearchDns.SEQUENTIAL,
        cli="search-dn-method",
        help="Base DNs one by one or at once.",
    )

    @classmethod
    def factory(cls) -> "dict[int, LdapServerGroups]":
        return {0: cls(name="DefaultCTRLServersGroup")}


@table(ini="LdapConfiguration", area="system", cli="ldap ldap-configuration", help="LDAP servers.")
class LdapConfiguration(Row):
    """LDAP servers."""

    group: str = col(
        "Group", default="", cli="server-group", refers_to="LdapServerGroups", help="Group of the server."
    )
    server_ip: Address = col(
        "LdapConfServerIp", default=NO_ADDRESS, cli="server-ip", help="Address of the server."
    )
    server_port: int = col(
        "LdapConfServerPort", default=389, cli="server-port", low=0, high=65535, help="TCP port."
    )
    max_respond_time: int = col(
        "LdapConfServerMaxRespondTime",
        default=3000,
        cli="max-respond-time",
        low=0,
        high=86400,
        help="Milliseconds to wait.",
    )
    domain_name: str = col(
        "LdapConfServerDomainName",
        default="",
        cli="domain-name",
        most=255,
        help="Host name, when no address is given.",
    )
    password: Secret = col(
        "LdapConfPassword",
        default=Secret(),
        cli="password",
        help="Password to bind with; $ is the user's own.",
    )
    bind_dn: str = col(
        "LdapConfBindDn", default="", cli="bind-dn", most=255, help="Name to bind with; $ is the user's own."
    )
    ldap_conf_interface_type: int = kept("LdapConfInterfaceType", default=-1)
    interface: str = col(
        "Interface",
        default="",
        cli="interface-type",
        refers_to="InterfaceTable",
        help="Interface to ask from.",
    )
    type: int = kept("Type", default=0)
    management_attribute: str = col(
        "MngmAuthAtt", default="memberOf", most=255, help="Attribute that tells the user's groups."
    )
    use_tls: bool = col("useTLS", default=False, cli="use-tls", help="Speak TLS.")
    tls_context: str = col(
        "ContextName", default="", cli="tls-context", refers_to="TLSContexts", help="TLS context."
    )
    verify_certificate: bool = col(
        "VerifyCertificate", default=False, cli="verify-certificate", help="Check the server's certificate."
    )
    no_op_timeout: int = kept("NoOpTimeout", default=0)
    verify_subject: bool = col("VerifySubjectName", default=False, help="Check the name in the certificate.")


@table(
    ini="LdapServersSearchDNs",
    area="system",
    cli="ldap ldap-servers-search-dns",
    help="Where to look below an LDAP server.",
)
class LdapServersSearchDNs(Row):
    """Where to look below an LDAP server."""

    base_path: str = col("Base_Path", default="", most=255, help="Base DN.")
    server: int = col("LdapConfigurationIndex", parent="LdapConfiguration", quoted=True, help="The server.")
    position: int = col(
        "SearchDnInternalIndex",
        default=0,
        low=0,
        high=5,
        position=True,
        help="Place among the base DNs of the server.",
    )


@table(
    ini="MgmntLDAPGroups",
    area="system",
    cli="ldap mgmt-ldap-groups",
    help="LDAP groups and the level their members log in with.",
)
class MgmntLDAPGroups(Row):
    """LDAP groups and the level their members log in with."""

    server: int = col("LdapConfigurationIndex", parent="LdapConfiguration", quoted=True, help="The server.")
    position: int = col(
        "GroupIndex", default=0, low=0, high=9, position=True, help="Place among the groups of the server."
    )
    level: GroupLevel = col("Level", default=GroupLevel.MONITOR, help="Level of the members.")
    group: str = col("Group", default="", most=1000, help="Group names, separated by semicolons.")
