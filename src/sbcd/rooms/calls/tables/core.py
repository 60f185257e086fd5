"""Calls: where SIP is spoken - SRDs and SIP interfaces."""

from sbcd.config.table import Row, col, kept, table
from sbcd.rooms.calls.tables.words import (
    ApplicationType,
    BlockUnRegUsers,
    DirectMedia,
    EncapsulatingProtocol,
    SharingPolicy,
    Tristate,
)


@table(ini="SRD", area="voip", cli="srd", help="A separate SIP routing domain.")
class SRD(Row):
    """A separate SIP routing domain."""

    name: str = col("Name", cli="name", most=40, unique=True, help="Name of the SRD.")
    block_un_reg_users: BlockUnRegUsers = col(
        "BlockUnRegUsers",
        default=BlockUnRegUsers.ACCEPT_ALL,
        cli="block-un-reg-users",
        help="Calls of users that are not registered.",
    )
    max_num_of_reg_users: int = kept(
        "MaxNumOfRegUsers",
        default=-1,
        cli="max-reg-users",
        low=-1,
        high=1000000,
        help="Most registered users, -1: no limit.",
    )
    enable_un_authenticated_registrations: bool = col(
        "EnableUnAuthenticatedRegistrations",
        default=True,
        cli="enable-un-auth-registrs",
        only=(True,),
        help="Pass registrations on without asking for credentials.",
    )
    sharing_policy: SharingPolicy = kept("SharingPolicy", default=SharingPolicy.SHARED, cli="type")
    used_by_routing_server: int = kept("UsedByRoutingServer", default=0)
    sbc_operation_mode: int = col(
        "SBCOperationMode",
        default=0,
        cli="sbc-operation-mode",
        only=(0,),
        help="0: back-to-back user agent, which the device always is.",
    )
    routing_policy: str = col(
        "SBCRoutingPolicyName",
        default="",
        cli="sbc-routing-policy-name",
        refers_to="SBCRoutingPolicy",
        help="Routing policy of the domain.",
    )
    dial_plan: str = col(
        "SBCDialPlanName",
        default="",
        cli="sbc-dial-plan-name",
        refers_to="DialPlan",
        help="Dial plan of the domain.",
    )
    admission_profile: str = col(
        "AdmissionProfile",
        default="",
        cli="cac-profile",
        refers_to="SBCAdmissionProfile",
        help="Limits of the domain.",
    )

    @classmethod
    def factory(cls) -> "dict[int, SRD]":
        return {0: cls(name="DefaultSRD", routing_policy="Default_SBCRoutingPolicy")}


