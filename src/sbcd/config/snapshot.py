"""A whole configuration as one immutable value, and a change as two of them: `Change(old, new)`.

One rule: everything is shared. A snapshot differs from the one it was made of by what was touched, and so do
the names and reference counts kept with it: the cost of a change grows with the change (ADR 0003)."""

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar, cast

import msgspec
from immutables import Map

from sbcd.config.table import Params, Row, Table, values_of

R = TypeVar("R", bound=Row)
P = TypeVar("P", bound=Params)
V = TypeVar("V")


class Inert(msgspec.Struct, frozen=True, gc=False):
    """A row that nothing follows: of a carried table, or marked `!`. Cells are INI text as it came (R27)."""

    cells: tuple[tuple[str, str], ...]


class Carried(NamedTuple):
    """A parameter of the catalogue that this device does not follow: its name and INI text as they came."""

    name: str
    text: str


class Rows(Mapping[int, V]):
    """Rows by index, ascending when iterated (they are put in order when first asked for)."""

    __slots__ = ("_map", "_ordered", "_seed")

    def __init__(self, rows: "Map[int, V]", seed: "tuple[dict[int, V], dict[int, V]] | None" = None) -> None:
        """`seed`: rows in order, and those of them that were replaced."""
        self._map = rows
        self._ordered: dict[int, V] | None = None
        self._seed = seed

    def __getitem__(self, index: int) -> V:
        return self._map[index]

    def __contains__(self, index: object) -> bool:
        return index in self._map

    def get(self, index: int, default: Any = None) -> Any:
        return self._map.get(index, default)

    def _in_order(self) -> dict[int, V]:
        if self._ordered is None:
            if self._seed is not None:
                self._ordered = self._seed[0] | self._seed[1]
                self._seed = None
            else:
                held = dict(self._map.items())
                self._ordered = {index: held[index] for index in sorted(held)}
        return self._ordered

    def __iter__(self) -> Iterator[int]:
        return iter(self._in_order())

    def keys(self) -> KeysView[int]:
        return self._in_order().keys()

    def values(self) -> ValuesView[V]:
        return self._in_order().values()

    def items(self) -> ItemsView[int, V]:
        return self._in_order().items()

    def __len__(self) -> int:
        return len(self._map)

    def __repr__(self) -> str:
        return f"Rows({dict(self)!r})"

    def but(self, changes: Mapping[int, V | None]) -> "Rows[V]":
        """The same with some rows put, and those that are None taken away."""
        rows = self._map.mutate()
        replaced = {}
        for index, row in changes.items():
            there = index in rows
            if row is not None:
                rows[index] = row
                if there:
                    replaced[index] = row
            elif there:
                del rows[index]
        seed = (
            (self._ordered, replaced) if self._ordered is not None and len(replaced) == len(changes) else None
        )
        return Rows(rows.finish(), seed)


NOTHING: Rows[Any] = Rows(Map())


@dataclass(slots=True)
class Touched:
    """Where two snapshots may differ: row indexes by table, parameter sets, carried parameters."""

    rows: dict[str, set[int]] = field(default_factory=dict)
    params: set[type[Params]] = field(default_factory=set)
    scalars: set[str] = field(default_factory=set)


