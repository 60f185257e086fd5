"""What parameters were in past intervals, read from the history.

One rule: an entity without a row in an interval was idle in it: what is fed was 0, the rest unknown."""

from collections.abc import Callable, Sequence

from sbcd.base.errors import Invalid
from sbcd.rooms.kpi.catalogue import Parameter, Place
from sbcd.rooms.kpi.history import History
from sbcd.rooms.kpi.meters import Meters


def text(value: int | None) -> str | None:
    """A value as lists show it (R18)."""
    return None if value is None else str(value)


class Past:
    """Reads the history by parameter."""

    def __init__(self, meters: Meters, history: History) -> None:
        self._meters = meters
        self._history = history

    def resolve(self, wanted: str) -> int | None:
        """The id of one interval that is kept; None when there is no such one. Invalid when it is no id."""
        if wanted.lower() == "last":
            return self._history.newest() or None
        if not (wanted.isascii() and wanted.isdigit() and len(wanted) <= 18):
            raise Invalid("'interval' must be a number or last")
        return int(wanted) if self._history.has(int(wanted)) else None

    def at(self, place: Place, index: int, interval: int) -> Callable[[Parameter], int | None]:
        """From a history parameter to its value in an interval."""
        row = self._history.values(place.path, index, interval, interval).get(interval)
        if row is None:
            return lambda parameter: self._idle(place, parameter)
        figures = dict(zip(place.history, row, strict=True))
        return lambda parameter: figures[parameter.id.lower()]

    def values(
        self, place: Place, index: int, parameter: Parameter | None, wanted: str
    ) -> list[tuple[int, int | None]]:
        """(interval, value), newest first: one interval, or all of them."""
        if wanted.lower() == "all":
            ids = [interval.id for interval in self._history.intervals()]
        else:
            interval = self.resolve(wanted)
            ids = [] if interval is None else [interval]
        return self.window(place, index, parameter, ids)

    def window(
        self, place: Place, index: int, parameter: Parameter | None, ids: Sequence[int]
    ) -> list[tuple[int, int | None]]:
        """(interval, value) of these intervals, in their order."""
        if not ids:
            return []
        if parameter is None:
            return [(id, None) for id in ids]
        rows = self._history.values(place.path, index, min(ids), max(ids))
        position = list(place.history).index(parameter.id.lower())
        idle = self._idle(place, parameter)
        return [(id, rows[id][position] if id in rows else idle) for id in ids]

    def _idle(self, place: Place, parameter: Parameter) -> int | None:
        return 0 if self._meters.fed(place).get(parameter.base) else None
