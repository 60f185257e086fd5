"""Heads of rows: which row `3`, `1/0`, `new`, `"Admin"` or `where user Bob` means.

One rule: what is looked at is the snapshot as the open block leaves it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sbcd.config.cli import order, words
from sbcd.config.cli.block import Refused
from sbcd.config.cli.grammar import Node, column_of, key, lineage
from sbcd.config.cli.modes import Element, Group, RowMode
from sbcd.config.cli.values import typed
from sbcd.config.cli.write import row_lines
from sbcd.config.snapshot import Snapshot
from sbcd.config.table import Table

if TYPE_CHECKING:
    from sbcd.config.cli.session import Session

MOST = 1_000_000  # the largest index


class Indexes:
    """The next free index of each table, worked out once and kept up."""

    def __init__(self) -> None:
        self._next: dict[str, int] = {}

    def free(self, base: Snapshot, table: Table) -> int:
        """The index behind the last one."""
        if table.ini not in self._next:
            taken = (*base.any_rows(table.ini), *base.inactive(table.ini))
            self._next[table.ini] = max(taken, default=-1) + 1
        return self._next[table.ini]

    def used(self, base: Snapshot, table: Table, index: int) -> None:
        self._next[table.ini] = max(self.free(base, table), index + 1)


def there(session: "Session", table: Table, index: int) -> bool:
    """Whether there is such a row, in the open block or before it."""
    place = (table.ini, index)
    if place in session.block.rows:
        return session.block.rows[place] is not None
    return session.base.row(table.row, index) is not None


def head(session: "Session", table: Table, rest: str) -> tuple[RowMode, str]:
    """The row that the head of a line means, made up when it isn't there, and what stands behind it."""
    word, rest = words.take(rest)
    if not word:
        raise Refused(f"{table.cli} needs {_shape(table)}")
    if word.lower() == "insert":
        word, rest = words.take(rest)
        order.insert(session, table, _number(word, table))
    named, group = key(table), session.mode
    if isinstance(group, Group) and group.node.group is table:
        mode = _of_group(session, group, table, word)
    elif named is not None:
        value = typed(named, words.quote(word))
        found = _by(session, table, {named.name: value})
        index, rest = _own(session, table, found, rest)
        mode = RowMode(table, index, word, {named.name: value})
    elif table.parent is not None and table.position is not None:
        label, heads = _child_head(session, table, word)
        index, rest = _own(session, table, _by(session, table, heads), rest)
        mode = RowMode(table, index, label, heads)
    else:
        index = session.indexes.free(session.base, table) if word.lower() == "new" else _number(word, table)
        mode = RowMode(table, index, str(index))
    session.indexes.used(session.base, table, mode.index)
    return mode, rest


def _of_group(session: "Session", group: Group, table: Table, word: str) -> RowMode:
    """The n-th row of a group; behind the last, a new one."""
    assert table.group is not None  # its node says so
    column = table.by_name[table.group[1]]
    rows = session.base.any_rows(table.ini)
    mine = [index for index in rows if getattr(rows[index], column.name) == group.index]
    place = len(mine) if word.lower() == "new" else _number(word, table)
    index = mine[place] if place < len(mine) else session.indexes.free(session.base, table)
    return RowMode(table, index, f"{group.index}/{place}", {column.name: group.index})


def _own(session: "Session", table: Table, found: int | None, rest: str) -> tuple[int, str]:
    """The index of a row known by something else: as said behind the head, as it was, or a new one."""
    word, after = words.take(rest)
    if word.isdigit():
        return _number(word, table), after
    return (session.indexes.free(session.base, table) if found is None else found), rest


def _child_head(session: "Session", table: Table, word: str) -> tuple[str, dict[str, Any]]:
    """`1/0`; inside its parent `0` too; `1/new` is behind the last."""
    above = next((m for m in reversed(session.modes) if _parent_mode(m, table)), None)
    owner, slash, place = word.rpartition("/")
    if not slash and isinstance(above, RowMode):
        owner = str(above.index)
    if not owner.isdigit():
        raise Refused(f"'{word}' is not {_shape(table)}")
    parent, position = lineage(table)
    value = parent_value(session, table, int(owner))
    if place.lower() == "new":
        taken = [getattr(row, position.name) for row in _children(session, table, value)]
        place = str(max(taken, default=-1) + 1)
    if not place.isdigit():
        raise Refused(f"'{word}' is not {_shape(table)}")
    return f"{owner}/{place}", {parent.name: value, position.name: typed(position, place)}


