"""A snapshot that remembers what was read of it: so that a follower knows by itself what it depends on.

One rule: whatever is computed of a Reading alone stays true as long as none of `kinds` is touched."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from sbcd.config.snapshot import Snapshot
from sbcd.config.table import Params, Row

R = TypeVar("R", bound=Row)
P = TypeVar("P", bound=Params)


class Reading(Snapshot):
    """The same configuration; `kinds` are the tables and parameter sets that were asked for so far."""

    __slots__ = ("_of", "kinds")

    def __init__(self, of: Snapshot) -> None:
        self._of: Snapshot = of._of if isinstance(of, Reading) else of
        self.kinds: set[type[Any]] = set()

    def rows(self, table: type[R]) -> Mapping[int, R]:
        self.kinds.add(table)
        return self._of.rows(table)

    def row(self, table: type[R], index: int) -> R | None:
        self.kinds.add(table)
        return self._of.row(table, index)

    def find(self, table: type[R], name: str) -> tuple[int, R] | None:
        self.kinds.add(table)
        return self._of.find(table, name)

    def child(self, table: type[R], parent: Any, position: int) -> tuple[int, R] | None:
        self.kinds.add(table)
        return self._of.child(table, parent, position)

    def params(self, params: type[P]) -> P:
        self.kinds.add(params)
        return self._of.params(params)


class Parts:
    """What was computed of parts of a configuration, and needs no computing as long as they stay the same.

    `around`: whatever else it was computed of; compared."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Any, Snapshot, set[type[Any]], tuple[Any, ...]]] = {}

    def part(
        self, name: str, reading: Snapshot, around: object, make: Callable[[Snapshot], Iterable[Any]]
    ) -> tuple[Any, ...]:
        """The tuple of `make(reading)`, made anew only when something it reads has changed."""
        mine = Reading(reading)
        kept = self._kept.get(name)
        if kept is not None and kept[0] == around and mine._of.shares(kept[1], kept[2]):
            mine.kinds, value = kept[2], kept[3]
        else:
            value = tuple(make(mine))
        self._kept[name] = (around, mine._of, mine.kinds, value)
        if isinstance(reading, Reading):
            reading.kinds |= mine.kinds
        return value
