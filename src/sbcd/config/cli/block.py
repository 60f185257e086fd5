"""What one `activate` changes, with the lines it came from.

One rule: a block is applied whole or not at all, onto whatever snapshot there is then."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sbcd.base.errors import Invalid, InvalidConfig, Problem
from sbcd.config.draft import Draft
from sbcd.config.snapshot import Snapshot
from sbcd.config.table import Column, Params, ParamSet, Row, Table


class Refused(Invalid):
    """A line that cannot be followed, and why."""


@dataclass(slots=True)
class Block:
    """Edits of rows and parameters in the order of the script, and the line of each.

    Rows: (table, index) to the new values by attribute, or None for a removal."""

    first: int = 0
    last: int = 0
    rows: dict[tuple[str, int], dict[str, Any] | None] = field(default_factory=dict)
    whole: set[tuple[str, int]] = field(default_factory=set)  # rows that begin from their defaults
    params: dict[type[Params], dict[str, Any]] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    lines: dict[tuple[Any, ...], int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.rows or self.params)

    def open(self, table: Table, index: int, line: int, **values: Any) -> None:
        """A row is edited: made when it isn't there, `values` being what its head says."""
        self.tables[table.ini] = table
        place = (table.ini, index)
        if self.rows.get(place) is None:
            if place in self.rows:
                self.whole.add(place)  # removed and made again
            self.rows[place] = {}
        self.rows[place] = {**(self.rows[place] or {}), **values}
        self.lines.setdefault(place, line)
        self._reached(line)

    def set(self, table: Table, index: int, column: Column, value: Any, line: int) -> None:
        """One value of a row that was opened."""
        values = self.rows[table.ini, index]
        if values is None:
            raise Refused(f"{table.ini} {index} was removed")
        values[column.name] = value
        self.lines[table.ini, index, column.ini] = line
        self._reached(line)

    def remove(self, table: Table, index: int, line: int) -> None:
        """A row goes."""
        self.tables[table.ini] = table
        self.rows[table.ini, index] = None
        self.whole.discard((table.ini, index))
        self.lines[table.ini, index] = line
        self._reached(line)

    def put(self, params: type[Params], column: Column, value: Any, line: int) -> None:
        """One parameter."""
        self.params.setdefault(params, {})[column.name] = value
        self.lines[params, column.ini] = line
        self._reached(line)

    def current(self, base: Snapshot, params: ParamSet, column: Column) -> Any:
        """The value of a parameter as these edits leave it."""
        pending = self.params.get(params.values, {})
        if column.name in pending:
            return pending[column.name]
        return getattr(base.params(params.values), column.name)

    def carried(self) -> dict[str, None]:
        """What these edits set that has no behaviour here, by its INI name (R27)."""
        found: dict[str, None] = {}
        for (name, _), values in self.rows.items():
            for attribute, value in (values or {}).items():
                column = self.tables[name].by_name.get(attribute)
                if column is not None and _idle(column, value):
                    found[f"{name}.{column.ini}"] = None
        for kind, parameters in self.params.items():
            for attribute, value in parameters.items():
                column = kind.__params__.by_name[attribute]
                if _idle(column, value):
                    found[column.ini] = None
        return found

    def _reached(self, line: int) -> None:
        self.first = self.first or line
        self.last = line

    def onto(self, base: Snapshot) -> Snapshot:
        """The snapshot with these edits; InvalidConfig tells what is missing, with its line."""
        draft = Draft(base)
        problems: list[Problem] = []
        for (name, index), values in self.rows.items():
            table = self.tables[name]
            if values is None:
                draft.remove(name, index)
                continue
            old = None if (name, index) in self.whole else base.row(table.row, index)
            if old is not None:
                draft.put(index, old.but(**values))
            elif missing := [c for c in table.columns if c.required and c.name not in values]:
                line = self.lines[name, index]
                problems += [Problem(f"{c.cli} is missing", line, name, index, c.ini) for c in missing]
            else:
                draft.put(index, made(table, values))
        for kind, values in self.params.items():
            draft.set(base.params(kind).but(**values))
        if problems:
            raise InvalidConfig(problems)
        return draft.finish()

    def located(self, problems: Iterable[Problem]) -> list[Problem]:
        """Problems of a change, each with the line of this block that it comes from."""
        told = []
        for problem in problems:
            line = self.lines.get((problem.table, problem.row, problem.column))
            line = line or self.lines.get((problem.table, problem.row)) or problem.line or self.last or None
            told.append(Problem(problem.what, line, problem.table, problem.row, problem.column))
        return told


def _idle(column: Column, value: Any) -> bool:
    """Whether a value is only stored: carried, and not what it is without being set."""
    return not column.obeyed and not column.required and bool(value != column.default)


def made(table: Table, values: dict[str, Any]) -> Row:
    """A row of its values, defaults where there is none."""
    return table.row(**values)
