"""Messages on their way out: a bounded queue and the one who delivers it.

One rule: whoever puts never waits and never fails. What a dead receiver costs is bounded: a queue that is
full loses its oldest message, and says how many it lost."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Outbox(Generic[T]):
    """Delivers in order. A delivery that raises is tried again after `pause` seconds, then twice that and so
    on up to `longest`; after `tries` deliveries the message is given up (None: never)."""

    def __init__(
        self,
        deliver: Callable[[T], Awaitable[None]],
        *,
        most: int = 1000,
        tries: int | None = 5,
        pause: float = 1.0,
        longest: float = 60.0,
    ) -> None:
        self._deliver = deliver
        self._waiting: deque[T] = deque()
        self._most, self._tries, self._pause, self._longest = most, tries, pause, longest
        self._ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.lost = 0
        """Messages given up, or pushed out of the full queue."""
        self.trouble: str | None = None
        """Why the last delivery failed; None when it did not."""

    def put(self, message: T) -> None:
        """To be called in the loop; starts the delivery when it does not run yet."""
        if len(self._waiting) >= self._most:
            self._waiting.popleft()
            self.lost += 1
        self._waiting.append(message)
        self._ready.set()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self, grace: float = 0.0) -> None:
        """Ends the delivery, after at most `grace` seconds for what still waits."""
        if self._task is None:
            return
        for _ in range(int(grace * 50)):
            if not self._waiting:
                break
            await asyncio.sleep(0.02)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None

    async def _run(self) -> None:
        while True:
            while not self._waiting:
                self._ready.clear()
                await self._ready.wait()
            message = self._waiting[0]
            delivered = await self._try(message)
            if self._first(message):
                self._waiting.popleft()
                self.lost += not delivered

    async def _try(self, message: T) -> bool:
        pause, tried = self._pause, 0
        while True:
            try:
                await self._deliver(message)
            except Exception as error:
                self.trouble = str(error) or type(error).__name__
                tried += 1
                if tried == self._tries or not self._first(message):
                    return False
                await asyncio.sleep(pause)
                pause = min(pause * 2, self._longest)
            else:
                self.trouble = None
                return True

    def _first(self, message: T) -> bool:
        """Whether it still waits: a full queue pushes out the oldest even while it is being tried."""
        return bool(self._waiting) and self._waiting[0] is message
