"""Requests that begin no call: REGISTER, SUBSCRIBE, OPTIONS, MESSAGE and the rest, outside every dialog.

One rule: they are classified, routed and manipulated like calls, and answered exactly once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sbcd.rooms.calls.facts import (
    DialogAttempted,
    DialogEnded,
    DialogFailed,
    DialogOpened,
    Reason,
    RegisterAttempted,
    Registered,
    RegistrationFailed,
    Unregistered,
    Way,
)
from sbcd.rooms.calls.legs import Leg, Stage
from sbcd.rooms.calls.outbound import address_leg, common, escaped, manipulated
from sbcd.rooms.calls.passing import ALLOW, AUTHENTICATION, DIALOG, passed
from sbcd.sip.grammar import Malformed
from sbcd.sip.headers import Address, bracketed
from sbcd.sip.message import Headers, Request, Response
from sbcd.sip.timers import Timer
from sbcd.sip.transaction import ClientTransaction, ServerTransaction

if TYPE_CHECKING:
    from sbcd.rooms.calls.matching import Asked
    from sbcd.rooms.calls.plan import IpGroup
    from sbcd.rooms.calls.reach import Place
    from sbcd.rooms.calls.routing import Router, Target
    from sbcd.rooms.calls.switch import Switch

STAYING = {"SUBSCRIBE"}  # methods that found a dialog
NEXT = {408, 503}


class Outside:
    """One such request on its way, and the subscription it may found."""

    def __init__(
        self, switch: Switch, session: int, router: Router, txn: ServerTransaction, asked: Asked, leg: Leg
    ) -> None:
        self.switch = switch
        self.session = session
        self.router = router
        self.txn: ServerTransaction | None = txn
        self.request = txn.request
        self.invite = txn.request  # what `outbound` reads the caller from
        self.asked = asked
        self.a = leg
        self.b: Leg | None = None
        self.attempts: list[Any] = []
        self.offered = True
        self.privacy = 0
        self.targets: Iterator[list[Target]] = iter(())
        self.target: Target | None = None
        self.places: list[Place] = []
        self.client: ClientTransaction | None = None
        self.timer: Timer[Any] | None = None
        self.method = txn.request.method
        self.open = False
        self.token = ""

    def tell(self, kind: Any, leg: Leg, *more: object) -> None:
        """A fact of one of the legs."""
        index, srd = (leg.group.index, leg.group.srd) if leg.group is not None else (-1, -1)
        self.switch.tell(
            kind(self.switch.wall(), self.session, leg.way, index, srd, leg.flow.interface, *more)
        )

    # --- there ---

    def go(self, source: IpGroup, policy: str = "") -> None:
        """Starts routing it."""
        if self.method == "REGISTER":
            self.tell(RegisterAttempted, self.a)
            if self._full(source):
                self.refuse(503, Reason.ADMISSION)
                return
        else:
            self.tell(DialogAttempted, self.a, self.method)
        if self.switch.admission.refuses(self, source, Way.IN, self.method):
            self.refuse(480, Reason.ADMISSION)
            return
        self.targets = self.router.routes(self.asked, source, self.switch, policy)
        self.advance(404, Reason.NO_ROUTE)

    def _full(self, source: IpGroup) -> bool:
        most = source.most_users
        registrar = self.switch.registrar
        return most >= 0 and registrar.count(source.index) >= most and not registrar.known(
            source.index, self.asked.source_user
        )

    def advance(self, status: int, why: Reason, response: Response | None = None) -> None:
        """The next route; without one the request fails with what the last one said."""
        targets = next(self.targets, None)
        if targets is None:
            self.refuse(status, why, response)
            return
        self.target = targets[0]
        if self.target.action:
            self._here(int(self.target.action) if self.target.action.isdigit() else 200)
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
        if self.method == "REGISTER":
            dest = source
        address_leg(leg, self.request, source, dest, self.a.group.host, place, group)
        headers = passed(self.request, (*DIALOG, *AUTHENTICATION))
        common(headers, self.request, self)  # type: ignore[arg-type]
        if self.method == "REGISTER":
            self._register(leg, headers, place)
        request = leg.request(self.method, headers, self.request.body)
        if self.method == "REGISTER":
            self.tell(RegisterAttempted, leg)
        else:
            self.tell(DialogAttempted, leg, self.method)
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
        elif response.status >= 300:
            self._lost(response.status, Reason.OTHER, response, final=True)
        else:
            self._accepted(response)

    def timed_out(self, txn: ClientTransaction) -> None:
        """Silence."""
        if txn is self.client:
            self._lost(408, Reason.NO_ANSWER)

    def failed(self, txn: object, why: str) -> None:
        """Out of reach."""
        if txn is self.client:
            self._lost(503, Reason.UNREACHABLE)

    def _lost(self, status: int, why: Reason, response: Response | None = None, *, final: bool = False) -> None:
        if self.txn is None:
            return
        if response is None and self.places:
            self.next()
            return
        if self.b is not None:
            kind = RegistrationFailed if self.method == "REGISTER" else DialogFailed
            more = () if self.method == "REGISTER" else (self.method,)
            if status not in {401, 407}:
                self.tell(kind, self.b, *more, why, status)
        if final:
            self.refuse(status, why, response)
        else:
            self.advance(status, why, response)

    def refuse(self, status: int, why: Reason, response: Response | None = None) -> None:
        """The final word: no."""
        if self.txn is None:
            return
        headers = passed(response, (*DIALOG, *AUTHENTICATION, "Min-Expires")) if response is not None else {}
        if response is not None and 300 <= status < 400 and "Contact" in response.headers:
            headers["Contact"] = response.headers["Contact"]
        self._reply(status, headers, response)
        if status not in {401, 407}:
            if self.method == "REGISTER":
                self.tell(RegistrationFailed, self.a, why, status)
            else:
                self.tell(DialogFailed, self.a, self.method, why, status)
        self.over()

    def _reply(self, status: int, headers: Headers, response: Response | None) -> None:
        txn, self.txn = self.txn, None
        if txn is not None:
            body = response.body if response is not None else b""
            text = response.reason if response is not None else ""
            reply = self.a.reply(txn, status, headers, body, text)
            if self.method not in STAYING and not (300 <= status < 400) and self.method != "REGISTER":
                reply.headers.pop("Contact", None)
            self.switch.do(self.switch.endpoint.respond(txn, reply, self.switch.now))

    def _accepted(self, response: Response) -> None:
        headers = passed(response, DIALOG)
        if self.method == "REGISTER":
            self._registered(response, headers)
            self._reply(200, headers, response)
            self.over()
            return
        assert self.b is not None
        if self.method in STAYING:
            self.b.confirm(response)
            self.a.stage = self.b.stage = Stage.CONNECTED
        self._reply(response.status, headers, response)
        for leg in (self.a, self.b):
            self.tell(DialogOpened, leg, self.method)
        self.open = True
        seconds = response.number("Expires") or 0
        if self.method in STAYING and seconds:
            self._keep(seconds)
        else:
            self.end("done")

    def _keep(self, seconds: int) -> None:
        timers = self.switch.timers
        timers.drop(self.timer)
        self.timer = timers.set(self.switch.now + seconds + 32, lambda: self.end("expired"))

    def refreshed(self, response: Response) -> None:
        """A SUBSCRIBE inside the dialog was accepted."""
        seconds = response.number("Expires")
        if seconds:
            self._keep(seconds)
        elif seconds == 0:
            self._keep(1)

    def _here(self, status: int) -> None:
        """It is answered by the device itself."""
        headers: Headers = {"Allow": [ALLOW]} if self.method == "OPTIONS" else {}
        if self.method == "REGISTER" and status == 200:
            self._bind(self._seconds(self.request, self.switch.plan.timers.register_expires), headers, self.switch.unique())
        self._reply(status, headers, None)
        if status < 300:
            if self.method != "REGISTER":
                self.tell(DialogOpened, self.a, self.method)
                self.tell(DialogEnded, self.a, self.method)
        elif self.method != "REGISTER":
            self.tell(DialogFailed, self.a, self.method, Reason.OTHER, status)
        self.over()

    # --- registration ---

    def _register(self, leg: Leg, headers: Headers, place: Place) -> None:
        """Our Contact instead of the user's; the registrar's host as Request-URI."""
        assert self.a.group is not None
        group = self.target.group if self.target is not None else None
        leg.target = f"sip:{bracketed((group.host if group else '') or place.host)}"
        if place.port and not (group is not None and group.host):
            leg.target += f":{place.port}"
        contact = self.request.contact
        for name in ("Expires", "Contact"):
            if name in self.request.headers:
                headers[name] = self.request.headers[name]
        if contact is None:
            headers["Contact"] = []
        elif contact.uri.scheme != "*":
            aor = self._aor()
            self.token = self.switch.registrar.token(self.a.group.index, aor, str(contact.uri))
            own = Address.parse(leg.contact).uri
            mine = f"<sip:{escaped(self.token)}@{bracketed(own.host)}:{own.port}"
            mine += f";transport={leg.flow.transport}>" if leg.flow.transport != "udp" else ">"
            seconds = contact.params.get("expires")
            headers["Contact"] = [f"{mine};expires={seconds}" if seconds else mine]

    def _aor(self) -> str:
        to = self.request.to.uri
        return f"{to.number}@{to.host.lower()}"

    @staticmethod
    def _seconds(message: Request | Response, default: int) -> int:
        """The expiry a message says: of its Contact, else of its header."""
        contact = message.contact
        text = (contact.params.get("expires") or "") if contact is not None else ""
        if text.isdigit():
            return int(text)
        try:
            number = message.number("Expires")
        except Malformed:
            number = None
        return default if number is None else number

    def _registered(self, response: Response, headers: Headers) -> None:
        """The registrar agreed: what it granted to our contact is the user's."""
        granted = None
        for held in response.contacts:
            if held.uri.user == self.token:
                text = held.params.get("expires") or ""
                granted = int(text) if text.isdigit() else None
        asked = self._seconds(self.request, self.switch.plan.timers.register_expires)
        if granted is None:
            number = response.number("Expires")
            granted = asked if number is None else number
        if self.request.contact is None:
            return
        self._bind(0 if asked == 0 else granted, headers, self.token)
        if self.b is not None:
            self._told(self.b, granted if asked else 0, new=True)

    def _bind(self, granted: int, headers: Headers, token: str) -> None:
        """Keeps or forgets the binding and tells the user, with a shorter time towards a NAT."""
        registrar, group, contact = self.switch.registrar, self.a.group, self.request.contact
        if group is None or contact is None:
            return
        aor = self._aor()
        if contact.uri.scheme == "*" or granted == 0:
            registrar.remove(group.index, aor, "" if contact.uri.scheme == "*" else token)
            headers.pop("Contact", None)
            self._told(self.a, 0, new=False)
            return
        shown = self._shortened(granted)
        flow = self.a.flow
        new = registrar.store(
            aor, self.request.to.uri.number, str(contact.uri), flow, group.index, token, granted, self.session
        )
        headers["Contact"] = [f"<{contact.uri}>;expires={shown}"]
        self._told(self.a, granted, new=new)

    def _told(self, leg: Leg, seconds: int, *, new: bool) -> None:
        users = len(self.switch.registrar)
        if seconds:
            self.tell(Registered, leg, self._aor(), seconds, new, users)
        else:
            self.tell(Unregistered, leg, self._aor(), False, users)

    def _shortened(self, granted: int) -> int:
        """IpProfile: SBCUserRegistrationTime, SBCUserBehind*NATRegistrationTime."""
        profile = self.router.profile(self.a.group)
        contact = self.request.contact
        behind = contact is not None and contact.uri.host != self.a.flow.remote[0]
        nat = profile.nat_udp_expires if self.a.flow.transport == "udp" else profile.nat_tcp_expires
        wanted = nat if behind and nat > 0 else profile.user_expires
        return min(granted, wanted) if wanted > 0 else granted

    # --- the end ---

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

    # --- a server transaction of another method has nothing to say ---

    def cancelled(self, txn: ServerTransaction) -> None:
        """CANCEL of a non-INVITE has no effect."""

    def acked(self, txn: ServerTransaction, request: Request) -> None:
        """No INVITE, no ACK."""

    def unacknowledged(self, txn: ServerTransaction) -> None:
        """No INVITE, no ACK."""

    def unpracked(self, txn: ServerTransaction) -> None:
        """No INVITE, no PRACK."""