def _parent_mode(mode: object, table: Table) -> bool:
    return isinstance(mode, RowMode) and table.parent is not None and mode.table.ini == table.parent.target


def parent_value(session: "Session", table: Table, index: int) -> Any:
    """What a child row says to belong to row `index` of its parent table: that number, or its name."""
    parent, _ = lineage(table)
    if parent.by_index:
        return index
    above = session.grammar.schema.tables.get(parent.target or "")
    row = None if above is None else session.base.row(above.row, index)
    pending = session.block.rows.get((parent.target or "", index)) or {}
    unique = above.unique if above is not None else None
    if unique is None or (row is None and unique.name not in pending):
        raise Refused(f"there is no {parent.target} {index}")
    return pending.get(unique.name) or getattr(row, unique.name)


def _children(session: "Session", table: Table, value: Any) -> Iterator[Any]:
    parent, _ = lineage(table)
    for row in session.base.any_rows(table.ini).values():
        if getattr(row, parent.name) == value:
            yield row


def _by(session: "Session", table: Table, heads: dict[str, Any]) -> int | None:
    """The row that has these values in its head."""
    for (name, index), values in session.block.rows.items():
        if name == table.ini and values is not None and heads.items() <= values.items():
            return index
    if table.parent is not None and table.position is not None:
        found = session.base.child(table.row, heads[table.parent.name], heads[table.position.name])
    else:
        found = session.base.find(table.row, next(iter(heads.values())))
    return found[0] if found and session.block.rows.get((table.ini, found[0]), heads) is not None else None


def named(session: "Session", table: Table, rest: str) -> list[int]:
    """The rows that `no <table> <rest>` removes; none where `where` finds none."""
    word, after = words.take(rest)
    if word.lower() == "where":
        name, text = words.take(after)
        column = column_of(table, name)
        if column is None:
            raise Refused(f"{table.ini} has no column '{name}'")
        wanted = typed(column, text)
        rows = session.base.any_rows(table.ini)
        return [index for index in rows if getattr(rows[index], column.name) == wanted]
    if word.lower() == "new":
        raise Refused("a new row cannot be removed")
    mode, after = head(session, table, rest)
    if after:
        raise Refused(f"'{after}' follows the row")
    if not there(session, table, mode.index):
        raise Refused(f"there is no {table.ini} {mode.label}")
    return [mode.index]


def children(session: "Session", table: Table, index: int) -> Iterator[tuple[Table, int]]:
    """The rows that go with row `index` when it is removed."""
    for child in session.grammar.children(table):
        parent, _ = lineage(child)
        try:
            value = parent_value(session, child, index)
        except Refused:
            continue
        rows = session.base.any_rows(child.ini)
        yield from ((child, i) for i in rows if getattr(rows[i], parent.name) == value)


def _number(word: str, table: Table) -> int:
    if not word.isdigit() or int(word) > MOST:
        raise Refused(f"'{word}' is not {_shape(table)}")
    return int(word)


def _shape(table: Table) -> str:
    """What the head of a row looks like."""
    if key(table) is not None:
        return "a name"
    return f"<{table.parent.target}>/<place>" if table.parent is not None else "an index, or new"


def group(node: Node, rest: str) -> tuple[Group, str]:
    """The group that a number means, and what stands behind it."""
    word, rest = words.take(rest)
    if node.group is None or node.group.group is None:
        raise Refused(f"'{node.word}' is no group")
    column = node.group.by_name[node.group.group[1]]
    return Group(node, typed(column, word)), rest


def element(node: Node, rest: str) -> tuple[Element, str]:
    """The element of arrays that a number means, and what stands behind it."""
    word, rest = words.take(rest)
    if not word.isdigit() or int(word) >= (node.indexed or 0):
        raise Refused(f"'{word}' is not a number in 0-{(node.indexed or 0) - 1}")
    return Element(node, int(word)), rest


def shown(session: "Session") -> list[str]:
    """`display` in a row: every value of it, as it was activated."""
    mode = session.mode
    if not isinstance(mode, RowMode) or session.base.row(mode.table.row, mode.index) is None:
        return []
    return row_lines(session.base, mode.table, mode.index)


def listed(session: "Session", table: Table) -> list[str]:
    """`<table> display`: every row."""
    return [
        line for index in session.base.any_rows(table.ini) for line in row_lines(session.base, table, index)
    ]
