"""Message manipulation sets at work: what is heard from a peer and what is said to it.

One rule: a set sees every message of its peer once, between the transaction and the call; the call never
sees what the peer sent before, the peer never what the call said before."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import TYPE_CHECKING, TypeVar, cast

from sbcd.base.errors import Invalid
from sbcd.base.indexed import Indexed
from sbcd.rooms.calls.messages import Draft, Rule, Scene, Sets, rule
from sbcd.rooms.calls.plan import MessageRule, Plan
from sbcd.sip.events import Flow
from sbcd.sip.message import Request, Response

if TYPE_CHECKING:
    from sbcd.rooms.calls.legs import Leg
    from sbcd.rooms.calls.matching import Asked
    from sbcd.rooms.calls.plan import IpGroup

TRANSPORT_TYPES = {"udp": "0", "tcp": "1", "tls": "2"}
M = TypeVar("M", Request, Response)
Name = str
Facts = Callable[[Name], str | None]


def compiled(row: MessageRule) -> Rule:
    """The rule of a row. Raises Invalid that names table, row and column."""
    try:
        return rule(row.type, row.condition, row.subject, row.action, row.value, previous=row.previous)
    except Invalid as error:
        raise Invalid(f"MessageManipulations {row.index} {error}") from error


class Rewriter:
    """The manipulation sets of a plan."""

    _rules: Indexed[tuple[int, Rule]]
    _sets: Sets

    def __init__(self, plan: Plan, old: tuple[Plan, Rewriter] | None = None) -> None:
        """`old` is that of another plan, whose global variables go on. Raises Invalid."""
        known = (old[0].messages, old[1]._rules) if old else None
        self._rules = plan.messages.made(lambda row: (row.set, compiled(row)), known)
        same = old is not None and old[0].messages is plan.messages
        self._sets = old[1]._sets if old and same else Sets(self._rules)
        self._ping = plan.ping_set
        self.world: MutableMapping[str, str] = old[1].world if old else {}

    def arrived(
        self, number: int, request: Request, asked: Asked, flow: Flow, group: IpGroup | None
    ) -> Request:
        """A request that begins something: before it is classified, or by the group it was found to be of."""
        if number not in self._sets:
            return request
        facts = _facts(asked, group, None, flow.remote, flow.local, flow)
        return self._apply(number, request, asked.variables, facts, inside=False)

    def heard(self, leg: Leg, message: M) -> M:
        """What a peer said inside a session."""
        group = leg.group
        if group is None or group.inbound_set not in self._sets:
            return message
        other = leg.call.b if leg.call.b is not leg else leg.call.a
        flow = leg.flow
        facts = _facts(
            leg.call.asked, group, other.group if other is not None else None, flow.remote, flow.local, flow
        )
        inside = isinstance(message, Request) or leg.stage > 1
        return self._apply(group.inbound_set, message, leg.call.variables, facts, inside=inside)

    def said(self, leg: Leg, message: M) -> M:
        """What is said to a peer."""
        group = leg.group
        if group is None or group.outbound_set not in self._sets:
            return message
        other = leg.call.a if leg.call.a is not leg else leg.call.b
        flow = leg.flow
        facts = _facts(
            leg.call.asked, other.group if other is not None else None, group, flow.local, flow.remote, flow
        )
        inside = leg.stage > 1 or (isinstance(message, Request) and bool(leg.remote_tag))
        return self._apply(group.outbound_set, message, leg.call.variables, facts, inside=inside)

    def pinged(self, request: Request, flow: Flow, group: IpGroup | None) -> Request:
        """A keep-alive: by the set of the group it is sent for, else by the one for all of them."""
        number = group.outbound_set if group is not None and group.ping else self._ping
        if number not in self._sets:
            return request
        facts = _facts(None, None, group, flow.local, flow.remote, flow)
        return self._apply(number, request, {}, facts, inside=False)

    def _apply(
        self, number: int, message: M, variables: MutableMapping[str, str], facts: Facts, *, inside: bool
    ) -> M:
        def scene(draft: Draft) -> Scene:
            return Scene(draft, facts, variables, self.world)

        return cast("M", self._sets.apply(number, message, scene, inside=inside))


Place = tuple[str, int]


def _facts(
    asked: Asked | None,
    source: IpGroup | None,
    dest: IpGroup | None,
    sender: Place,
    receiver: Place,
    flow: Flow,
) -> Facts:
    """Answers `param.ipg.*`, `param.call.*` and `param.message.*`."""

    def fact(name: Name) -> str | None:
        parts = name.split(".")
        if len(parts) == 4 and parts[1] == "ipg":
            return _of_group(source if parts[2] == "src" else dest, parts[3])
        if len(parts) == 4 and parts[1] == "call" and asked is not None:
            side = {"src": "source", "dst": "dest"}.get(parts[2], "")
            return getattr(asked, f"{side}_{parts[3]}", None)
        if len(parts) == 5 and parts[1:3] == ["message", "address"]:
            host, port = sender if parts[3] == "src" else receiver
            told = {
                "address": host,
                "port": str(port),
                "transporttype": TRANSPORT_TYPES.get(flow.transport, ""),
                "sipinterface": str(flow.interface),
            }
            return told.get(parts[4])
        return None

    return fact


def _of_group(group: IpGroup | None, what: str) -> str | None:
    if group is None:
        return None
    told = {
        "name": group.name,
        "id": str(group.index),
        "host": group.host,
        "user": group.contact_user,
        "type": str(group.kind),
        "userdef1": group.user_defined[0],
        "userdef2": group.user_defined[1],
    }
    return told.get(what)


def scene_of(request: Request, asked: Asked, flow: Flow, source: IpGroup | None = None) -> Scene:
    """What conditions of classification and routing may ask about a request."""
    return Scene(Draft(request), _facts(asked, source, None, flow.remote, flow.local, flow), asked.variables)
