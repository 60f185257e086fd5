"""How to get there: from a target to the places to send to, and from a dialog to where its requests go.

One rule: on a loopback device every address that anybody names is mapped into 127.0.0.0/8 before it is
used; nothing leaves the machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from msgspec import structs

from sbcd.rooms.calls.naming import Found, ordered
from sbcd.rooms.calls.proxies import DEFAULT_PORTS, Proxies
from sbcd.rooms.calls.routing import USER, literal
from sbcd.sip.events import Flow, Transport
from sbcd.sip.headers import Address, uri_of

if TYPE_CHECKING:
    from sbcd.rooms.calls.desk import Desk
    from sbcd.rooms.calls.legs import Leg
    from sbcd.rooms.calls.matching import Asked
    from sbcd.rooms.calls.plan import IpGroup, Plan, Server
    from sbcd.rooms.calls.routing import Target

RTX_BEFORE_SWAP = 3  # retransmissions without an answer before the next server is tried

DEAF = 300.0  # seconds in which a place that refused TCP is asked by UDP only
MOST_DEAF = 10_000


class Place(NamedTuple):
    """Where a request is sent, and how that place is called in it."""

    flow: Flow
    host: str = ""  # for the Request-URI; '' = the address
    port: int | None = None
    uri: str = ""  # the whole Request-URI, when somebody registered it


def on_loopback(host: str) -> str:
    """a.b.c.d as 127.b.c.d, IPv6 as ::1; names stay."""
    if ":" in host:
        return "::1"
    if not literal(host) or host.startswith("127."):
        return host
    return "127." + host.partition(".")[2]


class Reach:
    """What the device knows about places."""

    def __init__(self, switch: Desk, proxies: Proxies) -> None:
        self.switch = switch
        self.proxies = proxies
        self._deaf: dict[tuple[str, int], float] = {}  # places without TCP, and until when that is believed

    def places(self, target: Target, asked: Asked, then: Callable[[list[Place]], None]) -> None:
        """The places of a target, best first; told at once or when a name is resolved."""
        group = target.group
        if target.server is not None:
            self._named(target, target.server, then)
        elif group is None:
            then([])
        elif group.kind == USER:
            then(self.switch.registrar.places(group, asked))
        else:
            then(self.servers(group))

    def servers(self, group: IpGroup) -> list[Place]:
        """The living servers of a group's proxy set, best first."""
        living = self.proxies.sets.get(group.proxy_set)
        if living is None:
            return []
        found = []
        for peer in living.order():
            flow = living.flow(peer)
            if flow is not None:
                port = peer.place.port
                shown = None if port == DEFAULT_PORTS[flow.transport] else port
                found.append(Place(flow, flow.host or peer.place.host, shown))
        return found

    def _named(self, target: Target, server: Server, then: Callable[[list[Place]], None]) -> None:
        interface = self._interface(target)

        def found(places: list[Found]) -> None:
            ready = []
            for place in ordered(places, self.switch.chance):
                transport: Transport = place.transport  # type: ignore[assignment]
                local = self.switch.local(interface, transport, ":" in place.host)
                if local is not None:
                    name = "" if literal(server.host) else server.host
                    flow = Flow(interface, transport, local, (place.host, place.port), 0, name)
                    ready.append(Place(flow, server.host, server.port or None))
            then(ready)

        method = self.switch.plan.naming.method
        self.proxies.resolve(structs.replace(server, method=method), True, found)

    def _interface(self, target: Target) -> int:
        if target.interface >= 0:
            return target.interface
        if target.group is not None:
            living = self.proxies.sets.get(target.group.proxy_set)
            if living is not None:
                return living.row.interface4
        return next((row.index for row in self.switch.plan.interfaces), -1)

    def swaps(self, group: IpGroup | None) -> bool:
        """Whether another server of the set is tried when one refuses (IsProxyHotSwap)."""
        if group is None:
            return True
        living = self.proxies.sets.get(group.proxy_set)
        return living is not None and living.row.hot_swap

    def patience(self, group: IpGroup | None, more: bool) -> float:
        """Seconds without any response before the next place is tried; 0 = as long as the transaction."""
        if not more or not self.swaps(group):
            return 0.0
        living = self.proxies.sets.get(group.proxy_set) if group is not None else None
        times = living.row.retransmissions if living is not None else RTX_BEFORE_SWAP
        t1: float = self.switch.plan.timers.t1
        return t1 * ((1 << (RTX_BEFORE_SWAP if times < 0 else min(times, 6))) + 1)

    # --- large requests (`sip.sizing.Ways`) ---

    def larger(self, flow: Flow) -> Flow | None:
        """The TCP flow for a request too large for UDP, where the interface has one and the peer, as far as
        is known, too."""
        if self._deaf.get(flow.remote, 0.0) > self.switch.now:
            return None
        local = self.switch.local(flow.interface, "tcp", ":" in flow.remote[0])
        return Flow(flow.interface, "tcp", local, flow.remote, 0, flow.host) if local is not None else None

    def refused(self, flow: Flow) -> None:
        """Nobody takes TCP connections there: for a while it is not tried."""
        if len(self._deaf) >= MOST_DEAF:
            self._deaf = {}
        self._deaf[flow.remote] = self.switch.now + DEAF

    def unheard(self, flow: Flow) -> None:
        """Nobody answered there."""
        self.proxies.unheard(flow)

    def follow(self, leg: Leg) -> Flow:
        """Where a request inside a dialog goes: the first route, else the peer's Contact."""
        flow = leg.flow
        if flow.transport != "udp" or (leg.group is not None and leg.group.always_source):
            return flow
        uri = Address.parse(leg.routes[0]).uri if leg.routes else uri_of(leg.target)
        if leg.group is not None and leg.group.kind == USER:
            return flow  # behind a NAT as a rule: where its REGISTER came from
        if not literal(uri.host) or (uri.transport or "udp") != "udp":
            return flow
        plan: Plan = self.switch.plan
        host = on_loopback(uri.host) if plan.loopback else uri.host
        remote = (host, uri.port or 5060)
        if remote == flow.remote or (":" in host) != (":" in flow.remote[0]):
            return flow
        return Flow(flow.interface, "udp", flow.local, remote)
