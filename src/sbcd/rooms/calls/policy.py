"""Message policies: how large, how many and of which kind messages may be that an interface takes.

One rule: a message is judged before anything is remembered of it; what is refused costs one reading."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from sbcd.base.errors import Invalid
from sbcd.rooms.calls.messages import Condition, Scene, condition
from sbcd.sip.message import Headers, Message, Request

if TYPE_CHECKING:
    from sbcd.rooms.calls.plan import MessagePolicy, Plan

TOO_LARGE, NO_METHOD, NO_TYPE, MALICIOUS = 513, 405, 415, 403
NEVER_REFUSED = frozenset({"ACK", "CANCEL"})  # method lists do not stop what ends something


class Verdict(Exception):
    """Why a message is not taken."""

    def __init__(self, status: int, headers: Headers | None = None) -> None:
        super().__init__(str(status))
        self.status = status
        self.headers = {name: ", ".join(values) for name, values in (headers or {}).items()}


class Policy:
    """One policy, ready to be asked."""

    def __init__(self, row: MessagePolicy, signatures: Iterable[Condition]) -> None:
        self.row = row
        self.drops = row.drops
        self._methods = words(row.methods, str.upper)
        self._bodies = words(row.bodies, str.lower)
        self._signatures = tuple(signatures) if row.signatures else ()
        self.looks = bool(self._methods or self._bodies or self._signatures) or any(
            limit >= 0 for limit in (row.header, row.body, row.headers, row.parts)
        )

    def weigh(self, data: bytes) -> None:
        """The whole, unread. Raises Verdict."""
        if 0 <= self.row.message < len(data):
            raise Verdict(TOO_LARGE)

    def read(self, message: Message, scene: Callable[[], Scene]) -> None:
        """A message that was read; `scene` is asked for when signatures are compared. Raises Verdict."""
        row = self.row
        if row.header >= 0 or row.headers >= 0:
            self._headers(message)
        if message.body:
            if 0 <= row.body < len(message.body) or 0 <= row.parts < parts(message):
                raise Verdict(TOO_LARGE)
            kind = message.content_type.lower()
            if self._bodies and (kind in self._bodies) is not row.bodies_allowed:
                raise Verdict(NO_TYPE, {"Accept": sorted(self._bodies)} if row.bodies_allowed else None)
        if not isinstance(message, Request):
            return
        if (
            self._methods
            and message.method not in NEVER_REFUSED
            and (message.method in self._methods) is not row.methods_allowed
        ):
            raise Verdict(NO_METHOD, {"Allow": sorted(self._methods)} if row.methods_allowed else None)
        if self._signatures and message.to.tag is None and message.method not in NEVER_REFUSED:
            seen = scene()
            if any(signature(seen) for signature in self._signatures):
                raise Verdict(MALICIOUS)

    def _headers(self, message: Message) -> None:
        count = 0
        for name, values in message.headers.items():
            count += len(values)
            if self.row.header >= 0 and any(len(name) + 2 + len(value) > self.row.header for value in values):
                raise Verdict(TOO_LARGE)
        if 0 <= self.row.headers < count:
            raise Verdict(TOO_LARGE)


def _told(plan: Plan) -> tuple[object, ...]:
    """What policies are made of."""
    return plan.interfaces, plan.policies, plan.signatures


class Policies:
    """Which policy each SIP interface has."""

    _of: dict[int, Policy]

    def __init__(self, plan: Plan, old: tuple[Plan, Policies] | None = None) -> None:
        """`old` are those of another plan. Raises Invalid that names table and row."""
        if old is not None and _told(plan) == _told(old[0]):
            self._of = old[1]._of
            return
        made = {row.name: row for row in plan.policies}
        signatures = [signature(name, text) for name, text in plan.signatures] if made else []
        self._of = {}
        for interface in plan.interfaces:
            row = made.get(interface.message_policy)
            if row is not None:
                self._of[interface.index] = Policy(row, signatures)

    def __bool__(self) -> bool:
        return bool(self._of)

    def get(self, interface: int) -> Policy | None:
        """The policy of an interface, if it has one."""
        return self._of.get(interface)


def signature(name: str, text: str) -> Condition:
    """A row of MaliciousSignatureDB. Raises Invalid."""
    try:
        if not text.strip():
            raise Invalid("an empty pattern would refuse everybody")
        return condition(text)
    except Invalid as error:
        raise Invalid(f"MaliciousSignatureDB {name} Pattern: {error}") from error


def words(text: str, spelled: Callable[[str], str]) -> frozenset[str]:
    r"""`invite\register` as a set."""
    return frozenset(spelled(word.strip()) for word in text.split("\\") if word.strip())


def parts(message: Message) -> int:
    """How many bodies a message brings: those of a multipart one are counted."""
    value = message.get("Content-Type") or ""
    if not value.lower().startswith("multipart/"):
        return 1
    _, _, after = value.partition("boundary=")
    boundary = after.partition(";")[0].strip().strip('"')
    return max(1, message.body.count(f"--{boundary}".encode()) - 1) if boundary else 1
