"""What a call remembers, what it tells, and how it ends.

One rule: each leg's end is told exactly once, and afterwards nothing of the call is found anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sbcd.rooms.calls.facts import Ended, Failed, LegFact, Reason, SessionClosed
from sbcd.rooms.calls.legs import Leg, Stage
from sbcd.rooms.calls.routing import INITIAL
from sbcd.sip.headers import Uri
from sbcd.sip.message import Headers, Request, Response
from sbcd.sip.timers import Timer
from sbcd.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from sbcd.rooms.calls.attempt import Attempt
    from sbcd.rooms.calls.desk import Desk
    from sbcd.rooms.calls.matching import Asked
    from sbcd.rooms.calls.replacing import Replacement
    from sbcd.rooms.calls.routing import Router, Target
    from sbcd.rooms.calls.transfer import Transfer


class Session:
    """A session, from its first INVITE until both legs are over."""

    carried: tuple[str, ...] = ()  # headers of the INVITE that pass though they are of one side

    __slots__ = (
        "a",
        "asked",
        "attempts",
        "b",
        "best",
        "invite",
        "longest",
        "observer",
        "offered",
        "pending_ack",
        "privacy",
        "rerouting",
        "router",
        "seat",
        "session",
        "sought",
        "switch",
        "targets",
        "transfer",
        "tried",
        "trigger",
        "txn",
        "variables",
    )

    def __init__(
        self, switch: Desk, session: int, router: Router, txn: ServerTransaction, asked: Asked
    ) -> None:
        self.switch = switch
        self.session = session
        self.router = router
        self.txn: ServerTransaction | None = txn  # the INVITE that is not answered yet
        self.invite: Request | None = txn.request
        self.asked: Asked | None = asked
        self.variables = asked.variables
        self.offered = bool(txn.request.body)
        self.targets: Iterator[list[Target]] = iter(())
        self.attempts: list[Attempt] = []
        self.best: tuple[int, Response | None, Reason] = (0, None, Reason.NO_ROUTE)
        self.tried = 0
        self.seat = session  # the number of its media
        self.trigger, self.rerouting = INITIAL, -1  # what made it look for routes, and the group that did
        self.sought: Uri | None = None  # the address that a 3xx gave
        self.transfer: Transfer | Replacement | None = None  # of one of its legs, under way
        self.privacy = 0
        self.pending_ack: Attempt | None = None
        self.a: Leg | None = None
        self.b: Leg | None = None
        self.observer: Timer[Any] | None = None
        self.longest: Timer[Any] | None = None

    # --- facts ---

    def tell(self, kind: type[LegFact], leg: Leg, *more: object) -> None:
        """A fact of one of the legs."""
        if kind is Failed:
            assert isinstance(more[0], Reason)
            leg.outcome = more[0]
        group = leg.group
        interface = leg.flow.interface
        if group is not None:
            index, srd = group.index, group.srd
        else:
            index, srd = -1, self.switch.srd(interface)
        self.switch.tell(kind(self.switch.wall(), self.session, leg.way, index, srd, interface, *more))

    # --- the end ---

    def end(
        self, why: str, *, abnormal: bool = False, by: Leg | None = None, headers: Headers | None = None
    ) -> None:
        """Ends the call: BYE to everybody but `by`, who said it."""
        if self.txn is not None:
            for attempt in list(self.attempts):
                attempt.cancel()
            self.attempts = []
            if by is not None:
                by.stage = Stage.RELEASING
            self.refuse(503, Reason.OTHER)
            return
        for leg in (self.a, self.b):
            if leg is not None and leg.stage == Stage.CONNECTED:
                if leg is by:
                    leg.stage = Stage.RELEASING
                else:
                    self.hang_up(leg, headers)
        self.close(why, abnormal=abnormal)

    def hang_up(self, leg: Leg, headers: Headers | None = None) -> None:
        """BYE."""
        if not leg.remote_tag:
            return
        self.switch.request(leg.request("BYE", headers or {}), leg)
        leg.stage = Stage.RELEASING

    def close(self, why: str, *, abnormal: bool = False, failed: int = 0) -> None:
        """Both legs are over: facts, record, nothing remembered."""
        now = self.switch.now
        if self.transfer is not None:
            self.transfer.give_up()
        for leg in (self.a, self.b):
            if leg is None:
                continue
            if leg.answered and not leg.told:
                self.tell(Ended, leg, now - leg.answered, abnormal, why)
                leg.told = True
            self.switch.timers.drop(leg.refresher)
            self.switch.forget(leg)
        self.switch.timers.drop(self.observer)
        self.switch.timers.drop(self.longest)
        self.switch.closed(self, why, abnormal, failed)
        self.switch.tell(SessionClosed(self.switch.wall(), self.session))
        for leg in (self.a, self.b):
            if leg is not None:
                leg.stage = Stage.OVER
        self.a = self.b = None  # the legs know the call: no cycle is left to the collector
        if self.asked is not None:
            self.asked.scene = None

    def adopt(self, leg: Leg, left: Leg, seat: int) -> None:
        """`leg` leaves the call that it shares with `left`, which ends, for this one."""
        old, switch = leg.call, self.switch
        switch.media.release(old)
        old.a, old.b = left, None
        switch.admission.moved(leg.seat, leg.way, seat)
        leg.call, leg.seat = self, seat
        if left.stage == Stage.CONNECTED:
            old.hang_up(left)
        old.close("transferred")

    def replace(self, gone: Leg, fresh: Leg, seat: int) -> None:
        """`fresh` takes the place of `gone`, whose part in the call ends here; the media are at `seat`."""
        switch = self.switch
        switch.media.moved(self, gone, fresh, seat)
        if self.a is gone:
            self.a = fresh
        else:
            self.b = fresh
        fresh.call, self.seat = self, seat
        self.tell(Ended, gone, switch.now - gone.answered, False, "transferred")
        gone.told = True
        switch.left(self, gone, "transferred")

    @property
    def up(self) -> bool:
        """Whether it was answered and is not over."""
        return self.b is not None and self.b.stage == Stage.CONNECTED

    def other(self, leg: Leg) -> Leg | None:
        """The leg on the other side of `leg`."""
        if leg is self.a:
            return self.b or (self.attempts[0].leg if self.attempts else None)
        return self.a

    def refuse(self, status: int, why: Reason, response: Response | None = None, again: int = 0) -> None:
        """The final word to the caller: no."""
        raise NotImplementedError
