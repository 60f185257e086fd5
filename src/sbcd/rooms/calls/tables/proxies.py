"""Calls: where peers are - proxy sets, sets of IP groups, dial plans."""

from sbcd.config.table import Row, col, kept, table
from sbcd.rooms.calls.tables.words import (
    ClassificationInput,
    DnsResolve,
    GroupPolicy,
    KeepAlive,
    LoadBalancing,
    Redundancy,
    TransportType,
)


@table(ini="ProxySet", area="voip", cli="proxy-set", help="Where a peer is.")
class ProxySet(Row):
    """Where a peer is."""

    name: str = col(
        "ProxyName", default="", cli="proxy-name", most=40, unique=True, help="Name of the proxy set."
    )
    keep_alive: KeepAlive = col(
        "EnableProxyKeepAlive",
        default=KeepAlive.OFF,
        cli="proxy-enable-keep-alive",
        help="How the peer is watched.",
    )
    keep_alive_time: int = col(
        "ProxyKeepAliveTime",
        default=60,
        cli="proxy-keep-alive-time",
        low=5,
        high=2000000,
        help="Seconds between two checks.",
    )
    load_balancing: LoadBalancing = col(
        "ProxyLoadBalancingMethod",
        default=LoadBalancing.DISABLE,
        cli="proxy-load-balancing-method",
        help="How calls are shared among the addresses.",
    )
    hot_swap: bool = col(
        "IsProxyHotSwap",
        default=False,
        cli="is-proxy-hot-swap",
        help="Try the next address when one does not answer.",
    )
    srd: str = col(
        "SRDName", default="", cli="srd-name", refers_to="SRD", help="SRD it belongs to; empty: the first."
    )
    classification_input: ClassificationInput = col(
        "ClassificationInput",
        default=ClassificationInput.IP_ONLY,
        cli="classification-input",
        help="What of an address must match to know the peer.",
    )
    tls_context: str = col(
        "TLSContextName",
        default="",
        cli="tls-context-name",
        refers_to="TLSContexts",
        help="Certificate shown to the peer.",
    )
    redundancy: Redundancy = col(
        "ProxyRedundancyMode",
        default=Redundancy.NOT_CONFIGURED,
        cli="proxy-redundancy-mode",
        help="Back to the first address when it is there again?",
    )
    dns_resolve_method: DnsResolve = col(
        "DNSResolveMethod",
        default=DnsResolve.NOT_CONFIGURED,
        cli="dns-resolve-method",
        help="How host names become addresses.",
    )
    keep_alive_failure_responses: str = col(
        "KeepAliveFailureResp",
        default="",
        cli="keepalive-fail-resp",
        most=30,
        help="Answers that count as no answer, as 407,404.",
    )
    gw_ipv4_interface: str = kept(
        "GWIPv4SIPInterfaceName", default="", cli="gwipv4-sip-int-name", refers_to="SIPInterface"
    )
    ipv4_interface: str = col(
        "SBCIPv4SIPInterfaceName",
        default="",
        cli="sbcipv4-sip-int-name",
        refers_to="SIPInterface",
        help="SIP interface to speak IPv4 from.",
    )
    gw_ipv6_interface: str = kept("GWIPv6SIPInterfaceName", default="", refers_to="SIPInterface")
    ipv6_interface: str = col(
        "SBCIPv6SIPInterfaceName",
        default="",
        refers_to="SIPInterface",
        help="SIP interface to speak IPv6 from.",
    )
    min_active_servers: int = col(
        "MinActiveServersLB",
        default=1,
        cli="min-active-serv-lb",
        low=1,
        high=15,
        help="Fewer reachable addresses than this are an alarm.",
    )
    success_detection_retries: int = col(
        "SuccessDetectionRetries",
        default=1,
        cli="success-detect-retries",
        low=1,
        high=100,
        help="Good checks before an address counts as back.",
    )
    success_detection_interval: int = col(
        "SuccessDetectionInterval",
        default=10,
        cli="success-detect-int",
        low=1,
        high=200,
        help="Seconds between these checks.",
    )
    failure_detection_retransmissions: int = col(
        "FailureDetectionRetransmissions",
        default=-1,
        cli="fail-detect-rtx",
        low=-1,
        high=255,
        help="Retransmissions before an address counts as gone, -1: as the SIP timers say.",
    )
    accept_dhcp_proxy_list: int = kept("AcceptDHCPProxyList", default=0, cli="accept-dhcp-proxy-list")

    @classmethod
    def factory(cls) -> "dict[int, ProxySet]":
        return {0: cls(name="ProxySet_0", srd="DefaultSRD", ipv4_interface="SIPInterface_0")}


