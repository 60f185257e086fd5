"""The names that devices of this kind know, so that what is only carried can be told from a slip (ADR 0009).

One rule: names and their order, nothing else; what has a meaning here is declared in a room."""

from functools import cache
from importlib.resources import files
from typing import NamedTuple

import msgspec


class _File(msgspec.Struct):
    order: str
    hidden: str
    tables: dict[str, str]
    parameters: dict[str, str]


class Known(NamedTuple):
    """A known table: its canonical name, and its columns by lower-case name, in canonical order."""

    name: str
    columns: dict[str, str]


class Catalogue:
    """All known tables and parameters, found in any case."""

    def __init__(self, data: bytes) -> None:
        content = msgspec.json.decode(data, type=_File)
        self._tables = {name.lower(): (name, columns) for name, columns in content.tables.items()}
        self._scalars = {
            name.lower(): (name, section)
            for section, names in content.parameters.items()
            for name in names.split()
        }
        self.sections = tuple(content.parameters)
        self.place = {name: place for place, name in enumerate(content.order.split())}

    def table(self, name: str) -> Known | None:
        """A table."""
        found = self._tables.get(name.lower())
        if found is None:
            return None
        return Known(found[0], {column.lower(): column for column in found[1].split()})

    @property
    def tables(self) -> list[str]:
        """The canonical names of all tables."""
        return [name for name, _ in self._tables.values()]

    def scalar(self, name: str) -> str | None:
        """The section of a parameter; `NAME_3` of an array is in that of NAME."""
        found = self._scalars.get(name.lower())
        if found is None:
            base, _, element = name.rpartition("_")
            found = self._scalars.get(base.lower()) if element.isdecimal() else None
        return None if found is None else found[1]


@cache
def catalogue() -> Catalogue:
    """The catalogue of the product, read when first needed."""
    return Catalogue(files("sbcd.config").joinpath("catalogue.json").read_bytes())
