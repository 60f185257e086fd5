"""From a configuration snapshot to the plan of the engine.

One rule: names become indexes here and nowhere else; what other rooms know (addresses, TLS contexts, host
names) is given as `Around`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

import msgspec

from sbcd.base.indexed import Indexed
from sbcd.config.reading import Parts
from sbcd.config.snapshot import Snapshot
from sbcd.config.table import Row
from sbcd.rooms.calls import plan
from sbcd.rooms.calls.diagnosing import testing, tracing
from sbcd.rooms.calls.figures import Timers
from sbcd.rooms.calls.matching import tags
from sbcd.rooms.calls.naming import METHODS, NAPTR, Naming
from sbcd.rooms.calls.offering import profiles, qualities
from sbcd.rooms.calls.protecting import protection
from sbcd.rooms.calls.reach import on_loopback
from sbcd.rooms.calls.routing import address
from sbcd.rooms.calls.ruling import rules
from sbcd.rooms.calls.tables.core import SRD, SIPInterface
from sbcd.rooms.calls.tables.diagnostics import CallTestParams, TraceParams
from sbcd.rooms.calls.tables.media import CpMediaRealm
from sbcd.rooms.calls.tables.peers import Account, IPGroup, SBCAdmissionRule, SBCUserInfoTable
from sbcd.rooms.calls.tables.profiles import IpProfile
from sbcd.rooms.calls.tables.proxies import (
    DialPlan,
    DialPlanRule,
    IPGroupSet,
    IPGroupSetMember,
    ProxyIp,
    ProxySet,
)
from sbcd.rooms.calls.tables.settings import MediaParams, MediaSecurityParams, SbcParams, SipParams
from sbcd.rooms.calls.tables.words import LatchMode, Register, RegistrationMode, Tristate

FOLLOWED: tuple[type[Any], ...] = (
    SRD,
    SIPInterface,
    CpMediaRealm,
    IPGroup,
    SBCUserInfoTable,
    Account,
    SBCAdmissionRule,
    IpProfile,
    DialPlan,
    DialPlanRule,
    IPGroupSet,
    IPGroupSetMember,
    ProxyIp,
    ProxySet,
    SbcParams,
    SipParams,
    MediaParams,
    CallTestParams,
    TraceParams,
)
NO_SERVERS: Mapping[int, ProxyIp] = {}
NO_MEMBERS: Mapping[int, IPGroupSetMember] = {}
NO_RULES: Mapping[int, DialPlanRule] = {}
TRANSPORTS = {-1: "udp", 0: "udp", 1: "tcp", 2: "tls"}
HOMING = 1
R = TypeVar("R", bound=Row)

STRICT = {LatchMode.STRICT, LatchMode.STRICT_ON_FIRST}


class Around(msgspec.Struct, frozen=True):
    """What the plan needs of other rooms. Addresses are those of the configuration, not yet mapped."""

    addresses: Mapping[str, tuple[str, str]] = {}  # IP interface name -> IPv4, IPv6 ('' = none)
    public: Mapping[str, str] = {}  # IP interface name -> address behind its NAT
    contexts: Mapping[str, int] = {}  # TLS context name -> index
    verifying: frozenset[int] = frozenset()
    hosts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    services: tuple[tuple[str, tuple[plan.Server, ...]], ...] = ()
    spacing: int = 4
    cdr_level: int = 0
    capacity: int = 10_000
    media_capacity: int = 10_000
    user_capacity: int = 100_000
    user_agent: str = "sbcd"
    loopback: bool = True
    users: tuple[plan.UserSecret, ...] = ()  # loaded as a file
    dns: tuple[str, ...] = ()  # servers of DNS
    dial_plans: tuple[plan.DialPlan, ...] = ()  # loaded as a file; a row of that name comes first

    def place(self, host: str) -> str:
        """An address as this device uses it."""
        return on_loopback(host) if host and self.loopback else host


def planned(snapshot: Snapshot, around: Around, parts: Parts | None = None) -> plan.Plan:
    """The plan of a configuration; `parts` remembers those of the last one."""
    parts = parts or Parts()
    part = partial(parts.part, reading=snapshot, around=around)
    rows = partial(parts.rows, reading=snapshot, around=around)
    servers, members = parts.below(snapshot, ProxyIp), parts.below(snapshot, IPGroupSetMember)
    sbc, sip = snapshot.params(SbcParams), snapshot.params(SipParams)
    return plan.Plan(
        interfaces=rows("interfaces", make=lambda s: interfaces(s, around), by=SIPInterface),
        srds=rows("srds", make=srds, by=SRD),
        realms=rows("realms", make=lambda s: realms(s, around), by=CpMediaRealm),
        proxy_sets=rows(
            "proxy_sets", make=lambda s: proxy_sets(s, around, servers), by=ProxySet, below=ProxyIp
        ),
        ip_groups=rows("ip_groups", make=ip_groups, by=IPGroup),
        profiles=rows("profiles", make=profiles, by=IpProfile),
        group_sets=rows(
            "group_sets", make=lambda s: group_sets(s, members), by=IPGroupSet, below=IPGroupSetMember
        ),
        admission=part("admission", make=admission),
        accounts=rows("accounts", make=accounts, by=Account),
        timers=timers(snapshot, around),
        testing=testing(snapshot),
        tracing=tracing(snapshot, around),
        protection=part("protection", make=lambda s: [protection(s, around)])[0],
        ping_set=sip.outbound_manipulation_set,
        capacity=around.capacity,
        media_capacity=around.media_capacity,
        user_capacity=around.user_capacity,
        spacing=around.spacing,
        unclassified_allowed=bool(sbc.allow_unclassified_calls),
        loopback=around.loopback,
        naming=Naming(int(sip.dns_query_type), float(sip.proxy_refresh), around.dns),
        hosts=around.hosts,
        services=around.services,
        qualities=part("qualities", make=qualities),
        **directory(around, rows, parts.below(snapshot, DialPlanRule)),
        **rules(around, part, rows),
    )


def directory(
    around: Around, rows: Callable[..., Indexed[Any]], told: Mapping[Any, Mapping[int, DialPlanRule]]
) -> dict[str, Any]:
    """What numbers and users there are, in tables and in files."""
    return {
        "dial_plans": rows("dial_plans", make=lambda s: dial_plans(s, told), by=DialPlan, below=DialPlanRule),
        "loaded_dial_plans": around.dial_plans,
        "users": rows("users", make=users, by=SBCUserInfoTable),
        "loaded_users": around.users,
    }


def timers(snapshot: Snapshot, around: Around) -> Timers:
    """Figures of all calls."""
    sbc, sip = snapshot.params(SbcParams), snapshot.params(SipParams)
    return Timers(
        invite_timeout=float(sbc.alert_timeout),
        session_expires=sbc.session_expires,
        least_session_expires=sbc.min_se,
        user_agent=sip.user_agent or around.user_agent,
        cdr_level=around.cdr_level,
        mki=(snapshot.params(MediaSecurityParams).mki_size, sip.symmetric_mki, False),
        nat=snapshot.params(MediaParams).nat_mode,
        keeps_streams=sbc.enforce_media_order,
        retry_after=sip.retry_after,
        tel_asserted=sip.tel_asserted,
        name=sip.gateway_name,
        name_in_options=sip.use_gateway_name_for_options,
        latch="strict" if snapshot.params(MediaParams).latch in STRICT else "dynamic",
    )


def interfaces(snapshot: Snapshot, around: Around) -> Iterator[plan.Interface]:
    """SIP Interfaces that listen."""
    for index, row in snapshot.rows(SIPInterface).items():
        v4, v6 = around.addresses.get(row.network_interface, ("", ""))
        first, _, last = row.additional_udp_ports.replace(" ", "").partition("-")
        more = (int(first), int(last or first)) if first.isdigit() and (last or first).isdigit() else (0, 0)
        yield plan.Interface(
            index,
            row.name,
            around.place(v4),
            around.place(v6),
            row.udp_port,
            row.tcp_port,
            row.tls_port,
            snapshot.index(SRD, row.srd),
            more_udp=more if more[1] - more[0] < 100 else (0, 0),
            context=around.contexts.get(row.tls_context, 0),
            mutual=row.tls_mutual_authentication == Tristate.ENABLE,
            unclassified=row.classification_failure_response,
            realm=snapshot.index(CpMediaRealm, row.media_realm),
            direct_media=int(row.sbc_direct_media) or int(bool(snapshot.params(SbcParams).direct_media)),
            block_unregistered=row.block_un_reg_users,
            public="" if around.loopback else around.public.get(row.network_interface, ""),
            pre_set=row.pre_classification_man_set,
            setup=row.call_setup_rules_set_id,
            message_policy=row.message_policy,
            keepalive=row.tcp_keepalive_enable,
        )


def srds(snapshot: Snapshot) -> Iterator[plan.Srd]:
    """SRDs."""
    for index, row in snapshot.rows(SRD).items():
        yield plan.Srd(
            index,
            row.name,
            int(row.block_un_reg_users),
            row.routing_policy,
            row.dial_plan,
            row.admission_profile,
        )


def realms(snapshot: Snapshot, around: Around) -> Iterator[plan.Realm]:
    """Media realms; the end of the range follows from the number of sessions."""
    for index, row in snapshot.rows(CpMediaRealm).items():
        v4 = around.addresses.get(row.ipv4_interface, ("", ""))[0]
        v6 = around.addresses.get(row.ipv6_interface, ("", ""))[1]
        end = row.port_range_start + row.legs * around.spacing - 1
        yield plan.Realm(
            index,
            row.name,
            around.place(v4),
            around.place(v6),
            row.port_range_start,
            end if row.legs > 0 else row.port_range_end,
            row.is_default,
            "" if around.loopback else around.public.get(row.ipv4_interface, ""),
            row.qoe_profile,
        )


def proxy_sets(
    snapshot: Snapshot, around: Around, entries: Mapping[int, Mapping[int, ProxyIp]]
) -> Iterator[plan.ProxySet]:
    """Proxy sets with their addresses, in order."""
    sip = snapshot.params(SipParams)
    standing = int(sip.redundancy)
    for index, row in snapshot.rows(ProxySet).items():
        codes = row.keep_alive_failure_responses.replace(" ", "").split(",")
        redundancy = int(row.redundancy)
        method = METHODS.get(int(row.dns_resolve_method), int(sip.dns_query_type))
        servers = sorted(entries.get(index, NO_SERVERS).values(), key=lambda entry: entry.position)
        yield plan.ProxySet(
            index,
            row.name,
            snapshot.index(SRD, row.srd),
            snapshot.index(SIPInterface, row.ipv4_interface),
            snapshot.index(SIPInterface, row.ipv6_interface),
            tuple(server(entry, method) for entry in servers),
            int(row.keep_alive),
            float(row.keep_alive_time),
            int(row.load_balancing),
            row.hot_swap,
            (standing if redundancy < 0 else redundancy) == HOMING,
            bool(row.classification_input),
            around.contexts.get(row.tls_context, -1),
            around.contexts.get(row.tls_context, -1) in around.verifying,
            frozenset(int(code) for code in codes if code.isdigit()),
            row.min_active_servers,
            row.success_detection_retries,
            float(row.success_detection_interval),
            row.failure_detection_retransmissions,
        )


def server(entry: ProxyIp, method: int) -> plan.Server:
    """A server of a proxy set; with NAPTR its transport is asked for, too, where none is configured."""
    host, port = address(entry.address)
    transport = int(entry.transport)
    told = "" if transport < 0 and method == NAPTR else TRANSPORTS[transport]
    return plan.Server(host, port, told, entry.priority, entry.weight, method)


def ip_groups(snapshot: Snapshot) -> Iterator[plan.IpGroup]:
    """IP groups."""
    for index, row in snapshot.rows(IPGroup).items():
        yield plan.IpGroup(
            index,
            row.name,
            int(row.type),
            snapshot.index(SRD, row.srd),
            snapshot.index(ProxySet, row.proxy_set),
            realm=snapshot.index(CpMediaRealm, row.media_realm),
            host=row.sip_group,
            contact_user=row.contact_user,
            by_proxy_set=row.classify_by_proxy_set,
            profile=snapshot.index(IpProfile, row.ip_profile),
            tags=tuple(sorted(tags(row.tags))),
            dial_plan=row.dial_plan,
            admission=row.admission_profile,
            most_users=row.max_num_of_reg_users,
            source_uri=int(row.source_uri_input),
            dest_uri=int(row.dest_uri_input),
            always_source=row.always_use_source_addr,
            alternative_reasons=row.sbc_alt_route_reasons_set,
            local_host=row.sip_source_host,
            contact_host=row.contact,
            keep_call_id=bool(row.sbc_keep_original_call_id),
            user=row.username,
            password=row.password.reveal(),
            inbound_set=row.inbound_man_set,
            outbound_set=row.outbound_man_set,
            authentication=int(row.authentication_mode),
            methods=methods(row.method_list),
            ping=row.proxy_keep_alive_using_ip_group,
            user_defined=(row.msg_man_user_def1, row.msg_man_user_def2),
            setup=row.call_setup_rules_set_id,
            quality=row.qoe_profile,
            registers=row.registration_mode is RegistrationMode.USER_INITIATES,
            surrogate=row.registration_mode is RegistrationMode.SBC_INITIATES,
        )


def dial_plans(
    snapshot: Snapshot, rules: Mapping[Any, Mapping[int, DialPlanRule]]
) -> Iterator[plan.DialPlan]:
    """Dial plans with their rules."""
    for index, row in snapshot.rows(DialPlan).items():
        ordered = sorted((r.position, r.prefix, r.tag) for r in rules.get(row.name, NO_RULES).values())
        pairs = tuple((prefix, tag) for _, prefix, tag in ordered)
        yield plan.DialPlan(row.name, pairs, row.prefix_case_sensitivity, index)


def group_sets(
    snapshot: Snapshot, members: Mapping[int, Mapping[int, IPGroupSetMember]]
) -> Iterator[plan.GroupSet]:
    """IP Group Sets."""
    for index, row in snapshot.rows(IPGroupSet).items():
        held = sorted(members.get(index, NO_MEMBERS).values(), key=lambda member: member.position)
        pairs = tuple((snapshot.index(IPGroup, member.ip_group), member.weight) for member in held)
        yield plan.GroupSet(index, row.name, int(row.policy), tuple(sorted(tags(row.tags))), pairs)


def admission(snapshot: Snapshot) -> Iterator[tuple[str, tuple[plan.AdmissionRule, ...]]]:
    """Admission profiles."""
    found: dict[str, list[tuple[int, plan.AdmissionRule]]] = {}
    for row in snapshot.rows(SBCAdmissionRule).values():
        rule = plan.AdmissionRule(
            int(row.request_type),
            int(row.request_direction),
            row.limit,
            row.limit_per_user,
            row.rate,
            row.max_burst,
            row.rate_per_user,
            row.max_burst_per_user,
        )
        found.setdefault(row.admission_profile, []).append((row.position, rule))
    for name, rows in found.items():
        yield name, tuple(rule for _, rule in sorted(rows, key=lambda pair: pair[0]))


def accounts(snapshot: Snapshot) -> Iterator[plan.Account]:
    """Registrations of the device's own."""
    for index, row in snapshot.rows(Account).items():
        yield plan.Account(
            index,
            snapshot.index(IPGroup, row.serving_ip_group),
            snapshot.index(IPGroup, row.served_ip_group),
            row.username,
            row.password.reveal(),
            row.host,
            row.contact_user,
            bool(row.register),
            row.register == Register.GIN,
            row.re_register_on_invite_failure,
        )


def methods(text: str) -> frozenset[str]:
    """`register/invite` or `register, invite` as methods."""
    return frozenset(word.upper() for word in text.replace("/", " ").replace(",", " ").split())


def users(snapshot: Snapshot) -> Iterator[plan.UserSecret]:
    """Users of the device."""
    for index, row in snapshot.rows(SBCUserInfoTable).items():
        group = snapshot.index(IPGroup, row.ip_group)
        yield plan.UserSecret(group, row.local_user, row.username, row.password.reveal(), index)
