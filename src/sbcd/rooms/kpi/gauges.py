"""How a figure that is not a plain counter is measured: levels, rates, ratios and samples.

One rule: a gauge knows nothing of clocks or places; it is told `now` (monotonic seconds) and can be asked
for its value now, and, once per interval, for what the interval was like (`take`)."""

from collections import deque
from typing import Protocol

WINDOW = 60  # seconds over which ratios and averages are shown in real time
SECOND = 1.0  # the sliding second of rates

Figures = tuple[float | None, float | None, float | None]  # average, maximum, minimum of an interval
NOTHING: Figures = (None, None, None)


class Gauge(Protocol):
    """What all of them can do."""

    def value(self, now: float) -> float | None:
        """The figure of this moment; None when there is none."""
        ...

    def take(self, start: float, end: float) -> Figures:
        """What the interval [start, end) was like; the next one begins."""
        ...


class Level:
    """How many there are: moved up and down; its average is weighted by time."""

    __slots__ = ("area", "high", "low", "now", "since")

    def __init__(self, start: float) -> None:
        self.now: float = 0
        self.since = start
        self.area = 0.0
        self.high: float = 0
        self.low: float = 0

    def put(self, value: float, now: float) -> None:
        """Sets the level, never below zero: what was there before the device cannot leave it."""
        value = max(value, 0)
        self.area += self.now * max(now - self.since, 0)
        self.since = max(now, self.since)
        self.now = value
        self.high = max(self.high, value)
        self.low = min(self.low, value)

    def value(self, now: float) -> float:
        return self.now

    def take(self, start: float, end: float) -> Figures:
        self.area += self.now * max(end - self.since, 0)
        length = end - start
        figures = (self.area / length if length > 0 else self.now, self.high, self.low)
        self.since = max(end, self.since)
        self.area = 0.0
        self.high = self.low = self.now
        return figures


class Rate:
    """How many within the last second, exactly; bounded by what a second holds."""

    __slots__ = ("events", "high", "inside", "total")

    def __init__(self) -> None:
        self.events: deque[tuple[float, float]] = deque()
        self.inside = 0.0
        self.total = 0.0
        self.high = 0.0

    def add(self, amount: float, now: float) -> None:
        self.events.append((now, amount))
        self.inside += amount
        self.total += amount
        self.high = max(self.high, self.value(now))

    def value(self, now: float) -> float:
        limit = now - SECOND
        while self.events and self.events[0][0] <= limit:
            self.inside -= self.events.popleft()[1]
        return self.inside

    def take(self, start: float, end: float) -> Figures:
        length = end - start
        figures = (self.total / length if length > 0 else 0.0, self.high, 0.0)
        self.total = 0.0
        self.high = self.value(end)
        return figures


class Ratio:
    """A part of a whole, or a sum over a count: over the last minute now, over all of it in an interval.

    `part` and `whole` go on for ever; who wants another window keeps two readings and takes the difference.
    Maximum and minimum are those of single samples."""

    __slots__ = ("buckets", "high", "low", "part", "start", "whole", "window")

    def __init__(self) -> None:
        self.buckets: deque[list[float]] = deque()  # [second, part, whole], at most WINDOW + 1 of them
        self.window = [0.0, 0.0]
        self.part = 0.0
        self.whole = 0.0
        self.start = (0.0, 0.0)  # part and whole when the interval began
        self.high: float | None = None
        self.low: float | None = None

    def add(self, part: float, whole: float, now: float) -> None:
        self._slide(now)
        second = now // 1
        if not self.buckets or self.buckets[-1][0] != second:
            self.buckets.append([second, 0.0, 0.0])
        bucket = self.buckets[-1]
        bucket[1] += part
        bucket[2] += whole
        self.window[0] += part
        self.window[1] += whole
        self.part += part
        self.whole += whole
        if whole:
            sample = part / whole
            self.high = sample if self.high is None else max(self.high, sample)
            self.low = sample if self.low is None else min(self.low, sample)

    def _slide(self, now: float) -> None:
        limit = now // 1 - WINDOW
        while self.buckets and self.buckets[0][0] <= limit:
            _, part, whole = self.buckets.popleft()
            self.window[0] -= part
            self.window[1] -= whole
        if not self.buckets:
            self.window = [0.0, 0.0]  # floats do not come back to zero by themselves

    def value(self, now: float) -> float | None:
        self._slide(now)
        part, whole = self.window
        return part / whole if whole > 0 else None

    def take(self, start: float, end: float) -> Figures:
        part, whole = self.part - self.start[0], self.whole - self.start[1]
        self.start = (self.part, self.whole)
        figures = (part / whole if whole > 0 else None, self.high, self.low)
        self.high = self.low = None
        return figures


class Sample:
    """What somebody reads off an instrument now and then; None when it cannot be read."""

    __slots__ = ("count", "high", "last", "low", "sum")

    def __init__(self) -> None:
        self.last: float | None = None
        self.sum = 0.0
        self.count = 0
        self.high: float | None = None
        self.low: float | None = None

    def put(self, value: float | None) -> None:
        self.last = value
        if value is None:
            return
        self.sum += value
        self.count += 1
        self.high = value if self.high is None else max(self.high, value)
        self.low = value if self.low is None else min(self.low, value)

    def value(self, now: float) -> float | None:
        return self.last

    def take(self, start: float, end: float) -> Figures:
        figures: Figures = (self.sum / self.count, self.high, self.low) if self.count else NOTHING
        self.sum, self.count, self.high, self.low = 0.0, 0, None, None
        return figures
