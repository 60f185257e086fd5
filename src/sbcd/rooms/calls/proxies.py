"""Proxy sets as they are now: which servers live, whose turn it is, who sends from which address.

One rule: a server is down because it did not answer what was asked of it, and up again because it did; what
the configuration says about it never changes that."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from sbcd.base.indexed import Indexed
from sbcd.rooms.calls.contract import ProxyLine
from sbcd.rooms.calls.facts import (
    IpGroupBlocked,
    IpGroupUnblocked,
    ProxySetLost,
    ProxySetRestored,
    ServerDown,
    ServerUp,
)
from sbcd.rooms.calls.naming import Found as Found
from sbcd.rooms.calls.ping import Ping, options
from sbcd.rooms.calls.plan import IpGroup, ProxySet, Server
from sbcd.rooms.calls.routing import literal
from sbcd.sip.events import Flow, Transport
from sbcd.sip.headers import bracketed
from sbcd.sip.timers import Timer
from sbcd.sip.transaction import ClientTransaction

if TYPE_CHECKING:
    from sbcd.rooms.calls.desk import Desk

DEFAULT_PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}
FIRST_SECONDS = 1.0  # the first keep-alives are spread over this


Place = tuple[int, str]
"""A SIP interface and a host."""
Resolve = Callable[[Server, bool, Callable[[list[Found]], None]], None]
"""What a server's name stands for; True: in a hurry, an answer whose time is over will do."""


class Peer:
    """One address of one proxy set."""

    __slots__ = ("asked", "bad", "good", "online", "place", "priority", "server", "streak", "timer", "weight")

    def __init__(self, server: Server, place: Found) -> None:
        self.server = server
        self.place = place
        self.priority = place.priority
        self.weight = place.weight
        self.online: bool | None = None
        self.good = 0
        self.bad = 0
        self.streak = 0  # answers in a row while it counts as down
        self.asked: ClientTransaction | None = None
        self.timer: Timer[Any] | None = None

    @property
    def address(self) -> str:
        return f"{bracketed(self.place.host)}:{self.place.port};{self.place.transport}"


