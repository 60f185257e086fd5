"""What IP Profiles make of the session descriptions that pass: coders, telephone events, hold.

One rule: it stands before the relay and after it (`desk.Media` around another one), so that every description
of a call passes here; a call of which no profile shapes anything costs one look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sbcd.rooms.calls.coders import (
    answering_hold,
    common,
    cut,
    held_as,
    kept_streams,
    shaped,
    speechless,
    with_events,
)
from sbcd.rooms.calls.continuing import continued
from sbcd.sip.grammar import Malformed
from sbcd.sip.sdp import Sdp

if TYPE_CHECKING:
    from sbcd.rooms.calls.coders import Shape
    from sbcd.rooms.calls.desk import Media
    from sbcd.rooms.calls.desk import Sdp as Then
    from sbcd.rooms.calls.legs import Leg

EXTEND = 1
UNFIT = 488


class Shaping:
    """`desk.Media` that shapes, around the one that relays."""

    def __init__(self, relay: Media) -> None:
        self.relay = relay

    def offer(self, pair: Any, source: Leg, dest: Leg, sdp: bytes, then: Then) -> None:
        """`source` offers this to `dest`; `then(None)` with `dest.unfit`: no coder in common."""
        source.heard = source.asked = sdp
        near, far = shape_of(pair, source), shape_of(pair, dest)
        finish = telling(pair, dest, then)
        if near is not None or far is not None:
            try:
                whole = Sdp.parse(sdp)
            except Malformed:  # the relay says what becomes of it
                near = far = None
            else:
                wanted = fitting(whole, near, far)
                if speechless(whole, wanted):
                    dest.unfit = UNFIT
                    then(None)
                    return
                if far is not None and far.events == EXTEND:
                    wanted = with_events(wanted, far.events_payload)
                sdp = bytes(wanted) if wanted != whole else sdp
        form = far.hold if far is not None else 0
        before = dest.said if pair.router.plan.timers.keeps_streams else b""
        if not form and not before:
            self.relay.offer(pair, source, dest, sdp, finish)
            return

        def told(relayed: bytes | None) -> None:
            if relayed:
                whole = held_as(Sdp.parse(relayed), form)
                relayed = bytes(kept_streams(whole, Sdp.parse(before)) if before else whole)
            finish(relayed)

        self.relay.offer(pair, source, dest, sdp, told)

    def answer(self, pair: Any, source: Leg, dest: Leg, sdp: bytes, then: Then) -> None:
        """`source` answers what `dest` offered."""
        source.heard = sdp
        near, far = shape_of(pair, source), shape_of(pair, dest)
        keeps = pair.router.plan.timers.keeps_streams
        if near is not None or far is not None or keeps:
            try:
                whole = Sdp.parse(sdp)
                offer = Sdp.parse(dest.asked) if dest.asked else whole
            except Malformed:
                pass
            else:
                wanted = common(fitting(cut(whole, offer) if keeps else whole, near, far), offer)
                if not dest.promised:  # an offer of the device's own names no place, as a hold does
                    wanted = answering_hold(wanted, offer)
                if speechless(whole, wanted):
                    dest.unfit = UNFIT
                    then(None)
                    return
                sdp = bytes(wanted) if wanted != whole else sdp
        self.relay.answer(pair, source, dest, sdp, telling(pair, dest, then))

    def connected(self, pair: Any) -> None:
        """Both legs are up."""
        self.relay.connected(pair)

    def release(self, pair: Any) -> None:
        """The call is over."""
        self.relay.release(pair)

    def moved(self, pair: Any, gone: Leg, fresh: Leg, seat: int) -> None:
        """`fresh` talks instead of `gone`."""
        self.relay.moved(pair, gone, fresh, seat)

    def drop(self, seat: int) -> None:
        """What was anchored under this number came to nothing."""
        self.relay.drop(seat)


def telling(pair: Any, dest: Leg, then: Then) -> Then:
    """`then`, and the leg knows what its peer was told last; media that moved go on as one session."""

    def told(sdp: bytes | None) -> None:
        if sdp:
            if pair.seat != pair.session and dest.said:
                sdp = continued(dest.said, sdp)
            dest.said = sdp
        then(sdp)

    dest.unfit = 0
    return told


def fitting(sdp: Sdp, near: Shape | None, far: Shape | None) -> Sdp:
    """What both sides may use."""
    for shape in (near, far):
        if shape is not None:
            sdp = shaped(sdp, shape)
    return sdp


def shape_of(pair: Any, leg: Leg) -> Shape | None:
    """What the profile of a leg makes of descriptions."""
    shape: Shape | None = pair.router.profile(leg.group).shape
    return shape
