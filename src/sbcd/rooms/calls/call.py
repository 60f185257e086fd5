"""One call: a leg that came in, the attempts to reach somebody, and the leg that answered.

One rule: the legs never see each other; the call takes what one tells and says it to the other. What the
caller heard finally (a final response, a BYE) is final."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sbcd.rooms.calls.attempt import Attempt
from sbcd.rooms.calls.caller import Caller
from sbcd.rooms.calls.delayed import turned
from sbcd.rooms.calls.early import PROGRESS, said
from sbcd.rooms.calls.facts import (
    Answered,
    Attempted,
    Rang,
    Reason,
    SessionOpened,
    Way,
)
from sbcd.rooms.calls.legs import Leg, Stage
from sbcd.rooms.calls.passing import extensions, passed
from sbcd.rooms.calls.redirect import redirected
from sbcd.rooms.calls.session import watch
from sbcd.sip.message import Response

if TYPE_CHECKING:
    from sbcd.rooms.calls.plan import IpGroup

REASONS = {
    486: Reason.BUSY,
    600: Reason.BUSY,
    408: Reason.NO_ANSWER,
    480: Reason.NO_ANSWER,
    487: Reason.CANCELLED,
    404: Reason.NO_ROUTE,
    415: Reason.MEDIA_MISMATCH,
    488: Reason.MEDIA_MISMATCH,
    606: Reason.MEDIA_MISMATCH,
}
PREFERENCE = {
    600: 0,
    603: 1,
    401: 2,
    407: 2,
    486: 3,
    487: 8,
    408: 9,
    503: 10,
}  # which answer of forks is told


def reason(status: int) -> Reason:
    """The counter that a final status of the far side belongs to."""
    if 300 <= status < 400:
        return Reason.FORWARDED
    return REASONS.get(status, Reason.OTHER)


class Call(Caller):
    """A session, from its first INVITE until both legs are over."""

    __slots__ = ()

    # --- the caller ---

    def begin(self, leg: Leg) -> None:
        """The INVITE of the caller is there and its sender is known."""
        self.a = leg
        leg.started = self.switch.now
        leg.call, leg.seat = self, self.seat
        self.switch.tell(SessionOpened(self.switch.wall(), self.session))
        self.tell(Attempted, leg)

    def go(self, source: IpGroup, policy: str = "") -> None:
        """Starts trying the routes."""
        assert self.asked is not None
        self.targets = self.router.routes(
            self.asked, source, self.switch, policy, self.trigger, self.rerouting
        )
        self.advance()

    def advance(self) -> None:
        """The next route, or the end of the attempt."""
        while not self.attempts:
            targets = next(self.targets, None)
            if self.asked is not None and self.asked.request is not None:
                self.invite = self.asked.request  # call setup rules changed it
            if targets is None:
                status, response, why = self.best
                self.refuse(status or 404, why, response)
                return
            if targets[0].action:
                self.tried += 1
                self.refuse(int(targets[0].action) if targets[0].action.isdigit() else 200, Reason.OTHER)
                return
            self.attempts = [Attempt(self, target) for target in targets]
            self.tried += len(self.attempts)
            for attempt in list(self.attempts):
                attempt.start()
                if self.txn is None:
                    return

    def rang(self, attempt: Attempt, response: Response) -> None:
        """A provisional response of somebody called."""
        leg = self.a
        if self.txn is None or leg is None:
            return
        heard = said(self, attempt, response)
        now = self.switch.now
        if response.status in PROGRESS:
            if not attempt.leg.rang:
                attempt.leg.rang = now
                self.tell(Rang, attempt.leg, now - attempt.leg.started)
            if not leg.rang:
                leg.rang = now
                self.tell(Rang, leg, now - leg.started)
            leg.stage = Stage.RINGING
        body = response.body
        if attempt.made and body:  # its answer becomes an offer in the 200 only
            attempt.leg.heard, body = body, b""
        if heard is None:
            return
        headers = passed(response)
        if heard.reliable:
            leg.rseq += 1
            headers["RSeq"] = [str(leg.rseq)]
            headers["Require"] = ["100rel"]
        if heard.silent or not body:
            headers.pop("Content-Type", None)

        def say(sdp: bytes) -> None:
            self.respond(heard.status, headers, b"" if heard.silent else sdp, heard.reason)

        self.media(attempt, body, say)

    def media(self, attempt: Attempt, body: bytes, then: Any) -> None:
        """Lets the relay rewrite what `attempt` says to the caller, and goes on."""
        if not body or self.a is None:
            then(body)
            return
        media = self.switch.media
        pass_on = turned if attempt.made else media.answer if self.offered else media.offer

        def rewritten(sdp: bytes | None) -> None:
            if sdp is not None:
                then(sdp)
            elif self.b is not None:  # answered, but its description fits nowhere
                self.refuse(488, Reason.MEDIA_MISMATCH)
            else:
                then(b"")

        pass_on(self, attempt.leg, self.a, body, rewritten)

    def answered(self, attempt: Attempt, response: Response) -> None:
        """Somebody answered: the others are cancelled, the caller hears it."""
        leg = self.a
        if self.txn is None or leg is None:
            attempt.abandon(response)
            return
        for other in self.attempts:
            if other is not attempt:
                other.cancel()
        self.attempts = []
        self.b = attempt.leg
        self._settle(attempt.leg)
        if self.offered or attempt.made:
            attempt.acknowledge(b"")
        if not self.offered:
            self.pending_ack = attempt
        headers = passed(response)
        watch(self, response, headers)
        if supported := extensions(response, "Supported"):
            headers["Supported"] = [supported]

        def say(sdp: bytes) -> None:
            if self.txn is None:
                return
            self.respond(200, headers, sdp, response.reason)
            self.txn = None
            if leg.stage < Stage.RELEASING:
                self._settle(leg)
            self.invite = self.asked = None
            self.targets = iter(())
            self.switch.connected(self)

        early = attempt.leg.heard if attempt.made else b""
        self.media(attempt, response.body or early, say)

    def _settle(self, leg: Leg) -> None:
        now = self.switch.now
        leg.stage = Stage.CONNECTED
        leg.answered = now
        since = leg.rang or now
        self.tell(Answered, leg, now - leg.started, since - leg.started)

    def lost(self, attempt: Attempt, status: int, response: Response | None, why: Reason) -> None:
        """An attempt failed for good."""
        if attempt in self.attempts:
            self.attempts.remove(attempt)
        if self.txn is None:
            return
        rank = PREFERENCE.get(status, 5)
        if not self.best[0] or rank < PREFERENCE.get(self.best[0], 5):
            self.best = (status, response, why)
        if self.attempts:
            if status >= 600:
                for other in list(self.attempts):
                    other.cancel()
            return
        if 300 <= status < 400 and response is not None and redirected(self, attempt, response):
            return
        if status < 600 and self.switch.alternative(self.router, attempt, status, response is None):
            self.advance()
        else:
            self.targets = iter(())
            self.advance()


__all__ = ["Call", "Way", "reason"]
