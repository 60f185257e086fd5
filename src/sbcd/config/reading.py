"""A snapshot that remembers what was read of it: so that a follower knows by itself what it depends on.

One rule: whatever is computed of a Reading alone stays true as long as none of `kinds` is touched."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from immutables import Map

from sbcd.base.indexed import Indexed
from sbcd.config.snapshot import Change, Snapshot
from sbcd.config.table import Params, Row

if TYPE_CHECKING:
    from immutables import MapMutation

R = TypeVar("R", bound=Row)
P = TypeVar("P", bound=Params)


class Reading(Snapshot):
    """The same configuration; `kinds` are the tables and parameter sets that were asked for so far, `names`
    the names whose indexes were."""

    __slots__ = ("_of", "kinds", "names")

    def __init__(self, of: Snapshot) -> None:
        self._of: Snapshot = of._of if isinstance(of, Reading) else of
        self.kinds: set[type[Any]] = set()
        self.names: dict[type[Row], set[str]] = {}

    def index(self, table: type[Row], name: str) -> int:
        self.names.setdefault(table, set()).add(name)
        return self._of.index(table, name)

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
        if table is not self._by:
            return super().rows(table)
        self.kinds.add(table)
        found = ((index, self._of.row(table, index)) for index in self._indexes)
        return {index: row for index, row in found if row is not None}


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was computed, and of what: besides the tables the names whose indexes were asked for."""

    around: object
    snapshot: Snapshot
    kinds: set[type[Any]]
    names: dict[type[Row], set[str]]
    value: Any


class Parts:
    """What was computed of parts of a configuration, and needs no computing as long as they stay the same.

    `around`: whatever else it was computed of; compared."""

    FEW = 256  # changed rows that are worth a patch

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._below: dict[type[Row], tuple[Snapshot, Map[Any, Map[int, Any]]]] = {}

    def moved(self, old: Snapshot, new: Snapshot) -> None:
        """Nothing of what the parts were made of differs between these two."""
        for name, kept in self._kept.items():
            if kept.snapshot is old:
                self._kept[name] = replace(kept, snapshot=new)
        for table, (snapshot, found) in self._below.items():
            if snapshot is old:
                self._below[table] = new, found

    def part(
        self, name: str, reading: Snapshot, around: object, make: Callable[[Snapshot], Iterable[Any]]
    ) -> tuple[Any, ...]:
        """The tuple of `make(reading)`, made anew only when something it reads has changed."""
        mine = Reading(reading)
        value = self._same(name, mine, around, set())
        if value is None:
            value = tuple(make(mine))
        self._keep(name, mine, around, value, reading)
        return cast("tuple[Any, ...]", value)

    def rows(
        self,
        name: str,
        reading: Snapshot,
        around: object,
        make: Callable[[Snapshot], Iterable[Any]],
        by: type[Row],
        below: type[Row] | None = None,
    ) -> Indexed[Any]:
        """The same for items of which each is made of one row of the table `by`, and has its `index`; then
        only the items of changed rows are made anew. `below`: a child table of it whose rows they are made
        of, too."""
        mine = Reading(reading)
        own = {by} if below is None else {by, below}
        value = self._same(name, mine, around, own)
        if value is not None and not mine._of.shares(self._kept[name].snapshot, own):
            value = self._patched(self._kept[name].snapshot, mine, by, below, make, value)
        if value is None:
            value = Indexed.of(make(mine))
        mine.kinds |= own
        self._keep(name, mine, around, value, reading)
        return cast("Indexed[Any]", value)

    def below(self, reading: Snapshot, table: type[R]) -> Map[Any, Map[int, R]]:
        """The rows of a child table by what they name their parent by (index or name), then by index."""
        new = reading._of if isinstance(reading, Reading) else reading
        old, found = self._below.get(table, (Snapshot.empty(), Map()))
        edits: dict[Any, MapMutation[int, Any]] = {}
        for index in Change(old, new).touched.rows.get(table.__table__.ini, ()):
            for row, present in ((old.row(table, index), False), (new.row(table, index), True)):
                if row is None:
                    continue
                parent = _parent(row)
                if parent not in edits:
                    edits[parent] = found.get(parent, Map()).mutate()
                if present:
                    edits[parent][index] = row
                else:
                    del edits[parent][index]
        found = found.update({parent: edit.finish() for parent, edit in edits.items()})
        self._below[table] = new, found
        return found

    def _same(self, name: str, mine: Reading, around: object, own: set[type[Any]]) -> Any:
        """What is kept, when nothing it was made of has changed but the tables `own`."""
        kept = self._kept.get(name)
        if kept is None or not mine._of.shares(kept.snapshot, kept.kinds - own):
            return None
        if kept.around is not around and kept.around != around:
            return None
        if any(_renamed(kept.snapshot, mine._of, table, names) for table, names in kept.names.items()):
            return None
        mine.kinds, mine.names = kept.kinds, kept.names
        return kept.value

    def _keep(self, name: str, mine: Reading, around: object, value: Any, reading: Snapshot) -> None:
        self._kept[name] = _Kept(around, mine._of, mine.kinds, mine.names, value)
        if isinstance(reading, Reading):
            reading.kinds |= mine.kinds
            reading.kinds.update(mine.names)

    def _patched(
        self,
        old: Snapshot,
        mine: Reading,
        by: type[Row],
        below: type[Row] | None,
        make: Callable[[Snapshot], Iterable[Any]],
        items: Indexed[Any],
    ) -> Indexed[Any] | None:
        """The items with those of changed rows made anew; None when that would be most of them."""
        new = mine._of
        touched = Change(old, new).touched.rows
        indexes = set(touched.get(by.__table__.ini, ()))
        if below is not None:
            rows = (s.row(below, i) for i in touched.get(below.__table__.ini, ()) for s in (old, new))
            for name in {_parent(row) for row in rows if row is not None}:
                indexes.update((name,) if isinstance(name, int) else (s.index(by, name) for s in (old, new)))
        if len(indexes) > self.FEW:
            return None
        some = _Some(new, by, indexes)
        fresh = {item.index: item for item in make(some)}
        mine.kinds |= some.kinds
        for table, names in some.names.items():
            mine.names.setdefault(table, set()).update(names)
        differing = {i: fresh.get(i) for i in indexes if fresh.get(i) != items.get(i)}
        return items.but(differing)


def _parent(row: Row) -> Any:
    """What a row of a child table names its parent by."""
    column = row.__table__.parent
    assert column is not None
    return getattr(row, column.name)


def _renamed(old: Snapshot, new: Snapshot, table: type[Row], names: set[str]) -> bool:
    """Whether one of the names stands for another row than before."""
    if new.shares(old, (table,)) or table.__table__.unique is None:
        return False
    column = table.__table__.unique.name
    rows = (
        s.row(table, i)
        for i in Change(old, new).touched.rows.get(table.__table__.ini, ())
        for s in (old, new)
    )
    found = {getattr(row, column) for row in rows if row is not None} & names
    return any(old.index(table, name) != new.index(table, name) for name in found)