@table(ini="SIPInterface", area="voip", cli="sip-interface", help="Where the device listens for SIP.")
class SIPInterface(Row):
    """Where the device listens for SIP."""

    name: str = col(
        "InterfaceName", cli="interface-name", most=40, unique=True, help="Name of the SIP interface."
    )
    network_interface: str = col(
        "NetworkInterface",
        default="",
        cli="network-interface",
        refers_to="InterfaceTable",
        help="IP interface it listens on.",
    )
    sctp_secondary_network_interface: str = kept(
        "SCTPSecondaryNetworkInterface", default="", refers_to="InterfaceTable"
    )
    application_type: ApplicationType = kept(
        "ApplicationType",
        default=ApplicationType.SBC,
        cli="application-type",
        help="Application that takes the calls.",
    )
    udp_port: int = col("UDPPort", default=5060, cli="udp-port", low=0, high=65534, help="UDP port, 0: none.")
    tcp_port: int = col("TCPPort", default=5060, cli="tcp-port", low=0, high=65534, help="TCP port, 0: none.")
    tls_port: int = col("TLSPort", default=5061, cli="tls-port", low=0, high=65534, help="TLS port, 0: none.")
    sctp_port: int = kept("SCTPPort", default=0)
    additional_udp_ports: str = col(
        "AdditionalUDPPorts",
        default="",
        cli="additional-udp-ports",
        help="More UDP ports to listen on, as first-last; at most 100.",
    )
    additional_udp_ports_mode: int = kept(
        "AdditionalUDPPortsMode", default=0, cli="additional-udp-ports-mode"
    )
    srd: str = col(
        "SRDName", default="", cli="srd-name", refers_to="SRD", help="SRD it belongs to; empty: the first."
    )
    message_policy: str = col(
        "MessagePolicyName",
        default="",
        cli="message-policy-name",
        refers_to="MessagePolicy",
        help="What messages it takes.",
    )
    tls_context: str = col(
        "TLSContext",
        default="default",
        cli="tls-context-name",
        refers_to="TLSContexts",
        help="Certificate it shows.",
    )
    tls_mutual_authentication: Tristate = col(
        "TLSMutualAuthentication",
        default=Tristate.NOT_CONFIGURED,
        cli="tls-mutual-auth",
        help="Ask peers for a certificate; -1: as the global parameter.",
    )
    tcp_keepalive_enable: bool = col(
        "TCPKeepaliveEnable",
        default=False,
        cli="tcp-keepalive-enable",
        help="TCP keep-alives on its connections.",
    )
    classification_failure_response: int = col(
        "ClassificationFailureResponseType",
        default=500,
        cli="classification-fail-response-type",
        low=0,
        high=699,
        help="Answer to a request nobody can be found for, 0: silence.",
    )
    pre_classification_man_set: int = col(
        "PreClassificationManSet",
        default=-1,
        cli="pre-classification-manset",
        low=-1,
        high=1000,
        help="Manipulation set before classification, -1: none.",
    )
    encapsulating_protocol: EncapsulatingProtocol = kept(
        "EncapsulatingProtocol",
        default=EncapsulatingProtocol.NONE,
        cli="encapsulating-protocol",
        help="SIP in WebSocket.",
    )
    media_realm: str = col(
        "MediaRealm",
        default="",
        cli="media-realm-name",
        refers_to="CpMediaRealm",
        help="Media realm for peers without one.",
    )
    sbc_direct_media: DirectMedia = col(
        "SBCDirectMedia",
        default=DirectMedia.DISABLE,
        cli="sbc-direct-media",
        help="Whether media may pass beside the device.",
    )
    block_un_reg_users: int = col(
        "BlockUnRegUsers", default=-1, low=-1, high=2, help="As in the SRD; -1: what the SRD says."
    )
    max_num_of_reg_users: int = kept(
        "MaxNumOfRegUsers", default=-1, low=-1, high=1000000, help="Most registered users, -1: no limit."
    )
    enable_un_authenticated_registrations: int = col(
        "EnableUnAuthenticatedRegistrations",
        default=-1,
        low=-1,
        high=1,
        only=(-1, 1),
        help="As in the SRD; -1: what the SRD says.",
    )
    used_by_routing_server: int = kept("UsedByRoutingServer", default=0)
    topology_location: int = col(
        "TopologyLocation",
        default=0,
        cli="topology-location",
        low=0,
        high=1,
        help="Side of the device it lies on: 0 down, 1 up.",
    )
    pre_parsing_man_set: str = kept("PreParsingManSetName", default="", cli="pre-parsing-man-set")
    admission_profile: str = kept(
        "AdmissionProfile",
        default="",
        cli="cac-profile",
        refers_to="SBCAdmissionProfile",
        help="Limits of the interface.",
    )
    call_setup_rules_set_id: int = col(
        "CallSetupRulesSetId",
        default=-1,
        cli="call-setup-rules-set-id",
        low=-1,
        high=1000,
        help="Call setup rules before classification, -1: none.",
    )

    @classmethod
    def factory(cls) -> "dict[int, SIPInterface]":
        return {
            0: cls(
                name="SIPInterface_0",
                network_interface="O+M+C",
                srd="DefaultSRD",
                message_policy="Malicious Signature DB Protection",
                media_realm="DefaultRealm",
            )
        }
