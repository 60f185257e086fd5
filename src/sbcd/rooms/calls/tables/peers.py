"""Calls: who speaks with us - IP groups, accounts and users of the device."""

from sbcd.config.table import Row, col, kept, table
from sbcd.config.types import Secret
from sbcd.rooms.calls.tables.words import (
    AccountApplication,
    AdmissionDirection,
    AdmissionRequest,
    AuthenticationMode,
    IPGroupType,
    Register,
    RegistrationMode,
    UriInput,
)


@table(ini="IPGroup", area="voip", cli="ip-group", help="A peer or a group of users.")
class IPGroup(Row):
    """A peer or a group of users."""

    type: IPGroupType = col(
        "Type", default=IPGroupType.SERVER, cli="type", help="A known server, users, or a gateway."
    )
    name: str = col("Name", default="", cli="name", most=40, unique=True, help="Name of the IP group.")
    proxy_set: str = col(
        "ProxySetName", default="", cli="proxy-set-name", refers_to="ProxySet", help="Where the peer is."
    )
    voice_ai_connector: str = kept("VoiceAIConnector", default="")
    sip_group: str = col(
        "SIPGroupName", default="", cli="sip-group-name", most=100, help="Its host name in headers."
    )
    contact_user: str = col(
        "ContactUser", default="", cli="contact-user", most=60, help="User part of Contact towards the peer."
    )
    sip_re_routing_mode: int = kept("SipReRoutingMode", default=-1, cli="sip-re-routing-mode")
    always_use_route_table: int = kept("AlwaysUseRouteTable", default=0, cli="always-use-route-table")
    srd: str = col(
        "SRDName", default="", cli="srd-name", refers_to="SRD", help="SRD it belongs to; empty: the first."
    )
    media_realm: str = col(
        "MediaRealm", default="", cli="media-realm-name", refers_to="CpMediaRealm", help="Media ports."
    )
    internal_media_realm: str = kept(
        "InternalMediaRealm", default="", cli="internal-media-realm-name", refers_to="CpMediaRealm"
    )
    classify_by_proxy_set: bool = col(
        "ClassifyByProxySet", default=True, cli="classify-by-proxy-set", help="Its addresses tell it."
    )
    ip_profile: str = col(
        "ProfileName", default="", cli="ip-profile-name", refers_to="IpProfile", help="How it is treated."
    )
    max_num_of_reg_users: int = col(
        "MaxNumOfRegUsers",
        default=-1,
        cli="max-num-of-reg-users",
        low=-1,
        high=1000000,
        help="Most registered users, -1: no limit.",
    )
    inbound_man_set: int = col(
        "InboundManSet",
        default=-1,
        cli="inbound-mesg-manipulation-set",
        low=-1,
        high=1000,
        help="Manipulation set for what it sends, -1: none.",
    )
    outbound_man_set: int = col(
        "OutboundManSet",
        default=-1,
        cli="outbound-mesg-manipulation-set",
        low=-1,
        high=1000,
        help="Manipulation set for what is sent to it, -1: none.",
    )
    registration_mode: RegistrationMode = col(
        "RegistrationMode",
        default=RegistrationMode.USER_INITIATES,
        cli="registration-mode",
        help="Whether its users register themselves, are registered by the device, or are known without.",
    )
    authentication_mode: AuthenticationMode = col(
        "AuthenticationMode",
        default=AuthenticationMode.USER_AUTHENTICATES,
        cli="authentication-mode",
        help="Who is asked for credentials.",
    )
    method_list: str = col(
        "MethodList", default="", cli="authentication-method-list", most=255, help="Methods challenged."
    )
    sbc_server_auth_type: int = kept("SBCServerAuthType", default=-1)
    oauth_http_service: str = kept("OAuthHTTPService", default="")
    enable_sbc_client_forking: int = kept("EnableSBCClientForking", default=0)
    source_uri_input: UriInput = col(
        "SourceUriInput", default=UriInput.NOT_CONFIGURED, cli="src-uri-input", help="Caller's header."
    )
    dest_uri_input: UriInput = col(
        "DestUriInput", default=UriInput.NOT_CONFIGURED, cli="dst-uri-input", help="Called's header."
    )
    contact: str = col("ContactName", default="", help="Our host in Contact towards the group.")
    username: str = col(
        "UsernameAsClient",
        default="",
        cli="username",
        most=60,
        was=("Username",),
        help="Our name when challenged.",
    )
    password: Secret = col(
        "PasswordAsClient", default=Secret(), cli="password", was=("Password",), help="Its password."
    )
    username_as_server: str = kept(
        "UsernameAsServer", default="", most=60, help="User name the peer must show."
    )
    password_as_server: Secret = kept("PasswordAsServer", default=Secret(), help="Its password.")
    uui_format: int = kept("UUIFormat", default=0)
    qoe_profile: str = col(
        "QOEProfile", default="", cli="qoe-profile", refers_to="QOEProfile", help="Colours of its calls."
    )
    bw_profile: str = kept("BWProfile", default="", cli="bandwidth-profile")
    always_use_source_addr: bool = col(
        "AlwaysUseSourceAddr", default=False, cli="always-use-source-addr", help="Answer to the real source."
    )
    msg_man_user_def1: str = col(
        "MsgManUserDef1",
        default="",
        cli="msg-man-user-defined-string1",
        most=60,
        help="Text for manipulations.",
    )
    msg_man_user_def2: str = col(
        "MsgManUserDef2",
        default="",
        cli="msg-man-user-defined-string2",
        most=60,
        help="Text for manipulations.",
    )
    sip_connect: int = kept("SIPConnect", default=0)
    sbc_psap_mode: int = kept("SBCPSAPMode", default=0)
    dtls_context: str = kept("DTLSContext", default="default", cli="dtls-context", refers_to="TLSContexts")
    created_by_routing_server: int = kept("CreatedByRoutingServer", default=0)
    used_by_routing_server: int = kept("UsedByRoutingServer", default=0)
    sbc_operation_mode: int = col(
        "SBCOperationMode",
        default=-1,
        cli="sbc-operation-mode",
        only=(-1, 0),
        help="0: back-to-back user agent, which the device always is; -1: as the SRD.",
    )
    sbc_route_using_request_uri_port: int = kept("SBCRouteUsingRequestURIPort", default=0)
    sbc_keep_original_call_id: int = col(
        "SBCKeepOriginalCallID",
        default=0,
        low=0,
        high=1,
        help="1: calls to the group keep the Call-ID of the caller.",
    )
    topology_location: int = col(
        "TopologyLocation", default=0, cli="topology-location", low=0, high=1, help="Side: 0 down, 1 up."
    )
    dial_plan: str = col(
        "SBCDialPlanName", default="", cli="sbc-dial-plan-name", refers_to="DialPlan", help="Tags its calls."
    )
    call_setup_rules_set_id: int = col(
        "CallSetupRulesSetId",
        default=-1,
        cli="call-setup-rules-set-id",
        low=-1,
        high=1000,
        help="Call setup rules for its calls, -1: none.",
    )
    teams_registration_mode: int = kept("TeamsRegistrationMode", default=0)
    tags: str = col(
        "Tags", default="", cli="tags", most=70, help="Tags of the peer, as name=value;name2=value2."
    )
    sbc_user_stickiness: int = kept("SBCUserStickiness", default=0)
    user_udp_port_assignment: int = kept("UserUDPPortAssignment", default=0)
    admission_profile: str = col(
        "AdmissionProfile", default="", cli="cac-profile", refers_to="SBCAdmissionProfile", help="Limits."
    )
    proxy_keep_alive_using_ip_group: bool = col(
        "ProxyKeepAliveUsingIPG", default=False, cli="proxy-keepalive-use-ipg", help="Keep-alives from it."
    )
    sbc_alt_route_reasons_set: str = kept("SBCAltRouteReasonsSetName", default="")
    teams_local_media_optimization: int = kept(
        "TeamsLocalMediaOptimization",
        default=0,
        cli="teams-local-media-optimization",
        was=("TeamsMediaOptimization",),
    )
    teams_local_mo_initial_behavior: int = kept(
        "TeamsLocalMOInitialBehavior", default=0, was=("TeamsMOInitialBehavior",)
    )
    sip_source_host: str = col(
        "SIPSourceHostName", default="", help="Host in the From of requests to the group."
    )
    teams_direct_routing_mode: int = kept(
        "TeamsDirectRoutingMode", default=0, cli="teams-direct-routing-mode"
    )
    teams_local_mo_site: str = kept("TeamsLocalMOSite", default="")
    user_voice_quality_report: int = kept("UserVoiceQualityReport", default=0)
    validate_source_ip: bool = kept(
        "ValidateSourceIP", default=False, help="Take messages from its addresses only."
    )
    metering_remote_type: int = kept("MeteringRemoteType", default=0)
    dedicated_connection_mode: int = kept("DedicatedConnectionMode", default=0)

    @classmethod
    def factory(cls) -> "dict[int, IPGroup]":
        return {
            0: cls(name="Default_IPG", proxy_set="ProxySet_0", srd="DefaultSRD", media_realm="DefaultRealm")
        }


