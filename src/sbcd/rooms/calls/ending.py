"""What a call remembers, what it tells, and how it ends.

One rule: each leg's end is told exactly once, and afterwards nothing of the call is found anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sbcd.rooms.calls.facts import Ended, LegFact, Reason, SessionClosed
from sbcd.rooms.calls.legs import Leg, Stage
from sbcd.sip.message import Headers, Request, Response
from sbcd.sip.timers import Timer
from sbcd.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from sbcd.rooms.calls.attempt import Attempt
    from sbcd.rooms.calls.desk import Desk
    from sbcd.rooms.calls.matching import Asked
    from sbcd.rooms.calls.routing import Router, Target


class Session:
    """A session, from its first INVITE until both legs are over."""

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
        "router",
        "session",
        "switch",
        "targets",
        "tried",
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
        self.privacy = 0
        self.pending_ack: Attempt | None = None
        self.a: Leg | None = None
        self.b: Leg | None = None
        self.observer: Timer[Any] | None = None
        self.longest: Timer[Any] | None = None

    # --- facts ---

    def tell(self, kind: type[LegFact], leg: Leg, *more: object) -> None:
        """A fact of one of the legs."""
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

    @property
    def up(self) -> bool:
        """Whether it was answered and is not over."""
        return self.b is not None and self.b.stage == Stage.CONNECTED

    def other(self, leg: Leg) -> Leg | None:
        """The leg on the other side of `leg`."""
        if leg is self.a:
            return self.b or (self.attempts[0].leg if self.attempts else None)
        return self.a

    def refuse(self, status: int, why: Reason, response: Response | None = None) -> None:
        """The final word to the caller: no."""
        raise NotImplementedError
