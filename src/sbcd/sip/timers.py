"""Deadlines: a heap with lazy deletion that stays in proportion to what is alive.

One rule: setting and dropping cost next to nothing; the dead are swept when they are the majority."""

from heapq import heapify, heappop, heappush
from typing import Final, Generic, TypeVar, cast

What = TypeVar("What")
SWEEP: Final = 512  # fewer dead than this are never worth a sweep
Timer = list[float | What | None]
"""One deadline as it lies in the heap: when, its number, what; that is None when it is over or dropped."""


class Timers(Generic[What]):
    """All deadlines of one owner. Times are seconds on the clock that `now` is of."""

    __slots__ = ("_count", "_dead", "_heap")

    def __init__(self) -> None:
        self._heap: list[Timer[What]] = []
        self._count = 0
        self._dead = 0

    def __len__(self) -> int:
        """How many are alive."""
        return len(self._heap) - self._dead

    @property
    def held(self) -> int:
        """How many are kept, the dead among them: at most 2 * len(self) + SWEEP + 1."""
        return len(self._heap)

    def set(self, when: float, what: What) -> Timer[What]:
        self._count += 1
        timer: Timer[What] = [when, self._count, what]
        heappush(self._heap, timer)
        return timer

    def drop(self, timer: Timer[What] | None) -> None:
        """Idempotent."""
        if timer is None or timer[2] is None:
            return
        timer[2] = None
        self._dead += 1
        if self._dead > SWEEP and self._dead * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2] is not None]
            heapify(self._heap)
            self._dead = 0

    @property
    def deadline(self) -> float | None:
        """The earliest, or None."""
        heap = self._heap
        while heap:
            if heap[0][2] is not None:
                return cast("float", heap[0][0])
            heappop(heap)
            self._dead -= 1
        return None

    def due(self, now: float) -> What | None:
        """Take out the earliest one that is due, or None."""
        heap = self._heap
        while heap and (cast("float", heap[0][0]) <= now or heap[0][2] is None):
            timer = heappop(heap)
            if timer[2] is not None:
                what, timer[2] = timer[2], None
                return cast("What", what)
            self._dead -= 1
        return None
