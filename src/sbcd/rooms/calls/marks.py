"""Addresses that a REFER or a 3xx names, as the other side is told them (database URL, IP group name, local
host).

One rule: an address with our mark leads back here and is remembered for a while; what it stood for is called,
and the mark never leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

import msgspec

from sbcd.rooms.calls.identity import escaped
from sbcd.sip.headers import Uri

if TYPE_CHECKING:
    from sbcd.rooms.calls.desk import Desk
    from sbcd.rooms.calls.legs import Leg

DATABASE, GROUP_NAME, LOCAL_HOST = 1, 2, 4  # SBCRemoteReferBehavior; SBCRemote3xxBehavior has 3 for the name
PREFIX = "T~&R_"
REMEMBERED = 180.0  # seconds in which the marked call must come
MOST_REMEMBERED = 10_000


class Mark(NamedTuple):
    """What a marked address stands for, by what it came (IP2IPRouting.Trigger), and who named it."""

    uri: Uri
    trigger: int
    group: int


class Marks:
    """The marked addresses that are out."""

    def __init__(self, switch: Desk) -> None:
        self._switch = switch
        self._known: dict[str, Mark] = {}

    def marked(self, mark: Mark, host: str) -> Uri:
        """The address with the mark, at our host."""
        user = f"{PREFIX}{mark.uri.user}"
        if user in self._known:
            self._known[user] = mark
        elif len(self._known) < MOST_REMEMBERED:
            self._known[user] = mark
            timers, now = self._switch.timers, self._switch.now
            timers.set(now + REMEMBERED, lambda: self._forget(user))
        return Uri("sip", user, host)

    def _forget(self, user: str) -> None:
        self._known.pop(user, None)

    def meant(self, uri: Uri) -> Mark | None:
        """What a marked address stands for, if it is one."""
        return self._known.get(unquote(uri.user)) if self._known else None

    def __len__(self) -> int:
        return len(self._known)


def elsewhere(switch: Desk, leg: Leg, uri: Uri, behavior: int, trigger: int, by: int) -> Uri:
    """An address that the group `by` named, as the peer of `leg` is told it."""
    group = leg.group
    host = (group.contact_host if group is not None else "") or leg.flow.local[0]
    if behavior == DATABASE:
        return switch.marks.marked(Mark(uri, trigger, by), host)
    if behavior == GROUP_NAME and group is not None and group.host:
        return msgspec.structs.replace(uri, host=group.host, port=None)
    if behavior == LOCAL_HOST:
        return msgspec.structs.replace(uri, host=host, port=None)
    return uri


def unmarked(user: str) -> str:
    """A user part as it leaves: without the mark."""
    return escaped(unquote(user).removeprefix(PREFIX)) if PREFIX in unquote(user) else user
