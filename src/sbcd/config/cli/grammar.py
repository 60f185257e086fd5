"""The modes of the CLI as a tree of words, made from what is declared.

One rule: nothing is listed here by hand; a table or a set of parameters is where its `area` and `cli` say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from sbcd.config.cli.block import Refused
from sbcd.config.cli.words import find
from sbcd.config.schema import Schema
from sbcd.config.table import AREAS, Column, ParamSet, Table

FORMERLY = (("voip", "network", "interface"),)
"""Area in which a mode was once, area in which it is, and its word."""


@dataclass(slots=True, eq=False)
class Node:
    """A place in the tree: `configure voip`, `sbc routing`, `ip-group` ...

    `table`: its rows are entered with an index; `sets`: the parameters that are set here; `indexed`:
    there are arrays, entered with the number of their element (`snmp trap-destination 0`); `group`: the
    table whose rows are gathered here by the value of a column (`message msg-man-set 0`)."""

    word: str
    area: str
    path: tuple[str, ...]
    above: "Node | None" = None
    below: dict[str, "Node"] = field(default_factory=dict)
    table: Table | None = None
    group: Table | None = None
    sets: list[ParamSet] = field(default_factory=list)

    @property
    def indexed(self) -> int | None:
        """The number of elements when a set of parameters here is made of arrays only, otherwise None."""
        for params in self.sets:
            lengths = {column.array for column in params.columns}
            if len(lengths) == 1 and None not in lengths:
                return lengths.pop()
        return None

    def parameter(self, name: str) -> tuple[ParamSet, Column] | None:
        """A parameter of this place by its CLI or INI name."""
        for params in self.sets:
            column = column_of(params, name)
            if column is not None:
                return params, column
        return None

    def parameters(self) -> list[str]:
        """The CLI names of the parameters of this place."""
        return [column.cli for params in self.sets for column in params.columns]


class Grammar:
    """The tree of a schema."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.areas = {area: Node(area, area, ()) for area in AREAS}
        self.formerly: dict[tuple[str, str], Node] = {}
        """Modes that versions up to 7.0 had in another area: (area, first word) to where they are now."""
        self._children: dict[str, list[Table]] = {}
        self._places: dict[str, Node] = {}
        for params in schema.param_sets:
            self._at(params.area, params.cli).sets.append(params)
        for table in schema.tables.values():
            node = self._at(table.area, table.cli)
            if node.table is not None or node.sets:
                raise TypeError(f"{table.ini} stands where something else stands: {table.area} {table.cli}")
            node.table = table
            self._places[table.ini] = node
            if table.group is not None:
                self._at(table.area, table.group[0]).group = table
            if table.parent is not None and table.parent.target is not None:
                self._children.setdefault(table.parent.target, []).append(table)

        for area, now, word in FORMERLY:
            if word in self.areas[now].below:
                self.formerly[area, word] = self.areas[now].below[word]

    def _at(self, area: str, words: str) -> Node:
        node = self.areas[area]
        for word in words.split():
            if word not in node.below:
                node.below[word] = Node(word, area, (*node.path, word), node)
            node = node.below[word]
        return node

    def part(self, words: Sequence[str]) -> list[str]:
        """`voip ip-group` and the like with abbreviations resolved; Refused when there is no such part."""
        path: list[str] = []
        below: Mapping[str, Node] = self.areas
        for word in words:
            name = find(word, below)
            if name is None:
                raise Refused(f"the configuration has no part '{' '.join([*path, word])}'")
            path.append(name)
            below = below[name].below
        return path

    def place(self, table: Table) -> Node:
        """Where the rows of a table are entered."""
        return self._places[table.ini]

    def children(self, table: Table) -> list[Table]:
        """The tables whose rows belong to rows of this one."""
        return self._children.get(table.ini, [])


def key(table: Table) -> Column | None:
    """The column that names a row in the CLI in place of its index: `user <name>`."""
    unique = table.unique
    return unique if unique is not None and unique.cli == table.cli.split()[-1] else None


def lineage(table: Table) -> tuple[Column, Column]:
    """The columns of a child table that say whose row it is, and its place there."""
    if table.parent is None or table.position is None:
        raise TypeError(f"{table.ini} is no child table")
    return table.parent, table.position


def is_child(table: Table) -> bool:
    """Whether the rows of a table are entered as `<parent>/<place>`."""
    return table.parent is not None and table.position is not None


@cache
def written(table: Table) -> list[Column]:
    """The columns that are parameters of a row in the CLI: all but those its head tells."""
    head = {
        id(table.parent) if is_child(table) else 0,
        id(table.position) if is_child(table) else 0,
        id(key(table)),
    }
    return [column for column in table.columns if id(column) not in head]


def column_of(heads: Table | ParamSet, name: str) -> Column | None:
    """A column by its CLI name, its INI name, or the spelling of another version of the device."""
    lowered = name.lower()
    found = heads.by_cli.get(lowered) or heads.by_ini.get(lowered)
    if found is None and lowered.endswith("-prefix"):
        found = heads.by_cli.get(lowered.removesuffix("-prefix") + "-pattern")
    if found is None and lowered.endswith("-pattern"):
        found = heads.by_cli.get(lowered.removesuffix("-pattern") + "-prefix")
    return found
