"""Who is this, at which level: Basic credentials against the Local Users (R33, facts on access).

One rule: a password is only ever compared by its slow hash. A pair that was verified is remembered as a keyed
digest, forgotten at any change; an unknown user costs the same time as a known one."""

import base64
import binascii
import hashlib
import hmac
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sbcd.base.clock import Clock
from sbcd.rooms.users import passwords
from sbcd.web.route import User

T = TypeVar("T")

REMEMBERED = 300.0
"""Seconds a verified pair is taken without hashing again."""
MOST_REMEMBERED = 1000
MOST_ADDRESSES = 10000
MOST_WAITING = 100
"""Logins that may wait for their hash at one time: some three seconds of work."""

_log = logging.getLogger("sbcd.users")


class Offload(Protocol):
    def __call__(self, work: Callable[[], T]) -> Awaitable[T]: ...


@dataclass(frozen=True, slots=True)
class Account:
    """One Local User. `hash` is an argon2id string, or empty: then nobody gets in with this name."""

    name: str
    hash: str
    level: int
    valid: bool = True
    block_seconds: int = 60


@dataclass(frozen=True, slots=True)
class Guard:
    """DenyAccessOnFailCount, DenyAuthenticationTimer: so many failures, so many seconds; 0 is never.

    `known` (WebAccessList): the only addresses that may log in, empty for all; this machine always may."""

    failures: int = 3
    address_seconds: int = 60
    known: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Record:
    """Failures in a row of one user or one address, and until when it is blocked."""

    failures: int = 0
    until: float = 0.0


