"""Calls: the rules a request passes - classification, routing, changes to numbers. Order matters."""

from sbcd.config.table import Row, col, kept, table
from sbcd.rooms.calls.tables.words import (
    AltRouteOptions,
    ClassificationAction,
    DestType,
    ForkPolicy,
    IpGroupSelection,
    ManipulatedRequest,
    ManipulatedUri,
    ManipulationPurpose,
    PrivacyRestriction,
    RoutedRequest,
    RouteTrigger,
    TransportType,
)


@table(
    ini="SBCRoutingPolicy", area="voip", cli="sbc routing sbc-routing-policy", help="A set of routing rules."
)
class SBCRoutingPolicy(Row):
    """A set of routing rules."""

    name: str = col("Name", most=40, unique=True, help="Name of the policy.")
    lcr_enable: int = kept("LCREnable", default=0)
    lcr_average_call_length: int = kept("LCRAverageCallLength", default=1)
    lcr_default_cost: int = kept("LCRDefaultCost", default=0)
    ldap_server_group: str = kept(
        "LdapServerGroupName",
        default="",
        cli="ldap-srv-group-name",
        refers_to="LdapServerGroups",
        help="LDAP servers that its call setup rules ask.",
    )

    @classmethod
    def factory(cls) -> "dict[int, SBCRoutingPolicy]":
        return {0: cls(name="Default_SBCRoutingPolicy")}


@table(
    ini="ConditionTable",
    area="voip",
    cli="sbc routing condition-table",
    help="Conditions on a message, by name.",
)
class ConditionTable(Row):
    """Conditions on a message, by name."""

    name: str = col("Name", most=59, unique=True, help="Name of the condition.")
    condition: str = col(
        "Condition", default="", most=299, help="What must hold, as header.from.url.user=='1'."
    )


@table(
    ini="Classification",
    area="voip",
    cli="sbc classification",
    help="Who sent this request? First match, top to bottom.",
    order_matters=True,
)
class Classification(Row):
    """Who sent this request? First match, top to bottom."""

    name: str = col("ClassificationName", default="", most=40, help="Free text.")
    condition: str = col(
        "MessageConditionName",
        default="",
        cli="message-condition-name",
        refers_to="ConditionTable",
        help="What the message must look like.",
    )
    srd: str = col(
        "SRDName",
        default="",
        cli="srd-name",
        refers_to="SRD",
        also=("Any",),
        help="SRD of the SIP interface.",
    )
    sip_interface: str = col(
        "SrcSIPInterfaceName",
        default="Any",
        cli="src-sip-interface-name",
        refers_to="SIPInterface",
        also=("Any",),
        help="SIP interface it came in on.",
    )
    src_address: str = col(
        "SrcAddress",
        default="",
        cli="src-ip-address",
        most=70,
        help="Address of the sender, with x and * as wild cards.",
    )
    src_port: int = col(
        "SrcPort", default=0, cli="src-port", low=0, high=65535, help="Port of the sender, 0: any."
    )
    src_transport: TransportType = col(
        "SrcTransportType",
        default=TransportType.NOT_CONFIGURED,
        cli="src-transport-type",
        help="Transport it came with.",
    )
    src_user: str = col(
        "SrcUsernamePrefix",
        default="*",
        cli="src-user-name-pattern",
        most=80,
        help="Pattern of the calling user.",
    )
    src_host: str = col("SrcHost", default="*", cli="src-host", most=80, help="Pattern of the calling host.")
    dest_user: str = col("DestUsernamePrefix", default="*", most=80, help="Pattern of the called user.")
    dest_host: str = col("DestHost", default="*", most=80, help="Pattern of the called host.")
    action: ClassificationAction = col(
        "ActionType", default=ClassificationAction.ALLOW, cli="action-type", help="Take it or refuse it."
    )
    ip_group: str = col(
        "SrcIPGroupName", default="", cli="src-ip-group-name", refers_to="IPGroup", help="The sender."
    )
    dest_routing_policy: str = col(
        "DestRoutingPolicy", default="", refers_to="SBCRoutingPolicy", help="Routing policy for its calls."
    )
    ip_profile: str = col(
        "IpProfileName", default="", refers_to="IpProfile", help="Profile in place of that of the sender."
    )
    ip_group_selection: IpGroupSelection = col(
        "IPGroupSelection",
        default=IpGroupSelection.SRC_IP_GROUP,
        cli="ip-group-selection",
        help="The sender by name or by tag.",
    )
    ip_group_tag: str = col(
        "IpGroupTagName", default="default", cli="ip-group-tag-name", most=70, help="The tag."
    )


