"""Accounts: the device registers itself and its users at peers, and answers challenges for who calls
(RFC 3261 22).

One rule: what a plan says is registered; what it says no longer is ended at its registrar."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from sbcd.base.indexed import Indexed
from sbcd.rooms.calls.contract import AccountLine
from sbcd.rooms.calls.matching import Asked
from sbcd.rooms.calls.plan import Account
from sbcd.rooms.calls.registering import Registering, authorized
from sbcd.sip import auth
from sbcd.sip.message import Response

if TYPE_CHECKING:
    from sbcd.rooms.calls.attempt import Attempt
    from sbcd.rooms.calls.desk import Desk
    from sbcd.rooms.calls.errand import Errand
    from sbcd.rooms.calls.plan import IpGroup, Plan

AS_CLIENT = 1  # IPGroup.AuthenticationMode
FIRST = 0.2
"""Accounts register one after another, so many seconds apart, not all at once."""
NEXT = 0.02
"""Users likewise; they are more."""
MOST_USERS = 20_000


class Accounts:
    """The accounts of a plan, and the credentials of groups."""

    def __init__(self, switch: Desk) -> None:
        self.switch = switch
        self.running: dict[int, Registering] = {}
        self.users: dict[tuple[int, str], Registering] = {}  # by group and name
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

    def surrogate(self, plan: Plan) -> None:
        """The users of groups whose registration is the device's (IPGroup.RegistrationMode 1) are registered
        where REGISTERs of their group are routed to."""
        switch, router = self.switch, self.switch.router
        groups = [group for group in router.groups.values() if group.surrogate]
        wanted: dict[tuple[int, str], Account] = {}
        for user in chain(plan.users, plan.loaded_users) if groups else ():
            for group in groups:
                name = user.local or user.name
                key = (group.index, name)
                if user.group in {group.index, -1} and key not in wanted and len(wanted) < MOST_USERS:
                    asked = Asked("REGISTER", source_user=name, dest_user=name)
                    first = next(iter(next(router.routes(asked, group, switch), ())), None)
                    serving = first.group.index if first is not None and first.group is not None else -1
                    wanted[key] = Account(
                        -1, serving, group.index, user.name or name, user.password, "", name, True, aor=name
                    )
        for key, one in list(self.users.items()):
            if wanted.get(key) != one.row:
                self.users.pop(key).close()
        for position, (key, row) in enumerate((k, r) for k, r in wanted.items() if k not in self.users):
            self.users[key] = Registering(switch, row, FIRST + position * NEXT)

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
        for one in list(self.running.values()):
            if one.row.again and one.row.serving == group.index and one.registered and one.timer is not None:
                self.switch.timers.drop(one.timer)
                one.ask()

    def lines(self) -> Iterator[AccountLine]:
        """What each account is doing."""
        for index, one in [*sorted(self.running.items()), *((-1, one) for one in self.users.values())]:
            left = max(one.until - self.switch.now, 0.0) if one.registered else 0.0
            yield AccountLine(
                index, one.row.aor or one.row.user, one.row.serving, one.registered, left, one.why
            )
