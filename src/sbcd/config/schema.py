"""All that is declared, found by name. Given to readers, writers and the store by the roof (`TABLES`).

One rule: names are compared without regard to case, and answered in their canonical spelling."""

import re
from collections.abc import Iterable, Mapping

from sbcd.config.draft import Draft
from sbcd.config.snapshot import Snapshot
from sbcd.config.table import Column, Params, ParamSet, Row, Table

_ELEMENT = re.compile(r"(.+)_([0-9]{1,4})\Z")


class Schema:
    """The declared tables and sets of parameters."""

    def __init__(self, declared: Iterable[type[Row] | type[Params]]) -> None:
        self.tables: dict[str, Table] = {}
        self.param_sets: list[ParamSet] = []
        self._scalars: dict[str, tuple[ParamSet, Column]] = {}
        self._by_name: dict[str, Table] = {}
        for kind in declared:
            if issubclass(kind, Row):
                self._add_table(kind.__table__)
            else:
                self._add_params(kind.__params__)

    def _add_table(self, table: Table) -> None:
        self.tables[table.ini] = table
        for name in (table.ini, *table.was):
            if self._by_name.setdefault(name.lower(), table) is not table:
                raise TypeError(f"table {name} is declared twice")

    def _add_params(self, params: ParamSet) -> None:
        self.param_sets.append(params)
        for name, column in params.by_ini.items():
            if self._scalars.setdefault(name, (params, column))[1] is not column:
                raise TypeError(f"parameter {name} is declared twice")

    def table(self, name: str) -> Table | None:
        """A table by its INI name, older ones included."""
        return self._by_name.get(name.lower())

    def scalar(self, name: str) -> tuple[ParamSet, Column, int | None] | None:
        """A parameter by its INI name; `NAME_3` of an array with its element, `NAME` is the whole of it."""
        lowered = name.lower()
        found = self._scalars.get(lowered)
        if found is not None:
            return *found, None
        element = _ELEMENT.match(lowered)
        found = self._scalars.get(element[1]) if element else None
        if element is None or found is None or found[1].array is None:
            return None
        return (*found, int(element[2])) if int(element[2]) < found[1].array else None

    def factory(self) -> Snapshot:
        """The configuration of a device that has none: the factory rows, every parameter at its default."""
        draft = Draft(Snapshot.empty())
        for table in self.tables.values():
            for index, row in table.row.factory().items():
                draft.put(index, row)
        return draft.finish()

    def by_cli(self) -> Mapping[tuple[str, str], Table | ParamSet]:
        """Everything by its area and words."""
        named: dict[tuple[str, str], Table | ParamSet] = {}
        things: list[Table | ParamSet] = [*self.tables.values(), *self.param_sets]
        for thing in things:
            named.setdefault((thing.area, thing.cli), thing)
        return named
