"""The device asks its users for credentials itself (AuthenticationMode: SBC as server).

One rule: an unknown user and a wrong password get the same answer, and cost the same work."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


class Guard:
    """The users of a plan and the nonces given to them."""

    def __init__(self, switch: Desk, key: bytes) -> None:
        self.switch = switch
        self.nonces = auth.Nonces(key)
        self._users: dict[tuple[int, str], UserSecret] = {}

    def follow(self, users: tuple[UserSecret, ...]) -> None:
        """A new plan. A user of no group is one of every group; the first row of a name counts."""
        self._users = {}
        for user in users:
            for name in {user.local, user.name} - {""}:
                self._users.setdefault((user.group, name), user)

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
            user = self._find(group, held.username)
            password = user.password if user is not None else NOBODY
            kept = auth.secret(held.algorithm, held.username, realm, password)
            if not auth.right(held, request.method, kept, request.body) or user is None:
                return "wrong"
            if user.local and user.local not in (asked.source_user, held.username):
                return "wrong"  # a right password for somebody else's number
            fresh = self.nonces.judge(held, self.switch.now)
            return {"good": "good", "stale": "stale"}.get(fresh, "missing")
        return "missing"

    def _find(self, group: IpGroup, name: str) -> UserSecret | None:
        return self._users.get((group.index, name)) or self._users.get((-1, name))
