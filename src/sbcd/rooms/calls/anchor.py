"""The media of calls: which realm faces whom, and what the relay is asked.

One rule: a call without media of its own (direct media) never touches the relay; a relay that refuses ends
the attempt, not the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sbcd.media.contract import (
    Anchored,
    Answer,
    Command,
    Count,
    Counted,
    Delete,
    Event,
    Offer,
    Realm,
    Realms,
    Relay,
    Reply,
    Silent,
)
from sbcd.media.quality import mos
from sbcd.rooms.calls.facts import MediaBroken, MediaMeasured, StreamsChanged
from sbcd.rooms.calls.legs import Leg

if TYPE_CHECKING:
    from sbcd.rooms.calls import plan as planned
    from sbcd.rooms.calls.desk import Desk, Sdp
    from sbcd.rooms.calls.plan import Plan
    from sbcd.rooms.calls.routing import Router

SDP = "application/sdp"


class Anchor:
    """`desk.Media` over a relay."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.switch: Desk
        self._anchored: dict[int, dict[str, Leg]] = {}

    # --- the door that calls use ---

    def offer(self, pair: Any, source: Leg, dest: Leg, sdp: bytes, then: Sdp) -> None:
        """`source` offers this to `dest`."""
        near, far = self._realm(pair.router, source), self._realm(pair.router, dest)
        if near is None or far is None or direct(pair.router, source, dest):
            then(sdp)
            return
        legs = self._anchored.setdefault(pair.session, {})
        legs[source.local_tag], legs[dest.local_tag] = source, dest
        profile = pair.router.profile(dest.group)
        silence = pair.router.plan.timers.broken_timeout if profile.broken else 0.0
        self._ask(
            Offer(str(pair.session), source.local_tag, dest.local_tag, sdp, near, far, silence=silence),
            then,
        )

    def answer(self, pair: Any, source: Leg, dest: Leg, sdp: bytes, then: Sdp) -> None:
        """`source` answers what `dest` offered."""
        legs = self._anchored.get(pair.session)
        if legs is None or source.local_tag not in legs:
            then(sdp)
            return
        self._ask(Answer(str(pair.session), source.local_tag, dest.local_tag, sdp), then)

    def release(self, pair: Any) -> None:
        """The call is over: what was counted becomes facts."""
        legs = self._anchored.pop(pair.session, None)
        if legs is None:
            return
        kept = {leg.local_tag: leg for leg in (pair.a, pair.b) if leg is not None and leg.answered}
        seconds = {tag: self.switch.now - leg.answered for tag, leg in kept.items()}

        def counted(reply: Reply) -> None:
            if isinstance(reply, Counted):
                self._measured(pair, kept, seconds, reply.legs)

        self.relay.ask(Delete(str(pair.session)), counted)

    def _ask(self, command: Command, then: Sdp) -> None:
        def answered(reply: Reply) -> None:
            then(reply.sdp if isinstance(reply, Anchored) else None)

        self.relay.ask(command, answered)

    # --- what is told ---

    def connected(self, pair: Any) -> None:
        """Both legs are up: their streams are a gauge."""
        if pair.session in self._anchored:
            self._streams(pair, 1)

    def _streams(self, pair: Any, count: int) -> None:
        for leg in (pair.a, pair.b):
            if leg is not None and leg.answered:
                pair.tell(StreamsChanged, leg, self._realm_index(pair.router, leg), count, 0)

    def _measured(
        self, pair: Any, legs: dict[str, Leg], seconds: dict[str, float], counts: dict[str, Count]
    ) -> None:
        for tag, leg in legs.items():
            mine = counts.get(tag, Count())
            other = next((count for name, count in counts.items() if name != tag), Count())
            realm = self._realm_index(pair.router, leg)
            pair.tell(
                MediaMeasured,
                leg,
                realm,
                seconds[tag],
                mine.packets,
                other.packets,
                mine.octets,
                other.octets,
                mine.lost,
                mine.lost_there,
                mine.jitter,
                mine.jitter_there,
                mine.round_trip,
                mos(mine.codec, mine.packets, mine.lost, mine.jitter, mine.round_trip),
                _there(mine, other),
                mine.codec,
            )
            pair.tell(StreamsChanged, leg, realm, 0, 0)

    def happened(self, event: Event) -> None:
        """The relay tells something by itself."""
        if not isinstance(event, Silent) or not event.call.isdigit():
            return
        call = self.switch.calls.get(int(event.call))
        leg = self._anchored.get(int(event.call), {}).get(event.leg)
        if call is None or leg is None or not call.up:
            return
        call.tell(MediaBroken, leg)
        call.end("media broken", abnormal=True)

    # --- realms ---

    def follow(self, wanted: Plan, then: Callable[[Reply], None]) -> None:
        """The realms of a plan."""
        found = []
        for row in wanted.realms:
            for family, host in (("4", row.ipv4), ("6", row.ipv6)):
                if host and row.end > row.start:
                    spacing = max(wanted.spacing, 2)
                    public = row.public if family == "4" else ""
                    found.append(Realm(f"{row.name}/{family}", host, row.start, row.end, spacing, public))
        self.relay.ask(Realms(tuple(found)), then)

    def _realm(self, router: Router, leg: Leg) -> str | None:
        row = realm(router, leg)
        if row is None:
            return None
        v6 = ":" in leg.flow.remote[0]
        if not (row.ipv6 if v6 else row.ipv4):
            return None
        return f"{row.name}/{'6' if v6 else '4'}"

    @staticmethod
    def _realm_index(router: Router, leg: Leg) -> int:
        row = realm(router, leg)
        return row.index if row is not None else -1


def _there(mine: Count, other: Count) -> float | None:
    """What the leg heard of us, by its own reports; None when it sent none."""
    if mine.lost_there is None or mine.jitter_there is None:
        return None
    arrived = max(0, other.packets - mine.lost_there)
    return mos(other.codec, arrived, mine.lost_there, mine.jitter_there, mine.round_trip)


def realm(router: Router, leg: Leg) -> planned.Realm | None:
    """The media realm of a leg: of its IP Group, of its SIP Interface, or the default one."""
    if leg.group is not None and leg.group.realm in router.realms:
        return router.realms[leg.group.realm]
    interface = router.interfaces.get(leg.flow.interface)
    if interface is not None and interface.realm in router.realms:
        return router.realms[interface.realm]
    return next((row for row in router.realms.values() if row.default), None)


def direct(router: Router, source: Leg, dest: Leg) -> bool:
    """Whether the two talk to each other without us (SBCDirectMedia on both interfaces)."""
    a, b = router.interfaces.get(source.flow.interface), router.interfaces.get(dest.flow.interface)
    return a is not None and b is not None and a.direct_media == 1 and b.direct_media == 1
