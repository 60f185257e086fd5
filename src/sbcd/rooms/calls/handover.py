"""How one leg of a call hands over to another: who stays is told to talk to the new one, who goes is let go.

One rule: until the one who stays has agreed the old call stands as it was; what fails before is undone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sbcd.rooms.calls.attempt import Attempt
from sbcd.rooms.calls.facts import Answered, Ended
from sbcd.rooms.calls.legs import Leg, Stage
from sbcd.rooms.calls.turning import Turn
from sbcd.sip.message import Response
from sbcd.sip.reasons import REASONS

if TYPE_CHECKING:
    from sbcd.rooms.calls.ending import Session
    from sbcd.rooms.calls.news import News
    from sbcd.rooms.calls.routing import Target

PARTING = 2.0  # seconds in which the referrer may hang up by himself


class Handover:
    """The call, who goes (`referrer`), who stays (`a`) and who comes (`b`)."""

    def __init__(self, call: Session, referrer: Leg, stays: Leg, news: News) -> None:
        self.call, self.referrer, self.a = call, referrer, stays
        self.switch, self.router, self.variables = call.switch, call.router, call.variables
        self.switch.sessions += 1
        self.session, self.seat = call.session, self.switch.sessions
        self.b: Leg | None = None
        self.news: News | None = news
        self.attempts: list[Attempt] = []
        self.targets: Iterator[list[Target]] = iter(())
        self.turn: Turn | None = None
        self.over = False

    def tell(self, kind: Any, leg: Leg, *more: object) -> None:
        """A fact of one of the legs: it is one of the call."""
        self.call.tell(kind, leg, *more)

    def answered(self, attempt: Attempt, response: Response) -> None:
        """The others are let go; the one who stays is told to talk to the new one."""
        if self.over or self.b is not None:
            attempt.abandon(response)
            return
        for other in self.attempts:
            if other is not attempt:
                other.cancel()
        self.attempts = []
        leg, now = attempt.leg, self.switch.now
        self.b = leg
        leg.stage, leg.answered = Stage.CONNECTED, now
        self.tell(Answered, leg, now - leg.started, (leg.rang or now) - leg.started)
        attempt.acknowledge(b"")
        self._agreed(leg, response.body, self._replaced)

    def _agreed(self, leg: Leg, body: bytes, then: Any) -> None:
        """The new one's answer is there: the one who stays gets it as an offer of his."""
        media = self.switch.media

        def heard(sdp: bytes | None) -> None:
            if sdp is None or not body:
                self._failed(488)
            else:
                media.offer(self, leg, self.a, body, offered)

        def offered(sdp: bytes | None) -> None:
            if sdp is None or self.over:
                self._failed(488)
                return
            self.turn = Turn(self.switch, self.a, sdp, turned)
            self.turn.send()

        def turned(status: int, answer: bytes) -> None:
            if status >= 300:
                self._failed(status)
            else:
                media.answer(self, self.a, leg, answer, lambda sdp: then())

        media.answer(self, leg, self.a, body, heard)

    def _replaced(self) -> None:
        """The new one takes the referrer's place."""
        if self.b is not None and not self.over:
            self._take(self.b)

    def _take(self, fresh: Leg) -> None:
        call, gone = self.call, self.referrer
        self.over = True
        call.transfer = None
        call.replace(gone, fresh, self.seat)
        if gone.stage != Stage.CONNECTED:
            self.switch.forget(gone)
            return
        gone.call = self
        if self.news is not None:
            self.news.tell(200, "OK", last=True)
        self.news = None
        self.switch.timers.set(self.switch.now + PARTING, self._part)

    def _part(self) -> None:
        """The referrer has not hung up: he is hung up on."""
        if self.referrer.stage == Stage.CONNECTED:
            self.call.hang_up(self.referrer)
            self.switch.forget(self.referrer)

    # --- it ends ---

    def left(self, leg: Leg) -> bool:
        """The referrer hangs up while his transfer is under way: it goes on without him."""
        if leg is not self.referrer:
            return False
        self.news = None
        leg.stage = Stage.RELEASING
        return True

    def _failed(self, status: int) -> None:
        """It came to nothing: the referrer hears why, and talks on."""
        if self.over:
            return
        news, gone = self.news, self.referrer.stage != Stage.CONNECTED
        self.give_up()
        if news is not None:
            news.tell(status, REASONS.get(status, "Transfer Failed"), last=True)
        if gone:
            self.call.end("transfer failed", by=self.referrer)

    def give_up(self) -> None:
        """Ends it: nobody is called any more, who answered is hung up on."""
        if self.over:
            return
        self.over = True
        self.call.transfer = None
        self.news = None
        self.targets = iter(())
        for attempt in list(self.attempts):
            attempt.cancel()
        self.attempts = []
        if self.turn is not None:
            self.turn.give_up()
        self.switch.media.drop(self.seat)
        leg = self.b
        if leg is not None and leg.call is self and not leg.told:
            if leg.stage == Stage.CONNECTED:
                self.call.hang_up(leg)
            self.tell(Ended, leg, self.switch.now - leg.answered, False, "transfer failed")
            leg.told = True
            self.switch.left(self.call, leg, "transfer failed")
            self.switch.forget(leg)

    # --- what a pair of legs is asked when one of them speaks ---

    def other(self, leg: Leg) -> Leg | None:
        """Nobody is opposite yet, or any more."""
        return None

    def end(self, why: str, *, abnormal: bool = False, by: Leg | None = None, headers: Any = None) -> None:
        """One of them hangs up: the referrer when all is done, or the new one before it is."""
        if by is None:
            return
        by.stage = Stage.OVER
        self.switch.forget(by)
        if by is self.b:
            self._failed(480)
