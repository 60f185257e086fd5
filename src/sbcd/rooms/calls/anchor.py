"""The media of calls: which realm faces whom, and what the relay is asked.

One rule: a call without media of its own (direct media) never touches the relay; a relay that refuses ends
the attempt, not the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec import structs

from sbcd.media.contract import (
    Anchored,
    Answer,
    Command,
    Count,
    Counted,
    Delete,
    Event,
    Offer,
    Query,
    Realm,
    Realms,
    Relay,
    Reply,
    Silent,
)
from sbcd.media.quality import mos
from sbcd.media.sdes import Mki, Security
from sbcd.rooms.calls import colours
from sbcd.rooms.calls.colours import Colours
from sbcd.rooms.calls.facts import LegFact, MediaBroken, MediaMeasured, StreamsChanged
from sbcd.rooms.calls.legs import Leg
from sbcd.rooms.calls.nat import nat
from sbcd.rooms.calls.streams import Streams

if TYPE_CHECKING:
    from sbcd.rooms.calls import plan as planned
    from sbcd.rooms.calls.desk import Desk, Sdp
    from sbcd.rooms.calls.plan import Plan
    from sbcd.rooms.calls.routing import Router

SDP = "application/sdp"
SECURITY: tuple[Security, ...] = ("as-is", "srtp", "rtp", "both", "both")
ROUNDS = 40
"""Every call is measured once in so many beats of the engine (ten seconds)."""


class Anchor:
    """`desk.Media` over a relay."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.switch: Desk
        self._anchored: dict[int, dict[str, Leg]] = {}
        self._marks: dict[tuple[int, str], tuple[float, Count]] = {}  # what was told of a leg, and when
        self._kinds = Streams()
        self._round = 0
        self._colours = Colours()

    # --- the door that calls use ---

    def offer(self, pair: Any, source: Leg, dest: Leg, sdp: bytes, then: Sdp) -> None:
        """`source` offers this to `dest`."""
        near, far = self._realm(pair.router, source), self._realm(pair.router, dest)
        if near is None or far is None or direct(pair.router, source, dest):
            then(sdp)
            return
        if pair.seat not in self._anchored and len(self._anchored) >= pair.router.plan.media_capacity:
            then(None)
            return
        legs = self._anchored.setdefault(pair.seat, {})
        legs[source.local_tag], legs[dest.local_tag] = source, dest
        router = pair.router
        profile, timers = router.profile(dest.group), router.plan.timers
        self._ask(
            Offer(
                str(pair.seat),
                source.local_tag,
                dest.local_tag,
                sdp,
                near,
                far,
                timers.latch,
                timers.broken_timeout if profile.broken else 0.0,
                "as-is" if source.promised else SECURITY[router.profile(source.group).security],
                SECURITY[profile.security],
                named(router, source),
                named(router, dest),
                nat(router, source),
            ),
            then,
        )

    def answer(self, pair: Any, source: Leg, dest: Leg, sdp: bytes, then: Sdp) -> None:
        """`source` answers what `dest` offered."""
        legs = self._anchored.get(pair.seat)
        if legs is None or source.local_tag not in legs:
            then(sdp)
            return
        seat = pair.seat

        def answered(back: bytes | None) -> None:
            for leg, said in ((source, sdp), (dest, back)) if back and seat in self._anchored else ():
                changed = self._kinds.say(seat, leg.local_tag, said or b"")
                if changed and leg.answered and getattr(pair, "up", False):
                    self._streams(pair, leg, seat)
            then(back)

        self._ask(
            Answer(str(seat), source.local_tag, dest.local_tag, sdp, nat(pair.router, source)), answered
        )

    def release(self, pair: Any) -> None:
        """The call is over: what was counted becomes facts."""
        self._let_go(pair, (pair.a, pair.b))

    def _let_go(self, pair: Any, ending: tuple[Leg | None, ...]) -> None:
        """Ends what is anchored and tells what was counted; the streams of `ending` are over."""
        seat = pair.seat
        legs = self._anchored.pop(seat, None)
        if legs is None:
            return
        kept = answered(pair)
        self._kinds.forget(seat, legs)
        over = {leg.local_tag for leg in ending if leg is not None}
        named = {tag: leg.seat for tag, leg in kept.items()}

        def counted(reply: Reply) -> None:
            counts = reply.legs if isinstance(reply, Counted) else {}  # a relay that is gone counted nothing
            self._measured(pair, seat, kept, counts, named, over)
            for tag in legs:
                self._marks.pop((seat, tag), None)
                self._colours.forget((seat, tag))

        self.relay.ask(Delete(str(seat)), counted)

    def moved(self, pair: Any, gone: Leg, fresh: Leg, seat: int) -> None:
        """`fresh` talks instead of `gone`, and its media are anchored under another number."""
        stays = pair.b if pair.a is gone else pair.a
        self._let_go(pair, (gone,))
        if seat in self._anchored:
            for leg in (stays, fresh):
                self._marks[seat, leg.local_tag] = (self.switch.now, Count())
            self._streams(pair, fresh, seat)

    def drop(self, seat: int) -> None:
        """What was anchored under this number came to nothing."""
        legs = self._anchored.pop(seat, None)
        if legs is not None:
            self._kinds.forget(seat, legs)
            self.relay.ask(Delete(str(seat)), lambda reply: None)

    def measure(self) -> None:
        """A beat of the engine: a part of the calls under way is measured."""
        self._round = (self._round + 1) % ROUNDS
        for session in [one for one in self._anchored if one % ROUNDS == self._round]:
            for call in {leg.call for leg in self._anchored[session].values()}:
                if call.seat == session and getattr(call, "up", False):
                    self._inquire(call)

    def _inquire(self, call: Any) -> None:
        kept, seat = answered(call), call.seat
        named = {tag: leg.seat for tag, leg in kept.items()}

        def counted(reply: Reply) -> None:
            if isinstance(reply, Counted) and seat in self._anchored:
                self._measured(call, seat, kept, reply.legs, named, set())

        self.relay.ask(Query(str(seat)), counted)

    def _ask(self, command: Command, then: Sdp) -> None:
        def answered(reply: Reply) -> None:
            then(reply.sdp if isinstance(reply, Anchored) else None)

        self.relay.ask(command, answered)

    # --- what is told ---

    def connected(self, pair: Any) -> None:
        """Both legs are up: their streams are a gauge."""
        if pair.seat in self._anchored:
            for leg in answered(pair).values():
                self._streams(pair, leg, pair.seat)

    def retell(self) -> None:
        """A device that begins anew learns what streams there are."""
        for seat, legs in list(self._anchored.items()):
            for call in {leg.call for leg in legs.values()}:
                if call.seat == seat and getattr(call, "up", False):
                    self.connected(call)

    def _streams(self, pair: Any, leg: Leg, seat: int) -> None:
        kinds = self._kinds.of(seat, leg.local_tag)
        tell(self.switch, pair, StreamsChanged, leg, leg.seat, realm_index(pair.router, leg), *kinds)

    def _measured(
        self,
        pair: Any,
        seat: int,
        legs: dict[str, Leg],
        counts: dict[str, Count],
        named: dict[str, int],
        over: set[str],
    ) -> None:
        """Tells what was counted on each leg since it was told before; the streams of `over` are no more."""
        switch, now = self.switch, self.switch.now
        told = {tag: self._marks.get((seat, tag), (leg.answered, Count())) for tag, leg in legs.items()}
        gained = {tag: grown(told.get(tag, (0.0, Count()))[1], count) for tag, count in counts.items()}
        for tag, leg in legs.items():
            mine = gained.get(tag, Count())
            other = next((count for name, count in gained.items() if name != tag), Count())
            index, seconds = realm_index(pair.router, leg), now - told[tag][0]
            painted = coloured(self._colours, (seat, tag), pair.router, leg, mine, other)
            values = (index, seconds, *figures(mine, other), *painted)
            tell(switch, pair, MediaMeasured, leg, named[tag], *values)
            self._marks[seat, tag] = (now, counts.get(tag, Count()))
            if tag in over:
                tell(switch, pair, StreamsChanged, leg, named[tag], index, 0, 0)

    def happened(self, event: Event) -> None:
        """The relay tells something by itself."""
        if not isinstance(event, Silent) or not event.call.isdigit():
            return
        leg = self._anchored.get(int(event.call), {}).get(event.leg)
        if leg is not None and getattr(leg.call, "up", False):
            leg.call.tell(MediaBroken, leg)
            leg.call.end("media broken", abnormal=True)

    # --- realms ---

    def follow(self, wanted: Plan, then: Callable[[Reply], None]) -> None:
        """The realms of a plan."""
        self.relay.ask(Realms(tuple(ranges(wanted))), then)

    def _realm(self, router: Router, leg: Leg) -> str | None:
        row = realm(router, leg)
        if row is None:
            return None
        v6 = ":" in leg.flow.remote[0]
        if not (row.ipv6 if v6 else row.ipv4):
            return None
        return f"{row.name}/{'6' if v6 else '4'}"


