"""The reset of the device: when it begins, what it waits for, and what may not happen meanwhile (R10, R11).

One rule: a reset that was answered comes; until then the device is locked and a second one is refused."""

from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any, Protocol

from sbcd.base.clock import Clock
from sbcd.base.errors import Conflict
from sbcd.web.route import User

UNTIL_CALLS_END = 1
"""The gracefulTimeout that waits for the last call, however long."""


class Saving(Protocol):
    """The configuration store, as far as a reset needs it."""

    async def save(self) -> None: ...
    async def revert(self) -> None: ...


class Reset:
    """`end` ends the process so that it begins anew; `calls` counts the calls under way; `refuse_calls` is
    told when new calls shall be refused; `spawn` runs the end when the waiting is over; `activity` is
    told who wanted it."""

    def __init__(
        self,
        store: Saving,
        clock: Clock,
        end: Callable[[], Awaitable[None]],
        calls: Callable[[], int] = lambda: 0,
        refuse_calls: Callable[[], None] = lambda: None,
        *,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        activity: Callable[[str, User], None] = lambda what, user: None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._end = end
        self._calls = calls
        self._refuse_calls = refuse_calls
        self._pending = False
        self._drops = False
        self._deadline: float | None = None
        self._waits = False
        self._spawn = spawn
        self._activity = activity

    @property
    def pending(self) -> bool:
        """Whether a reset was answered: operationalState is LOCKED then."""
        return self._pending

    async def begin(self, save: bool, graceful: int, by: User) -> Callable[[], Awaitable[None]]:
        """Saves when told so; what comes back runs when the answer has left. `graceful` as in the guide:
        0 at once, 1 when the last call has ended, N seconds or when the last call has ended.

        `Conflict` when a reset is pending, or the configuration cannot be saved."""
        if self._pending:
            raise Conflict("The device is resetting already")
        self._pending = True
        try:
            if save:
                await self._store.save()
        except BaseException:
            self._pending = False
            raise
        self._drops = not save
        self._activity("The device was told to reset", by)
        if graceful == 0:
            return self._over
        self._deadline = None if graceful == UNTIL_CALLS_END else self._clock.monotonic() + graceful
        self._refuse_calls()
        return self._wait

    def tick(self, now: datetime) -> None:
        """Several times a second: whether the waiting is over."""
        if not self._waits:
            return
        late = self._deadline is not None and self._clock.monotonic() >= self._deadline
        if late or self._calls() == 0:
            self._waits = False
            self._spawn(self._over())

    async def _wait(self) -> None:
        self._waits = True

    async def _over(self) -> None:
        try:
            if self._drops:
                await self._store.revert()
        finally:
            await self._end()
