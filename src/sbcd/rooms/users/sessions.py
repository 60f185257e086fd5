"""Web sessions: a browser that logged in, or came with a token, and what it may do until when.

One rule: the cookie is 256 random bits of which only a digest is kept; what changes the device needs the
session's second secret in a header, which no foreign page can send (CSRF)."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from sbcd.base.clock import Clock
from sbcd.web.route import User

COOKIE = "sbcd_session"
MOST = 200
"""Sessions at one time on the whole device; the one that was idle longest goes first."""
_SAFE = frozenset({"GET", "HEAD"})


@dataclass(slots=True)
class Session:
    """A browser's session; `idle` seconds without a request end it."""

    user: User
    csrf: str
    idle: float
    cross_host: str | None
    token: bool
    """Opened by a one-time token; otherwise by a password."""
    standing: object
    """How its user stood at that moment; another standing ends the session."""
    last: float = 0.0


class Sessions:
    """All open sessions, in the order in which they were last used."""

    def __init__(self, clock: Clock, standing: Callable[[User, bool], object]) -> None:
        """`standing` tells what a session of this user (opened by a token or not) depends on, as a value."""
        self._clock, self._standing = clock, standing
        self._open: dict[bytes, Session] = {}

    def open(
        self, user: User, idle: float, *, most: int = MOST, cross_host: str | None = None, token: bool = False
    ) -> tuple[str, Session]:
        """The cookie and the session; `most` bounds the sessions of one user, the oldest goes."""
        self._expire()
        mine = [key for key, session in self._open.items() if session.user.name == user.name]
        for key in mine[: len(mine) + 1 - max(most, 1)]:
            del self._open[key]
        while len(self._open) >= MOST:
            del self._open[next(iter(self._open))]
        cookie = secrets.token_hex(32)
        standing, now = self._standing(user, token), self._clock.monotonic()
        session = Session(user, secrets.token_hex(32), idle, cross_host, token, standing, now)
        self._open[_digest(cookie)] = session
        return cookie, session

    def find(self, cookie: str, *, idle: bool = False) -> Session | None:
        """The open session of a cookie; its idle time begins anew unless the page asked itself (`idle`)."""
        key = _digest(cookie)
        session = self._open.get(key)
        if session is None:
            return None
        now = self._clock.monotonic()
        if now - session.last > session.idle or session.standing != self._standing(
            session.user, session.token
        ):
            del self._open[key]
            return None
        if not idle:
            session.last = now
            self._open[key] = self._open.pop(key)
        return session

    def close(self, cookie: str) -> None:
        self._open.pop(_digest(cookie), None)

    def user_of(self, method: str, headers: Iterable[tuple[bytes, bytes]]) -> User | None:
        """The user of a request to the REST API that comes with a session instead of credentials."""
        cookie = csrf = ""
        idle = False
        for name, value in headers:
            if name == b"cookie":
                cookie = cookie_of(value.decode("latin-1"))
            elif name == b"x-background":
                idle = True
            elif name == b"x-csrf-token":
                csrf = value.decode("latin-1")
        session = self.find(cookie, idle=idle) if cookie else None
        if session is None or (
            method not in _SAFE and not hmac.compare_digest(csrf.encode(), session.csrf.encode())
        ):
            return None
        return session.user

    def _expire(self) -> None:
        now = self._clock.monotonic()
        for key in [key for key, session in self._open.items() if now - session.last > session.idle]:
            del self._open[key]


def cookie_of(header: str) -> str:
    """The session in a Cookie header, empty when there is none."""
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def _digest(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode("utf-8", "replace")).digest()