def tell(switch: Desk, pair: Any, kind: type[LegFact], leg: Leg, seat: int, *more: object) -> None:
    """A fact about media: under the number of the leg, which no other leg of the call has on its side."""
    if seat == pair.session:
        pair.tell(kind, leg, *more)
        return
    group, interface = leg.group, leg.flow.interface
    index, srd = (group.index, group.srd) if group is not None else (-1, switch.srd(interface))
    switch.tell(kind(switch.wall(), seat, leg.way, index, srd, interface, *more))


def figures(mine: Count, other: Count) -> tuple[object, ...]:
    """What MediaMeasured tells of a leg after realm and seconds; `other` is what was counted opposite."""
    return (
        mine.packets,
        other.packets,
        mine.octets,
        other.octets,
        mine.lost,
        mine.lost_there,
        mine.jitter if mine.packets else None,
        mine.jitter_there,
        mine.round_trip,
        mos(mine.codec, mine.packets, mine.lost, mine.jitter, mine.round_trip),
        _there(mine, other),
        mine.codec,
    )


def ranges(wanted: Plan) -> list[Realm]:
    """The realms of a plan as the relay knows them: one for each address family."""
    found = []
    for row in wanted.realms:
        for family, host in (("4", row.ipv4), ("6", row.ipv6)):
            if host and row.end > row.start:
                spacing = max(wanted.spacing, 2)
                public = row.public if family == "4" else ""
                found.append(Realm(f"{row.name}/{family}", host, row.start, row.end, spacing, public))
    return found


