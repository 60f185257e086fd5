"""The caller's INVITE: what is answered to it, and what becomes of it.

One rule: exactly one final response; whoever was called for it and is not needed any more is let go."""

from __future__ import annotations

from sbcd.rooms.calls.delayed import settled
from sbcd.rooms.calls.ending import Session
from sbcd.rooms.calls.facts import Failed, Reason
from sbcd.rooms.calls.legs import Stage
from sbcd.rooms.calls.passing import AUTHENTICATION, passed
from sbcd.rooms.calls.redirect import told
from sbcd.sip.message import Headers, Request, Response
from sbcd.sip.transaction import ClientTransaction, ServerTransaction


class Caller(Session):
    """The side of a call that came in."""

    __slots__ = ()

    def respond(self, status: int, headers: Headers, body: bytes = b"", text: str = "") -> None:
        """A response to the caller's INVITE."""
        if self.txn is not None and self.a is not None:
            response = self.a.reply(self.txn, status, headers, body, text)
            self.switch.do(self.switch.endpoint.respond(self.txn, response, self.switch.now))

    def refuse(self, status: int, why: Reason, response: Response | None = None, again: int = 0) -> None:
        """The final word to the caller: no; `again`: seconds after which he may try once more."""
        leg = self.a
        if self.txn is None or leg is None:
            return
        self.switch.intrusions.failed(why, leg.flow)
        headers = passed(response, (*AUTHENTICATION, "Retry-After", "Warning")) if response else {}
        if again:
            headers["Retry-After"] = [str(again)]
        if response is not None and status == 422 and "Min-SE" in response.headers:
            headers["Min-SE"] = response.headers["Min-SE"]
        if response is not None and 300 <= status < 400 and "Contact" in response.headers:
            headers["Contact"] = told(self, response)
        self.respond(status, headers, b"", response.reason if response else "")
        self.txn = None
        if (
            self.b is not None and self.b.stage == Stage.CONNECTED
        ):  # it answered, the caller never heard of it
            self.hang_up(self.b)
        self.tell(Failed, leg, why, status)
        leg.told = True
        self.close(f"{status}", failed=status)

    # --- what the endpoint tells of the caller's INVITE ---

    def cancelled(self, txn: ServerTransaction) -> None:
        """The caller gave up."""
        for attempt in list(self.attempts):
            attempt.cancel()
        self.attempts = []
        self.targets = iter(())
        self.refuse(487, Reason.CANCELLED)

    def acked(self, txn: ServerTransaction, request: Request) -> None:
        """The caller's ACK; with a late offer it carries the answer for the called."""
        attempt, self.pending_ack = self.pending_ack, None
        if attempt is None or self.a is None:
            return
        if attempt.made:
            settled(self, self.a, attempt.leg, request.body)
        elif request.body:
            self.switch.media.answer(
                self, self.a, attempt.leg, request.body, lambda sdp: attempt.acknowledge(sdp or b"", request)
            )
        else:
            attempt.acknowledge(b"")

    def unacknowledged(self, txn: ServerTransaction) -> None:
        """No ACK came for our 200 (RFC 3261 13.3.1.4)."""
        if self.pending_ack is not None and not self.pending_ack.made:
            self.pending_ack.acknowledge(b"")
        self.end("no ACK", abnormal=True)

    def unpracked(self, txn: ServerTransaction) -> None:
        """No PRACK came."""
        for attempt in list(self.attempts):
            attempt.cancel()
        self.attempts = []
        self.refuse(504, Reason.OTHER)

    def failed(self, txn: ServerTransaction | ClientTransaction, why: str) -> None:
        """A response could not be delivered, or the INVITE was never answered."""
        if self.txn is not None:
            self.cancelled(txn)  # type: ignore[arg-type]
