"""What time does to Local Users: passwords grow old, who stays away is locked, new ones choose a password.

One rule: age never shuts REST or the last administrators out. A password that is due is asked for by the Web
interface; being locked for staying away is for levels below Security Administrator only (facts on access)."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from sbcd.base.errors import Invalid, Problem
from sbcd.base.vault import Vault
from sbcd.config.snapshot import Change, Snapshot
from sbcd.rooms.alarms import Alarms, alarm_type
from sbcd.rooms.users.logins import LoginParams
from sbcd.rooms.users.model import Users
from sbcd.rooms.users.tables import UserLevel, UserStatus, WebUsers
from sbcd.web.route import User

LOCKED = alarm_type("acWEBUserAccessDisabled")
FILE = "seen"
COARSE = timedelta(hours=1)
"""How exactly logins are remembered: less would write to the disk at every one."""
SHORTEST, LONGEST, DIFFERENT = 8, 40, 4


class Seen(msgspec.Struct, frozen=True):
    """One user: when last logged in (or made, or let in again), since when the password, and its mark."""

    login: datetime
    password: datetime
    mark: str


class Policy:
    """Follows WebUsers and the login parameters; hears of logins; looks at the clock."""

    def __init__(self, vault: Vault, users: Users, alarms: Alarms, wall: Callable[[], datetime]) -> None:
        """`vault` is the room `users` of the state directory."""
        self._vault, self._users, self._alarms, self._wall = vault, users, alarms, wall
        self._seen: dict[str, Seen] = _read(vault)
        self._running = Snapshot.empty()
        self._before: tuple[Snapshot, dict[str, Seen]] | None = None
        self._unsaved = False
        users.tell(self.logged_in)

    def check(self, change: Change) -> tuple[Problem, ...]:
        """Nothing that time does can be wrong."""
        return ()

    async def apply(self, change: Change) -> None:
        """New passwords begin to age, and who is set to Valid again counts as seen."""
        now, kept = self._wall(), dict(self._seen)
        undone = self._before is not None and change.new is self._before[0]
        if undone and self._before:
            self._seen = dict(self._before[1])
        else:
            for old, row in change.changed(WebUsers).values():
                if row is not None:
                    self._seen[row.name] = _of(self._seen.get(row.name), old, row, now)
            names = {row.name for row in change.new.rows(WebUsers).values()}
            self._seen = {name: seen for name, seen in self._seen.items() if name in names}
        self._before = (change.old, kept)
        self._running = change.new
        if self._seen != kept:
            self._write()
        self._look(now)

    def logged_in(self, user: User) -> None:
        """Called with every login by password, from any thread."""
        seen, now = self._seen.get(user.name), self._wall()
        if seen is not None and now - seen.login >= COARSE:
            self._seen[user.name] = msgspec.structs.replace(seen, login=now)
            self._unsaved = True

    def tick(self, now: datetime) -> None:
        """Once a minute."""
        if self._unsaved:
            self._write()
        self._look(now)

    def due(self, name: str) -> str | None:
        """Why this user has to choose a new password before the Web interface opens, or None."""
        found, seen = self._running.find(WebUsers, name), self._seen.get(name)
        if found is None or seen is None:
            return None
        row = found[1]
        if row.status == UserStatus.NEW:
            return "This is the first login: choose a new password"
        if row.password_age and self._wall() - seen.password >= timedelta(days=row.password_age):
            return f"The password is older than {row.password_age} days: choose a new one"
        return None

    def refuse_hurry(self, name: str) -> None:
        """`Invalid` when the user's password is younger than WebUserPassChangeInterval, unless it is due."""
        minutes, seen = self._running.params(LoginParams).password_minutes, self._seen.get(name)
        if seen and not self.due(name) and self._wall() - seen.password < timedelta(minutes=minutes):
            raise Invalid(f"The password was changed less than {minutes} minutes ago")

    def judge(self, old: str, new: str) -> None:
        """`Invalid` tells why `new` may not follow the password `old`; its complexity the table checks."""
        if not SHORTEST <= len(new) <= LONGEST or not new.isascii() or not new.isprintable():
            raise Invalid(f"The new password needs {SHORTEST} to {LONGEST} ASCII characters")
        if new == old:
            raise Invalid("The new password is the old one")
        if not self._running.params(LoginParams).enforce_password_complexity:
            return
        same = sum(a == b for a, b in zip(old, new, strict=False))
        if len(new) - same < DIFFERENT:
            raise Invalid(f"The new password differs from the old one in less than {DIFFERENT} characters")

    def _look(self, now: datetime) -> None:
        """Locks who stayed away too long, with an event; lets in again who is no longer among them."""
        days = self._running.params(LoginParams).inactivity_days
        away = {
            row.name: index
            for index, row in self._running.rows(WebUsers).items()
            if days and row.level < UserLevel.SEC_ADMIN and (seen := self._seen.get(row.name))
            if now - seen.login >= timedelta(days=days)
        }
        for name in away.keys() - self._users.barred:
            text = f"User {name} did not log in for {days} days and is locked."
            self._alarms.event(LOCKED, f"Board#1/WebUser#{away[name]}", text)
        self._users.bar(frozenset(away))

    def _write(self) -> None:
        self._unsaved = False
        self._vault.replace(FILE, msgspec.json.encode(dict(self._seen)))


def _read(vault: Vault) -> dict[str, Seen]:
    """What was known; a damaged file only makes everybody as good as new."""
    try:
        return msgspec.json.decode(vault.read(FILE) or b"{}", type=dict[str, Seen])
    except msgspec.MsgspecError:
        return {}


def _of(seen: Seen | None, old: WebUsers | None, row: WebUsers, now: datetime) -> Seen:
    mark = hashlib.sha256(row.password.reveal().encode()).hexdigest()[:16]
    if seen is None or seen.mark != mark:
        return Seen(now, now, mark)
    freed = old is not None and old.status != row.status == UserStatus.VALID
    return msgspec.structs.replace(seen, login=now) if freed else seen
