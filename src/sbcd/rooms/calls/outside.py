"""Requests that begin no call: SUBSCRIBE, OPTIONS, MESSAGE and the rest, outside every dialog.

One rule: they are classified, routed and manipulated like calls, and answered exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sbcd.rooms.calls.errand import Errand
from sbcd.rooms.calls.facts import (
    DialogAttempted,
    DialogEnded,
    DialogFailed,
    DialogOpened,
    Reason,
    Way,
)
from sbcd.rooms.calls.legs import Leg, Stage
from sbcd.rooms.calls.outbound import address_leg, common, manipulated
from sbcd.rooms.calls.passing import ALLOW, AUTHENTICATION, DIALOG, passed
from sbcd.sip.message import Headers, Request, Response
from sbcd.sip.transaction import ClientTransaction

if TYPE_CHECKING:
    from sbcd.rooms.calls.plan import IpGroup
    from sbcd.rooms.calls.reach import Place

STAYING = {"SUBSCRIBE"}  # methods that found a dialog
NEXT = {408, 503}
CHALLENGES = {401, 407}


class Outside(Errand):
    """One such request on its way, and the subscription it may found."""

    # --- there ---

    def go(self, source: IpGroup, policy: str = "") -> None:
        """Starts routing it."""
        self.attempted(self.a)
        if self.switch.admission.refuses(self, source, Way.IN, self.method):
            self.refuse(480, Reason.ADMISSION)
            return
        self.targets = self.router.routes(self.asked, source, self.switch, policy)
        self.advance(404, Reason.NO_ROUTE)

    def advance(self, status: int, why: Reason, response: Response | None = None) -> None:
        """The next route; without one the request fails with what the last one said."""
        targets = next(self.targets, None)
        if self.asked.request is not None:
            self.request = self.invite = self.asked.request  # call setup rules changed it
        if targets is None:
            self.refuse(status, why, response)
            return
        self.target = targets[0]
        if self.target.action:
            self.here(int(self.target.action) if self.target.action.isdigit() else 200)
            return
        self.switch.reach.places(self.target, self.asked, self._found)

    def _found(self, places: list[Place]) -> None:
        self.places = list(places)
        if not places:
            self.advance(503, Reason.UNREACHABLE)
            return
        self.next()

    def next(self) -> None:
        """Sends it to the next place."""
        assert self.target is not None
        assert self.a.group is not None
        place = self.places.pop(0)
        switch, group = self.switch, self.target.group
        if self.b is not None:
            switch.forget(self.b)
        leg = self.b = switch.out_leg(self, group)
        leg.flow = place.flow
        leg.started = switch.now
        source, dest, _ = manipulated(self.router, self.asked, self.a.group, self.target)
        address_leg(leg, self.request, source, dest, self.a.group.host, place, group)
        headers = passed(self.request, (*DIALOG, *AUTHENTICATION))
        common(headers, self.request, self, self.router.profile(group))  # type: ignore[arg-type]
        self.prepare(leg, headers, place)
        request = leg.request(self.method, headers, self.request.body)
        self.attempted(leg)
        self.client = switch.request(request, leg, self)

    # --- and back ---

    def responded(self, txn: ClientTransaction, response: Response) -> None:
        """The far side answers."""
        if self.txn is None or txn is not self.client or response.status < 200:
            return
        if response.status in NEXT and self.places:
            self.next()
        elif response.status in NEXT:
            self._lost(response.status, Reason.UNREACHABLE, response)
        elif self.switch.accounts.vouched(self, response):
            return
        elif response.status >= 300:
            self._lost(response.status, Reason.OTHER, response, final=True)
        else:
            self.accepted(response)

    def timed_out(self, txn: ClientTransaction) -> None:
        """Silence."""
        if txn is self.client:
            self._lost(408, Reason.NO_ANSWER)

    def failed(self, txn: object, why: str) -> None:
        """Out of reach."""
        if txn is self.client:
            self._lost(503, Reason.UNREACHABLE)

    def _lost(
        self, status: int, why: Reason, response: Response | None = None, *, final: bool = False
    ) -> None:
        if self.txn is None:
            return
        if response is None and self.places:
            self.next()
            return
        if self.b is not None and status not in CHALLENGES:
            self.refused(self.b, why, status)
        if final:
            self.refuse(status, why, response)
        else:
            self.advance(status, why, response)

    def refuse(self, status: int, why: Reason, response: Response | None = None) -> None:
        """The final word: no."""
        if self.txn is None:
            return
        self.switch.intrusions.failed(why, self.a.flow)
        headers = passed(response, (*DIALOG, *AUTHENTICATION, "Min-Expires")) if response is not None else {}
        if response is not None and 300 <= status < 400 and "Contact" in response.headers:
            headers["Contact"] = response.headers["Contact"]
        self.reply(status, headers, response)
        if status not in CHALLENGES:
            self.refused(self.a, why, status)
        self.over()

    def reply(self, status: int, headers: Headers, response: Response | None) -> None:
        """The final response, once."""
        txn, self.txn = self.txn, None
        if txn is not None:
            body = response.body if response is not None else b""
            text = response.reason if response is not None else ""
            reply = self.a.reply(txn, status, headers, body, text)
            if self.method not in STAYING and not (300 <= status < 400) and self.method != "REGISTER":
                reply.headers.pop("Contact", None)
            self.switch.do(self.switch.endpoint.respond(txn, reply, self.switch.now))

    # --- what a kind of request does its own way ---

    def prepare(self, leg: Leg, headers: Headers, place: Place) -> None:
        """What the request gets before it leaves."""

    def attempted(self, leg: Leg) -> None:
        """It came, or goes."""
        self.tell(DialogAttempted, leg, self.method)

    def refused(self, leg: Leg, why: Reason, status: int) -> None:
        """It failed on this leg."""
        self.tell(DialogFailed, leg, self.method, why, status)

    def accepted(self, response: Response) -> None:
        """The far side agreed."""
        assert self.b is not None
        seconds = (response.number("Expires") or 0) if self.method in STAYING else 0
        if self.method in STAYING:
            self.b.confirm(response)
            self.a.stage = self.b.stage = Stage.CONNECTED
        self.reply(response.status, passed(response, DIALOG), response)
        for leg in (self.a, self.b):
            self.tell(DialogOpened, leg, self.method)
        self.open = True
        if seconds:
            self._keep(seconds)
        else:
            self.end("done")

    def here(self, status: int) -> None:
        """It is answered by the device itself."""
        self.reply(status, {"Allow": [ALLOW]} if self.method == "OPTIONS" else {}, None)
        if status < 300:
            self.tell(DialogOpened, self.a, self.method)
            self.tell(DialogEnded, self.a, self.method)
        else:
            self.refused(self.a, Reason.OTHER, status)
        self.over()

    def _keep(self, seconds: int) -> None:
        timers = self.switch.timers
        timers.drop(self.timer)
        self.timer = timers.set(self.switch.now + seconds + 32, lambda: self.end("expired"))

    def refreshed(self, request: Request, response: Response) -> None:
        """A SUBSCRIBE inside the dialog was accepted, or a NOTIFY: the last one ends it (RFC 6665 4.4.1)."""
        if request.method == "NOTIFY":
            if request.get("Subscription-State").strip().lower().startswith("terminated"):
                self.switch.timers.drop(self.timer)
                self.timer = self.switch.timers.set(self.switch.now, lambda: self.end("terminated"))
            return
        seconds = response.number("Expires")
        if seconds:
            self._keep(seconds)
        elif seconds == 0:
            self._keep(1)  # its last NOTIFY is on its way
