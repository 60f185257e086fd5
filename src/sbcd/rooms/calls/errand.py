"""What a request outside every dialog remembers while it is on its way, and how that ends.

One rule: when it is over nothing of it is found anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sbcd.rooms.calls.facts import DialogEnded, Way
from sbcd.rooms.calls.legs import Leg, Stage
from sbcd.rooms.calls.routing import INITIAL
from sbcd.sip.headers import Uri
from sbcd.sip.message import Request
from sbcd.sip.timers import Timer
from sbcd.sip.transaction import ClientTransaction, ServerTransaction

if TYPE_CHECKING:
    from sbcd.rooms.calls.desk import Desk
    from sbcd.rooms.calls.matching import Asked
    from sbcd.rooms.calls.reach import Place
    from sbcd.rooms.calls.routing import Router, Target


class Errand:
    """A pair of legs for one request, or for the subscription it founds."""

    def __init__(
        self, switch: Desk, session: int, router: Router, txn: ServerTransaction, asked: Asked, leg: Leg
    ) -> None:
        self.switch = switch
        self.session = self.seat = session
        self.router = router
        self.txn: ServerTransaction | None = txn
        self.request = txn.request
        self.invite = txn.request  # what `outbound` reads the caller from
        self.asked = asked
        self.variables = asked.variables
        self.a = leg
        self.b: Leg | None = None
        self.attempts: list[Any] = []
        self.offered = True
        self.privacy = 0
        self.trigger, self.rerouting = INITIAL, -1
        self.sought: Uri | None = None
        self.targets: Iterator[list[Target]] = iter(())
        self.target: Target | None = None
        self.places: list[Place] = []
        self.client: ClientTransaction | None = None
        self.timer: Timer[Any] | None = None
        self.method = txn.request.method
        self.open = False
        self.vouched = False  # a challenge was answered for the sender

    def tell(self, kind: Any, leg: Leg, *more: object) -> None:
        """A fact of one of the legs."""
        index, srd = (leg.group.index, leg.group.srd) if leg.group is not None else (-1, -1)
        self.switch.tell(
            kind(self.switch.wall(), self.session, leg.way, index, srd, leg.flow.interface, *more)
        )

    def other(self, leg: Leg) -> Leg | None:
        """The leg opposite."""
        return self.b if leg is self.a else self.a

    def end(self, why: str, *, abnormal: bool = False, by: Leg | None = None, headers: Any = None) -> None:
        """It is over."""
        if self.open:
            self.open = False
            for leg in (self.a, self.b):
                if leg is not None:
                    self.tell(DialogEnded, leg, self.method)
        self.over()

    def over(self) -> None:
        """Nothing is remembered."""
        self.switch.timers.drop(self.timer)
        self.switch.admission.over(self.session, Way.IN)
        for leg in (self.a, self.b):
            if leg is not None:
                leg.stage = Stage.OVER
                self.switch.forget(leg)
                leg.call = None  # no cycle is left to the collector
        self.asked.scene = None

    # --- a server transaction of another method has nothing to say ---

    def cancelled(self, txn: ServerTransaction) -> None:
        """CANCEL of a non-INVITE has no effect."""

    def acked(self, txn: ServerTransaction, request: Request) -> None:
        """No INVITE, no ACK."""

    def unacknowledged(self, txn: ServerTransaction) -> None:
        """No INVITE, no ACK."""

    def unpracked(self, txn: ServerTransaction) -> None:
        """No INVITE, no PRACK."""
