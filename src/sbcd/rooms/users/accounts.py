"""From the Local Users table to accounts: a follower of the configuration.

One rule: no plain password stays in a configuration. What comes in plain is hashed before it is checked, and
nobody is locked out by a file whose passwords this device cannot verify."""

import re
from collections.abc import Callable, Coroutine, Iterable, Mapping
from functools import partial
from typing import Any

from sbcd.base.errors import Problem
from sbcd.config.draft import Draft
from sbcd.config.snapshot import Change, Snapshot
from sbcd.config.types import NO_ADDRESS, OBSCURED, Secret
from sbcd.rooms.alarms import Alarms, alarm_type
from sbcd.rooms.users import passwords
from sbcd.rooms.users.logins import LoginParams
from sbcd.rooms.users.model import Account, Guard, Offload, Users
from sbcd.rooms.users.tables import UserLevel, UserStatus, WebUsers
from sbcd.web.route import User

WEAK = alarm_type("acWeakPasswordAlarm")
DEFAULTS = ("Admin", "User")
"""Names of the default accounts; their first password is the same word (R33)."""

NOWHERE = frozenset({"", NO_ADDRESS, "::"})

_NAME = re.compile(r"[A-Za-z0-9._-]{1,40}\Z")
_DIGEST = re.compile(r"(?:[0-9A-Fa-f]{64}|[0-9A-Fa-f]{96})")  # no password: those have up to 40 characters
SHORTEST, LONGEST = 8, 40


