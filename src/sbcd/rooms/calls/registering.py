"""One registration of the device's own: of an account, or of a user whom the device registers.

One rule: a registration is always on its way to be valid: refreshed before it ends, tried again after a
failure, ended when its row goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sbcd.rooms.calls.facts import (
    AccountFailed,
    AccountRegistered,
    Reason,
    RegisterAttempted,
    Registered,
    RegistrationFailed,
    Unregistered,
    Way,
)
from sbcd.rooms.calls.identity import escaped
from sbcd.rooms.calls.legs import contact
from sbcd.sip import auth
from sbcd.sip.headers import Address, Uri, bracketed
from sbcd.sip.message import Request, Response
from sbcd.sip.transaction import ClientTransaction

if TYPE_CHECKING:
    from sbcd.rooms.calls.desk import Desk
    from sbcd.rooms.calls.plan import Account, IpGroup
    from sbcd.sip.events import Flow
    from sbcd.sip.timers import Timer

GIN = {"Require": ["gin"], "Proxy-Require": ["gin"], "Supported": ["path"]}  # RFC 6140 5.2
MOST_EXPIRES = 86_400 * 7
AGAIN = 30.0
"""Seconds until a failed registration is tried again, doubled with every failure up to `LONGEST`."""
LONGEST = 600.0
PART = 0.5
"""A registration is refreshed after this part of its time."""


def authorized(
    request: Request, response: Response, username: str, password: str, cnonce: str, cseq: int
) -> Request | None:
    """The request again with the answer to the challenge in a 401 or 407; None when it cannot be answered."""
    asks, answers = auth.HEADERS[response.status]
    challenge = auth.strongest(response, asks)
    if challenge is None:
        return None
    held = auth.answer(challenge, request.method, request.uri, username, password, cnonce, 1, request.body)
    return request.but({answers: str(held), "CSeq": f"{cseq} {request.method}", "Via": None})


class Registering:
    """One account, or one user of ours, at its registrar."""

    def __init__(self, switch: Desk, row: Account, wait: float) -> None:
        self.switch, self.row = switch, row
        self.call_id, self.tag, self.cseq = switch.unique(), switch.unique(), 0
        self.registered, self.until, self.why = False, 0.0, ""
        self.contact = ""
        self.request: Request | None = None
        self.txn: ClientTransaction | None = None
        self.challenged = self.closed = False
        self.session = 0  # of the facts; 0: nothing is told of this try
        self.least = 0  # seconds that the registrar wants at least (423)
        self.wait = AGAIN
        self.timer: Timer[Any] | None = switch.timers.set(switch.now + wait, self.ask)

    def close(self) -> None:
        """The row is gone: the registrar is told, nobody waits for what it says."""
        self.switch.timers.drop(self.timer)
        self.timer = None
        registered, self.registered = self.registered, False
        if registered:
            self.ask(0)
        self.closed = True

    def ask(self, expires: int | None = None) -> None:
        """Sends a REGISTER."""
        switch, row = self.switch, self.row
        self.timer = None
        group = switch.router.groups.get(row.serving)
        places = switch.reach.servers(group) if group is not None else []
        if group is None or not places:
            self.failed(None, "no working server")
            return
        place = places[0]
        host = row.host or group.host or place.host or place.flow.remote[0]
        address = f"<{Uri('sip', escaped(row.aor or row.user), host)}>"
        seconds = max(switch.plan.timers.register_expires, self.least) if expires is None else expires
        self.contact = contact(escaped(row.contact_user or row.user), place.flow)
        if row.bulk:
            self.contact = contact("", place.flow).removesuffix(">") + ";bnc>"
        self.request = Request(
            "REGISTER",
            f"sip:{bracketed(host)}",
            {
                "Max-Forwards": ["70"],
                "From": [f"{address};tag={self.tag}"],
                "To": [address],
                "Call-ID": [self.call_id],
                "CSeq": [f"{self._next()} REGISTER"],
                "Contact": [self.contact],
                "Expires": [str(seconds)],
                "User-Agent": [switch.plan.timers.user_agent],
                **(GIN if row.bulk else {}),
            },
        )
        self.challenged = False
        switch.sessions += 1
        self.session = switch.sessions
        switch.named(self.session, self.call_id)
        self._tell(RegisterAttempted, group, place.flow)
        self.txn = switch.send_request(self.request, place.flow, self)

    def _tell(self, kind: Any, group: IpGroup, flow: Flow, *more: Any) -> None:
        """A fact of this try."""
        leg = (self.session, Way.OUT, group.index, group.srd, flow.interface)
        self.switch.tell(kind(self.switch.wall(), *leg, *more, own=True))

    def _judged(self, kind: Any, *more: Any) -> None:
        """How this try ended, once."""
        group = self.switch.router.groups.get(self.row.serving)
        if self.session and group is not None and self.txn is not None:
            self._tell(kind, group, self.txn.flow, *more)
        self.session = 0

    def _next(self) -> int:
        self.cseq += 1
        return self.cseq

    # --- what the registrar says ---

    def responded(self, txn: ClientTransaction, response: Response) -> None:
        if txn is not self.txn or response.status < 200:
            return
        if response.status in auth.HEADERS and not self.challenged and self.request is not None:
            again = authorized(
                self.request, response, self.row.user, self.row.password, self.switch.unique(), self._next()
            )
            if again is not None:
                self.challenged = True
                self.txn = self.switch.send_request(again, txn.flow, self)
                return
        if self.closed:
            self._judged(Unregistered, self.row.aor or self.row.user, False, len(self.switch.registrar))
            return
        least = response.number("Min-Expires") if response.status == 423 else None
        if response.status < 300:
            self._granted(response)
        elif least is not None and self.least < least <= MOST_EXPIRES:  # RFC 3261 10.2.8
            self.least = least
            self._judged(RegistrationFailed, Reason.OTHER, 423)
            self.ask()
        else:
            self._judged(RegistrationFailed, Reason.OTHER, response.status)
            self.failed(txn, f"{response.status} {response.reason}")

    def _granted(self, response: Response) -> None:
        seconds = response.number("Expires")
        mine = Address.parse(self.contact).uri
        for held in response.contacts:  # others may be registered with the same name
            told = held.params.get("expires") or ""
            same = (held.uri.user, held.uri.host, held.uri.port) == (mine.user, mine.host, mine.port)
            if told.isdigit() and (same or len(response.contacts) == 1):
                seconds = int(told)
        seconds = max(seconds or self.switch.plan.timers.register_expires, 10)
        users = len(self.switch.registrar)
        self._judged(Registered, self.row.aor or self.row.user, seconds, not self.registered, users)
        if not self.registered and self.row.index >= 0:
            self.switch.tell(AccountRegistered(self.switch.wall(), self.row.index, self.row.serving))
        self.registered, self.why, self.wait = True, "", AGAIN
        self.until = self.switch.now + seconds
        self.timer = self.switch.timers.set(self.switch.now + seconds * PART, self.ask)

    def failed(self, txn: object, why: str) -> None:
        """Refused, or nobody there: later again."""
        if self.closed:
            return
        self._judged(RegistrationFailed, Reason.UNREACHABLE, 0)
        if (self.registered or not self.why) and self.row.index >= 0:
            self.switch.tell(AccountFailed(self.switch.wall(), self.row.index, self.row.serving, why))
        self.registered = self.registered and self.until > self.switch.now
        self.why = why
        self.timer = self.switch.timers.set(self.switch.now + self.wait, self.ask)
        self.wait = min(2 * self.wait, LONGEST)

    def timed_out(self, txn: ClientTransaction) -> None:
        self.failed(txn, "no response")
