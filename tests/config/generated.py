"""Configurations out of nothing but the declarations: every type of value, at its limits too."""

from typing import Any

from hypothesis import strategies as st

from sbcd.config import types
from sbcd.config.draft import Draft
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Inert, Snapshot
from sbcd.config.table import Column

CARRIED = ["ifAlias_3", "TDMBusClockSource", "FramingMethod"]  # of the catalogue, declared nowhere
SIGNS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])
AWKWARD = st.sampled_from(
    ["$$", "", " ", '"', "'", ";", ",", "a;b", '\\"', "\\ ", "Any", "0", "$1$gQ==", "''", "[x]"]
)


def _text(codec: types.Text) -> st.SearchStrategy[str]:
    if codec.pattern is not None:
        found = st.from_regex(codec.pattern, fullmatch=True)
    else:
        found = st.one_of(AWKWARD, st.text(SIGNS, max_size=min(codec.most or 30, 30)))
    return found.filter(lambda text: _taken(codec, text))


def _taken(codec: types.Codec, text: str) -> bool:
    try:
        codec.read(text)
    except ValueError:
        return False
    return True


def _values(column: Column) -> st.SearchStrategy[Any]:
    codec = column.codec
    if isinstance(codec, types.SecretText):
        return _text(codec).map(types.Secret)
    if isinstance(codec, types.Text):
        return _text(codec)
    if isinstance(codec, types.Number):
        low = -(1 << 31) if codec.low is None else codec.low
        return st.integers(low, max(low, 1 << 31) if codec.high is None else codec.high)
    if isinstance(codec, types.Flag):
        return st.booleans()
    if isinstance(codec, types.Choice):
        return st.sampled_from(list(codec.members))
    return st.one_of(st.just(""), st.ip_addresses().map(str))


def _held(column: Column) -> st.SearchStrategy[Any]:
    one = _values(column)
    if column.array is not None:
        many: st.SearchStrategy[Any] = st.tuples(*[one] * column.array)
    elif column.listed:
        many = st.lists(one.filter(lambda item: "'" not in str(item)), max_size=4).map(tuple)
    else:
        many = one.filter(lambda item: not isinstance(item, str) or item == str.strip(item))
    return many if column.required else st.one_of(st.just(column.default), many)


def rows(columns: tuple[Column, ...]) -> st.SearchStrategy[dict[str, Any]]:
    needed = {column.name: _held(column) for column in columns if column.required}
    others = {column.name: _held(column) for column in columns if not column.required}
    return st.fixed_dictionaries(needed, optional=others)


@st.composite
def snapshots(draw: st.DrawFn, schema: Schema, tables: int = 4) -> Snapshot:
    """A configuration whose rows hold each for itself; names and references between them may not."""
    draft = Draft(schema.factory())
    for name in draw(st.lists(st.sampled_from(sorted(schema.tables)), max_size=tables, unique=True)):
        table = schema.tables[name]
        if draw(st.booleans()):
            draft.clear(table.row)
        made: Any = table.row
        for index in draw(st.lists(st.integers(0, 99999), max_size=3, unique=True)):
            draft.put(index, made(**draw(rows(table.columns))))
        for index in draw(st.lists(st.integers(100000, 100010), max_size=1)):
            draft.put_inactive(
                name, index, Inert(((table.columns[0].ini, draw(st.sampled_from(["1", '"x;"']))),))
            )
    for params in draw(st.lists(st.sampled_from(schema.param_sets), max_size=tables, unique=True)):
        draft.set(params.values(**draw(rows(params.columns))))
    for name in draw(st.lists(st.sampled_from(CARRIED), unique=True)):
        draft.carry(name, draw(st.sampled_from(["1", "'a b'", "", "'it''s'"])))
    return draft.finish()
