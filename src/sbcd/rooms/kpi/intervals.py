"""When an interval ends: at the marks of the clock, and at once when the clock jumps.

One rule: time that was not measured belongs to no interval. A suspended machine or a clock that was set
ends the running interval with the length it really had, and the next one begins now."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sbcd.rooms.kpi.history import Counted, History, Interval, Line, Mark, line
from sbcd.rooms.kpi.meters import Meters

QUARTER = 900  # seconds
JUMP = 2.0  # seconds by which wall clock and monotonic clock may disagree between two ticks
PART = 25  # entities that are collected at once, about a millisecond
MOST_WAITING = 16  # jobs that wait for a slow disk; more are dropped, the oldest first

SECOND = 1.0  # between two times that what is counted is kept
MANY = 1000  # facts that do not wait so long

Aside = Callable[[Callable[[], None]], None]
Heard = Callable[[], tuple[str, int]]
"""The engine, and the number of its last fact that is in the counters."""


def at_once(job: Callable[[], None]) -> None:
    """Does what could be done aside (in a thread) right here."""
    job()


@dataclass(slots=True)
class _Closed:
    interval: Interval
    lines: list[Line] = field(default_factory=list)


class Intervals:
    """Closes intervals and hands them to the history.

    `tick` is called about once a second, `collect` about ten times a second: it takes a part of what was
    measured, so that a large device closes an interval while it goes on answering.

    What is counted in the running interval is kept as well, at most a second late: `heard` tells the engine
    and the number of its last fact that is in the counters; `settled` is told when that is on disk."""

    def __init__(
        self,
        meters: Meters,
        history: History,
        now: datetime,
        monotonic: Callable[[], float],
        aside: Aside = at_once,
        length: int = QUARTER,
        crossed: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        self._meters = meters
        self._history = history
        self._monotonic = monotonic
        self._aside = aside
        self.length = length
        self._crossed = crossed
        self.heard: Heard = lambda: ("", 0)
        self.settled: Callable[[str, int], None] = lambda engine, taken: None
        self._wall = now.timestamp()
        self._start = self._begun(self._wall)
        self._mono = self._began = monotonic()
        self._next = history.newest() + 1
        self._collecting: _Closed | None = None
        self._waiting: deque[Callable[[], None]] = deque(maxlen=MOST_WAITING)
        self._busy = False
        self._keeping: Mark | None = None
        self._written = False
        self._kept = history.mark(), history.crossed()
        self._keep_at = 0.0
        for path, index, totals, then in history.totals():
            meters.restore(path, index, totals, then)
        meters.unkept.leave()

    def _begun(self, now: float) -> float:
        """When the running interval began: after a crash it goes on, its outage included."""
        kept, newest = self._history.mark().began, self._history.intervals()[:1]
        began = max(kept, newest[0].end) if kept and newest else kept
        return began if 0 < began <= now else now

    def due(self) -> float:
        """When the running interval ends: the next multiple of its length (UTC)."""
        return (self._start // self.length + 1) * self.length

    def tick(self, now: datetime) -> None:
        """Ends the interval when it is time."""
        wall, mono = now.timestamp(), self._monotonic()
        if abs((wall - self._wall) - (mono - self._mono)) > JUMP:
            elapsed = self._mono - self._began  # up to the last tick: what followed is part of the jump
            self._close(self._start + elapsed, wall, mono)
        elif wall >= self.due():
            self._close(self.due(), wall // self.length * self.length, mono)
        self._wall, self._mono = wall, mono

    def collect(self, now: datetime | None = None) -> None:
        """Takes the next part of the interval that ended; writes it when that was the last. Between two
        intervals, keeps what is counted."""
        self._collect(PART)
        self._keep()

    def _close(self, end: float, start: float, mono: float) -> None:
        self._collect(None)
        if end > self._start:
            self._meters.close()
            self._collecting = _Closed(Interval(self._next, self._start, end))
            self._next += 1
        self._start, self._began = start, mono

    def _collect(self, most: int | None) -> None:
        if self._collecting is not None:
            fed = self._meters.fed
            self._collecting.lines += [
                line(one.place.path, one.index, one.values(fed(one.place)), one.now)
                for one in self._meters.drain(most)
            ]
            if self._meters.drained:
                closed, self._collecting = self._collecting, None
                # with all that is counted now: totals never lag behind those of a closed interval
                self._waiting.append(
                    partial(self._history.add, closed.interval, closed.lines, self._counted())
                )
        self._work()

    def _counted(self) -> Counted:
        return Counted(self._meters.unkept.totals(), dict(self._crossed()), Mark(*self.heard(), self._start))

    def _keep(self) -> None:
        """Keeps what is counted, about once a second, or sooner when many facts wait for it."""
        if self._busy or self._waiting:
            return
        if self._keeping is not None:
            done, self._keeping = self._keeping, None
            if not self._written:  # a full disk: nobody waits for it, the next time has all of it
                self._meters.unkept.come_back()
            self.settled(done.engine, done.taken)
        mono, (engine, taken) = self._monotonic(), self.heard()
        before, crossed = self._kept
        many = engine == before.engine and taken - before.taken >= MANY
        if mono < self._keep_at and not many:
            return
        self._keep_at = mono + SECOND
        counted = self._counted()
        if counted.totals or (counted.mark, counted.crossed) != (before, crossed):
            self._meters.unkept.leave()
            self._kept = counted.mark, dict(counted.crossed)
            self._keeping, self._busy, self._written = counted.mark, True, False
            self._aside(partial(self._do, partial(self._write, counted)))

    def _write(self, counted: Counted) -> None:
        self._history.keep(counted)
        self._written = True

    def forget(self, gone: Sequence[tuple[str, int]]) -> None:
        """Removes what was measured of entities that are no longer configured."""
        if gone:
            self._waiting.append(partial(self._history.forget, gone))
            self._work()

    def _work(self) -> None:
        """Writes aside, one thing after the other."""
        if self._waiting and not self._busy:
            self._busy = True
            self._aside(partial(self._do, self._waiting.popleft()))

    def _do(self, job: Callable[[], None]) -> None:
        try:
            job()
        finally:
            self._busy = False
