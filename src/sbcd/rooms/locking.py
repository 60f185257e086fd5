"""The administrative state of the device: unlocked, shutting down, locked (`admin state lock`, `unlock`).

One rule: while it is not unlocked no new call is taken, and what it does about the calls under way is decided
when it is told to lock. A device that begins anew is unlocked."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime
from enum import Enum
from typing import Any

from sbcd.base.errors import Conflict, Invalid
from sbcd.config.show import Show
from sbcd.web.route import User

FOREVER = -1
LONGEST = 2_000_000  # seconds
USAGE = "admin state lock [graceful <seconds>|graceful forever|no-graceful] or admin state unlock"


class State(Enum):
    """As `show admin state` tells it."""

    UNLOCKED = "unlocked"
    SHUTTING_DOWN = "shutting down"
    LOCKED = "locked"


class Locking:
    """`refuse` and `take` tell the calls; `drop` ends those under way; `calls` counts them; `graceful` is the
    configured time (AdminStateLockControl: 0 at once, -1 until the last call has ended); `spawn` runs what is
    not waited for; `resetting` tells whether the device waits for a reset."""

    def __init__(
        self,
        monotonic: Callable[[], float],
        calls: Callable[[], int],
        refuse: Callable[[], Awaitable[None]],
        take: Callable[[], Awaitable[None]],
        drop: Callable[[], Coroutine[Any, Any, None]],
        graceful: Callable[[], int],
        *,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        resetting: Callable[[], bool] = lambda: False,
        activity: Callable[[str, User], None] = lambda what, user: None,
    ) -> None:
        self._monotonic, self._calls, self._graceful = monotonic, calls, graceful
        self._refuse, self._take, self._drop = refuse, take, drop
        self._spawn, self._resetting, self._activity = spawn, resetting, activity
        self.state = State.UNLOCKED
        self._until: float | None = None
        self._limit = 0  # seconds, as it was told to lock

    @property
    def closed(self) -> bool:
        """Whether new calls are refused: operationalState is LOCKED then."""
        return self.state is not State.UNLOCKED

    @property
    def why(self) -> str:
        """The text of the alarm; '' when the device is unlocked."""
        if self.state is State.LOCKED:
            return "Network element admin state change alarm. Locked"
        if self.state is State.SHUTTING_DOWN:
            left = "No time limit." if self._until is None else f"Time limit: {self._limit} seconds."
            return f"Network element admin state change alarm. Gateway is shutting down. {left}"
        return ""

    def _left(self) -> int:
        return max(0, round(self._until - self._monotonic())) if self._until is not None else 0

    async def lock(self, graceful: int | None, by: User) -> None:
        """Refuses new calls; those under way may last so many seconds (0: none, -1: as long as they like,
        None: as configured). Raises Conflict."""
        if self._resetting():
            raise Conflict("The device is resetting")
        if self.closed:
            raise Conflict(f"The device is {self.state.value} already")
        seconds = self._graceful() if graceful is None else graceful
        await self._refuse()
        self.state, self._limit = State.SHUTTING_DOWN, seconds
        self._until = None if seconds == FOREVER else self._monotonic() + seconds
        self._activity("The device was locked", by)
        self._judge()

    async def unlock(self, by: User) -> None:
        """Takes calls again. Raises Conflict."""
        if self._resetting():
            raise Conflict("The device is resetting")
        if not self.closed:
            raise Conflict("The device is unlocked already")
        await self._take()
        self.state, self._until = State.UNLOCKED, None
        self._activity("The device was unlocked", by)

    def tick(self, now: datetime) -> None:
        """Several times a second: whether the calls are over, or their time."""
        if self.state is State.SHUTTING_DOWN:
            self._judge()

    def _judge(self) -> None:
        late = self._until is not None and self._monotonic() >= self._until
        if not late and self._calls():
            return
        self.state, self._until = State.LOCKED, None
        if self._calls():
            self._spawn(self._drop())

    def renewed(self) -> None:
        """A new call engine is there, and unlocked."""
        if self.closed:
            self._spawn(self._again())

    async def _again(self) -> None:
        await self._refuse()

    # --- the command line ---

    async def command(self, words: Sequence[str], by: User) -> str:
        """`admin state ...`: what is printed. Raises Invalid and Conflict."""
        match [word.lower() for word in words]:
            case ["state", "unlock"]:
                await self.unlock(by)
            case ["state", "lock"]:
                await self.lock(None, by)
            case ["state", "lock", "no-graceful"]:
                await self.lock(0, by)
            case ["state", "lock", "graceful", "forever"]:
                await self.lock(FOREVER, by)
            case ["state", "lock", "graceful", seconds] if seconds.isdecimal() and len(seconds) < 8:
                if int(seconds) > LONGEST:
                    raise Invalid(f"{seconds} seconds are more than {LONGEST}")
                await self.lock(int(seconds), by)
            case _:
                raise Invalid(f"the command is {USAGE}")
        return self._told(())

    def _told(self, words: Sequence[str]) -> str:
        left = f", {self._left()} seconds left" if self._until is not None else ""
        return f"Current admin state: {self.state.value}{left}"

    def shows(self) -> list[Show]:
        """`show admin state`."""
        return [Show("admin state", "Whether the device takes calls.", self._told)]