class Snapshot:
    """A whole configuration. Made of another by a `Draft`; never changed.

    `rows` of carried tables are Inert; `inactive` rows are those marked `!`."""

    __slots__ = (
        "_base",
        "_counts",
        "_inactive",
        "_mark",
        "_names",
        "_params",
        "_scalars",
        "_tables",
        "_touched",
    )

    def __init__(self) -> None:
        self._tables: Map[str, Rows[Any]] = Map()
        self._inactive: Map[str, Rows[Inert]] = Map()
        self._params: Map[Any, Params] = Map()
        self._scalars: Map[str, Carried] = Map()
        self._names: Map[tuple[str, str, Any], Any] = Map()  # (table, column, value) -> index, or several
        self._counts: Map[tuple[str, Any], int] = Map()  # (table, name or index) -> how many refer to it
        self._mark = object()
        self._base: object = None  # the mark of the snapshot that `_touched` is counted from
        self._touched: Touched | None = None

    @staticmethod
    def empty() -> "Snapshot":
        """No rows, every parameter at its default."""
        return _EMPTY

    def rows(self, table: type[R]) -> Mapping[int, R]:
        """The rows of a table by index."""
        return self._tables.get(table.__table__.ini, NOTHING)

    def row(self, table: type[R], index: int) -> R | None:
        """One row, or None."""
        return cast("R | None", self._tables.get(table.__table__.ini, NOTHING).get(index))

    def find(self, table: type[R], name: str) -> tuple[int, R] | None:
        """The row whose unique column says `name`, with its index."""
        meta = table.__table__
        if meta.unique is None:
            raise TypeError(f"{meta.ini} has no unique column")
        index: Any = self._names.get((meta.ini, meta.unique.name, name))
        if isinstance(index, tuple):
            index = index[0]
        row = None if index is None else self.row(table, index)
        return None if row is None else (index, row)

    def index(self, table: type[Row], name: str) -> int:
        """The index of the row whose unique column says `name`; -1 for none."""
        meta = table.__table__
        if meta.unique is None:
            raise TypeError(f"{meta.ini} has no unique column")
        held: Any = self._names.get((meta.ini, meta.unique.name, name), -1)
        return int(held[0] if isinstance(held, tuple) else held)

    def child(self, table: type[R], parent: Any, position: int) -> tuple[int, R] | None:
        """The row of a child table at a position below its parent (its name or index), with its own index."""
        index: Any = self._names.get((table.__table__.ini, "", (parent, position)))
        if isinstance(index, tuple):
            index = index[0]
        row = None if index is None else self.row(table, index)
        return None if row is None else (index, row)

    def shares(self, other: "Snapshot", kinds: Iterable[type[Any]]) -> bool:
        """Whether these tables and parameter sets are the very same in both (not only equal)."""
        for kind in kinds:
            if issubclass(kind, Row):
                name = kind.__table__.ini
                if self._tables.get(name) is not other._tables.get(name):
                    return False
            elif self._params.get(kind) is not other._params.get(kind):
                return False
        return True

    def params(self, params: type[P]) -> P:
        """A set of parameters."""
        found = self._params.get(params)
        return params() if found is None else cast("P", found)

    def exists(self, table: Table, key: Any) -> bool:
        """Whether a reference to a row (by index, or by the value of its unique column) holds."""
        if isinstance(key, int):
            return key in self._tables.get(table.ini, NOTHING)
        return table.unique is not None and (table.ini, table.unique.name, key) in self._names

    def holders(self, table: Table, column: str, value: Any) -> tuple[int, ...]:
        """The indexes of the rows with this value in a unique column."""
        held = self._names.get((table.ini, column, value), ())
        return held if isinstance(held, tuple) else (held,)

    def shared(self, row: Row) -> bool:
        """Whether another row has the same value in a unique column, or the same place below its parent."""
        table, names = row.__table__, self._names
        for column in table.uniques:
            if type(names.get((table.ini, column.name, getattr(row, column.name)))) is tuple:
                return True
        if table.position is None or table.parent is None:
            return False
        place = getattr(row, table.parent.name), getattr(row, table.position.name)
        return type(names.get((table.ini, "", place))) is tuple

    def referrers(self, table: str, key: Any) -> int:
        """How many references name this row."""
        return self._counts.get((table, key), 0)

    def table_names(self) -> set[str]:
        """The tables that have rows, active or not, declared or carried."""
        return {name for part in (self._tables, self._inactive) for name, rows in part.items() if rows}

    def any_rows(self, table: str) -> Rows[Any]:
        """The active rows of a table by its INI name: Row of a declared one, Inert of a carried one."""
        return self._tables.get(table, NOTHING)

    def inactive(self, table: str) -> Rows[Inert]:
        """The rows of a table that are marked `!`."""
        return self._inactive.get(table, NOTHING)

    def scalars(self) -> Mapping[str, Carried]:
        """The carried parameters by lower-case name."""
        return self._scalars

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Snapshot) and not any(Change(self, other).differences())

    __hash__ = None  # type: ignore[assignment]


_EMPTY = Snapshot()


def references(row: Row) -> list[tuple[str, Any]]:
    """What a row refers to: (table, name or index)."""
    values = values_of(row)
    return [
        (target, value)
        for field_, target, none, _ in row.__table__.links
        if (value := values[field_]) not in none
    ]