@table(
    ini="IP2IPRouting",
    area="voip",
    cli="sbc routing ip2ip-routing",
    help="Where does this request go? First match, top to bottom.",
    order_matters=True,
)
class IP2IPRouting(Row):
    """Where does this request go? First match, top to bottom."""

    name: str = col("RouteName", default="", cli="route-name", most=40, help="Free text.")
    routing_policy: str = col(
        "RoutingPolicyName",
        default="",
        cli="sbc-routing-policy-name",
        refers_to="SBCRoutingPolicy",
        help="Policy the rule belongs to.",
    )
    src_ip_group: str = col(
        "SrcIPGroupName",
        default="Any",
        cli="src-ip-group-name",
        refers_to="IPGroup",
        also=("Any",),
        help="The sender.",
    )
    src_user: str = col(
        "SrcUsernamePrefix",
        default="*",
        cli="src-user-name-prefix",
        most=80,
        help="Pattern of the calling user.",
    )
    src_host: str = col("SrcHost", default="*", cli="src-host", most=80, help="Pattern of the calling host.")
    dest_user: str = col(
        "DestUsernamePrefix",
        default="*",
        cli="dst-user-name-prefix",
        most=80,
        help="Pattern of the called user.",
    )
    dest_host: str = col("DestHost", default="*", cli="dst-host", most=80, help="Pattern of the called host.")
    request_type: RoutedRequest = col(
        "RequestType", default=RoutedRequest.ALL, cli="request-type", help="Methods."
    )
    condition: str = col(
        "MessageConditionName",
        default="",
        cli="message-condition-name",
        refers_to="ConditionTable",
        help="What the message must look like.",
    )
    reroute_ip_group: str = col(
        "ReRouteIPGroupName",
        default="Any",
        cli="re-route-ip-group-id",
        refers_to="IPGroup",
        also=("Any",),
        help="Who asked for the other route.",
    )
    trigger: RouteTrigger = col(
        "Trigger", default=RouteTrigger.ANY, cli="trigger", help="What makes the rule apply."
    )
    call_setup_rules_set_id: int = col(
        "CallSetupRulesSetId",
        default=-1,
        cli="call-setup-rules-set-id",
        low=-1,
        high=1000,
        help="Call setup rules to run, -1: none.",
    )
    dest_type: DestType = col(
        "DestType", default=DestType.IP_GROUP, cli="dst-type", help="What kind of destination follows."
    )
    dest_ip_group: str = col(
        "DestIPGroupName", default="", cli="dst-ip-group-name", refers_to="IPGroup", help="The peer to call."
    )
    dest_sip_interface: str = col(
        "DestSIPInterfaceName",
        default="",
        cli="dest-sip-interface-name",
        refers_to="SIPInterface",
        help="SIP interface to leave by.",
    )
    dest_address: str = col(
        "DestAddress", default="", cli="dst-address", most=70, help="Address or host name."
    )
    dest_port: int = col(
        "DestPort", default=0, cli="dst-port", low=0, high=65535, help="Port, 0: the usual one."
    )
    dest_transport: TransportType = col(
        "DestTransportType", default=TransportType.NOT_CONFIGURED, cli="dst-transport-type", help="Transport."
    )
    alt_route_options: AltRouteOptions = col(
        "AltRouteOptions",
        default=AltRouteOptions.ROUTE_ROW,
        cli="alt-route-options",
        help="A rule of its own, or an alternative or fork of the one above.",
    )
    group_policy: ForkPolicy = col(
        "GroupPolicy",
        default=ForkPolicy.NONE,
        cli="group-policy",
        help="Whether the members below are called at once.",
    )
    cost_group: str = kept("CostGroup", default="", cli="cost-group")
    dest_tags: str = col("DestTags", default="", most=70, help="Tags of the called.")
    modified_dest_user: str = col(
        "ModifiedDestUserName", default="", most=80, help="Called user in place of the one asked for."
    )
    src_tags: str = col("SrcTags", default="", most=70, help="Tags of the caller.")
    ip_group_set: str = col(
        "IPGroupSetName", default="", cli="ipgroupset-name", refers_to="IPGroupSet", help="The set to call."
    )
    routing_tag: str = col(
        "RoutingTagName",
        default="default",
        cli="routing-tag-name",
        most=70,
        help="Tag that names the destination.",
    )
    internal_action: str = col(
        "InternalAction",
        default="",
        cli="internal-action",
        most=120,
        help="Answer of the device itself, as Reply(Response='200').",
    )


@table(
    ini="SBCAlternativeRoutingReasons",
    area="voip",
    cli="sbc routing sbc-alt-routing-reasons",
    help="Answers after which the next route is tried.",
)
class SBCAlternativeRoutingReasons(Row):
    """Answers after which the next route is tried."""

    release_cause: int = col("ReleaseCause", default=408, low=0, high=700, help="SIP answer.")


