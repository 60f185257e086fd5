"""The tables of an INI file: titles, FORMAT and rows, to typed rows.

One rule: columns go by name, never by position."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sbcd.base.errors import Problem
from sbcd.config import ini_lines
from sbcd.config.catalogue import Catalogue
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Carried, Inert
from sbcd.config.table import Column, Params, Table
from sbcd.config.types import OBSCURED, obscure

BLANK = frozenset(("", "$", " ", "\t"))
"""How a cell may begin that says nothing."""
MOST_MEMO = 4096  # distinct texts of a column whose values are remembered


@dataclass(slots=True)
class Loaded:
    """What a file says. `rows`: Row of declared tables, Inert of carried ones; `formats`: the tables given.

    values: parameters by attribute, an array as {element: value}. carried: names without effect here.
    older: an export of firmware before OLDER; excerpt: no export, no header says of what it is. raw: the
    cells of the rows of either, which may become inactive. marked: why rows became inactive."""

    rows: dict[str, dict[int, Any]] = field(default_factory=dict)
    inactive: dict[str, dict[int, Inert]] = field(default_factory=dict)
    formats: set[str] = field(default_factory=set)
    values: dict[type[Params], dict[str, Any]] = field(default_factory=dict)
    scalars: dict[str, Carried] = field(default_factory=dict)
    lines: dict[str, dict[int, int]] = field(default_factory=dict)
    raw: dict[tuple[str, int], Inert] = field(default_factory=dict)
    carried: dict[str, None] = field(default_factory=dict)
    older: bool = False
    excerpt: bool = False
    marked: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class _Block:
    """The table being read. `plan`: for each cell its attribute, known texts and column; None: carried."""

    name: str
    table: Table | None
    columns: dict[str, str]
    heads: list[str] = field(default_factory=list)
    plan: list[tuple[str, dict[str, Any], Column | None]] = field(default_factory=list)
    lines: dict[int, int] = field(default_factory=dict)
    rows: dict[int, Any] = field(default_factory=dict)
    broken: bool = False  # its FORMAT or title is wrong: rows are passed over


class Tables:
    """Reads the lines of tables into `loaded`, and what is wrong into `problems`."""

    def __init__(self, schema: Schema, catalogue: Catalogue) -> None:
        self._schema = schema
        self._catalogue = catalogue
        self.loaded = Loaded()
        self.problems: list[Problem] = []
        self._block: _Block | None = None
        self._line = 0

    def begin(self, name: str, line: int) -> None:
        """A title."""
        self._line = line
        known = self._catalogue.table(name)
        table = self._schema.table(name)
        columns = known.columns if known is not None else {}
        if table is not None:
            self._block = _Block(table.ini, table, columns)
        elif known is not None:
            self._block = _Block(known.name, None, columns)
        else:
            self._block = _Block(name, None, {}, broken=True)
            self.problems.append(Problem(f"unknown table '{name}'", line))

    def end(self) -> None:
        """The end of a table, told or not."""
        self._block = None

    @property
    def inside(self) -> bool:
        """Whether the next line belongs to a table."""
        return self._block is not None

    def _wrong(self, what: str, row: int | None = None, column: str | None = None) -> None:
        table = self._block.name if self._block is not None else None
        self.problems.append(Problem(what, self._line, table, row, column))

    def take(self, line: str, number: int) -> None:
        """A line of the table that is being read."""
        self._line = number
        block = self._block
        if block is None or block.broken:
            return
        row = ini_lines.ROW.match(line)
        if row is not None:
            self._row(block, line, row)
            return
        head = ini_lines.FORMAT.match(line)
        if head is None:
            self._wrong("this is neither FORMAT nor a row")
        else:
            self._format(block, head[1], head[2])

    def _format(self, block: _Block, key: str, text: str) -> None:
        if key.lower() not in ("index", f"{block.name.lower()}_index"):
            older = block.table.was if block.table is not None else ()
            if key.lower() not in {f"{name.lower()}_index" for name in older}:
                self._wrong(f"FORMAT begins with '{key}', not with Index")
        count = len(self.problems)
        block.heads, block.plan = [], []
        seen = set()
        for head in text.split(","):
            name = head.strip()
            for prefix in (f"{block.name.lower()}_", key.lower().removesuffix("index")):
                if prefix != "" and name.lower().startswith(prefix):
                    name = name[len(prefix) :]
            column, canonical = self._column(block, name)
            if canonical is None:
                self._wrong(f"unknown column '{name}'")
                continue
            if canonical.lower() in seen:
                self._wrong(f"column '{canonical}' is there twice")
            seen.add(canonical.lower())
            block.heads.append(canonical)
            block.plan.append((column.name if column is not None else "", {}, column))
        self._required(block)
        if len(self.problems) > count:
            block.broken = True
            return
        self.loaded.formats.add(block.name)
        block.rows = self.loaded.rows.setdefault(block.name, {})
        block.lines = self.loaded.lines.setdefault(block.name, {})
        if block.table is None:
            self.loaded.carried[block.name] = None
        for canonical, (_, _, column) in zip(block.heads, block.plan, strict=True):
            if block.table is not None and column is None:
                self.loaded.carried[f"{block.name}.{canonical}"] = None

    def _column(self, block: _Block, name: str) -> tuple[Column | None, str | None]:
        if block.table is not None:
            column = block.table.by_ini.get(name.lower())
            if column is not None:
                return column, column.ini
        return None, block.columns.get(name.lower())

    def _required(self, block: _Block) -> None:
        given = {column for _, _, column in block.plan}
        for column in block.table or ():
            if column.required and column not in given:
                self._wrong(f"FORMAT lacks {column.ini}, which has no default")

    def _row(self, block: _Block, line: str, match: Any) -> None:
        index = int(match[3])
        if match[2] != block.name and (
            match[2].lower() != block.name.lower()
            and (block.table is None or self._schema.table(match[2]) is not block.table)
        ):
            self._wrong(f"a row of '{match[2]}' stands in this table")
            return
        if not block.plan:
            self._wrong("a row stands before FORMAT", index)
            return
        cells, wrong = ini_lines.cells(line, match.end())
        if wrong is not None:
            self._wrong(wrong, index)
            return
        if len(cells) != len(block.plan):
            self._wrong(f"{len(cells)} values for {len(block.plan)} columns", index)
            return
        first = block.lines.setdefault(index, self._line)
        if first != self._line:
            self._wrong(f"this row is already in line {first}", index)
        elif match[1]:
            self.loaded.inactive.setdefault(block.name, {})[index] = self._inert(block, cells)
        elif block.table is None:
            block.rows[index] = self._inert(block, cells)
        else:
            self._declared(block, block.table.row, index, cells)

    def _inert(self, block: _Block, cells: Sequence[str]) -> Inert:
        kept = []
        for head, raw, (_, _, column) in zip(block.heads, cells, block.plan, strict=True):
            text = raw.strip()
            if text not in ("", "$$"):
                covered = column is not None and column.secret
                kept.append((head, _covered(text) if covered else text))
        return Inert(tuple(sorted(kept)))

    def _declared(self, block: _Block, make: Callable[..., Any], index: int, cells: Sequence[str]) -> None:
        values: dict[str, Any] = {}
        carried = []
        good = True
        for position, (raw, (name, memo, column)) in enumerate(zip(cells, block.plan, strict=True)):
            value = memo.get(raw, memo)
            if value is memo:  # it was not met yet
                if column is None:
                    if raw.strip() not in ("", "$$"):
                        carried.append((block.heads[position], raw.strip()))
                    continue
                try:
                    value = self._value(column, raw)
                except ValueError as error:
                    good = False
                    if column.marks:
                        self._mark(
                            block, index, cells, Problem(str(error), None, block.name, index, column.ini)
                        )
                    else:
                        self._wrong(str(error), index, column.ini)
                    continue
                if len(memo) < MOST_MEMO:
                    memo[raw] = value
            values[name] = value
        if good:
            if carried:
                values["carried"] = tuple(sorted(carried))
            block.rows[index] = make(**values)
            if self.loaded.older or self.loaded.excerpt:
                self.loaded.raw[block.name, index] = self._inert(block, cells)

    def _mark(self, block: _Block, index: int, cells: Sequence[str], why: Problem) -> None:
        self.loaded.inactive.setdefault(block.name, {})[index] = self._inert(block, cells)
        self.loaded.marked.append(why)

    def _value(self, column: Column, raw: str) -> Any:
        """The value of a cell; nothing and `$$` are the default."""
        if raw[:1] in BLANK and raw.strip() in ("", "$$"):
            if column.required:
                raise ValueError("a value is needed")
            return column.default
        value = column.read(ini_lines.plain(raw))
        if not (column.required or column.obeys(value)) and value != column.default:
            self.loaded.carried[f"{self._block.name if self._block else ''}.{column.ini}"] = None
        return value


def _covered(raw: str) -> str:
    """A secret of a row that is kept as text, obscured if it came in plain (R34)."""
    text = ini_lines.plain(raw)
    return raw if text.startswith(OBSCURED) else ini_lines.cell(obscure(text), True)