class Users:
    """The accounts and what is known of those who try to get in."""

    def __init__(self, clock: Clock, offload: Offload) -> None:
        self._clock = clock
        self._offload = offload
        self._waiting = 0
        self._key = secrets.token_bytes(32)
        self._accounts: Mapping[str, Account] = {}
        self._guard = Guard()
        self._remembered: dict[bytes, tuple[User, float]] = {}
        self._users: dict[str, _Record] = {}
        self._addresses: dict[str, _Record] = {}
        self._watchers: list[Callable[[User], None]] = []
        self._guards: list[Callable[[str], None]] = []
        self._porters: list[Callable[[User], None]] = []
        self.barred: frozenset[str] = frozenset()
        """Users whom the policy keeps out for the time being."""
        self.generation = 0
        """Grows with every change of accounts: who logged in under an older one asks again."""

    def take(self, accounts: Mapping[str, Account], guard: Guard | None = None) -> None:
        """From now on these accounts; what was verified under the old ones is forgotten."""
        guard = guard or self._guard
        if accounts == self._accounts and guard == self._guard:
            return
        gone = [name for name in self._users if accounts.get(name) != self._accounts.get(name)]
        for name in gone:
            del self._users[name]  # a changed user begins with a clean record
        self._accounts = accounts
        self._guard = guard
        self._remembered.clear()
        self.generation += 1

    def bar(self, names: frozenset[str]) -> None:
        """From now on these users are kept out, whatever their password, and no others."""
        if names != self.barred:
            self.barred = names
            self._remembered.clear()
            self.generation += 1

    def tell(self, watcher: Callable[[User], None]) -> None:
        """`watcher` hears of every login by password (not of remembered ones)."""
        self._watchers.append(watcher)

    def tell_blocked(self, watcher: Callable[[str], None]) -> None:
        """`watcher` hears, in the thread of the login, a sentence for each block that begins."""
        self._guards.append(watcher)

    def tell_refused(self, watcher: Callable[[User], None]) -> None:
        """`watcher` hears, in the thread of the login, whose name or password was wrong (as of level 0).
        Of those who are blocked already it does not, so that nobody fills a log."""
        self._porters.append(watcher)

    def account(self, name: str) -> Account | None:
        return self._accounts.get(name)

    async def authenticate(self, authorization: str | None, address: str) -> User | None:
        """The user of an `Authorization: Basic` header that came from this address, or None."""
        if authorization is None:
            return None
        mark = hashlib.blake2b(f"{address} {authorization}".encode(), key=self._key).digest()
        found = self._remembered.get(mark)
        if found is not None and self._clock.monotonic() < found[1]:
            return found[0]
        pair = basic(authorization)
        if pair is None:
            return None
        return await self._slowly(lambda: self._login(pair[0], pair[1], address, "REST", mark))

    async def login(self, name: str, password: str, address: str, via: str) -> User | None:
        """The same for those who ask by name and password (Web interface, CLI)."""
        return await self._slowly(lambda: self._login(name, password, address, via, None))

    async def _slowly(self, login: Callable[[], User | None]) -> User | None:
        """Has a login done elsewhere; when too many wait already, refuses it at once."""
        if self._waiting >= MOST_WAITING:
            return None
        self._waiting += 1
        try:
            return await self._offload(login)
        finally:
            self._waiting -= 1

    def blocked(self, name: str) -> bool:
        """Whether the user is blocked for too many failures (status "Failed Login")."""
        record = self._users.get(name)
        return record is not None and self._clock.monotonic() < record.until

    def knows(self, address: str) -> bool:
        """Whether anybody may come in from this address (WebAccessList)."""
        return not self._guard.known or address in self._guard.known or address.startswith("127.")

    def admits(self, name: str, address: str) -> bool:
        """Whether this user may try to log in from this address at all: known, and not blocked."""
        if not self.knows(address):
            return False
        now = self._clock.monotonic()
        return not (self._shut(self._users.get(name), now) or self._shut(self._addresses.get(address), now))

    def missed(self, name: str, address: str, via: str = "REST") -> None:
        """A login failed that others decided about (RADIUS, LDAP): it counts like one here."""
        self._failed(self._accounts.get(name), name, address, via)

    def welcome(self, user: User) -> None:
        """A login succeeded that others decided about."""
        self._addresses.pop(user.address, None)
        for watcher in self._watchers:
            watcher(user)

    def _login(self, name: str, password: str, address: str, via: str, mark: bytes | None) -> User | None:
        """Runs in a thread, where the hash takes its time; many tries at once cannot outrun the block."""
        now, generation = self._clock.monotonic(), self.generation
        if mark is not None and (found := self._remembered.get(mark)) is not None and now < found[1]:
            return found[0]  # the same pair was verified while this one waited for its thread
        if not self.admits(name, address):
            return None
        account = self._accounts.get(name)
        right = passwords.verify(account.hash if account and account.hash else passwords.DUMMY, password)
        if account is None or not account.hash or not account.valid or not right or name in self.barred:
            self._failed(account, name, address, via)
            return None
        self._users.pop(name, None)
        self._addresses.pop(address, None)
        user = User(name, account.level, address, via)
        if mark is not None and generation == self.generation:
            while len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.pop(next(iter(self._remembered)), None)
            self._remembered[mark] = (user, now + REMEMBERED)
        for watcher in self._watchers:
            watcher(user)
        return user

    @staticmethod
    def _shut(record: _Record | None, now: float) -> bool:
        return record is not None and now < record.until

    def _failed(self, account: Account | None, name: str, address: str, via: str) -> None:
        now = self._clock.monotonic()
        for watcher in self._porters:
            watcher(User(name, 0, address, via))
        if account is not None and self._count(self._users, name, account.block_seconds, now):
            self._blocks(f"User {name} is blocked for {account.block_seconds} seconds: failed logins")
        if self._count(self._addresses, address, self._guard.address_seconds, now):
            self._blocks(f"Logins from {address} are refused for a while: failed logins")

    def _blocks(self, text: str) -> None:
        _log.warning("%s", text)
        for watcher in self._guards:
            watcher(text)

    def _count(self, records: dict[str, _Record], name: str, seconds: int, now: float) -> bool:
        """Counts a failure; True when it was the one that blocks."""
        while len(records) >= MOST_ADDRESSES:
            records.pop(next(iter(records)), None)
        record = records.setdefault(name, _Record())
        record.failures += 1
        if not self._guard.failures or record.failures < self._guard.failures or not seconds:
            return False
        record.failures = 0
        record.until = now + seconds
        return True


def basic(authorization: str) -> tuple[str, str] | None:
    """Name and password of a Basic header (RFC 7617), UTF-8 or Latin-1; None when it is none."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "basic" or len(token) > 2000:
        return None
    try:
        raw = base64.b64decode(token.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    name, colon, password = text.partition(":")
    return (name, password) if colon else None


def same(one: str, other: str) -> bool:
    """Compares without telling by its time where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())