class Change:
    """From one snapshot to another. Undo is the same the other way round (rule S7)."""

    __slots__ = ("_entries", "_touched", "new", "old")

    def __init__(self, old: Snapshot, new: Snapshot, touched: Touched | None = None) -> None:
        self.old = old
        self.new = new
        self._touched = touched
        self._entries: list[Entry] | None = None

    @property
    def touched(self) -> Touched:
        """Where the two may differ; known when one was made of the other, otherwise searched for."""
        if self._touched is None:
            if self.new._base is self.old._mark and self.new._touched is not None:
                self._touched = self.new._touched
            elif self.old._base is self.new._mark and self.old._touched is not None:
                self._touched = self.old._touched
            else:
                self._touched = _searched(self.old, self.new)
        return self._touched

    def reversed(self) -> "Change":
        """The undoing of this change."""
        return Change(self.new, self.old, self._touched)

    def changed(self, table: type[R]) -> Mapping[int, tuple[R | None, R | None]]:
        """The rows of a table that differ, ascending: (old, new), None where there is none."""
        found = {}
        for index in sorted(self.touched.rows.get(table.__table__.ini, ())):
            old, new = self.old.row(table, index), self.new.row(table, index)
            if old != new:
                found[index] = (old, new)
        return found

    def touches(self, *kinds: type[Row] | type[Params]) -> bool:
        """Whether any of these tables or sets of parameters differs."""
        for kind in kinds:
            if issubclass(kind, Row):
                if kind.__table__.ini in self.touched.rows and self.changed(kind):
                    return True
            elif kind in self.touched.params and self.old.params(kind) != self.new.params(kind):
                return True
        return False

    def differences(self) -> "Iterator[Key]":
        """Everything that differs, each by its key."""
        return (entry.key for entry in self.entries())

    def entries(self) -> "list[Entry]":
        """Everything that differs, with what it was and is."""
        if self._entries is None:
            found = []
            for table, rows in self.touched.rows.items():
                found += _entries(self.old, self.new, table, rows)
            keys: list[Key] = [*self.touched.params, *self.touched.scalars]
            found += [Entry(key, value(self.old, key), value(self.new, key)) for key in keys]
            self._entries = [entry for entry in found if entry.old != entry.new]
        return self._entries


Key = tuple[str, int] | type[Params] | str


class Entry(NamedTuple):
    """One difference: `old` and `new` as `value` tells them."""

    key: Key
    old: Any
    new: Any


def _entries(old: Snapshot, new: Snapshot, table: str, rows: Iterable[int]) -> "list[Entry]":
    parts = [part.get(table, NOTHING)._map.get for s in (old, new) for part in (s._tables, s._inactive)]
    was, was_quiet, now, now_quiet = parts
    return [
        Entry((table, index), (was(index), was_quiet(index)), (now(index), now_quiet(index)))
        for index in rows
    ]


def value(snapshot: Snapshot, key: Key) -> Any:
    """What a snapshot has at a key: (active row, inactive row), Params or Carried; None for nothing."""
    if isinstance(key, tuple):
        table, index = key
        return snapshot.any_rows(table).get(index), snapshot.inactive(table).get(index)
    if isinstance(key, str):
        return snapshot.scalars().get(key)
    return snapshot.params(key)


def _searched(old: Snapshot, new: Snapshot) -> Touched:
    """Where two snapshots of unknown descent may differ; whatever they share is not looked into."""
    touched = Touched()
    pairs: Iterable[tuple[Any, Any]] = ((old._tables, new._tables), (old._inactive, new._inactive))
    for before, after in pairs:
        for table in sorted({*before, *after}):
            mine, theirs = before.get(table, NOTHING), after.get(table, NOTHING)
            if mine is theirs:
                continue
            get = theirs._map.get
            differing = {index for index, row in mine._map.items() if get(index) != row}
            differing.update(index for index in theirs._map if index not in mine._map)
            if differing:
                touched.rows.setdefault(table, set()).update(differing)
    if old._params is not new._params:
        touched.params = {*old._params, *new._params}
    if old._scalars is not new._scalars:
        touched.scalars = {*old._scalars, *new._scalars}
    return touched