@table(
    ini="Account", area="voip", cli="sip-definition account", help="Where the device registers for a peer."
)
class Account(Row):
    """Where the device registers for a peer."""

    account: str = col("AccountName", default="", most=40, help="Free text.")
    served_trunk_group: int = kept("ServedTrunkGroup", default=-1, cli="served-trunk-group")
    served_ip_group: str = col(
        "ServedIPGroupName", default="", cli="served-ip-group-name", refers_to="IPGroup", help="For whom."
    )
    serving_ip_group: str = col(
        "ServingIPGroupName", default="", cli="serving-ip-group-name", refers_to="IPGroup", help="Where."
    )
    username: str = col("Username", default="", cli="user-name", most=60, help="User name.")
    password: Secret = col("Password", default=Secret(), cli="password", help="Its password.")
    host: str = col(
        "HostName", default="", cli="host-name", most=49, help="Host name in the Address-of-Record."
    )
    contact_user: str = col(
        "ContactUser", default="", cli="contact-user", most=60, help="User part of the Contact."
    )
    register: Register = col(
        "Register", default=Register.NO, cli="register", help="Whether and how to register."
    )
    registrar_stickiness: int = kept("RegistrarStickiness", default=0)
    registrar_search_mode: int = kept("RegistrarSearchMode", default=0)
    reg_event_package_subscription: int = kept("RegEventPackageSubscription", default=0)
    application_type: AccountApplication = kept(
        "ApplicationType",
        default=AccountApplication.SBC,
        cli="application-type",
        help="Application the account is for.",
    )
    reg_by_served_ip_g: bool = kept(
        "RegByServedIPG", default=False, help="Register only while the served peer is registered."
    )
    udp_port_assignment: int = kept("UDPPortAssignment", default=0)
    re_register_on_invite_failure: bool = col(
        "ReRegisterOnInviteFailure", default=False, help="Register again after a refused INVITE."
    )
    accept_dhcp_configuration: int = kept("AcceptDHCPConfiguration", default=0)