class Accounts:
    """Keeps `Users` in step with WebUsers and the login parameters."""

    def __init__(
        self,
        users: Users,
        offload: Offload,
        alarms: Alarms,
        told: Callable[[str], None],
        known: Callable[[Snapshot], Iterable[str]],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        """`known` are the addresses that may log in, by the configuration of another room (WebAccessList)."""
        self._users = users
        self._offload = offload
        self._alarms = alarms
        self._told = told
        self._known = known
        self._spawn = spawn
        self._wrong: dict[str, str] = {}
        self._weak: list[str] = []

    async def prepare(self, change: Change) -> Snapshot:
        """The new snapshot with plain passwords hashed; what it already had is not hashed again."""
        changed = [(old, new) for old, new in change.changed(WebUsers).values() if new is not None]
        if not changed:
            return change.new
        indexes = [index for index, (_, new) in change.changed(WebUsers).items() if new is not None]
        old = {row.name: row for row in change.old.rows(WebUsers).values()}
        self._wrong = {row.name: why for _, row in changed if (why := _fault(row, change.new))}
        rows = await self._offload(lambda: [_hashed(new, old.get(new.name)) for _, new in changed])
        draft = Draft(change.new)
        for index, row in zip(indexes, rows, strict=True):
            draft.put(index, row)
        snapshot = draft.finish()
        for row in rows:
            if row.password and not passwords.is_digest(row.password.reveal()):
                self._told(f"User {row.name} cannot log in until its password is set: its digest is foreign")
        return snapshot if _masters(snapshot) else self._rescued(change.old, snapshot)

    def check(self, change: Change) -> Iterable[Problem]:
        for index, (_, row) in change.changed(WebUsers).items():
            if row is None:
                continue
            if not _NAME.match(row.name):
                yield Problem(
                    "a user name has letters, digits, dots, underscores and hyphens",
                    None, "WebUsers", index, "Username",
                )  # fmt: skip
            if row.name in self._wrong:
                yield Problem(self._wrong[row.name], None, "WebUsers", index, "Password")
        if change.touches(WebUsers) and not _masters(change.new):
            yield Problem("at least one Security Administrator with a password must remain", None, "WebUsers")

    async def apply(self, change: Change) -> None:
        login = change.new.params(LoginParams)
        known = frozenset(self._known(change.new)) - NOWHERE
        self._users.take(accounts(change.new), Guard(login.failures_before_block, login.block_seconds, known))
        if change.touches(WebUsers):
            self._spawn(self.look_for_defaults(change.new))  # takes the time of two hashes, and nobody waits

    async def look_for_defaults(self, snapshot: Snapshot) -> None:
        """Raises the alarm while a default account has its default password, clears it otherwise (R33)."""
        rows = {row.name: (index, row) for index, row in snapshot.rows(WebUsers).items()}
        weak = await self._offload(lambda: [name for name in DEFAULTS if _default(rows.get(name))])
        sources = {f"Board#1/WebUser#{rows[name][0]}": name for name in weak}
        for source in self._alarms.sources(WEAK):
            if source not in sources:
                self._alarms.clear(WEAK, source)
        for source, name in sources.items():
            if name not in self._weak:
                self._told(f"User {name} still has the default password: change it")
            self._alarms.raise_(WEAK, source, f"User {name} still has the default password.")

        self._weak = weak

    def _rescued(self, old: Snapshot, new: Snapshot) -> Snapshot:
        """Keeps today's Security Administrators when the new ones exist but none of them can log in."""
        if not any(row.level >= UserLevel.SEC_ADMIN for row in new.rows(WebUsers).values()):
            return new  # they were taken away on purpose: `check` refuses that
        draft, index = Draft(new), max(new.rows(WebUsers), default=-1)
        for row in old.rows(WebUsers).values():
            if _usable(row) and row.level >= UserLevel.SEC_ADMIN:
                index += 1
                draft.put(index, row)
                self._told(f"User {row.name} is kept: nobody of the loaded users could administrate")
        return draft.finish()


def masters(change: Change, by: Any) -> Iterable[Problem]:
    """Why this user (None: the device itself) may not make a change: a Master is changed by Masters only, and
    by whoever else only made while there is none."""
    if not isinstance(by, User) or by.level >= UserLevel.MASTER or not change.touches(WebUsers):
        return
    some = any(row.level == UserLevel.MASTER for row in change.old.rows(WebUsers).values())
    for index, (old, new) in change.changed(WebUsers).items():
        if old is not None and old.level == UserLevel.MASTER:
            yield Problem(f"{old.name} is a Master, whom only a Master may change", None, "WebUsers", index)
        elif some and new is not None and new.level == UserLevel.MASTER:
            yield Problem("only a Master may make another one", None, "WebUsers", index, "UserLevel")


def accounts(snapshot: Snapshot) -> Mapping[str, Account]:
    return {
        row.name: Account(
            row.name,
            text if passwords.is_digest(text := row.password.reveal()) else "",
            int(row.level),
            row.status in {UserStatus.NEW, UserStatus.VALID},
            row.block_time,
        )
        for row in snapshot.rows(WebUsers).values()
    }


def restored(snapshot: Snapshot) -> Snapshot:
    """With the two default users and nobody else, when ResetWebPassword asked for that before the reset."""
    login = snapshot.params(LoginParams)
    if not login.reset_web_password:
        return snapshot
    draft = Draft(snapshot).clear(WebUsers).set(login.but(reset_web_password=False))
    for index, row in WebUsers.factory().items():
        draft.put(index, row)
    return draft.finish()


async def hashed(snapshot: Snapshot, offload: Offload) -> Snapshot:
    """The same without plain passwords, for what is on disk at a start (the factory rows); with the default
    users only where that was asked for."""
    snapshot = restored(snapshot)
    plain = {i: row for i, row in snapshot.rows(WebUsers).items() if _plain(row)}
    if not plain:
        return snapshot
    works = [offload(partial(_hashed, row, None)) for row in plain.values()]  # beside each other
    draft = Draft(snapshot)
    for index, work in zip(plain, works, strict=True):
        draft.put(index, await work)
    return draft.finish()


def _plain(row: WebUsers) -> bool:
    text = row.password.reveal()
    return bool(text) and not passwords.is_digest(text) and not _foreign(row)


def _foreign(row: WebUsers) -> bool:
    """Whether the password is a digest that another device made: it comes with salt, in a form that cannot
    be deciphered, or looks like one. Nobody may log in with the digest itself: it stands in every backup."""
    text = row.password.reveal()
    return text.startswith(OBSCURED) or bool(row.nonce and text) or bool(_DIGEST.fullmatch(text))


def _hashed(new: WebUsers, old: WebUsers | None) -> WebUsers:
    """Runs in a thread. The hash of before stays when it verifies the new password, or when the new one is
    a foreign digest of the same user."""
    text = new.password.reveal()
    if not text or passwords.is_digest(text):
        return new
    known = old.password.reveal() if old is not None else ""
    if _foreign(new):
        return _with(new, known) if known else new
    if not (passwords.is_digest(known) and passwords.verify(known, text)):
        known = passwords.digest(text)
    return _with(new, known)


def _with(row: WebUsers, digest: str) -> WebUsers:
    return row.but(password=Secret(digest), nonce="")


def _usable(row: WebUsers) -> bool:
    return row.status in {UserStatus.NEW, UserStatus.VALID} and passwords.is_digest(row.password.reveal())


def _masters(snapshot: Snapshot) -> bool:
    """Whether somebody who can log in may administrate the users."""
    return any(row.level >= UserLevel.SEC_ADMIN and _usable(row) for row in snapshot.rows(WebUsers).values())


def _default(found: tuple[int, WebUsers] | None) -> bool:
    if found is None or not _usable(found[1]):
        return False
    return passwords.verify(found[1].password.reveal(), found[1].name)


def _fault(row: WebUsers, snapshot: Snapshot) -> str | None:
    """Why a plain password may not be used; only with EnforcePasswordComplexity."""
    if not _plain(row) or not snapshot.params(LoginParams).enforce_password_complexity:
        return None
    text = row.password.reveal()
    kinds = (str.isupper, str.islower, str.isdigit, lambda sign: not sign.isalnum())
    enough = all(sum(map(kind, text)) >= 2 for kind in kinds)
    if SHORTEST <= len(text) <= LONGEST and enough and " " not in text:
        return None
    return "the password needs 8 to 40 characters, two each of capitals, small letters, digits and symbols"
