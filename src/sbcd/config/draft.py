"""Edits to a snapshot, collected, and made into a new snapshot at once.

One rule: only what was edited is looked at; the books of names and references are carried forward."""

from typing import Any, TypeVar, cast

from immutables import Map

from sbcd.config.snapshot import Carried, Inert, Snapshot, Touched, references
from sbcd.config.table import Params, Row

P = TypeVar("P", bound=Params)
R = TypeVar("R", bound=Row)


class Draft:
    """Edits to a snapshot, collected, and made into a new one at once by `finish`."""

    def __init__(self, base: Snapshot) -> None:
        self._base = base
        self._rows: dict[str, dict[int, Any]] = {}
        self._inactive: dict[str, dict[int, Inert | None]] = {}
        self._params: dict[type[Params], Params] = {}
        self._scalars: dict[str, Carried | None] = {}

    def put(self, index: int, row: Row) -> "Draft":
        """Puts a row of a declared table in place of whatever has this index."""
        return self.put_any(row.__table__.ini, index, row)

    def put_any(self, table: str, index: int, row: Any) -> "Draft":
        """Puts an active row by the INI name of its table."""
        self._rows.setdefault(table, {})[index] = row
        self._activate(table, index)
        return self

    def put_inactive(self, table: str, index: int, row: Inert) -> "Draft":
        """Puts a row marked `!`."""
        self._rows.setdefault(table, {})[index] = None
        self._inactive.setdefault(table, {})[index] = row
        return self

    def _activate(self, table: str, index: int) -> None:
        if index in self._base.inactive(table) or index in self._inactive.get(table, ()):
            self._inactive.setdefault(table, {})[index] = None

    def remove(self, table: type[Row] | str, index: int) -> "Draft":
        """Takes a row away, active or not; one that is not there is fine."""
        name = table if isinstance(table, str) else table.__table__.ini
        self._rows.setdefault(name, {})[index] = None
        self._activate(name, index)
        return self

    def row(self, table: type[R], index: int) -> R | None:
        """A row as the edits left it."""
        edits = self._rows.get(table.__table__.ini, {})
        return cast("R | None", edits[index]) if index in edits else self._base.row(table, index)

    def clear(self, table: type[Row] | str) -> "Draft":
        """Takes all rows of a table away."""
        name = table if isinstance(table, str) else table.__table__.ini
        for index in (*self._base.any_rows(name), *self._base.inactive(name), *self._rows.get(name, ())):
            self.remove(name, index)
        return self

    def set(self, params: Params) -> "Draft":
        """Replaces a set of parameters."""
        self._params[type(params)] = params
        return self

    def params(self, params: type[P]) -> P:
        """A set of parameters as the edits left it."""
        found = self._params.get(params)
        return self._base.params(params) if found is None else cast("P", found)

    def carry(self, name: str, text: str | None) -> "Draft":
        """Sets a carried parameter, or takes it away."""
        self._scalars[name.lower()] = None if text is None else Carried(name, text)
        return self

    def finish(self) -> Snapshot:
        """The new snapshot; `base` itself when nothing really changed."""
        new, touched = Snapshot(), Touched()
        base = self._base
        self._finish_rows(new, touched)
        touched.params = {kind for kind, values in self._params.items() if base.params(kind) != values}
        new._params = base._params.update({kind: self._params[kind] for kind in touched.params})
        with base._scalars.mutate() as scalars:
            for name, carried in self._scalars.items():
                if base._scalars.get(name) == carried:
                    continue
                touched.scalars.add(name)
                if carried is None:
                    del scalars[name]
                else:
                    scalars[name] = carried
            new._scalars = scalars.finish()
        if not (touched.rows or touched.params or touched.scalars):
            return base
        new._base, new._touched = base._mark, touched
        return new

    def _finish_rows(self, new: Snapshot, touched: Touched) -> None:
        base, tables, inactive = self._base, self._base._tables, self._base._inactive
        books = _Books(base)
        for table, quiet in self._inactive.items():
            old_quiet = base.inactive(table)
            differing = {index: row for index, row in quiet.items() if old_quiet.get(index) != row}
            if differing:
                touched.rows.setdefault(table, set()).update(differing)
                inactive = inactive.set(table, old_quiet.but(differing))
        for table, edits in self._rows.items():
            old = base.any_rows(table)
            get = old._map.get
            changed = {index: row for index, row in edits.items() if get(index) != row}
            if not changed:
                continue
            touched.rows.setdefault(table, set()).update(changed)
            for index, row in changed.items():
                books.enter(table, index, get(index), row)
            tables = tables.set(table, old.but(changed))
        new._tables, new._inactive = tables, inactive
        new._names, new._counts = books.close()


class _Books:
    """The names and reference counts of a snapshot, carried forward by the rows that changed."""

    def __init__(self, base: Snapshot) -> None:
        self._base = base
        self._gone: list[tuple[tuple[str, str, Any], int]] = []
        self._come: list[tuple[tuple[str, str, Any], int]] = []
        self._counts: dict[tuple[str, Any], int] = {}

    def enter(self, table: str, index: int, old: Any, new: Any) -> None:
        """One row that was `old` (or None) and is `new` (or None)."""
        for row, names, step in ((old, self._gone, -1), (new, self._come, 1)):
            if not isinstance(row, Row):
                continue
            meta = row.__table__
            for column in meta.uniques:
                value = getattr(row, column.name)
                if value != "":
                    names.append(((table, column.name, value), index))
            if meta.position is not None and meta.parent is not None:
                place = (getattr(row, meta.parent.name), getattr(row, meta.position.name))
                names.append(((table, "", place), index))
            for key in references(row):
                self._counts[key] = self._counts.get(key, 0) + step

    def close(self) -> "tuple[Map[tuple[str, str, Any], Any], Map[tuple[str, Any], int]]":
        """The new books."""
        names = self._base._names.mutate()
        for key, index in self._gone:
            held = names[key]
            rest = tuple(i for i in held if i != index) if isinstance(held, tuple) else ()
            if rest:
                names[key] = rest if len(rest) > 1 else rest[0]
            else:
                del names[key]
        for key, index in self._come:
            held = names.get(key)
            if held is None:
                names[key] = index
            else:
                names[key] = tuple(sorted((*held, index) if isinstance(held, tuple) else (held, index)))
        counts = self._base._counts.mutate()
        for target, step in self._counts.items():
            count = counts.get(target, 0) + step
            if count:
                counts[target] = count
            elif target in counts:
                del counts[target]
        return names.finish(), counts.finish()
