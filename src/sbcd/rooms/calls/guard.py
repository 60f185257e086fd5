"""The device asks its users for credentials itself (AuthenticationMode: SBC as server).

One rule: an unknown user and a wrong password get the same answer, and cost the same work."""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING

from sbcd.base.indexed import Indexed
from sbcd.rooms.calls.protection import AUTHENTICATION
from sbcd.sip import auth
from sbcd.sip.grammar import Malformed
from sbcd.sip.message import Request
from sbcd.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from sbcd.rooms.calls.desk import Desk
    from sbcd.rooms.calls.matching import Asked
    from sbcd.rooms.calls.plan import IpGroup, UserSecret

AS_SERVER = 2
ALWAYS = frozenset({"INVITE", "REGISTER", "SUBSCRIBE", "MESSAGE", "REFER", "PUBLISH"})
"""Challenged when MethodList names nothing."""
NOBODY = "\0nobody"


Name = tuple[int, str]
"""Of a user: the group, and what he calls himself there."""


def names(user: UserSecret | None) -> set[Name]:
    """What a user may call himself."""
    return {(user.group, name) for name in {user.local, user.name} - {""}} if user is not None else set()


class Guard:
    """The users of a plan and the nonces given to them."""

    def __init__(self, switch: Desk, key: bytes) -> None:
        self.switch = switch
        self.nonces = auth.Nonces(key)
        self._rows: Indexed[UserSecret] = Indexed()
        self._known: dict[Name, list[int]] = {}  # the rows of each name, ascending
        self._file: tuple[UserSecret, ...] = ()
        self._loaded: dict[Name, UserSecret] = {}

    def follow(self, users: Indexed[UserSecret], loaded: tuple[UserSecret, ...]) -> None:
        """A new plan. A user of no group is one of every group; the first row of a name counts, then those
        that were `loaded` as a file."""
        old, self._rows = self._rows, users
        for index in users.since(old):
            for name in names(old.get(index)):
                self._known[name].remove(index)
                if not self._known[name]:
                    del self._known[name]
            for name in names(users.get(index)):
                insort(self._known.setdefault(name, []), index)
        if loaded != self._file:
            self._file = loaded
            self._loaded = {name: user for user in reversed(loaded) for name in names(user)}

    def stops(self, txn: ServerTransaction, asked: Asked, group: IpGroup) -> bool:
        """Whether the request is not let in; then it was answered with a challenge or refusal."""
        request = txn.request
        if group.authentication != AS_SERVER or request.method not in (group.methods or ALWAYS):
            return False
        realm = group.host or "sbcd"
        verdict = self._judge(request, asked, group, realm)
        if verdict == "good":
            txn.request = request.but({"Authorization": None})  # it was for us
            return False
        challenges = [
            str(self.nonces.fresh(realm, self.switch.now, algorithm, stale=verdict == "stale"))
            for algorithm in auth.STRENGTH
        ]
        if verdict == "wrong":
            self.switch.intrusions.event(AUTHENTICATION, txn.flow)
            self.switch.refuse(txn, 403)
        else:
            self.switch.refuse(txn, 401, headers={"WWW-Authenticate": challenges})
        return True

    def _judge(self, request: Request, asked: Asked, group: IpGroup, realm: str) -> str:
        """`good`, `missing`, `stale` (ask again) or `wrong` (403)."""
        for text in request.all("Authorization"):
            try:
                held = auth.Credentials.parse(text)
            except Malformed:
                continue
            if held.realm != realm or held.algorithm not in auth.HASHES:
                continue
            user = self.find(group, held.username)
            password = user.password if user is not None else NOBODY
            kept = auth.secret(held.algorithm, held.username, realm, password)
            if not auth.right(held, request.method, kept, request.body) or user is None:
                return "wrong"
            if user.local and user.local not in (asked.source_user, held.username):
                return "wrong"  # a right password for somebody else's number
            fresh = self.nonces.judge(held, self.switch.now)
            return {"good": "good", "stale": "stale"}.get(fresh, "missing")
        return "missing"

    def find(self, group: IpGroup, name: str) -> UserSecret | None:
        """The user of this number or name; those of the table before those of the file."""
        for known in ((group.index, name), (-1, name)):
            if known in self._known:
                return self._rows.get(self._known[known][0])
            if known in self._loaded:
                return self._loaded[known]
        return None
