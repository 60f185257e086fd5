"""A re-INVITE of the device itself: a peer is told to talk to somebody else.

One rule: it is told once how it ended: with the description that came back, or with the status."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sbcd.rooms.calls.legs import Leg, Stage
from sbcd.rooms.calls.passing import ALLOW
from sbcd.sip.dialog import glare_delay
from sbcd.sip.message import Response
from sbcd.sip.transaction import ClientTransaction

if TYPE_CHECKING:
    from sbcd.rooms.calls.desk import Desk
    from sbcd.sip.timers import Timer

PENDING = 491
MOST_TRIES = 4

Then = Callable[[int, bytes], None]
"""The status and the description that came with it."""


class Turn:
    """One such re-INVITE, repeated after glare."""

    def __init__(self, switch: Desk, leg: Leg, sdp: bytes, then: Then) -> None:
        self.switch, self.leg, self.sdp, self.then = switch, leg, sdp, then
        self.txn: ClientTransaction | None = None
        self.timer: Timer[Any] | None = None
        self.tries = 0
        self.over = False

    def send(self) -> None:
        """Sends it; while another INVITE is under way on the leg it waits as after 491."""
        self.timer = None
        leg = self.leg
        if leg.stage != Stage.CONNECTED:
            self._done(481, b"")
            return
        self.tries += 1
        if leg.invite is not None:
            self._later()
            return
        headers = {"Allow": [ALLOW], "Content-Type": ["application/sdp"]}
        request = leg.request("INVITE", headers, self.sdp)
        self.txn = self.switch.request(request, leg, self)
        leg.invite, leg.invite_cseq = self.txn, request.cseq.number

    def _later(self) -> None:
        if self.tries >= MOST_TRIES:
            self._done(PENDING, b"")
            return
        wait = glare_delay(True, self.switch.chance())
        self.timer = self.switch.timers.set(self.switch.now + wait, self.send)

    def give_up(self) -> None:
        """Nobody wants to know any more; an answer is still acknowledged."""
        self.over = True
        self.switch.timers.drop(self.timer)

    def _done(self, status: int, body: bytes) -> None:
        if not self.over:
            self.over = True
            self.then(status, body)

    # --- what the endpoint tells ---

    def responded(self, txn: ClientTransaction, response: Response) -> None:
        """The peer answers."""
        if response.status < 200:
            return
        leg = self.leg
        if leg.invite is txn:
            leg.invite = None
        if response.status < 300:
            leg.learn(response)
            self.switch.acknowledge(txn, leg)
            self._done(response.status, response.body)
        elif response.status == PENDING and not self.over:
            self._later()
        else:
            self._done(response.status, b"")

    def timed_out(self, txn: ClientTransaction) -> None:
        """The peer is silent."""
        self._failed(txn, 408)

    def failed(self, txn: object, why: str) -> None:
        """The peer cannot be reached."""
        self._failed(txn, 503)

    def _failed(self, txn: object, status: int) -> None:
        if self.leg.invite is txn:
            self.leg.invite = None
        self._done(status, b"")