class Living:
    """One proxy set at work."""

    def __init__(self, proxies: Proxies, row: ProxySet) -> None:
        self.proxies = proxies
        self.row = row
        self.peers: list[Peer] = []
        self.active: Peer | None = None
        self.lost = False
        self.turn = 0
        self.resolving: Timer[Any] | None = None

    # --- which servers there are ---

    def follow(self, row: ProxySet, old: list[Peer]) -> None:
        """Takes the row; servers that were there keep what is known of them."""
        self.row = row
        waiting = len(row.servers)
        found: list[Peer] = []
        known = {peer.address: peer for peer in old}
        named = False

        def take(server: Server, places: list[Found]) -> None:
            nonlocal waiting
            waiting -= 1
            for place in ranked(server, places):
                peer = known.pop(Peer(server, place).address, None)
                if peer is None:
                    peer = Peer(server, place)
                peer.server, peer.place = server, place
                peer.priority, peer.weight = place.priority, place.weight
                found.append(peer)
            if not waiting:
                self._took(found, list(known.values()), named)

        for server in row.servers:
            named = named or not literal(server.host)
            self.proxies.resolve(server, False, partial(take, server))
        if not row.servers:
            self._took([], list(known.values()), False)

    def _took(self, found: list[Peer], gone: Iterable[Peer], named: bool) -> None:
        switch = self.proxies.switch
        for peer in gone:
            switch.timers.drop(peer.timer)
        self.peers = sorted(found, key=lambda peer: peer.priority)
        if self.active not in self.peers:
            self.active = None
        for position, peer in enumerate(self.peers):
            if not self.row.keep_alive:
                switch.timers.drop(peer.timer)
                peer.timer, peer.online = None, None
            elif peer.timer is None:
                spread = FIRST_SECONDS * (self.row.index % 16 + position) / 32
                peer.timer = switch.timers.set(switch.now + spread, partial(self.ask, peer))
        self.proxies.know(self)
        self.judge()
        switch.timers.drop(self.resolving)
        if named:
            self.resolving = switch.timers.set(
                switch.now + switch.plan.naming.refresh, lambda: self.follow(self.row, self.peers)
            )

    def close(self) -> None:
        """The row is gone."""
        timers = self.proxies.switch.timers
        timers.drop(self.resolving)
        for peer in self.peers:
            timers.drop(peer.timer)
            peer.timer = None
        self.proxies.forget(self)
        if self.lost:
            self._restored()

    # --- do they live? ---

    def ask(self, peer: Peer) -> None:
        """Sends a keep-alive."""
        peer.timer = None
        switch = self.proxies.switch
        if peer not in self.peers or not self.row.keep_alive:
            return
        flow = self.flow(peer)
        if flow is None:
            self.heard(peer, False, "no SIP Interface can reach it")
            return
        request, group = options(self, peer, flow)
        request = switch.router.rewriter.pinged(request, flow, group)
        ping = Ping(self, peer)
        peer.asked = switch.send_request(request, flow, ping)
        if self.row.retransmissions >= 0 and peer.asked is not None:
            sent = 2 << min(self.row.retransmissions, 6)  # the next would leave at sent - 1 times T1
            patience = switch.plan.timers.t1 * (sent - 1.1)
            peer.timer = switch.timers.set(switch.now + patience, ping.silent)

    def heard(self, peer: Peer, alive: bool, why: str = "") -> None:
        """What came of it."""
        switch, row = self.proxies.switch, self.row
        peer.asked = None
        if peer not in self.peers or not row.keep_alive:
            return
        if alive:
            peer.good += 1
            peer.streak += 1
            if peer.online is None or (peer.online is False and peer.streak >= row.retries):
                if peer.online is False:
                    switch.tell(ServerUp(switch.wall(), row.index, peer.address))
                peer.online = True
        else:
            peer.bad += 1
            peer.streak = 0
            if peer.online is not False:
                peer.online = False
                switch.tell(ServerDown(switch.wall(), row.index, peer.address, why))
        recovering = peer.online is False and peer.streak > 0
        wait = row.retry_interval if recovering else row.interval
        switch.timers.drop(peer.timer)
        peer.timer = switch.timers.set(switch.now + wait, lambda: self.ask(peer))
        self.judge()

    def judge(self) -> None:
        """Alarms: is the set still usable?"""
        switch, row = self.proxies.switch, self.row
        if not row.keep_alive or not self.peers:
            lost = False
            left = len(self.peers)
        else:
            left = sum(1 for peer in self.peers if peer.online is not False)
            lost = left < (row.least if row.balancing else 1)
        if lost and not self.lost:
            switch.tell(ProxySetLost(switch.wall(), row.index, row.name, left))
            for group in self._groups():
                switch.tell(IpGroupBlocked(switch.wall(), group.index, group.name, "No Working Proxy"))
        elif self.lost and not lost:
            self._restored()
        self.lost = lost

    def _restored(self) -> None:
        switch, row = self.proxies.switch, self.row
        switch.tell(ProxySetRestored(switch.wall(), row.index, row.name))
        for group in self._groups():
            switch.tell(IpGroupUnblocked(switch.wall(), group.index, group.name))

    def _groups(self) -> list[IpGroup]:
        """The IP groups that are reached through the set."""
        groups = self.proxies.switch.plan.ip_groups
        return [row for row in groups if row.proxy_set == self.row.index and row.kind != 1]

    # --- whose turn is it? ---

    def order(self) -> list[Peer]:
        """The servers to try, best first; those known to be down are left out."""
        live = [peer for peer in self.peers if peer.online is not False]
        if not live:
            return []
        if self.row.balancing == 1:
            first = live[0].priority
            top = [peer for peer in live if peer.priority == first]
            self.turn = (self.turn + 1) % len(top)
            return [*top[self.turn :], *top[: self.turn], *live[len(top) :]]
        if self.row.balancing == 2:
            first = live[0].priority
            top = [peer for peer in live if peer.priority == first]
            return [*self._dice(top), *live[len(top) :]]
        if self.row.homing or self.active not in live:
            self.active = live[0]
        assert self.active is not None
        return [self.active, *(peer for peer in live if peer is not self.active)]

    def _dice(self, top: list[Peer]) -> list[Peer]:
        left = list(top)
        order = []
        while left:
            point = self.proxies.switch.chance() * sum(peer.weight or 1 for peer in left)
            position = 0
            while (point := point - (left[position].weight or 1)) >= 0 and position < len(left) - 1:
                position += 1
            order.append(left.pop(position))
        return order

    def flow(self, peer: Peer) -> Flow | None:
        """How to reach it."""
        v6 = ":" in peer.place.host
        interface = self.row.interface6 if v6 and self.row.interface6 >= 0 else self.row.interface4
        transport: Transport = peer.place.transport  # type: ignore[assignment]
        local = self.proxies.switch.local(interface, transport, v6)
        if local is None:
            return None
        name = "" if literal(peer.server.host) else peer.server.host
        return Flow(interface, transport, local, (peer.place.host, peer.place.port), 0, name)