@table(ini="SBCUserInfoTable", area="voip", cli="sbc user-info", help="Users of the device.")
class SBCUserInfoTable(Row):
    """Users of the device."""

    local_user: str = col(
        "LocalUser", default="", cli="local-user", most=100, help="Name in the Address-of-Record."
    )
    username: str = col("Username", default="", most=60, help="Name for credentials.")
    password: Secret = col("Password", default=Secret(), cli="password", help="Password.")
    ip_group: str = col(
        "IPGroupName", default="", cli="ip-group-name", refers_to="IPGroup", help="IP group of the user."
    )


@table(
    ini="SBCAdmissionProfile", area="voip", cli="sbc cac-profile", help="Limits of calls and registrations."
)
class SBCAdmissionProfile(Row):
    """Limits of calls and registrations."""

    name: str = col("Name", most=40, unique=True, help="Name of the profile.")


@table(ini="SBCAdmissionRule", area="voip", cli="sbc cac-rule", help="One limit of a profile.")
class SBCAdmissionRule(Row):
    """One limit of a profile."""

    admission_profile: str = col("AdmissionProfile", parent="SBCAdmissionProfile", help="The profile.")
    position: int = col("RuleIndex", default=0, low=0, high=7, position=True, help="Place in the profile.")
    request_type: AdmissionRequest = col(
        "RequestType", default=AdmissionRequest.ALL, help="Requests that count."
    )
    request_direction: AdmissionDirection = col(
        "RequestDirection", default=AdmissionDirection.BOTH, help="Direction that counts."
    )
    limit: int = col(
        "Limit", default=-1, low=-1, high=2147483647, help="Most at a time, -1: no limit, 0: none at all."
    )
    limit_per_user: int = col(
        "LimitPerUser", default=-1, low=-1, high=2147483647, help="Most at a time for a user."
    )
    rate: int = col("Rate", default=0, low=0, high=2147483647, help="New ones per second, 0: no limit.")
    max_burst: int = col("MaxBurst", default=0, low=0, high=2147483647, help="New ones at once, 0: no limit.")
    rate_per_user: int = col(
        "RatePerUser", default=0, low=0, high=2147483647, help="New ones per second for a user."
    )
    max_burst_per_user: int = col(
        "MaxBurstPerUser", default=0, low=0, high=2147483647, help="New ones at once for a user."
    )
    reservation: int = kept(
        "Reservation", default=0, low=0, high=2147483647, help="Kept free for this entity."
    )
