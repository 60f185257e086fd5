"""Reading an INI file: lines to typed rows and parameters, with every problem and its place (R3).

One rule: what is declared is validated, what the catalogue alone knows is carried as it stands (R27), what
nobody knows is a problem. Nothing is changed here: see `loading`."""

from typing import Any

from sbcd.base.errors import InvalidConfig, Problem
from sbcd.config import ini_lines
from sbcd.config.catalogue import Catalogue
from sbcd.config.ini_tables import Loaded, Tables
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Carried
from sbcd.config.table import Column

__all__ = ["Loaded", "read"]

MOST_PROBLEMS = 10_000
OLDER = (7, 20)  # exports before this firmware may hold rows that refer to nothing (ADR 0009)


def read(data: bytes, schema: Schema, catalogue: Catalogue) -> Loaded:
    """What a file says; InvalidConfig with everything that is wrong in it."""
    reader = _Reader(schema, catalogue)
    reader.all(ini_lines.lines(data))
    if reader.tables.problems:
        raise InvalidConfig(reader.tables.problems)
    return reader.loaded


class _Reader:
    """Tells comments, titles, rows and parameters apart, and reads the parameters."""

    def __init__(self, schema: Schema, catalogue: Catalogue) -> None:
        self._schema = schema
        self._catalogue = catalogue
        self.tables = Tables(schema, catalogue)
        self.loaded = self.tables.loaded
        self.loaded.excerpt = True
        self._line = 0
        self._commented = False
        self._begun = False

    def all(self, lines: list[str]) -> None:
        """Reads every line."""
        for self._line, line in enumerate(lines, 1):
            start = line.lstrip()[:1]
            if start == "" or start == "\x1a":
                continue
            if start == ";":
                self._comment(line)
            elif start == "[":
                self._title(line)
            elif self.tables.inside:
                self.tables.take(line, self._line)
            else:
                self._outside(line)
            if len(self.tables.problems) >= MOST_PROBLEMS:
                self._wrong("too many problems, the rest is not read")
                return
        if not self._begun and not self.tables.problems:
            self.tables.problems.append(Problem("there is no parameter and no table in the file"))

    def _wrong(self, what: str) -> None:
        self.tables.problems.append(Problem(what, self._line))

    def _comment(self, line: str) -> None:
        self._commented = True
        version = None if self._begun else ini_lines.VERSION.match(line)
        if version:
            self.loaded.excerpt = False
            self.loaded.older = version[1] is not None and (int(version[1]), int(version[2])) < OLDER

    def _title(self, line: str) -> None:
        match = ini_lines.TITLE.match(line)
        self.tables.end()
        self._begun = True
        if match is None:
            self._wrong("this is no title of a section or table")
            return
        name = match[1].strip()
        if not name.startswith("\\") and not name.lower().endswith(" params"):
            self.tables.begin(name, self._line)

    def _outside(self, line: str) -> None:
        match = ini_lines.SCALAR.match(line)
        if match is None:
            if self._begun or not self._commented:
                self._wrong("this is neither a parameter, a title nor a comment")
            return  # the device's own header holds one line that has lost its ;
        self._begun = True
        name, raw = match[1], match[2].strip()
        found = self._schema.scalar(name)
        if found is None:
            if self._catalogue.scalar(name) is None or self._schema.scalar(name.rpartition("_")[0]):
                self._wrong(f"unknown parameter '{name}'")
                return
            self.loaded.scalars[name.lower()] = Carried(name, raw)
            self.loaded.carried[name] = None
            return
        params, column, element = found
        values = self.loaded.values.setdefault(params.values, {})
        try:
            value = self._parameter(column, element, raw)
        except ValueError as error:
            self._wrong(f"{name}: {error}")
            return
        if column.array is None:
            values[column.name] = value
        else:
            elements = range(column.array) if element is None else (element,)
            values.setdefault(column.name, {}).update(dict.fromkeys(elements, value))
        default = column.default if column.array is None else column.default[element or 0]
        if value != default and not column.obeys(value):
            self.loaded.carried[column.ini] = None

    @staticmethod
    def _parameter(column: Column, element: int | None, raw: str) -> Any:
        if column.listed:
            return tuple(column.read(text) for text in ini_lines.items(raw))
        text = ini_lines.scalar_text(raw)
        if raw == "" and not column.codec.quoted:
            return column.default if column.array is None else column.default[element or 0]
        return column.read(text)