class Proxies:
    """All proxy sets."""

    def __init__(self, switch: Desk, resolve: Resolve) -> None:
        self.switch = switch
        self.resolve = resolve
        self.sets: dict[int, Living] = {}
        self._rows: Indexed[ProxySet] = Indexed()
        self._senders: dict[Place, list[tuple[Living, Peer]]] = {}
        self._places: dict[int, set[Place]] = {}  # where the servers of each set send from
        self._unknown: set[int] = set()  # sets whose servers nobody has found yet

    def follow(self, rows: Indexed[ProxySet]) -> None:
        """A new plan: sets that are as they were are left alone, but for those that have no servers."""
        touched, self._rows = {*rows.since(self._rows), *self._unknown}, rows
        for index in sorted(touched):
            row, living = rows.get(index), self.sets.get(index)
            if row is None:
                if living is not None:
                    del self.sets[index]
                    living.close()
                continue
            if living is None:
                living = self.sets[index] = Living(self, row)
            if living.row != row or not living.peers:
                living.follow(row, living.peers)

    def know(self, living: Living) -> None:
        """Where the servers of a set send from now."""
        self.forget(living)
        index = living.row.index
        if self.sets.get(index) is not living:
            return  # the row went while its names were looked up
        if living.row.servers and not living.peers:
            self._unknown.add(index)
        places = self._places[index] = set()
        for peer in living.peers:
            for interface in {living.row.interface4, living.row.interface6} - {-1}:
                place = interface, peer.place.host
                places.add(place)
                senders = self._senders.setdefault(place, [])
                insort(senders, (living, peer), key=lambda sender: sender[0].row.index)

    def forget(self, living: Living) -> None:
        """The servers of a set are not those any more."""
        self._unknown.discard(living.row.index)
        for place in self._places.pop(living.row.index, ()):
            left = [sender for sender in self._senders[place] if sender[0].row.index != living.row.index]
            if left:
                self._senders[place] = left
            else:
                del self._senders[place]

    def senders(self, flow: Flow) -> Iterable[int]:
        """The proxy sets this may come from, by their classification input."""
        for living, peer in self._senders.get((flow.interface, flow.remote[0]), ()):
            if not living.row.by_port or (
                peer.place.port == flow.remote[1] and peer.place.transport == flow.transport
            ):
                yield living.row.index

    def houses(self, flow: Flow) -> bool:
        """Whether a server of any set is at the address that this comes from, whatever its port."""
        return (flow.interface, flow.remote[0]) in self._senders

    def having(self, wanted: set[str]) -> set[int]:
        """The sets that have one of these hosts, names in lower case or addresses."""
        return {
            index
            for index, living in self.sets.items()
            if any(server.host.lower() in wanted for server in living.row.servers)
            or any(peer.place.host in wanted for peer in living.peers)
        }

    def usable(self, index: int) -> bool:
        """Whether the set has a server that may be alive."""
        living = self.sets.get(index)
        return living is not None and not living.lost and bool(living.peers)

    def unheard(self, flow: Flow) -> None:
        """A call got no answer there: with keep-alive its server is asked again at once."""
        for living, peer in self._senders.get((flow.interface, flow.remote[0]), ()):
            if living.row.keep_alive and peer.asked is None and peer.place.port == flow.remote[1]:
                self.switch.timers.drop(peer.timer)
                living.ask(peer)
            if living.active is peer and not living.row.homing:
                live = [other for other in living.peers if other.online is not False and other is not peer]
                living.active = live[0] if live else peer

    def lines(self) -> Iterable[ProxyLine]:
        """What `show voip proxy sets status` shows."""
        for living in self.sets.values():
            row = living.row
            first = next(iter(living.order()), None)
            mode = "Load Balancing" if row.balancing else "Homing" if row.homing else "Parking"
            for peer in living.peers:
                yield ProxyLine(
                    row.index,
                    row.name,
                    mode,
                    ("Disabled", "OPTIONS", "REGISTER")[min(row.keep_alive, 2)],
                    peer.address,
                    peer.priority,
                    peer.weight,
                    peer.online,
                    peer is first or (bool(row.balancing) and peer.online is not False),
                    peer.good,
                    peer.bad,
                )


def ranked(server: Server, places: list[Found]) -> list[Found]:
    """The places of a server with its own priority and weight where it has them."""
    return [
        place._replace(
            priority=server.priority * 65536 + place.priority, weight=server.weight or place.weight
        )
        for place in places
    ]
