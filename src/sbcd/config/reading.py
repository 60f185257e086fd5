"""A snapshot that remembers what was read of it: so that a follower knows by itself what it depends on.

One rule: whatever is computed of a Reading alone stays true as long as none of `kinds` is touched."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from sbcd.config.snapshot import Change, Snapshot
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


class _Some(Reading):
    """A Reading in which one table has some of its rows only."""

    __slots__ = ("_by", "_indexes")

    def __init__(self, of: Snapshot, by: type[Row], indexes: Iterable[int]) -> None:
        super().__init__(of)
        self._by, self._indexes = by, sorted(indexes)

    def rows(self, table: type[R]) -> Mapping[int, R]:
        rows = super().rows(table)
        return {i: rows[i] for i in self._indexes if i in rows} if table is self._by else rows


class Parts:
    """What was computed of parts of a configuration, and needs no computing as long as they stay the same.

    `around`: whatever else it was computed of; compared."""

    FEW = 256  # changed rows that are worth a patch

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Any, Snapshot, set[type[Any]], tuple[Any, ...]]] = {}

    def part(
        self,
        name: str,
        reading: Snapshot,
        around: object,
        make: Callable[[Snapshot], Iterable[Any]],
        by: type[Row] | None = None,
    ) -> tuple[Any, ...]:
        """The tuple of `make(reading)`, made anew only when something it reads has changed.

        by: the table of which each item is made of one row (and of other tables), and has its `index`;
        then only the items of changed rows are made anew."""
        mine = Reading(reading)
        kept = self._kept.get(name)
        value: tuple[Any, ...] | None = None
        if kept is not None and kept[0] == around:
            if mine._of.shares(kept[1], kept[2]):
                mine.kinds, value = kept[2], kept[3]
            elif by is not None and mine._of.shares(kept[1], kept[2] - {by}):
                mine.kinds, value = kept[2], self._patched(kept[1], mine._of, by, make, kept[3])
        if value is None:
            value = tuple(make(mine))
        self._kept[name] = (around, mine._of, mine.kinds, value)
        if isinstance(reading, Reading):
            reading.kinds |= mine.kinds
        return value

    def _patched(
        self,
        old: Snapshot,
        new: Snapshot,
        by: type[Row],
        make: Callable[[Snapshot], Iterable[Any]],
        items: tuple[Any, ...],
    ) -> tuple[Any, ...] | None:
        """The items with those of changed rows made anew; None when that would be most of them."""
        touched = Change(old, new).touched.rows.get(by.__table__.ini, set())
        if len(touched) > self.FEW:
            return None
        fresh = {item.index: item for item in make(_Some(new, by, touched))}
        held = {item.index: item for item in items if item.index not in touched or item.index in fresh}
        in_place = fresh.keys() <= held.keys()
        held |= fresh
        return tuple(held.values() if in_place else (held[index] for index in sorted(held)))
