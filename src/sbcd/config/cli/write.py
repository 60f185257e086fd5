"""The running configuration as a script that reproduces it.

One rule: only what a device without configuration would not have is written; four blanks before a parameter,
texts in quotes, every block closed by `activate` and `exit` (public clients cut the text by these)."""

from collections.abc import Iterable, Iterator, Sequence

from sbcd.config.cli.grammar import Grammar, Node, is_child, key, lineage, written
from sbcd.config.cli.values import spelled
from sbcd.config.cli.words import quote
from sbcd.config.snapshot import Inert, Snapshot
from sbcd.config.table import AREAS, Column, ParamSet, Row, Table


def write(grammar: Grammar, snapshot: Snapshot, part: Sequence[str] = (), full: bool = False) -> str:
    """The whole configuration, or a part: `network`, `voip ip-group`. `full`: defaults too."""
    factory, below = grammar.schema.factory(), tuple(part[1:])
    text = []
    for area in AREAS:
        if part and part[0] != area:
            continue
        nodes = [n for n in _nodes(grammar, grammar.areas[area]) if n.path[: len(below)] == below]
        parts = [lines for node in reversed(nodes) for lines in _removals(node.table, snapshot, factory)]
        parts += [lines for node in nodes for lines in _blocks(node, snapshot, factory, full)]
        blocks = ["".join(f"  {line}\n" for line in lines) for lines in parts]
        if blocks:
            text.append(f"configure {area}\n{''.join(blocks)}exit\n")
    return "".join(text)


def _nodes(grammar: Grammar, top: Node) -> Iterator[Node]:
    """The parameters of an area, then its tables in the order of their declaration."""
    todo, found = [top], []
    while todo:
        node = todo.pop(0)
        found.append(node)
        todo += node.below.values()
    yield from (node for node in found if node.sets)
    order = {name: i for i, name in enumerate(grammar.schema.tables)}
    tables = [node for node in found if node.table is not None]
    yield from sorted(tables, key=lambda node: order[node.table.ini] if node.table else 0)


def _blocks(node: Node, snapshot: Snapshot, factory: Snapshot, full: bool) -> Iterator[list[str]]:
    """The blocks of a place."""
    if node.table is not None:
        free = max(factory.any_rows(node.table.ini), default=-1) + 1
        for index in snapshot.any_rows(node.table.ini):
            yield _row(snapshot, node.table, index, factory, full, index == free)
            free = max(free, index + 1)
    elif node.sets:
        mode, elements = " ".join(node.path), node.indexed
        for element in range(elements or 0):
            yield from _closed(f"{mode} {element}", list(_elements(node, snapshot, element, full)))
        lines = [line for params in node.sets for line in _parameters(params, snapshot, full, elements)]
        if node.path:
            yield from _closed(mode, lines)
        elif lines:
            yield [*lines, "activate"]


def _closed(head: str, lines: list[str]) -> Iterator[list[str]]:
    if lines:
        yield [head, *(f"  {line}" for line in lines), "  activate", "exit"]


def _parameters(params: ParamSet, snapshot: Snapshot, full: bool, apart: int | None) -> Iterator[str]:
    """A set of parameters, without the arrays of `apart` elements, which are written element by element."""
    values = snapshot.params(params.values)
    for column in params.columns:
        value = getattr(values, column.name)
        if (apart and column.array == apart) or (value == column.default and not full):
            continue
        if column.listed:
            yield " ".join([column.cli, *(quote(column.codec.write_word(item)) for item in value)])
        elif column.array is not None:
            for i, (item, default) in enumerate(zip(value, column.default, strict=True)):
                if item != default or full:
                    yield f"{column.cli} {i} {spelled(column, item)}"
        else:
            yield f"{column.cli} {spelled(column, value)}"


def _elements(node: Node, snapshot: Snapshot, element: int, full: bool) -> Iterator[str]:
    for params in node.sets:
        values = snapshot.params(params.values)
        for column in params.columns:
            if column.array == node.indexed:
                value = getattr(values, column.name)[element]
                if value != column.default[element] or full:
                    yield f"{column.cli} {spelled(column, value)}"


def _removals(table: Table | None, snapshot: Snapshot, factory: Snapshot) -> Iterator[list[str]]:
    """`no ...` for the rows that a device without configuration has and this one hasn't; children first."""
    if table is None:
        return
    for index in factory.any_rows(table.ini):
        known = head(factory, table, index)
        if index not in snapshot.any_rows(table.ini) or head(snapshot, table, index) != known:
            yield [f"no {table.cli} {known}"]


def _row(
    snapshot: Snapshot, table: Table, index: int, factory: Snapshot, full: bool, next_free: bool
) -> list[str]:
    row, before = snapshot.any_rows(table.ini)[index], factory.any_rows(table.ini).get(index)
    said = head(snapshot, table, index)
    same = before is not None and head(factory, table, index) == said
    own = key(table) is not None or is_child(table)  # an index that the head doesn't tell
    if own and not same and (not next_free or said in _heads(factory, table)):
        said += f" {index}"
    lines = [
        f"  {column.cli} {spelled(column, getattr(row, column.name))}"
        for column in written(table)
        if full or _worth_saying(column, row, before)
    ]
    return [f"{table.cli} {said}", *lines, "  activate", "exit"]


def _heads(snapshot: Snapshot, table: Table) -> set[str]:
    return {head(snapshot, table, index) for index in snapshot.any_rows(table.ini)}


def _worth_saying(column: Column, row: Row, before: Row | None) -> bool:
    """Whether reading without the line would give another value."""
    value = getattr(row, column.name)
    if before is not None and getattr(before, column.name) != value:
        return True
    return bool(column.required or value != column.default)


def head(snapshot: Snapshot, table: Table, index: int) -> str:
    """What names the row: its name, its parent and place, or its index."""
    row = snapshot.any_rows(table.ini)[index]
    named = key(table)
    if named is not None:
        return quote(getattr(row, named.name))
    if not is_child(table):
        return str(index)
    parent, position = lineage(table)
    owner = getattr(row, parent.name)
    if not parent.by_index:
        above = next(iter(snapshot.any_rows(parent.target or "").values()), None)
        found = snapshot.find(type(above), owner) if isinstance(above, Row) else None
        owner = owner if found is None else found[0]
    return f"{owner}/{getattr(row, position.name)}"


def row_lines(snapshot: Snapshot, table: Table, index: int) -> list[str]:
    """One row with every value, for `display`."""
    return _row(snapshot, table, index, Snapshot.empty(), True, True)[:-2]


def omitted(snapshot: Snapshot, tables: Iterable[str]) -> list[str]:
    """What a script cannot say: carried tables and parameters, rows marked `!`, carried columns (R27)."""
    known = set(tables)
    found = sorted(name for name in snapshot.table_names() if name not in known)
    for name in sorted(known & snapshot.table_names()):
        found += [f"{name} {index} (!)" for index in snapshot.inactive(name)]
        columns = {
            head
            for row in snapshot.any_rows(name).values()
            if not isinstance(row, Inert)
            for head, _ in row.carried
        }
        found += [f"{name}.{head}" for head in sorted(columns)]
    return found + sorted(carried.name for carried in snapshot.scalars().values())