@table(
    ini="IPInboundManipulation",
    area="voip",
    cli="sbc manipulation ip-inbound-manipulation",
    help="Changes to numbers before routing.",
    order_matters=True,
)
class IPInboundManipulation(Row):
    """Changes to numbers before routing."""

    name: str = col("ManipulationName", default="", most=40, help="Free text.")
    routing_policy: str = col(
        "RoutingPolicyName", default="", refers_to="SBCRoutingPolicy", help="Policy the rule belongs to."
    )
    additional: bool = col(
        "IsAdditionalManipulation", default=False, help="Also when the rule above matched."
    )
    purpose: ManipulationPurpose = col(
        "ManipulationPurpose",
        default=ManipulationPurpose.NORMAL,
        only=(ManipulationPurpose.NORMAL,),
        help="What the result is for.",
    )
    src_ip_group: str = col(
        "SrcIPGroupName", default="Any", refers_to="IPGroup", also=("Any",), help="The sender."
    )
    src_user: str = col("SrcUsernamePrefix", default="*", most=80, help="Pattern of the calling user.")
    src_host: str = col("SrcHost", default="*", most=80, help="Pattern of the calling host.")
    dest_user: str = col("DestUsernamePrefix", default="*", most=80, help="Pattern of the called user.")
    dest_host: str = col("DestHost", default="*", most=80, help="Pattern of the called host.")
    request_type: ManipulatedRequest = col("RequestType", default=ManipulatedRequest.ALL, help="Methods.")
    manipulated_uri: ManipulatedUri = col(
        "ManipulatedURI", default=ManipulatedUri.SOURCE, cli="manipulated-uri", help="Caller or called."
    )
    remove_from_left: int = col(
        "RemoveFromLeft", default=0, low=0, high=255, help="Characters to drop in front."
    )
    remove_from_right: int = col(
        "RemoveFromRight", default=0, low=0, high=255, help="Characters to drop at the end."
    )
    leave_from_right: int = col(
        "LeaveFromRight",
        default=255,
        cli="leave-from-right",
        low=0,
        high=255,
        help="Characters to keep at the end, 255: all.",
    )
    prefix2_add: str = col("Prefix2Add", default="", most=80, help="To put in front.")
    suffix2_add: str = col("Suffix2Add", default="", most=80, help="To put at the end.")


@table(
    ini="IPOutboundManipulation",
    area="voip",
    cli="sbc manipulation ip-outbound-manipulation",
    help="Changes to numbers after routing.",
    order_matters=True,
)
class IPOutboundManipulation(Row):
    """Changes to numbers after routing."""

    name: str = col("ManipulationName", default="", most=40, help="Free text.")
    routing_policy: str = col(
        "RoutingPolicyName", default="", refers_to="SBCRoutingPolicy", help="Policy the rule belongs to."
    )
    additional: bool = col(
        "IsAdditionalManipulation", default=False, help="Also when the rule above matched."
    )
    src_ip_group: str = col(
        "SrcIPGroupName", default="Any", refers_to="IPGroup", also=("Any",), help="The sender."
    )
    dest_ip_group: str = col(
        "DestIPGroupName", default="Any", refers_to="IPGroup", also=("Any",), help="The receiver."
    )
    src_user: str = col("SrcUsernamePrefix", default="*", most=80, help="Pattern of the calling user.")
    src_host: str = col("SrcHost", default="*", most=80, help="Pattern of the calling host.")
    dest_user: str = col("DestUsernamePrefix", default="*", most=80, help="Pattern of the called user.")
    dest_host: str = col("DestHost", default="*", most=80, help="Pattern of the called host.")
    calling_name: str = col("CallingNamePrefix", default="*", most=80, only=("*",), help="Caller's name.")
    condition: str = col(
        "MessageConditionName",
        default="",
        refers_to="ConditionTable",
        help="What the message must look like.",
    )
    request_type: ManipulatedRequest = col("RequestType", default=ManipulatedRequest.ALL, help="Methods.")
    reroute_ip_group: str = col(
        "ReRouteIPGroupName",
        default="Any",
        refers_to="IPGroup",
        also=("Any",),
        help="Who asked for the other route.",
    )
    trigger: RouteTrigger = col("Trigger", default=RouteTrigger.ANY, help="What makes the rule apply.")
    manipulated_uri: ManipulatedUri = col(
        "ManipulatedURI", default=ManipulatedUri.SOURCE, cli="manipulated-uri", help="Caller or called."
    )
    remove_from_left: int = col(
        "RemoveFromLeft", default=0, low=0, high=255, help="Characters to drop in front."
    )
    remove_from_right: int = col(
        "RemoveFromRight", default=0, low=0, high=255, help="Characters to drop at the end."
    )
    leave_from_right: int = col(
        "LeaveFromRight", default=255, low=0, high=255, help="Characters to keep at the end, 255: all."
    )
    prefix2_add: str = col("Prefix2Add", default="", most=80, help="To put in front.")
    suffix2_add: str = col("Suffix2Add", default="", most=80, help="To put at the end.")
    privacy_restriction_mode: PrivacyRestriction = col(
        "PrivacyRestrictionMode",
        default=PrivacyRestriction.TRANSPARENT,
        cli="privacy-restriction-mode",
        help="Whether the caller is hidden.",
    )
    dest_tags: str = col("DestTags", default="", most=70, help="Tags of the called.")
    src_tags: str = col("SrcTags", default="", most=70, help="Tags of the caller.")
