"""How much of what a configuration may say the device does: the coverage page, and the measure of a file.

One rule: both are read from the declarations (`col` and `kept`) and from the file; nothing is judged here."""

from collections.abc import Iterable, Iterator

import msgspec

from sbcd.config.ini import Loaded
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Inert
from sbcd.config.table import Column, ParamSet, Row, Table

INTRO = """# Coverage

What of every table and parameter is obeyed, and what is carried: checked, stored and exported, without
behaviour on this device. Generated from the declarations (`make docs`); the meaning of each is in
[configuration.md](configuration.md). A value in parentheses: only that is obeyed, another one is carried.
What a file holds of the carried ones is told when it is loaded.
"""
IDLE = ("", "0", "-1")
"""Cells that say nothing in a table or column of which no default is known."""


def page(schema: Schema, carried: Iterable[str] = ()) -> str:
    """The whole page. `carried`: tables of the catalogue that are stored as they come."""
    kinds: list[Table | ParamSet] = [*schema.tables.values()]
    kinds += schema.param_sets
    obeyed = sum(1 for kind in kinds for column in kind.columns if column.obeyed)
    count = sum(len(kind.columns) for kind in kinds)
    lines = [INTRO, f"**{obeyed} of {count}** declared columns and parameters are obeyed.\n"]
    lines += ["## Tables\n", "| Table | Obeyed | | Carried |", "|---|---|---|---|"]
    lines += [_line(f"`{table.ini}`", table.columns) for table in schema.tables.values()]
    lines += ["", "## Parameters\n", "| Section | Obeyed | | Carried |", "|---|---|---|---|"]
    sections: dict[str, list[Column]] = {}
    for params in schema.param_sets:
        sections.setdefault(params.section, []).extend(params.columns)
    lines += [_line(f"`[{section}]`", columns) for section, columns in sections.items()]
    names = ", ".join(f"`{name}`" for name in sorted(carried) if schema.table(name) is None)
    lines += ["", "## Carried tables\n", "Nothing of these is obeyed:\n", names, ""]
    return "\n".join(lines)


def _line(name: str, columns: Iterable[Column]) -> str:
    obeyed = [column for column in columns if column.obeyed]
    carried = [column for column in columns if not column.obeyed]
    share = f"{len(obeyed)} of {len(obeyed) + len(carried)}"
    return f"| {name} | {share} | {', '.join(map(_named, obeyed))} | {', '.join(map(_named, carried))} |"


def _named(column: Column) -> str:
    only = f" ({', '.join(column.codec.write(value) for value in column.only)})" if column.only else ""
    return f"`{column.ini}`{only}".replace("|", "\\|")


class Used(msgspec.Struct, frozen=True):
    """A column or parameter of a file that is not as by default; `table` is "" for a parameter."""

    table: str
    name: str

    def __str__(self) -> str:
        return f"{self.table}.{self.name}" if self.table else self.name


def used(loaded: Loaded) -> dict[Used, bool]:
    """Everything of a file that differs from its default, and whether the device obeys all its values.

    A parameter that is not declared counts as different (a device exports nothing else); a cell of a column
    that is not declared does, unless it is empty, 0 or -1."""
    found: dict[Used, bool] = {}
    for table, rows in loaded.rows.items():
        for row in rows.values():
            for name, obeyed in _of_row(row):
                key = Used(table, name)
                found[key] = found.get(key, True) and obeyed
    for kind, values in loaded.values.items():
        for name, value in values.items():
            column = kind.__params__.by_name[name]
            given = value if isinstance(value, dict) else {0: value}
            defaults = column.default if column.array is not None else (column.default,)
            differing = [one for element, one in given.items() if one != defaults[element]]
            if differing:
                found[Used("", column.ini)] = all(column.obeys(one) for one in differing)
    found.update({Used("", carried.name.upper()): False for carried in loaded.scalars.values()})
    return found


def _of_row(row: Row | Inert) -> Iterator[tuple[str, bool]]:
    if isinstance(row, Row):
        for column in row.__table__.columns:
            value = getattr(row, column.name)
            if column.required or value != column.default:
                yield column.ini, column.obeys(value)
    cells = row.cells if isinstance(row, Inert) else row.carried
    yield from ((name, False) for name, text in cells if text.strip('"') not in IDLE)
