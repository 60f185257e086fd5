"""Deadlines: a heap with lazy deletion that stays in proportion to what is alive.

One rule: setting and dropping cost next to nothing; the dead are swept when they are the majority."""

from heapq import heapify, heappop, heappush
from typing import Final, Generic, TypeVar

What = TypeVar("What")
SWEEP: Final = 512  # fewer dead than this are never worth a sweep


class Timer(Generic[What]):
    """One deadline; `what` is None when it is over or dropped."""

    __slots__ = ("what",)

    def __init__(self, what: What) -> None:
        self.what: What | None = what


class Timers(Generic[What]):
    """All deadlines of one owner. Times are seconds on the clock that `now` is of."""

    __slots__ = ("_count", "_dead", "_heap")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Timer[What]]] = []
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
        timer = Timer(what)
        self._count += 1
        heappush(self._heap, (when, self._count, timer))
        return timer

    def drop(self, timer: Timer[What] | None) -> None:
        """Idempotent."""
        if timer is None or timer.what is None:
            return
        timer.what = None
        self._dead += 1
        if self._dead > SWEEP and self._dead * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2].what is not None]
            heapify(self._heap)
            self._dead = 0

    @property
    def deadline(self) -> float | None:
        """The earliest, or None."""
        heap = self._heap
        while heap:
            if heap[0][2].what is not None:
                return heap[0][0]
            heappop(heap)
            self._dead -= 1
        return None

    def due(self, now: float) -> What | None:
        """Take out the earliest one that is due, or None."""
        heap = self._heap
        while heap and (heap[0][0] <= now or heap[0][2].what is None):
            timer = heappop(heap)[2]
            if timer.what is not None:
                what, timer.what = timer.what, None
                return what
            self._dead -= 1
        return None
