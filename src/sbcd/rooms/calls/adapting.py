"""Requests inside a dialog in the way the far side takes them: IP Profiles say who takes UPDATE, re-INVITE,
re-INVITE without an offer, and hold.

One rule: who asks is always answered; what the far side does not take it never hears of."""

from __future__ import annotations

from typing import Any

import msgspec

from sbcd.rooms.calls.coders import NOT_HELD, answering_hold
from sbcd.rooms.calls.legs import Leg, Stage
from sbcd.rooms.calls.session import Refresh, interval, restart
from sbcd.sip.grammar import Malformed
from sbcd.sip.message import Headers, Request
from sbcd.sip.sdp import Sdp
from sbcd.sip.transaction import ServerTransaction

TAKEN_LATER = 1  # UPDATE: once connected
ONLY_WITH_OFFER = 1  # re-INVITE


class Way(msgspec.Struct, frozen=True):
    """How a request goes on. `passes`: not at all, it is answered here. `makes_offer`: with what its sender
    said last, it came without."""

    method: str
    passes: bool = True
    makes_offer: bool = False


def way_of(pair: Any, source: Leg, dest: Leg, request: Request) -> Way:
    """What the far side's profile makes of a request."""
    method = request.method
    if method not in {"INVITE", "UPDATE"}:
        return Way(method)
    profile = pair.router.profile(dest.group)
    connected = dest.stage == Stage.CONNECTED
    if method == "UPDATE":
        if profile.update > TAKEN_LATER or (profile.update == TAKEN_LATER and connected):
            return Way(method, not _unheld(profile, source, request))
        if not request.body or not connected or not profile.reinvite:
            return Way(method, passes=False)
        method = "INVITE"
    if not profile.reinvite or _unheld(profile, source, request):
        return Way(method, passes=False)
    if (
        not request.body
        and source.heard
        and (profile.reinvite == ONLY_WITH_OFFER or not profile.delayed_offer)
    ):
        return Way(method, makes_offer=True)
    return Way(method)


def _unheld(profile: Any, source: Leg, request: Request) -> bool:
    """Whether this holds or resumes, and the far side is not to know (SBCRemoteHoldFormat 5)."""
    if profile.shape is None or profile.shape.hold != NOT_HELD or not request.body or not source.heard:
        return False
    try:
        return Sdp.parse(request.body).held or Sdp.parse(source.asked or source.heard).held
    except Malformed:
        return False


class Local:
    """A re-INVITE or UPDATE that the device answers itself, with what the far side said last."""

    __slots__ = ("dest", "pair", "source", "txn")

    def __init__(self, pair: Any, source: Leg, dest: Leg, txn: ServerTransaction) -> None:
        self.pair = pair
        self.source = source
        self.dest = dest
        self.txn: ServerTransaction | None = txn

    def start(self) -> None:
        """Answers; the relay learns where the sender is now."""
        assert self.txn is not None
        request = self.txn.request
        if request.body:
            self.pair.switch.media.offer(self.pair, self.source, self.dest, request.body, self._heard)
        elif request.method == "INVITE":
            self._answered(self.source.said)  # an offer: what was said last
        else:
            self._answered(b"")

    def _heard(self, sdp: bytes | None) -> None:
        if self.txn is None:
            return
        if sdp is None or not self.dest.heard:
            self._final(488, {}, b"")
            return
        heard = self.dest.heard
        said = answering_hold(Sdp.parse(heard), Sdp.parse(self.txn.request.body))
        self.pair.switch.media.answer(self.pair, self.dest, self.source, bytes(said), self._answered)
        self.dest.heard = heard  # it did not say that itself

    def _answered(self, sdp: bytes | None) -> None:
        if self.txn is None:
            return
        if sdp is None:
            self._final(488, {}, b"")
            return
        headers: Headers = {"Content-Type": ["application/sdp"]} if sdp else {}
        seconds, refresher = interval(self.txn.request)
        if seconds:
            headers["Session-Expires"] = [f"{seconds};refresher={refresher or 'uac'}"]
            headers["Require"] = ["timer"]
            restart(self.pair, seconds)
            if not self.txn.request.body:  # the far side lives by the same interval
                Refresh(self.pair, self.dest, seconds, repeats=False).send()
        self._final(200, headers, sdp)

    def _final(self, status: int, headers: Headers, body: bytes) -> None:
        txn, self.txn = self.txn, None
        assert txn is not None
        if txn.request.method == "INVITE":
            self.source.invite = None
        switch = self.pair.switch
        switch.do(switch.endpoint.respond(txn, self.source.reply(txn, status, headers, body), switch.now))

    # --- what the endpoint tells of the transaction ---

    def acked(self, txn: ServerTransaction, request: Request) -> None:
        """The ACK; to an offer of ours it carries the answer."""
        if request.body:
            self.pair.switch.media.answer(self.pair, self.source, self.dest, request.body, lambda sdp: None)

    def cancelled(self, txn: ServerTransaction) -> None:
        """It was withdrawn."""
        if self.txn is not None:
            self._final(487, {}, b"")

    def unacknowledged(self, txn: ServerTransaction) -> None:
        """No ACK came."""
        self.pair.end("no ACK", abnormal=True)

    def unpracked(self, txn: ServerTransaction) -> None:
        """Not asked for here."""

    def failed(self, txn: object, why: str) -> None:
        """The sender went away."""
        self.txn = None
