"""The time servers: asked in turn, and an alarm when none answers.

One rule: the device tells how far its clock is off; setting the clock is the machine's own business."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sbcd.base.clock import Clock
from sbcd.base.errors import Problem
from sbcd.config.snapshot import Change
from sbcd.config.types import Secret
from sbcd.rooms.alarms import Alarms, Severity, alarm_type
from sbcd.rooms.system.tables import NtpParams

UNREACHED = alarm_type("acNTPServerStatusAlarm")
BOARD = "Board#1"
SILENCE = 600.0
"""Seconds without an answer before it is an alarm."""
AGAIN = 64.0
"""Seconds between two questions while nobody answers."""
UNUSED = ("", "0.0.0.0", "::")  # noqa: S104  # compared with, never bound


Key = tuple[int, str]
"""Number and secret of the key that servers know as well."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said: how many seconds our clock is behind its own, the way to it and back, and how far
    it is from a reference clock."""

    server: str
    offset: float
    delay: float
    stratum: int


class Ntp:
    """Asks and remembers. `ask` raises OSError when a server does not answer; `spawn` runs work beside."""

    def __init__(
        self,
        alarms: Alarms,
        clock: Clock,
        ask: Callable[[str, Key | None], Awaitable[Answer]],
        spawn: Callable[[Awaitable[None]], None],
    ) -> None:
        self._alarms, self._clock, self._ask, self._spawn = alarms, clock, ask, spawn
        self._servers: tuple[str, ...] = ()
        self._key: Key | None = None
        self._interval = 86400.0
        self._due = 0.0
        self._silent: float | None = None  # since when nobody answers
        self._asking = False
        self.answer: Answer | None = None
        self.answered: datetime | None = None
        self.trouble: str | None = None

    def check(self, change: Change) -> Iterable[Problem]:
        params = change.new.params(NtpParams)
        if params.key_id and not params.md5_key:
            yield Problem("ntpAuthKeyId: there is no key of this number, set ntpAuthMd5Key too")

    async def apply(self, change: Change) -> None:
        params = change.new.params(NtpParams)
        key = (params.key_id, Secret(params.md5_key).reveal()) if params.key_id else None
        if key != self._key:
            self._key, self._due, self.trouble = key, self._clock.monotonic(), None
        servers = tuple(server for server in (params.primary, params.secondary) if server not in UNUSED)
        self._interval = float(params.update_interval)
        if servers != self._servers:
            self._servers, self._silent, self.trouble = servers, None, None
            self._due = self._clock.monotonic()
        if not servers:
            self._alarms.clear(UNREACHED, BOARD, "No time server is configured any more")

    def tick(self, now: datetime) -> None:
        """Asks when it is time to."""
        if self._servers and not self._asking and self._clock.monotonic() >= self._due:
            self._asking = True
            self._spawn(self._poll(self._servers))

    async def _poll(self, servers: tuple[str, ...]) -> None:
        try:
            for server in servers:
                try:
                    answer = await self._ask(server, self._key)
                except OSError as error:
                    self.trouble = f"{server}: {error}"
                else:
                    self._heard(answer)
                    return
            if servers == self._servers:
                self._unheard()
        finally:
            self._asking = False

    def _heard(self, answer: Answer) -> None:
        self.answer, self.answered, self.trouble = answer, self._clock.wall(), None
        self._silent = None
        self._due = self._clock.monotonic() + self._interval
        self._alarms.clear(UNREACHED, BOARD, f"Time server {answer.server} answers")

    def _unheard(self) -> None:
        now = self._clock.monotonic()
        self._due = now + min(AGAIN, self._interval)
        self._silent = now if self._silent is None else self._silent
        if now - self._silent >= SILENCE:
            severity = Severity.MINOR if self.answer else Severity.MAJOR
            self._alarms.raise_(UNREACHED, BOARD, "No time server answers", severity)

    def status(self) -> str:
        """`show system ntp-status`."""
        if not self._servers:
            return "No time server is configured.\n"
        lines = [f"Configured NTP server #1  {self._servers[0]}"]
        lines += [f"Configured NTP server #2  {server}" for server in self._servers[1:]]
        if self.answer and self.answered:
            lines += [
                f"Answered last             {self.answer.server}, stratum {self.answer.stratum}",
                f"Answered at               {self.answered:%Y-%m-%d %H:%M:%S} UTC",
                f"Offset of this clock      {self.answer.offset * 1000:.3f} ms",
                f"Round trip                {self.answer.delay * 1000:.3f} ms",
            ]
        lines.append(f"State                     {'not answering' if self.trouble else self._state()}")
        return "\n".join(lines) + "\n"

    def _state(self) -> str:
        return "answering" if self.answer else "not asked yet"
