"""Accounts: the device registers itself at a peer, and answers challenges for who calls (RFC 3261 22).

One rule: a registration is always on its way to be valid: refreshed before it ends, tried again after a
failure, ended when its row goes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sbcd.base.indexed import Indexed
from sbcd.rooms.calls.contract import AccountLine
from sbcd.rooms.calls.facts import AccountFailed, AccountRegistered
from sbcd.rooms.calls.identity import escaped
from sbcd.rooms.calls.legs import contact
from sbcd.sip import auth
from sbcd.sip.headers import Address, Uri, bracketed
from sbcd.sip.message import Request, Response
from sbcd.sip.transaction import ClientTransaction

if TYPE_CHECKING:
    from sbcd.rooms.calls.attempt import Attempt
    from sbcd.rooms.calls.desk import Desk
    from sbcd.rooms.calls.errand import Errand
    from sbcd.rooms.calls.plan import Account, IpGroup
    from sbcd.sip.timers import Timer

AS_CLIENT = 1  # IPGroup.AuthenticationMode
GIN = {"Require": ["gin"], "Proxy-Require": ["gin"], "Supported": ["path"]}  # RFC 6140 5.2
MOST_EXPIRES = 86_400 * 7
AGAIN = 30.0
"""Seconds until a failed registration is tried again, doubled with every failure up to `LONGEST`."""
LONGEST = 600.0
FIRST = 0.2
"""Accounts register one after another, so many seconds apart, not all at once."""
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


class Accounts:
    """The accounts of a plan, and the credentials of groups."""

    def __init__(self, switch: Desk) -> None:
        self.switch = switch
        self.running: dict[int, Registering] = {}
        self._rows: Indexed[Account] = Indexed()

    def follow(self, rows: Indexed[Account]) -> None:
        """A new plan: what changed registers anew, what is gone says so to its registrar."""
        touched, self._rows = sorted(rows.since(self._rows)), rows
        position = 0
        for index in touched:
            row, old = rows.get(index), self.running.get(index)
            if old is not None and old.row != row:
                self.running.pop(index).close()
            if row is not None and row.register and index not in self.running:
                position += 1
                self.running[index] = Registering(self.switch, row, FIRST * position)

    def credentials(
        self, target: IpGroup | None, source: IpGroup | None, user: str = ""
    ) -> tuple[str, str] | None:
        """User name and password for a challenge of this group, on behalf of a call from that one: of an
        account, of the calling user himself where the device is to answer for him, or of the group."""
        if target is None:
            return None
        for row in self.switch.plan.accounts:
            served = row.served < 0 or (source is not None and row.served == source.index)
            if served and row.serving == target.index and row.user:
                return row.user, row.password
        if source is not None and AS_CLIENT in {source.authentication, target.authentication}:
            known = self.switch.guard.find(source, user) if user else None
            if known is not None:
                return known.name or known.local, known.password
        return (target.user, target.password) if target.user else None

    def vouched(self, errand: Errand, response: Response) -> bool:
        """Sends a REGISTER, MESSAGE or the like again with credentials, once, where the device is to answer
        for its sender; False when it is not or has none (the sender is told)."""
        source, leg, client = errand.a.group, errand.b, errand.client
        target = errand.target.group if errand.target is not None else None
        if response.status not in auth.HEADERS or errand.vouched or leg is None or client is None:
            return False
        if (
            target is None
            or source is None
            or AS_CLIENT not in {source.authentication, target.authentication}
        ):
            return False
        found = self.credentials(target, source, errand.asked.source_user)
        switch = self.switch
        again = (
            authorized(client.request, response, *found, switch.unique(), leg.next_cseq) if found else None
        )
        if again is None:
            return False
        errand.vouched = True
        leg.next_cseq += 1
        errand.client = switch.request(again, leg, errand)
        return True

    def answer(self, attempt: Attempt, response: Response) -> bool:
        """Sends an INVITE again with credentials, once; False when there are none (the caller is told)."""
        call, request = attempt.call, attempt.request
        self._renew(attempt.target.group, response)
        if response.status not in auth.HEADERS or attempt.challenged or request is None:
            return False
        user = call.asked.source_user if call.asked is not None else ""
        found = self.credentials(attempt.target.group, call.a.group if call.a is not None else None, user)
        if found is None:
            return False
        leg, switch = attempt.leg, self.switch
        again = authorized(request, response, *found, switch.unique(), leg.next_cseq)
        if again is None:
            return False
        attempt.challenged = True
        leg.next_cseq += 1
        leg.invite_cseq = again.cseq.number
        attempt.request = again
        attempt.txn = leg.invite = switch.request(again, leg, attempt)
        return True

    def _renew(self, group: IpGroup | None, response: Response) -> None:
        """A call was refused: perhaps the registrar forgot us (ReRegisterOnInviteFailure)."""
        if group is None or response.status in auth.HEADERS or response.status == 487:
            return
        for one in self.running.values():
            if one.row.again and one.row.serving == group.index and one.registered and one.timer is not None:
                self.switch.timers.drop(one.timer)
                one.ask()

    def lines(self) -> Iterator[AccountLine]:
        """What each account is doing."""
        for index, one in sorted(self.running.items()):
            left = max(one.until - self.switch.now, 0.0) if one.registered else 0.0
            yield AccountLine(index, one.row.user, one.row.serving, one.registered, left, one.why)


class Registering:
    """One account at its registrar."""

    def __init__(self, switch: Desk, row: Account, wait: float) -> None:
        self.switch, self.row = switch, row
        self.call_id, self.tag, self.cseq = switch.unique(), switch.unique(), 0
        self.registered, self.until, self.why = False, 0.0, ""
        self.contact = ""
        self.request: Request | None = None
        self.txn: ClientTransaction | None = None
        self.challenged = self.closed = False
        self.least = 0  # seconds that the registrar wants at least (423)
        self.wait = AGAIN
        self.timer: Timer[Any] | None = switch.timers.set(switch.now + wait, self.ask)

    def close(self) -> None:
        """The row is gone: the registrar is told, nobody waits for what it says."""
        self.switch.timers.drop(self.timer)
        self.timer = None
        if self.registered:
            self.ask(0)
        self.closed, self.registered = True, False

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
        address = f"<{Uri('sip', escaped(row.user), host)}>"
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
        self.txn = switch.send_request(self.request, place.flow, None if self.closed else self)

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
            return
        least = response.number("Min-Expires") if response.status == 423 else None
        if response.status < 300:
            self._granted(response)
        elif least is not None and self.least < least <= MOST_EXPIRES:  # RFC 3261 10.2.8
            self.least = least
            self.ask()
        else:
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
        if not self.registered:
            self.switch.tell(AccountRegistered(self.switch.wall(), self.row.index, self.row.serving))
        self.registered, self.why, self.wait = True, "", AGAIN
        self.until = self.switch.now + seconds
        self.timer = self.switch.timers.set(self.switch.now + seconds * PART, self.ask)

    def failed(self, txn: object, why: str) -> None:
        """Refused, or nobody there: later again."""
        if self.closed:
            return
        if self.registered or not self.why:
            self.switch.tell(AccountFailed(self.switch.wall(), self.row.index, self.row.serving, why))
        self.registered = self.registered and self.until > self.switch.now
        self.why = why
        self.timer = self.switch.timers.set(self.switch.now + self.wait, self.ask)
        self.wait = min(2 * self.wait, LONGEST)

    def timed_out(self, txn: ClientTransaction) -> None:
        self.failed(txn, "no response")
