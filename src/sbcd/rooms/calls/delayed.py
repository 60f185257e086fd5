"""INVITEs without an offer towards peers that need one (SBCRemoteDelayedOfferSupport): the device offers
its own coders, and what is answered becomes the offer to whoever asked.

One rule: who was offered something gives one answer, the other one hears one offer; neither waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sbcd.rooms.calls.coders import made
from sbcd.sip.sdp import Sdp

if TYPE_CHECKING:
    from sbcd.rooms.calls.desk import Sdp as Then
    from sbcd.rooms.calls.legs import Leg
    from sbcd.rooms.calls.outgoing import Outgoing

NOWHERE = "0.0.0.0"  # noqa: S104 - the relay puts its own place there


def promise(attempt: Outgoing, caller: Leg) -> None:
    """Gives an INVITE without an offer one of the device's own, when the called needs it and the profile
    names coders for it (SBCExtensionCodersGroupName)."""
    request = attempt.request
    profile = attempt.call.router.profile(attempt.target.group)
    if request is None or profile.delayed_offer or not profile.coders:
        return
    attempt.made = caller.promised = True
    request.body = made(profile.coders, NOWHERE, profile.events_payload)
    request.headers["Content-Type"] = ["application/sdp"]


def turned(pair: Any, source: Leg, dest: Leg, body: bytes, then: Then) -> None:
    """What `source` answered to the device's own offer becomes the offer to `dest`."""
    media = pair.switch.media

    def answered(sdp: bytes | None) -> None:
        dest.promised = False
        if sdp is None:
            then(None)
        else:
            media.offer(pair, source, dest, body, then)

    media.answer(pair, source, dest, body, answered)


def settled(pair: Any, source: Leg, dest: Leg, body: bytes) -> None:
    """The answer of `source`, in its ACK, to the offer that an answer of `dest` became: the relay knows now
    where `source` is; `dest` has heard its part already."""
    if body:
        pair.switch.media.answer(pair, source, dest, body, lambda sdp: None)


def again(leg: Leg) -> bytes:
    """The last description of a peer as a fresh offer in its name, nothing on hold."""
    return bytes(Sdp.parse(leg.heard).directed("sendrecv")) if leg.heard else b""
