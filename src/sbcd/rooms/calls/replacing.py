"""An INVITE with Replaces (RFC 3891) that the device carries out itself: somebody takes the place of one side
of a call, and the side that stays hears a re-INVITE only (SBCRemoteReplacesBehavior: handle locally).

One rule: until the one who stays has agreed the old call and its media stand as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sbcd.rooms.calls.facts import Answered, Attempted
from sbcd.rooms.calls.legs import Leg, Stage
from sbcd.rooms.calls.replaces import named, opposite
from sbcd.rooms.calls.turning import Turn
from sbcd.sip.message import Headers, Request
from sbcd.sip.transaction import ClientTransaction, ServerTransaction

if TYPE_CHECKING:
    from sbcd.rooms.calls.desk import Desk
    from sbcd.rooms.calls.ending import Session
    from sbcd.rooms.calls.plan import IpGroup

HANDLED_HERE = 1


def replaces(switch: Desk, txn: ServerTransaction, group: IpGroup, contact: str) -> bool:
    """Whether this INVITE replaces a side of a call whose other side leaves that to the device; it begins."""
    old = named(switch, txn.request.get("Replaces"))
    stays = opposite(old) if old is not None else None
    if old is None or stays is None or old.call.router.profile(stays.group).replaces != HANDLED_HERE:
        return False
    Replacement(switch, txn, group, old, stays, contact).start()
    return True


class Replacement:
    """One on its way: who comes is `b`, who stays is `a`. To the relay it is a call of its own."""

    def __init__(
        self, switch: Desk, txn: ServerTransaction, group: IpGroup, old: Leg, stays: Leg, contact: str
    ) -> None:
        self.switch, self.old, self.a = switch, old, stays
        self.txn: ServerTransaction | None = txn
        self.call: Session = old.call
        self.router = self.call.router
        self.session, self.seat = self.call.session, switch.sessions
        self.turn: Turn | None = None
        self.b = Leg(self, old.way, group, txn.flow, txn.request.call_id, txn.tag)
        self.b.found(txn.request)
        self.b.contact, self.b.started, self.b.seat = contact, switch.now, self.seat
        self.variables = self.call.variables
        self.asked = self.call.asked
        txn.owner = self

    def start(self) -> None:
        """The one who stays is offered what the one who comes offers."""
        assert self.txn is not None
        body = self.txn.request.body
        if not body:
            self._final(488)
        elif self.call.transfer is not None:
            self._final(491)
        else:
            self.call.transfer = self
            self.switch.remember(self.b)
            self.switch.media.offer(self, self.b, self.a, body, self._offered)

    def _offered(self, sdp: bytes | None) -> None:
        if sdp is None:
            self._failed(488)
        elif self.txn is not None:
            self.turn = Turn(self.switch, self.a, sdp, self._turned)
            self.turn.send()

    def _turned(self, status: int, answer: bytes) -> None:
        """The one who stays has answered."""
        if status >= 300:
            self._failed(status)
        elif self.txn is not None:
            self.switch.media.answer(self, self.a, self.b, answer, self._agreed)

    def _agreed(self, sdp: bytes | None) -> None:
        if sdp is None:
            self._failed(488)
        if sdp is None or self.txn is None:
            return
        call, new, gone, now = self.call, self.b, self.old, self.switch.now
        call.transfer = None
        self._final(200, sdp)
        new.stage, new.answered, new.rang = Stage.CONNECTED, now, now
        call.tell(Attempted, new)
        call.tell(Answered, new, now - new.started, 0.0)
        call.replace(gone, new, self.seat)
        if gone.stage == Stage.CONNECTED:
            call.hang_up(gone)
        self.switch.forget(gone)

    def _failed(self, status: int) -> None:
        if self.call.transfer is self:
            self.call.transfer = None
            self.switch.media.drop(self.seat)
        self._final(status)

    def _final(self, status: int, sdp: bytes = b"") -> None:
        txn, self.txn = self.txn, None
        if txn is None:
            return
        headers: Headers = {"Content-Type": ["application/sdp"]} if sdp else {}
        response = self.b.reply(txn, status, headers, sdp)
        self.switch.do(self.switch.endpoint.respond(txn, response, self.switch.now))
        if status >= 300:
            self.switch.forget(self.b)

    # --- what a call asks of what changes one of its sides ---

    def give_up(self) -> None:
        """The call is over."""
        if self.turn is not None:
            self.turn.give_up()
        self._failed(481)

    def left(self, leg: Leg) -> bool:
        """Whoever hangs up while it is under way ends the call, and this."""
        return False

    def other(self, leg: Leg) -> Leg | None:
        """Nobody is opposite yet."""
        return None

    def end(self, why: str, *, abnormal: bool = False, by: Leg | None = None) -> None:
        """The one who comes goes again."""
        self._failed(487)

    # --- what the endpoint tells of the INVITE ---

    def acked(self, txn: ServerTransaction, request: Request) -> None:
        """The ACK."""

    def cancelled(self, txn: ServerTransaction) -> None:
        """Withdrawn."""
        if self.turn is not None:
            self.turn.give_up()
        self._failed(487)

    def unacknowledged(self, txn: ServerTransaction) -> None:
        """No ACK came: the call that it is a part of now is over."""
        self.call.end("no ACK", abnormal=True)

    def unpracked(self, txn: ServerTransaction) -> None:
        """No provisional was sent."""

    def failed(self, txn: ServerTransaction | ClientTransaction, why: str) -> None:
        """The one who comes cannot be reached any more."""
        self._failed(503)
