"""Generated configurations: any value that a declared column takes, in any table."""

import re
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from sbcd.config import types
from sbcd.config.cli.grammar import is_child, key, lineage
from sbcd.config.draft import Draft
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Snapshot
from sbcd.config.table import Column, Table
from sbcd.config.types import Secret
from sbcd.declared import DECLARED

SCHEMA = Schema(DECLARED)
WORDS = st.text(st.sampled_from("ab \"'\\;,=#?*é|[]{}"), max_size=8).filter(
    lambda text: not text.endswith("\\")
)


def taken(codec: types.Codec) -> Callable[[str], bool]:
    """Whether a codec takes a text."""

    def good(text: str) -> bool:
        try:
            return bool(codec.read(text) == text)
        except ValueError:
            return False

    return good


def one(column: Column) -> st.SearchStrategy[Any]:
    """A value of a column."""
    codec = column.codec
    if column.refers_to is not None:
        return st.sampled_from(["", *column.also])
    if isinstance(codec, types.Flag):
        return st.booleans()
    if isinstance(codec, types.Choice):
        return st.sampled_from(list(codec.members))
    if isinstance(codec, types.Number):
        low = -5 if codec.low is None else codec.low
        return st.integers(low, 5 if codec.high is None else codec.high)
    if isinstance(codec, types.IpAddress):
        return st.sampled_from(["0.0.0.0", "192.0.2.1", "2001:db8::1"]).map(types.Address)
    if isinstance(codec, types.SecretText):
        return WORDS.map(Secret)
    if isinstance(codec, types.Text) and codec.pattern:
        return st.from_regex(re.compile(codec.pattern, re.ASCII), fullmatch=True).filter(taken(codec))
    return WORDS


def values(column: Column) -> st.SearchStrategy[Any]:
    """The whole value of a column or parameter."""
    if column.listed:
        return st.lists(one(column), max_size=3).map(tuple)
    if column.array is not None:
        return st.lists(one(column), min_size=column.array, max_size=column.array).map(tuple)
    return one(column)


@st.composite
def rows(draw: st.DrawFn, table: Table, draft: Draft) -> None:
    """Some rows of a table, with gaps, whose heads name what is there."""
    heads: set[Any] = set()
    for index in draw(st.sets(st.integers(0, 6), max_size=3)):
        row = {c.name: draw(values(c)) for c in table.columns if c.required or draw(st.integers(0, 3)) == 0}
        named = key(table)
        if named is not None:
            row[named.name] = f"user{draw(st.integers(0, 9))}"
        if table.unique is not None and named is None:
            row[table.unique.name] = f"row {index}"
        head: Any = index if named is None else row[named.name]
        if is_child(table):
            parent, position = lineage(table)
            above = SCHEMA.tables[parent.target or ""]
            owner = draw(st.integers(0, 6))
            found = draft.row(above.row, owner)
            if found is None:
                continue
            row[parent.name] = owner if parent.by_index else getattr(found, above.unique.name)  # type: ignore[union-attr]
            row[position.name] = draw(st.integers(0, 4))
            head = (row[parent.name], row[position.name])
        if head not in heads:
            heads.add(head)
            draft.put(index, table.row(**row))


def clear(draft: Draft, table: Table) -> None:
    """No rows, and none that belong to them."""
    draft.clear(table.ini)
    for child in SCHEMA.tables.values():
        if child.parent is not None and child.parent.target == table.ini:
            draft.clear(child.ini)


@st.composite
def configurations(draw: st.DrawFn) -> Snapshot:
    """A configuration as a device without one could become."""
    draft = Draft(SCHEMA.factory())
    for table in draw(st.sets(st.sampled_from(list(SCHEMA.tables.values())), max_size=6)):
        clear(draft, table)
    tables = list(SCHEMA.tables.values())
    chosen = draw(st.lists(st.sampled_from(tables), max_size=6, unique_by=lambda table: table.ini))
    for table in sorted(chosen, key=is_child):
        if table.unique is not None:
            clear(draft, table)  # the names of its factory rows could be those of the rows to come
        draw(rows(table, draft))
    for params in draw(st.lists(st.sampled_from(SCHEMA.param_sets), max_size=4, unique_by=id)):
        changed = {c.name: draw(values(c)) for c in params.columns if draw(st.booleans())}
        draft.set(params.values(**changed))
    return draft.finish()
