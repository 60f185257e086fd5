"""The plan: everything of a configuration that calls need, as one immutable value of plain types.

One rule: it is made by `planner` on the device and read by `routing` in the engine; neither floor knows
more of the other. Indexes are configuration rows; `-1` stands for none."""

from typing import Any

import msgspec

from sbcd.base.indexed import Indexed
from sbcd.rooms.calls.colours import Colouring
from sbcd.rooms.calls.credentials import Account as Account
from sbcd.rooms.calls.credentials import UserSecret as UserSecret
from sbcd.rooms.calls.diagnostics import Testing, Tracing
from sbcd.rooms.calls.figures import Timers
from sbcd.rooms.calls.naming import Naming
from sbcd.rooms.calls.profile import Profile as Profile
from sbcd.rooms.calls.protection import Protection


class Frozen(msgspec.Struct, frozen=True, gc=False):
    """A part of the plan; it knows of nothing that knows of it."""


class Interface(Frozen, frozen=True):
    """A SIP Interface: where the device listens."""

    index: int
    name: str
    ipv4: str
    ipv6: str
    udp: int
    tcp: int
    tls: int
    srd: int
    more_udp: tuple[int, int] = (0, 0)
    context: int = 0  # row of TLSContexts
    mutual: bool = False
    unclassified: int = 500  # answer to unknown senders; 0 = silence
    realm: int = -1
    direct_media: int = 0
    block_unregistered: int = -1
    public: str = ""  # what the outside calls us (NATTranslation), else the own address
    pre_set: int = -1  # manipulation set before classification
    setup: int = -1  # call setup rules before classification
    message_policy: str = ""
    keepalive: bool = False  # of TCP connections


class Srd(Frozen, frozen=True):
    """A signalling routing domain."""

    index: int
    name: str
    block_unregistered: int = 0
    policy: str = ""
    dial_plan: str = ""
    admission: str = ""


class Realm(Frozen, frozen=True):
    """A media realm: addresses and ports for RTP."""

    index: int
    name: str
    ipv4: str
    ipv6: str
    start: int
    end: int
    default: bool = False
    public: str = ""
    quality: str = ""  # QoE Profile


class Server(Frozen, frozen=True):
    """One address of a proxy set."""

    host: str
    port: int
    transport: str  # "udp", "tcp", "tls"
    priority: int = 0
    weight: int = 0
    method: int = 0  # of DNS, see naming


class ProxySet(Frozen, frozen=True):
    """Where a peer is, and how to know whether it lives."""

    index: int
    name: str
    srd: int
    interface4: int
    interface6: int
    servers: tuple[Server, ...]
    keep_alive: int = 0  # 0 off, 1 OPTIONS, 2 REGISTER
    interval: float = 60.0
    balancing: int = 0  # 0 none, 1 round robin, 2 random weights
    hot_swap: bool = False
    homing: bool = False
    by_port: bool = False  # classification by address, port and transport
    context: int = -1  # -1: that of the SIP Interface
    verify: bool = False
    failures: frozenset[int] = frozenset()
    least: int = 1
    retries: int = 1
    retry_interval: float = 10.0
    retransmissions: int = -1


class IpGroup(Frozen, frozen=True):
    """A peer: a server (trunk), or the users behind an address."""

    index: int
    name: str
    kind: int  # 0 server, 1 user
    srd: int
    proxy_set: int
    realm: int = -1
    host: str = ""  # SIP Group Name
    contact_user: str = ""
    by_proxy_set: bool = True
    profile: int = -1
    tags: tuple[tuple[str, str], ...] = ()
    dial_plan: str = ""
    admission: str = ""
    most_users: int = -1
    source_uri: int = -1
    dest_uri: int = -1
    always_source: bool = False
    alternative_reasons: str = ""
    local_host: str = ""  # host in From
    contact_host: str = ""  # host in our Contact
    keep_call_id: bool = False
    user: str = ""
    password: str = ""
    inbound_set: int = -1
    outbound_set: int = -1
    authentication: int = 0  # 0 the user itself, 1 the device as client, 2 the device as server
    methods: frozenset[str] = frozenset()  # those that the device as server asks credentials for
    ping: bool = False  # keep-alives of its proxy set are manipulated by its own set
    user_defined: tuple[str, str] = ("", "")
    setup: int = -1  # call setup rules before routing
    quality: str = ""  # QoE Profile; before that of the realm
    registers: bool = True  # its users register; else they are known without
    surrogate: bool = False  # the device registers them (SBCUserInfoTable)

    def __repr__(self) -> str:
        return f"IpGroup({self.index}, {self.name!r})"


class Match(Frozen, frozen=True):
    """What a rule looks at; '*' and -1 match everything."""

    source_user: str = "*"
    source_host: str = "*"
    dest_user: str = "*"
    dest_host: str = "*"
    request: int = 0
    condition: str = ""
    source_tags: str = ""
    dest_tags: str = ""


class ClassificationRule(Frozen, frozen=True):
    """Who is it that sent this?"""

    index: int
    name: str
    match: Match
    srd: int = -1
    interface: int = -1
    address: str = ""
    port: int = 0
    transport: int = -1
    allow: bool = True
    ip_group: int = -1
    by_tag: str = ""
    policy: str = ""
    profile: int = -1


class RoutingRule(Frozen, frozen=True):
    """Where does it go?"""

    index: int
    name: str
    match: Match
    policy: str = ""
    source: int = -1  # IP group, -1 = any
    reroute: int = -1
    trigger: int = 0
    dest_type: int = 0
    ip_group: int = -1
    interface: int = -1
    address: str = ""
    port: int = 0
    transport: int = -1
    alternative: int = 0  # 0 route, 1 alternative ignoring inputs, 2 considering, 3 group member ...
    group_policy: int = 0
    user: str = ""
    group_set: int = -1
    tag: str = "default"
    action: str = ""
    setup: int = -1  # call setup rules that may say that the rule does not apply


