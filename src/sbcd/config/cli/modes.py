"""The modes of a session: a place of the tree, an element of its arrays, a row of a table.

One rule: a mode knows its parameters and its prompt; moving between modes is the session's."""

from dataclasses import dataclass, field
from typing import Any

from sbcd.config.cli.grammar import Node, column_of, written
from sbcd.config.table import Column, ParamSet, Table


@dataclass
class Place:
    """A node of the tree: an area, or parameters that share a mode."""

    node: Node

    @property
    def prompt(self) -> str:
        return f"config-{self.node.word}" if self.node.above is None else "-".join(self.node.path)

    def parameter(self, name: str) -> tuple[ParamSet, Column] | None:
        return self.node.parameter(name)

    def parameters(self) -> list[str]:
        return self.node.parameters()

    def helps(self) -> dict[str, str]:
        return {column.cli: column.help for params in self.node.sets for column in params.columns}

    def describe(self, name: str) -> dict[str, str] | None:
        found = self.parameter(name)
        return None if found is None else described(found[1])


@dataclass
class Element(Place):
    """One element of parameters that are all arrays: `snmp trap-destination 0`."""

    index: int = 0

    @property
    def prompt(self) -> str:
        return f"{self.node.word}-{self.index}"

    def parameter(self, name: str) -> tuple[ParamSet, Column] | None:
        found = self.node.parameter(name)
        return found if found is not None and found[1].array == self.node.indexed else None

    def parameters(self) -> list[str]:
        return [name for name in self.node.parameters() if self.parameter(name) is not None]

    def helps(self) -> dict[str, str]:
        return {name: help for name, help in super().helps().items() if self.parameter(name) is not None}


@dataclass
class Group(Place):
    """Rows of a table that share a value: `message msg-man-set 0`."""

    index: int = 0

    @property
    def prompt(self) -> str:
        return f"{self.node.word}-{self.index}"


@dataclass
class RowMode:
    """A row. `head` are the values that its head says: parent and position, or its name."""

    table: Table
    index: int
    label: str
    head: dict[str, Any] = field(default_factory=dict)

    @property
    def prompt(self) -> str:
        return f"{self.table.cli.split()[-1]}-{self.label}"

    def parameter(self, name: str) -> Column | None:
        column = column_of(self.table, name)
        return column if column in written(self.table) else None

    def parameters(self) -> list[str]:
        return [column.cli for column in written(self.table)]

    def helps(self) -> dict[str, str]:
        return {column.cli: column.help for column in written(self.table)}

    def describe(self, name: str) -> dict[str, str] | None:
        column = self.parameter(name)
        return None if column is None else described(column)


Mode = Place | Element | Group | RowMode


def described(column: Column) -> dict[str, str]:
    """The values of a parameter, for `?`."""
    if column.codec.words:
        return dict.fromkeys(column.codec.words.values(), "")
    return {"<value>": column.codec.describe()}
