"""Who sent it, and where does it go: classification and routing over an immutable plan.

One rule: nothing here changes while it answers; what lives (servers up, users registered, dice) is asked of
the caller through `Living`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeVar

from immutables import Map

from sbcd.base.indexed import Indexed
from sbcd.rooms.calls.dialplan import PlanTrie
from sbcd.rooms.calls.manipulate import Manipulations, triggered
from sbcd.rooms.calls.matching import Asked, Compiled, tags
from sbcd.rooms.calls.patterns import Matcher, host_matcher
from sbcd.rooms.calls.plan import (
    ClassificationRule,
    DialPlan,
    GroupSet,
    Interface,
    IpGroup,
    Manipulation,
    Plan,
    Profile,
    ProxySet,
    Realm,
    RoutingRule,
    Server,
    Srd,
)
from sbcd.rooms.calls.policy import Policies
from sbcd.rooms.calls.rewriting import Rewriter
from sbcd.rooms.calls.setup import Setup

TRANSPORTS = {"udp": 0, "tcp": 1, "tls": 2}
NAMES = {0: "udp", 1: "tcp", 2: "tls"}
INITIAL, REDIRECT, REFER = 4, 1, 2  # IP2IPRouting.Trigger
TO_GROUP, TO_ADDRESS, TO_URI, TO_ALL_USERS, TO_SET, TO_TAG, TO_INTERNAL = 0, 1, 2, 10, 11, 12, 13
ALTERNATIVES = {1, 2}
MEMBERS = {3, 4}
IGNORING = {1, 3}  # do not look at the inputs again
USER = 1  # IPGroup.Type
NO_PROFILE = Profile(-1, "")
HANDLED = 3  # SBCRemoteReferBehavior: handle locally
NO_GROUPS: Indexed[IpGroup] = Indexed()
NOWHERE = -2  # no proxy set, not even none
NOBODY: tuple[int, frozenset[int]] = (-1, frozenset())
Ruled = TypeVar("Ruled", RoutingRule, Manipulation)


Tries = dict[str, tuple[DialPlan, PlanTrie]]
Sets = Map[int, tuple[int, frozenset[int]]]
"""Of each proxy set the first group that is known by it, and all of them."""


@dataclass(frozen=True, slots=True)
class Target:
    """One place to send a request to. `server` None: the proxy set, or the users of the group, decide."""

    rule: RoutingRule
    group: IpGroup | None
    server: Server | None = None
    interface: int = -1
    action: str = ""  # what is answered here: "200"


class Living(Protocol):
    """What the router asks about the present."""

    def usable(self, group: IpGroup) -> bool:
        """Whether calls can be sent to the group now."""
        ...

    def chance(self) -> float:
        """A number from 0 to below 1."""
        ...

    def turn(self, set_index: int, of: int) -> int:
        """Round robin: whose turn it is."""
        ...

    def owner(self, host: str) -> IpGroup | None:
        """The group whose proxy set has this host."""
        ...


class Router:
    """A plan with its rules compiled. Raises Invalid when a rule cannot be understood."""

    _tries: Tries
    _classes: Indexed[tuple[ClassificationRule, Compiled, Matcher | None]]
    _rules: Indexed[tuple[RoutingRule, Compiled]]
    _by_set: Sets
    inbound: Manipulations
    outbound: Manipulations
    rewriter: Rewriter
    policies: Policies
    setup: Setup

    def __init__(self, plan: Plan, old: Router | None = None) -> None:
        """`old` is of another plan: what the two have in common is taken from there."""
        self.plan, conditions = plan, dict(plan.conditions)
        self.interfaces: Mapping[int, Interface] = plan.interfaces.rows
        self.srds: Mapping[int, Srd] = plan.srds.rows
        self.realms: Mapping[int, Realm] = plan.realms.rows
        self.groups: Mapping[int, IpGroup] = plan.ip_groups.rows
        self.proxy_sets: Mapping[int, ProxySet] = plan.proxy_sets.rows
        self.profiles: Mapping[int, Profile] = plan.profiles.rows
        self.admission = dict(plan.admission)
        self.reasons = dict(plan.alternative_reasons)
        self._tries = tries(plan, old._tries if old is not None else {})
        same = old if old is not None and plan.conditions == old.plan.conditions else None
        was = same.plan if same is not None else plan

        def compiled(rule: Ruled) -> tuple[Ruled, Compiled]:
            return rule, Compiled(rule.match, conditions)

        def classed(rule: ClassificationRule) -> tuple[ClassificationRule, Compiled, Matcher | None]:
            return rule, Compiled(rule.match, conditions), host_matcher(rule.address)

        self._classes = plan.classification.made(
            classed, (was.classification, same._classes) if same else None
        )
        self._rules = plan.routing.made(compiled, (was.routing, same._rules) if same else None)
        came = (was.inbound, same.inbound.rules) if same else None
        left = (was.outbound, same.outbound.rules) if same else None
        self.inbound = Manipulations(plan.inbound.made(compiled, came))
        self.outbound = Manipulations(plan.outbound.made(compiled, left))
        self.rewriter = Rewriter(plan, (old.plan, old.rewriter) if old else None)
        self.policies = Policies(plan, (old.plan, old.policies) if old else None)
        steps = old.setup if old is not None and plan.setup is old.plan.setup else None
        self.setup = Setup(plan.setup, self._look, self.rewriter.world, steps)
        self._by_set = by_set(plan.ip_groups, (old.plan.ip_groups, old._by_set) if old else None)

    def profile(self, group: IpGroup | None) -> Profile:
        """The IP Profile of a group, or the defaults."""
        return self.profiles.get(group.profile, NO_PROFILE) if group is not None else NO_PROFILE

    # --- who is it? ---

    def by_proxy_set(self, proxy_set: int) -> IpGroup | None:
        """The group whose messages come from the servers of this proxy set."""
        return self.groups.get(self._by_set.get(proxy_set, NOBODY)[0])

    def by_table(self, asked: Asked) -> tuple[ClassificationRule, IpGroup | None] | None:
        """The first classification rule that matches and the group it names; None = nobody is known."""
        interface = self.interfaces.get(asked.interface)
        for rule, match, address in self._classes.ordered:
            if (
                (rule.srd >= 0 and interface is not None and rule.srd != interface.srd)
                or (rule.interface >= 0 and rule.interface != asked.interface)
                or (rule.port and rule.port != asked.port)
                or (rule.transport >= 0 and rule.transport != TRANSPORTS[asked.transport])
                or (address is not None and not address(asked.address))
                or not match.holds(asked)
            ):
                continue
            if rule.allow and rule.by_tag:
                found = self._tagged_group(rule.by_tag, asked.source_tags)
                return rule, found
            return rule, self.groups.get(rule.ip_group) if rule.allow else None
        return None

    def tag(self, asked: Asked, source: IpGroup) -> None:
        """Looks the numbers up in the dial plan of the group, else of its SRD, and notes the tags."""
        srd = self.srds.get(source.srd)
        name = source.dial_plan or (srd.dial_plan if srd else "")
        trie = self._trie(name)
        if trie is not None:
            asked.source_tags = tags(trie.tag(asked.source_user))
            asked.dest_tags = tags(trie.tag(asked.dest_user))

    def _look(self, name: str, number: str) -> str:
        trie = self._trie(name)
        return trie.tag(number) if trie is not None else ""

    def _trie(self, name: str) -> PlanTrie | None:
        return self._tries[name][1] if name in self._tries else None

    # --- where to? ---

    def routes(
        self,
        asked: Asked,
        source: IpGroup,
        living: Living,
        policy: str = "",
        trigger: int = INITIAL,
        rerouting: int = -1,
    ) -> Iterator[list[Target]]:
        """The places to try, one after the other; each a list, of which all ring at once (forking)."""
        if not policy and (srd := self.srds.get(source.srd)) is not None:
            policy = srd.policy
        if source.setup >= 0 and trigger == INITIAL and not self.setup.run(source.setup, asked):
            return
        rules = self._rules.ordered
        for position, (rule, match) in enumerate(rules):
            if rule.alternative or not self._meant(rule, source, policy, trigger, rerouting):
                continue
            if not self._applies(rule, match, asked):
                continue
            forks = self._targets(rule, asked, living)
            rest = self._below(position)
            if rule.group_policy:
                for other, other_match in rest:
                    if other.alternative in MEMBERS and self._applies(other, other_match, asked):
                        forks = [
                            [*a, *b] for a, b in zip(forks, self._targets(other, asked, living), strict=False)
                        ]
            yield from forks
            for other, other_match in rest:
                if other.alternative in ALTERNATIVES and self._applies(other, other_match, asked):
                    yield from self._targets(other, asked, living)
            return

    def _applies(self, rule: RoutingRule, match: Compiled, asked: Asked) -> bool:
        """Whether a row matches (when its inputs are looked at) and its call setup rules let it."""
        if rule.alternative not in IGNORING and not match.holds(asked):
            return False
        return rule.setup < 0 or self.setup.run(rule.setup, asked)

    def _below(self, position: int) -> list[tuple[RoutingRule, Compiled]]:
        """The alternative and member rows that belong to the rule at `position`."""
        found = []
        for rule, match in islice(self._rules.ordered, position + 1, None):
            if not rule.alternative:
                break
            found.append((rule, match))
        return found

    @staticmethod
    def _meant(rule: RoutingRule, source: IpGroup, policy: str, trigger: int, rerouting: int) -> bool:
        return (
            (rule.source < 0 or rule.source == source.index)
            and (not policy or not rule.policy or rule.policy == policy)
            and triggered(rule.trigger, trigger)
            and (rule.reroute < 0 or rule.reroute == rerouting)
        )

    def _targets(self, rule: RoutingRule, asked: Asked, living: Living) -> list[list[Target]]:
        kind = rule.dest_type
        group = self.groups.get(rule.ip_group)
        if kind == TO_INTERNAL or (kind == TO_ADDRESS and rule.address.lower() == "internal"):
            return [[Target(rule, group, action=rule.action or "200")]]
        if kind in {TO_GROUP, TO_ALL_USERS}:
            return [[Target(rule, group)]] if group is not None else []
        if kind == TO_ADDRESS:
            host, port = address(rule.address, rule.port)
            server = Server(host, port, NAMES.get(rule.transport, ""))
            return [[Target(rule, group, server, rule.interface)]]
        if kind == TO_URI:
            sought_port, sought_transport = asked.hop
            host, port = address(asked.dest_host, rule.port or sought_port)
            server = Server(host, port, NAMES.get(rule.transport, sought_transport))
            return [[Target(rule, group or living.owner(host), server, rule.interface)]]
        if kind == TO_SET:
            found = self.plan.group_sets.get(rule.group_set)
            return [[Target(rule, one)] for one in self._members(found, living)] if found else []
        if kind == TO_TAG:
            return self._tagged(rule, asked, living)
        return []

    def _tagged(self, rule: RoutingRule, asked: Asked, living: Living) -> list[list[Target]]:
        group = self._tagged_group(rule.tag, asked.dest_tags)
        if group is not None:
            return [[Target(rule, group)]]
        for row in self.plan.group_sets:
            if shared(rule.tag, row.tags, asked.dest_tags):
                return [[Target(rule, one)] for one in self._members(row, living)]
        return []

    def _tagged_group(self, name: str, wanted: frozenset[tuple[str, str]]) -> IpGroup | None:
        return next((row for row in self.plan.ip_groups if shared(name, row.tags, wanted)), None)

    def _members(self, found: GroupSet, living: Living) -> list[IpGroup]:
        """The groups of a set in the order in which they are to be tried."""
        members = [(self.groups[i], weight) for i, weight in found.members if i in self.groups]
        if not members:
            return []
        if found.policy == 0:
            turn = living.turn(found.index, len(members))
            members = members[turn:] + members[:turn]
        elif found.policy == 1:
            members = weighted(members, living.chance)
        live = [group for group, _ in members if living.usable(group)]
        return live or [group for group, _ in members]


def tries(plan: Plan, known: Tries) -> Tries:
    """The dial plans by name, ready to be asked; the first of a name counts. Those `known` stay."""
    found: Tries = {}
    for row in reversed((*plan.dial_plans, *plan.loaded_dial_plans)):
        held = known.get(row.name)
        same = held is not None and (held[0] is row or held[0] == row)
        found[row.name] = held if held and same else (row, PlanTrie(row.rules, row.case_sensitive))
    return found


def by_set(groups: Indexed[IpGroup], known: tuple[Indexed[IpGroup], Sets] | None) -> Sets:
    """The groups that are known by each proxy set; `known` is that of other groups."""
    old, sets = known or (NO_GROUPS, Map())
    found = sets.mutate()
    moved: dict[int, tuple[set[int], set[int]]] = {}
    for index in groups.since(old):
        before, after = _known_by(old.get(index)), _known_by(groups.get(index))
        if before != after:
            moved.setdefault(before, (set(), set()))[0].add(index)
            moved.setdefault(after, (set(), set()))[1].add(index)
    for proxy_set, (gone, come) in moved.items():
        if proxy_set != NOWHERE:
            left = found.get(proxy_set, NOBODY)[1] - gone | come
            found[proxy_set] = (min(left, default=-1), left)
    return found.finish()


def _known_by(group: IpGroup | None) -> int:
    return group.proxy_set if group is not None and group.by_proxy_set and group.kind != USER else NOWHERE


def shared(name: str, mine: Sequence[tuple[str, str]], wanted: frozenset[tuple[str, str]]) -> bool:
    """Whether a tag called `name` is the same on both sides."""
    name = name.lower() or "default"
    return any(pair in wanted for pair in mine if pair[0] == name)


def weighted(members: list[tuple[IpGroup, int]], chance: Callable[[], float]) -> list[tuple[IpGroup, int]]:
    """A random order in which heavier members tend to come first."""
    left = list(members)
    order = []
    while left:
        total = sum(max(weight, 1) for _, weight in left)
        point = chance() * total
        position = 0
        while (point := point - max(left[position][1], 1)) >= 0 and position < len(left) - 1:
            position += 1
        order.append(left.pop(position))
    return order


def address(text: str, port: int = 0) -> tuple[str, int]:
    """'host', 'host:port', '[v6]:port' as (host without brackets, port or the given one)."""
    text = text.strip()
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        return host, int(rest[1:]) if rest[1:].isdigit() else port
    if text.count(":") == 1:
        host, _, tail = text.partition(":")
        return host, int(tail) if tail.isdigit() else port
    return text, port


def literal(host: str) -> bool:
    """Whether a host is an address, not a name."""
    return ":" in host or host.replace(".", "").isdigit()