@table(ini="ProxyIp", area="voip", cli="proxy-ip", help="An address of a proxy set.")
class ProxyIp(Row):
    """An address of a proxy set."""

    proxy_set: int = col("ProxySetId", parent="ProxySet", quoted=True, help="The proxy set.")
    position: int = col(
        "ProxyIpIndex", default=0, low=0, high=49, position=True, help="Place among the addresses of the set."
    )
    address: str = col(
        "IpAddress", default="", cli="proxy-address", most=128, help="Host or address, with or without :port."
    )
    transport: TransportType = col(
        "TransportType", default=TransportType.NOT_CONFIGURED, cli="transport-type", help="Transport to use."
    )
    priority: int = col(
        "Priority", default=0, cli="priority", low=0, high=65535, help="Lower is tried first."
    )
    weight: int = col("Weight", default=0, cli="weight", low=0, high=65535, help="Share among equals.")


@table(ini="IPGroupSet", area="voip", cli="sbc routing ip-group-set", help="IP groups that share calls.")
class IPGroupSet(Row):
    """IP groups that share calls."""

    name: str = col("Name", most=40, unique=True, help="Name of the set.")
    policy: GroupPolicy = col(
        "Policy", default=GroupPolicy.ROUND_ROBIN, cli="policy", help="How calls are shared."
    )
    tags: str = col("Tags", default="", most=70, help="Tags that choose the set.")


@table(
    ini="IPGroupSetMember", area="voip", cli="sbc routing ip-group-set-member", help="An IP group of a set."
)
class IPGroupSetMember(Row):
    """An IP group of a set."""

    ip_group_set: int = col("IPGroupSetId", parent="IPGroupSet", quoted=True, help="The set.")
    position: int = col(
        "IPGroupSetMemberIndex", default=0, low=0, high=49, position=True, help="Place in the set."
    )
    ip_group: str = col(
        "IPGroupName", default="", cli="ip-group-name", refers_to="IPGroup", help="The IP group."
    )
    weight: int = col("Weight", default=1, low=1, high=9, help="Its share.")


@table(ini="DialPlan", area="voip", cli="sbc dial-plan", help="Tables of prefixes that give tags to calls.")
class DialPlan(Row):
    """Tables of prefixes that give tags to calls."""

    name: str = col("Name", most=40, unique=True, help="Name of the dial plan.")
    prefix_case_sensitivity: bool = col(
        "PrefixCaseSensitivity",
        default=False,
        cli="prefix-case-sensitivity",
        help="Letters must match in case.",
    )


@table(ini="DialPlanRule", area="voip", cli="sbc dial-plan-rule", help="One prefix of a dial plan.")
class DialPlanRule(Row):
    """One prefix of a dial plan."""

    dial_plan: str = col("DialPlanName", parent="DialPlan", help="The dial plan.")
    position: int = col(
        "RuleIndex", default=0, low=0, high=2000000, position=True, help="Place in the dial plan."
    )
    name: str = col("Name", default="", most=40, help="Name of the rule.")
    prefix: str = col(
        "Prefix", default="", cli="prefix", most=120, help="Pattern: digits, x, [a-b,c], #, z, n."
    )
    tag: str = col("Tag", default="", cli="tag", most=120, help="Tag, or name=value.")
