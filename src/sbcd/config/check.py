"""What a change breaks between rows: unique names, references, places below a parent, numbers of rows.

One rule: only touched rows, and those that refer to a row which is gone, are looked at."""

from collections.abc import Container, Iterator, Mapping
from typing import Any

from sbcd.base.errors import Problem
from sbcd.config.snapshot import Change, Snapshot
from sbcd.config.table import Column, Row, Table, values_of


def problems(change: Change, declared: Mapping[str, Table]) -> Iterator[Problem]:
    """Every problem of the new snapshot. `declared`: the tables that references may name, by INI name;
    one that names another (carried, or of no device) is not looked up."""
    for name, indexes in change.touched.rows.items():
        after = change.new.any_rows(name)
        table = declared.get(name)
        if table is None:
            continue
        rows = {index: row for index in indexes if isinstance(row := after.get(index), Row)}
        for index in sorted(index for index, row in rows.items() if change.new.shared(row)):
            yield from _doubles(change.new, rows[index], index)
        if table.most_rows is not None and len(after) > table.most_rows:
            before = change.old.any_rows(name)
            if any(index not in before for index in rows):
                yield Problem(f"{len(after)} rows are more than {table.most_rows}", table=name)
    yield from dangling(change, declared)


def dangling(
    change: Change, declared: Mapping[str, Table], only: Container[str] | None = None
) -> Iterator[Problem]:
    """The references of the new snapshot that would lead nowhere; of the rows of some tables only."""
    known: dict[Any, bool] = {}
    for name, indexes in change.touched.rows.items():
        if only is not None and name not in only:
            continue
        before, after = change.old.any_rows(name), change.new.any_rows(name)

        def holds(row: Any, known: dict[Any, bool] = known) -> bool:
            return not isinstance(row, Row) or not any(_astray(change.new, row, 0, declared, known))

        suspects = [index for index in indexes if index in before or not holds(after.get(index))]
        for index in sorted(suspects):
            old, new = before.get(index), after.get(index)
            if isinstance(new, Row):
                yield from _astray(change.new, new, index, declared, known)
            if isinstance(old, Row):
                yield from _orphans(change, old, index, new)


def _doubles(new: Snapshot, row: Row, index: int) -> Iterator[Problem]:
    table = row.__table__
    for column in table.uniques:
        value = getattr(row, column.name)
        others = [i for i in new.holders(table, column.name, value) if i != index] if value != "" else []
        if others:
            yield Problem(f"'{value}' is also that of row {others[0]}", None, table.ini, index, column.ini)
    if table.position is not None and table.parent is not None:
        place = (getattr(row, table.parent.name), getattr(row, table.position.name))
        others = [i for i in new.holders(table, "", place) if i != index]
        if others:
            what = (
                f"place {place[1]} below {table.parent.target} '{place[0]}' is also that of row {others[0]}"
            )
            yield Problem(what, None, table.ini, index, table.position.ini)


def _astray(
    new: Snapshot, row: Row, index: int, declared: Mapping[str, Table], known: dict[Any, bool]
) -> Iterator[Problem]:
    """The references of one row that lead nowhere. `known`: those that were looked up before."""
    values = values_of(row)
    for field, target, none, column in row.__table__.links:
        value = values[field]
        if value in none:
            continue
        held = known.get((target, value))
        if held is None:
            held = known[target, value] = target not in declared or new.exists(declared[target], value)
        if not held:
            yield Problem(f"there is no {target} '{value}'", None, row.__table__.ini, index, column.ini)


def _orphans(change: Change, old: Row, index: int, new: Any) -> Iterator[Problem]:
    """The untouched rows that still refer to what `old` was."""
    table = old.__table__
    keys: list[Any] = [index] if new is None else []
    if table.unique is not None:
        keys.append(getattr(old, table.unique.name))
    for key in keys:
        if key == "" or not change.new.referrers(table.ini, key) or change.new.exists(table, key):
            continue
        for referrer, i, column in _referring(change.new, table.ini, key):
            if i not in change.touched.rows.get(referrer.ini, ()):
                what = f"refers to {table.ini} '{key}', which would be gone"
                yield Problem(what, None, referrer.ini, i, column.ini)


def _referring(snapshot: Snapshot, target: str, key: Any) -> Iterator[tuple[Table, int, Column]]:
    """The rows that refer to one; only asked for when something is wrong, and therefore a plain search."""
    for name in sorted(snapshot.table_names()):
        rows = snapshot.any_rows(name)
        first = next(iter(rows._map.values()), None)
        if not isinstance(first, Row):
            continue
        columns = [column for column in first.__table__.references if column.target == target]
        for index in rows if columns else ():
            for column in columns:
                if getattr(rows[index], column.name) == key:
                    yield first.__table__, index, column
