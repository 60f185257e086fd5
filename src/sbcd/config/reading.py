"""A snapshot that remembers what was read of it: so that a follower knows by itself what it depends on.

One rule: whatever is computed of a Reading alone stays true as long as none of `kinds` is touched."""

from collections.abc import Mapping
from typing import Any, TypeVar

from sbcd.config.snapshot import Snapshot
from sbcd.config.table import Params, Row

R = TypeVar("R", bound=Row)
P = TypeVar("P", bound=Params)


class Reading(Snapshot):
    """The same configuration; `kinds` are the tables and parameter sets that were asked for so far."""

    __slots__ = ("_of", "kinds")

    def __init__(self, of: Snapshot) -> None:
        self._of = of
        self.kinds: set[type[Any]] = set()

    def rows(self, table: type[R]) -> Mapping[int, R]:
        self.kinds.add(table)
        return self._of.rows(table)

    def row(self, table: type[R], index: int) -> R | None:
        self.kinds.add(table)
        return self._of.row(table, index)

    def find(self, table: type[R], name: str) -> tuple[int, R] | None:
        self.kinds.add(table)
        return self._of.find(table, name)

    def child(self, table: type[R], parent: Any, position: int) -> tuple[int, R] | None:
        self.kinds.add(table)
        return self._of.child(table, parent, position)

    def params(self, params: type[P]) -> P:
        self.kinds.add(params)
        return self._of.params(params)
