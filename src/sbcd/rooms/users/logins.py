"""Users: the parameters of logins - blocking, ageing, RADIUS, LDAP."""

from enum import IntEnum

from sbcd.config.table import Params, col, kept, params


class RadiusAuthentication(IntEnum):
    """How a password is shown to a RADIUS server."""

    PAP = 0
    MS_CHAP_V2 = 1


@params(section="WEB Params", area="system", cli="web login")
class LoginParams(Params):
    """What governs logins."""

    failures_before_block: int = col(
        "DenyAccessOnFailCount",
        default=3,
        cli="deny-access-on-fail-count",
        low=0,
        high=10,
        help="Failed logins until the user is blocked, 0: never.",
    )
    block_seconds: int = col(
        "DenyAuthenticationTimer",
        default=60,
        cli="deny-auth-timer",
        low=0,
        high=86400,
        help="Seconds the address is refused after that.",
    )
    inactivity_days: int = col(
        "UserInactivityTimer",
        default=90,
        cli="user-inactivity-timer",
        low=0,
        high=10000,
        help="Days without login until a user is locked, 0: never.",
    )
    session_minutes: int = col(
        "WebSessionTimeout",
        default=15,
        cli="session-timeout",
        low=0,
        high=100000,
        help="Minutes until an idle Web session ends.",
    )
    password_minutes: int = col(
        "WebUserPassChangeInterval",
        default=1140,
        cli="password-change-interval",
        low=0,
        high=100000,
        help="Minutes until a user may change the own password again, unless that is due.",
    )
    enforce_password_complexity: bool = col(
        "EnforcePasswordComplexity",
        default=False,
        cli="enforce-password-complexity",
        help="New passwords must be hard to guess.",
    )
    display_login_information: bool = kept(
        "DisplayLoginInformation", default=False, cli="display-last-login-info"
    )
    read_only: bool = col(
        "DisableWebConfig", default=False, cli="disable-web-config", help="The Web interface changes nothing."
    )
    block_completion: bool = col(
        "WebLoginBlockAutoComplete",
        default=False,
        cli="block-autocomplete",
        help="The login page asks browsers to remember no user names.",
    )
    reset_web_password: bool = col(
        "ResetWebPassword",
        default=False,
        cli="reset-web-password",
        resets=True,
        help="At the next reset the two default users come back and all others go.",
    )


@params(section="WEB Params", area="system", cli="web rest-login")
class RestLoginParams(Params):
    """Other ways to prove who one is. The names are this device's own (ADR 0037)."""

    bearer: bool = col(
        "RestBearerEnable",
        default=False,
        cli="bearer-tokens",
        help="REST takes bearer tokens that the device gave out.",
    )
    certificate: bool = col(
        "RestClientCertificateLogin",
        default=False,
        cli="client-certificates",
        help="A client certificate signs on as the user of its common name; needs demanded certificates.",
    )


@params(section="WEB Params", area="system", cli="radius settings")
class RadiusParams(Params):
    """Logins by RADIUS."""

    enabled: bool = col("EnableRADIUS", default=False, cli="enable", help="RADIUS is used.")
    login: bool = col("WEBRADIUSLOGIN", default=False, cli="enable-mgmt-login", help="Logins ask RADIUS.")
    local_users: int = col(
        "MGMTUSELOCALUSERSDATABASE",
        default=0,
        cli="use-local-users-db",
        low=0,
        high=1,
        help="Local users count 0: when no server answers, 1: always.",
    )
    on_timeout: int = col(
        "MGMTBEHAVIORONTIMEOUT",
        default=1,
        cli="timeout-behavior",
        low=0,
        high=1,
        help="When no server answers 0: refuse, 1: ask the local users.",
    )
    cache_mode: int = col(
        "MGMTLOGINCACHEMODE",
        default=1,
        cli="local-cache-mode",
        low=0,
        high=1,
        help="A remembered login 0: ends when it is old, 1: lives on while used.",
    )
    cache_seconds: int = col(
        "MGMTLOGINCACHETIMEOUT",
        default=900,
        cli="local-cache-timeout",
        low=0,
        high=65535,
        help="Seconds a login is remembered.",
    )
    retransmissions: int = col(
        "RADIUSRetransmission",
        default=1,
        cli="retransmission",
        low=0,
        high=10,
        help="Times a question is repeated.",
    )
    timeout: int = col(
        "RADIUSTo", default=2, cli="timeout-sec", low=1, high=30, help="Seconds until it is repeated."
    )
    vendor: int = col(
        "RadiusVSAVendorID",
        default=5003,
        cli="vsa-vendor-id",
        low=0,
        high=4294967295,
        help="Vendor of the attribute that tells the level.",
    )
    level_attribute: int = col(
        "RadiusVSAAccessAttribute",
        default=35,
        cli="vsa-access-level",
        low=0,
        high=255,
        help="The attribute that tells the level.",
    )
    authentication: RadiusAuthentication = col(
        "RadiusAuthMethod",
        default=RadiusAuthentication.PAP,
        cli="auth-method",
        help="How the password is shown (a name of our own, ADR 0096).",
    )


@params(section="SYSTEM Params", area="system", cli="radius settings")
class RadiusSystemParams(Params):
    """Logins by RADIUS."""

    default_access_level: int = col(
        "DefaultAccessLevel",
        default=200,
        cli="default-access-level",
        low=0,
        high=220,
        help="Level of users whose server tells none.",
    )


@params(section="SYSTEM Params", area="system", cli="ldap settings")
class LdapParams(Params):
    """Logins and questions by LDAP."""

    enabled: bool = col("LDAPServiceEnable", default=False, cli="ldap-service", help="LDAP is used.")
    auth_filter: str = col(
        "LDAPAuthFilter",
        default="(sAMAccountName=$)",
        cli="auth-filter",
        most=128,
        help="Search filter that finds the user who logs in; $ is the name.",
    )
    cache_seconds: int = kept(
        "LDAPCacheEntryTimeout", default=1200, cli="entry-timeout", low=0, high=2147483647
    )


@params(section="WEB Params", area="system", cli="ldap settings")
class LdapWebParams(Params):
    """Logins and questions by LDAP."""

    login: bool = col("MGMTLDAPLOGIN", default=False, cli="enable-mgmt-login", help="Logins ask LDAP.")


@params(section="SIP Params", area="system", cli="ldap settings")
class LdapSipParams(Params):
    """Logins and questions by LDAP."""

    ms_primary_key: str = kept("MSLDAPPRIMARYKEY", default="telephoneNumber", cli="ldap-primary-key", most=49)
