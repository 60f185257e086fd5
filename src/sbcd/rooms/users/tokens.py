"""One-time tokens that open the Web interface (R32).

One rule: a token is good once and for ten seconds, and only its digest is kept."""

import hashlib
import secrets
from dataclasses import dataclass

from sbcd.base.clock import Clock

SECONDS = 10.0
MOST = 1000
"""Tokens that may wait to be used at one time; the oldest goes first."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What a token opens: a session of this user, at this level, so long, in pages of this host."""

    user: str
    level: int
    session_timeout: int | None
    cross_host: str | None
    until: float


class Tokens:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[bytes, Pass] = {}

    def issue(self, user: str, level: int, session_timeout: int | None, cross_host: str | None) -> str:
        """32 hex digits. `session_timeout` in seconds."""
        token = secrets.token_hex(16)
        while len(self._waiting) >= MOST:
            del self._waiting[next(iter(self._waiting))]
        until = self._clock.monotonic() + SECONDS
        self._waiting[_digest(token)] = Pass(user, level, session_timeout, cross_host or None, until)
        return token

    def redeem(self, token: str) -> Pass | None:
        """What the token opens, or None when it is unknown, used or too old."""
        found = self._waiting.pop(_digest(token), None)
        return found if found is not None and self._clock.monotonic() <= found.until else None


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.lower().encode()).digest()
