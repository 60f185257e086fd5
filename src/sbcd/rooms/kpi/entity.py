"""One entity: the totals and gauges of one place and one index, and what an interval was like there.

One rule: an interval ends for an entity at its boundary, also when that is noticed later: whoever is about
to move something first lets the entity `roll` (see `meters.py`)."""

from typing import Any

from sbcd.rooms.kpi.catalogue import Parameter, Place
from sbcd.rooms.kpi.gauges import NOTHING, Figures, Level, Rate, Ratio, Sample


class Taken:
    """What one entity measured in one interval; `values` turns it into the figures of the history.

    Cheap to make on the loop, so that the arithmetic can be done aside."""

    __slots__ = ("figures", "index", "now", "place", "then")

    def __init__(
        self, place: Place, index: int, then: list[int], now: list[int], figures: dict[str, Figures]
    ) -> None:
        self.place = place
        self.index = index
        self.then = then
        self.now = now
        self.figures = figures

    def values(self, fed: dict[str, bool]) -> list[int | None]:
        """In the order of the place's history parameters; None where nothing feeds or nothing was."""
        return [self._value(parameter, fed) for parameter in self.place.history.values()]

    def _value(self, parameter: Parameter, fed: dict[str, bool]) -> int | None:
        base = parameter.base
        if parameter.counted:
            if base not in fed:
                return None
            slot = self.place.slots[base]
            return self.now[slot] // parameter.scale - self.then[slot] // parameter.scale
        average, most, least = self.figures.get(base, NOTHING)
        figure = most if parameter.part == "Max" else least if parameter.part == "Min" else average
        if figure is None:
            return 0 if fed.get(base) and base not in self.figures else None
        return rounded(figure)


def rounded(figure: float) -> int:
    """A gauge as the device shows it: a whole number of its unit, half up."""
    return int(figure + 0.5) if figure >= 0 else -int(0.5 - figure)


class Entity:
    """The meters of one place and index; gauges are made when they are first moved."""

    __slots__ = ("epoch", "gauges", "held", "index", "place", "start", "then", "totals")

    def __init__(self, place: Place, index: int, epoch: int, start: float) -> None:
        self.place = place
        self.index = index
        self.epoch = epoch  # the interval it measures in
        self.start = start  # of that interval, monotonic seconds
        self.totals: list[int] = [0] * len(place.slots)
        self.then = list(self.totals)  # totals when the interval began
        self.gauges: dict[str, Any] = {}
        self.held: dict[Any, tuple[tuple[str, ...], float]] = {}

    def count(self, base: str, amount: int) -> None:
        """Adds to a counter, in its raw unit (bytes for KB, milliseconds for minutes)."""
        slot = self.place.slots.get(base)
        if slot is not None:
            self.totals[slot] += amount

    def rate(self, base: str, amount: float, now: float) -> None:
        gauge = self.gauges.get(base)
        if gauge is None:
            gauge = self._new(base, Rate())
        gauge.add(amount, now)

    def ratio(self, base: str, part: float, whole: float, now: float) -> None:
        gauge = self.gauges.get(base)
        if gauge is None:
            gauge = self._new(base, Ratio())
        gauge.add(part, whole, now)

    def shift(self, base: str, by: float, now: float) -> None:
        gauge = self.gauges.get(base)
        if gauge is None:
            gauge = self._new(base, Level(self.start))
        gauge.put(gauge.now + by, now)

    def level(self, base: str, to: float, now: float) -> None:
        gauge = self.gauges.get(base)
        if gauge is None:
            gauge = self._new(base, Level(self.start))
        gauge.put(to, now)

    def sample(self, base: str, value: float | None) -> None:
        gauge = self.gauges.get(base)
        if gauge is None:
            gauge = self._new(base, Sample())
        gauge.put(value)

    def hold(self, key: Any, bases: tuple[str, ...], value: float, now: float) -> None:
        """The holder `key` now has `value` at `bases`, and nothing elsewhere."""
        before, had = self.held.pop(key, ((), 0.0))
        if before == bases:
            if value != had:
                for base in bases:
                    self.shift(base, value - had, now)
        else:
            for base in before:
                self.shift(base, -had, now)
            for base in bases if value else ():
                self.shift(base, value, now)
        if value:
            self.held[key] = (bases, value)

    def empty(self, now: float) -> None:
        """Nothing is there any more (the engine is gone): levels fall to 0."""
        self.held.clear()
        for gauge in self.gauges.values():
            if isinstance(gauge, Level):
                gauge.put(0, now)

    def _new(self, base: str, gauge: Any) -> Any:
        if base in self.place.gauges:  # otherwise measured in vain: this entity has no such parameter
            self.gauges[base] = gauge
        return gauge

    def roll(self, epoch: int, boundary: float) -> Taken:
        """The interval ended at `boundary`: what it was like; the next one has begun."""
        figures = {base: gauge.take(self.start, boundary) for base, gauge in self.gauges.items()}
        totals = self.totals.copy()
        taken = Taken(self.place, self.index, self.then, totals, figures)
        self.then, self.start, self.epoch = totals, boundary, epoch
        return taken