def coloured(
    known: Colours, key: tuple[int, str], router: Router, leg: Leg, mine: Count, other: Count
) -> tuple[int | None, int | None]:
    """What the QoE Profile of the group, or of the realm, makes of what was counted on a leg."""
    row = realm(router, leg)
    name = (leg.group.quality if leg.group is not None else "") or (row.quality if row else "")
    colouring = next((one for one in router.plan.qualities if one.name == name and one.rules), None)
    return known.of(key, colouring, heard(mine), heard_there(mine, other))


def heard(mine: Count) -> dict[int, float]:
    """What of a leg can have a colour, as we hear it."""
    found = {
        colours.MOS: mos(mine.codec, mine.packets, mine.lost, mine.jitter, mine.round_trip),
        colours.DELAY: mine.round_trip,
        colours.LOSS: colours.percent(mine.lost, mine.packets),
        colours.JITTER: mine.jitter if mine.packets else None,
    }
    return scaled(found)


def heard_there(mine: Count, other: Count) -> dict[int, float]:
    """The same as the leg hears us, by its own reports."""
    lost = mine.lost_there
    arrived = max(0, other.packets - (lost or 0))
    found = {
        colours.MOS: _there(mine, other),
        colours.LOSS: colours.percent(lost, arrived),
        colours.JITTER: mine.jitter_there,
    }
    return scaled(found)


def scaled(found: dict[int, float | None]) -> dict[int, float]:
    """What is known of it, MOS in tenths as thresholds are."""
    return {
        kind: 10 * value if kind == colours.MOS else value
        for kind, value in found.items()
        if value is not None
    }


def realm_index(router: Router, leg: Leg) -> int:
    """The row of the media realm of a leg; -1 for none."""
    row = realm(router, leg)
    return row.index if row is not None else -1


def answered(pair: Any) -> dict[str, Leg]:
    """The legs that talk, by tag."""
    return {leg.local_tag: leg for leg in (pair.a, pair.b) if leg is not None and leg.answered}


def _there(mine: Count, other: Count) -> float | None:
    """What the leg heard of us, by its own reports; None when it sent none."""
    if mine.lost_there is None or mine.jitter_there is None:
        return None
    arrived = max(0, other.packets - mine.lost_there)
    return mos(other.codec, arrived, mine.lost_there, mine.jitter_there, mine.round_trip)


def named(router: Router, leg: Leg) -> Mki:
    """How the keys of a leg are named: as its profile says, without one as the device does."""
    profile = router.profile(leg.group)
    return Mki(*(profile.mki if profile.index >= 0 else router.plan.timers.mki))


def grown(before: Count, now: Count) -> Count:
    """What a leg counted since `before`; gauges are those of now. A relay that began anew began at 0."""
    if now.packets < before.packets:
        before = Count()
    there = now.lost_there
    if there is not None:
        there = max(there - (before.lost_there or 0), 0)
    return structs.replace(
        now,
        packets=now.packets - before.packets,
        octets=now.octets - before.octets,
        lost=max(now.lost - before.lost, 0),
        lost_there=there,
    )


def realm(router: Router, leg: Leg) -> planned.Realm | None:
    """The media realm of a leg: of its IP Group, of its SIP Interface, or the default one."""
    if leg.group is not None and leg.group.realm in router.realms:
        return router.realms[leg.group.realm]
    interface = router.interfaces.get(leg.flow.interface)
    if interface is not None and interface.realm in router.realms:
        return router.realms[interface.realm]
    return next((row for row in router.plan.realms if row.default), None)


def direct(router: Router, source: Leg, dest: Leg) -> bool:
    """Whether the two talk to each other without us (SBCDirectMedia on both interfaces)."""
    a, b = router.interfaces.get(source.flow.interface), router.interfaces.get(dest.flow.interface)
    return a is not None and b is not None and a.direct_media == 1 and b.direct_media == 1
