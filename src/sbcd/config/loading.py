"""From what a file says to a new snapshot: a full load (R25), or a merge into what runs (R26).

One rule: both are pure; the store decides whether the result may be."""

from typing import Any

from sbcd.base.errors import InvalidConfig, Problem
from sbcd.config.check import dangling
from sbcd.config.draft import Draft
from sbcd.config.ini import Loaded
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Change, Snapshot
from sbcd.config.table import Column, Table


def full(schema: Schema, loaded: Loaded) -> Snapshot:
    """A configuration of the file alone: what is not in it is as on a device without configuration (R25)."""
    draft = Draft(Snapshot.empty())
    for table in schema.tables.values():
        if table.ini not in loaded.formats:
            for index, row in table.row.factory().items():
                draft.put(index, row)
    return _settled(schema, loaded, _merge(draft, loaded))


def incremental(running: Snapshot, loaded: Loaded) -> Snapshot:
    """What runs, with the parameters and rows of the file in place of its own; others stay (R26)."""
    return _merge(Draft(running), loaded)


def _merge(draft: Draft, loaded: Loaded) -> Snapshot:
    for table, rows in loaded.rows.items():
        for index, row in rows.items():
            draft.put_any(table, index, row)
    for table, marked in loaded.inactive.items():
        for index, inert in marked.items():
            draft.put_inactive(table, index, inert)
    for kind, values in loaded.values.items():
        held: Any = draft.params(kind)
        changes = {}
        for name, value in values.items():
            if isinstance(value, dict):
                changes[name] = tuple(value.get(i, old) for i, old in enumerate(getattr(held, name)))
            else:
                changes[name] = value
        draft.set(held.but(**changes))
    for carried in loaded.scalars.values():
        draft.carry(*carried)
    return draft.finish()


def _settled(schema: Schema, loaded: Loaded, snapshot: Snapshot) -> Snapshot:
    """A full load whose references hold wherever the file is not to blame (ADR 0009).

    A factory row that named something of a table which the file replaced names the first row of it now. In
    an export of older firmware, a row that refers to nothing is marked `!`; so it is in an excerpt or a
    template when the table it refers to is not part of the file. And so are those that refer to it: active
    rows refer to active rows only."""
    empty = Snapshot.empty()
    strict = not (loaded.older or loaded.excerpt)
    only = schema.tables.keys() - loaded.formats if strict else None
    while True:
        draft = Draft(snapshot)
        for problem in dangling(Change(empty, snapshot), schema.tables, only):
            table, index = schema.tables[problem.table or ""], problem.row or 0
            column = table.by_ini[(problem.column or "").lower()]
            if table.ini not in loaded.formats:
                _rebind(draft, snapshot, table, index, column)
            elif loaded.older or (loaded.excerpt and _left_out(schema, loaded, column)):
                draft.put_inactive(table.ini, index, loaded.raw[table.ini, index])
                loaded.marked.append(problem)
        settled = draft.finish()
        if settled is snapshot:
            return settled
        snapshot = settled


def _left_out(schema: Schema, loaded: Loaded, column: Column) -> bool:
    """Whether what a column refers to is not in the file, or a row of it is marked."""
    target = column.target or ""
    return target not in loaded.formats or any(problem.table == target for problem in loaded.marked)


def _rebind(draft: Draft, snapshot: Snapshot, table: Table, index: int, column: Column) -> None:
    row = draft.row(table.row, index)
    target: Any = next(iter(snapshot.any_rows(column.target or "").values()), None)
    if row is None or column.by_index or target is None:
        draft.remove(table.row, index)
    else:
        name = getattr(target, target.__table__.unique.name)
        draft.put(index, row.but(**{column.name: name}))


def placed(error: InvalidConfig, loaded: Loaded) -> InvalidConfig:
    """The same problems with the lines of the file, where it holds the rows they are about."""

    def line(problem: Problem) -> int | None:
        if problem.line is not None or problem.table is None or problem.row is None:
            return problem.line
        return loaded.lines.get(problem.table, {}).get(problem.row)

    return InvalidConfig(
        Problem(p.what, line(p), p.table, p.row, p.column)
        for p in sorted(error.problems, key=lambda p: line(p) or 0)
    )