class Manipulation(Frozen, frozen=True):
    """A rule that changes a user part, or the privacy."""

    index: int
    name: str
    match: Match
    policy: str = ""
    additional: bool = False
    source: int = -1
    dest: int = -1
    reroute: int = -1
    trigger: int = 0
    uri: int = 0  # 0 source, 1 destination
    remove_left: int = 0
    remove_right: int = 0
    leave_right: int = 255
    prefix: str = ""
    suffix: str = ""
    privacy: int = 0


class MessageRule(Frozen, frozen=True):
    """A row of MessageManipulations; its texts are compiled by `rewriting`."""

    index: int
    set: int
    type: str
    condition: str
    subject: str
    action: int
    value: str
    previous: bool = False


class SetupRule(Frozen, frozen=True):
    """A row of CallSetupRules; its texts are compiled by `setup`."""

    index: int
    set: int
    query: int = 0  # 0 none, 2 dial plan; the others cannot be asked here
    target: str = ""
    attributes: str = ""
    previous: bool = False
    condition: str = ""
    subject: str = ""
    action: int = 0
    value: str = ""


class MessagePolicy(Frozen, frozen=True):
    """What messages are taken; -1 is no limit. Lengths in bytes."""

    name: str
    message: int = -1
    header: int = -1
    body: int = -1
    headers: int = -1
    parts: int = -1
    drops: bool = False  # else refused with an answer
    methods: str = ""
    methods_allowed: bool = False  # only those; else all but those
    bodies: str = ""
    bodies_allowed: bool = False
    signatures: bool = False


class DialPlan(Frozen, frozen=True):
    """Prefixes and the tags they give."""

    name: str
    rules: tuple[tuple[str, str], ...]  # prefix pattern, tag
    case_sensitive: bool = True
    index: int = -1  # -1: loaded as a file


class GroupSet(Frozen, frozen=True):
    """Several IP groups as one target."""

    index: int
    name: str
    policy: int  # 0 round robin, 1 random weight, 2 homing
    tags: tuple[tuple[str, str], ...]
    members: tuple[tuple[int, int], ...]  # IP group, weight


class AdmissionRule(Frozen, frozen=True):
    """How much of what is let in or out."""

    request: int = 0  # 0 all, 1 INVITE, 2 SUBSCRIBE, 3 other
    direction: int = 0  # 0 both, 1 in, 2 out
    limit: int = -1
    limit_per_user: int = -1
    rate: int = 0
    burst: int = 0
    rate_per_user: int = 0
    burst_per_user: int = 0


NONE: Indexed[Any] = Indexed()


class Plan(Frozen, frozen=True):
    """The whole. What is indexed may be given as any iterable."""

    interfaces: Indexed[Interface] = NONE
    srds: Indexed[Srd] = NONE
    realms: Indexed[Realm] = NONE
    proxy_sets: Indexed[ProxySet] = NONE
    ip_groups: Indexed[IpGroup] = NONE
    profiles: Indexed[Profile] = NONE
    classification: Indexed[ClassificationRule] = NONE
    routing: Indexed[RoutingRule] = NONE
    inbound: Indexed[Manipulation] = NONE
    outbound: Indexed[Manipulation] = NONE
    messages: Indexed[MessageRule] = NONE
    setup: Indexed[SetupRule] = NONE
    policies: tuple[MessagePolicy, ...] = ()
    signatures: tuple[tuple[str, str], ...] = ()  # name and condition that knows an attacker
    qualities: tuple[Colouring, ...] = ()
    ping_set: int = -1  # manipulation set of keep-alives
    dial_plans: Indexed[DialPlan] = NONE
    loaded_dial_plans: tuple[DialPlan, ...] = ()
    group_sets: Indexed[GroupSet] = NONE
    admission: tuple[tuple[str, tuple[AdmissionRule, ...]], ...] = ()
    alternative_reasons: tuple[tuple[str, frozenset[int]], ...] = ()
    accounts: Indexed[Account] = NONE
    users: Indexed[UserSecret] = NONE
    loaded_users: tuple[UserSecret, ...] = ()
    conditions: tuple[tuple[str, str], ...] = ()
    timers: Timers = Timers()
    testing: Testing = Testing()
    tracing: Tracing = Tracing()
    capacity: int = 10_000  # simultaneous calls the licence allows (SBC)
    media_capacity: int = 10_000  # those of them whose media go through the relay (SBC-MEDIA)
    user_capacity: int = 100_000  # registered users (FEU)
    naming: Naming = Naming()
    protection: Protection = Protection()
    spacing: int = 4  # UDP ports a media leg takes (UdpPortSpacing)
    unclassified_allowed: bool = False
    loopback: bool = False  # nothing may leave this machine: every address is mapped into 127.0.0.0/8
    hosts: tuple[tuple[str, tuple[str, ...]], ...] = ()  # Dns2Ip
    services: tuple[tuple[str, tuple[Server, ...]], ...] = ()  # Srv2Ip

    def __post_init__(self) -> None:
        for name in INDEXED:
            given = getattr(self, name)
            if not isinstance(given, Indexed):
                if name in {"dial_plans", "users"}:
                    given = [msgspec.structs.replace(row, index=place) for place, row in enumerate(given)]
                msgspec.structs.force_setattr(self, name, Indexed.of(given))


INDEXED = tuple(field.name for field in msgspec.structs.fields(Plan) if field.default is NONE)
