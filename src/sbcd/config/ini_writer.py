"""Writing an INI file as the device does: sections, tables in canonical order, FORMAT, quotes, CR LF.

One rule: what is written reads back as the same configuration; parameters at their default are left out."""

from collections.abc import Iterable, Iterator
from typing import Any

from sbcd.config import ini_lines
from sbcd.config.catalogue import Catalogue
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Inert, Snapshot
from sbcd.config.table import Column, Row, Table

ALWAYS = ("SYSTEM", "BSP", "ControlProtocols", "Voice Engine", "WEB", "SIP", "IPsec", "SNMP")


def write(snapshot: Snapshot, schema: Schema, catalogue: Catalogue, header: Iterable[str] = ()) -> bytes:
    """The whole file. `header`: lines without `;`, the first of them after the device's own banner."""
    lines = [";**************", ";** Ini File **", ";**************", ""]
    lines += [f";{line}" if line else "" for line in header]
    lines += ["", ""]
    for section, parameters in _sections(snapshot, schema, catalogue).items():
        lines += [f"[{section} Params]", "", *parameters, ""]
    for name in order(snapshot, schema, catalogue):
        lines += _table(name, snapshot, schema.tables.get(name), catalogue)
    return "\r\n".join([*lines, ""]).encode()


def order(snapshot: Snapshot, schema: Schema, catalogue: Catalogue) -> list[str]:
    """The tables that have rows, or had some when the device was new: empty ones are said to be empty, for
    they would come back with their factory rows. In the device's order: one that it does not tell stands
    where it is declared, or, when it is only carried, at the end."""
    rank: dict[str, tuple[int, int]] = {}
    last = -1
    for count, name in enumerate(schema.tables):
        last = catalogue.place.get(name, last)
        rank[name] = (last, 0 if name in catalogue.place else count + 1)
    end = len(catalogue.place)
    emptied = {name for name, table in schema.tables.items() if table.row.factory()}
    names = sorted(emptied | snapshot.table_names())
    return sorted(names, key=lambda name: rank.get(name) or (catalogue.place.get(name, end), 0))


def _sections(snapshot: Snapshot, schema: Schema, catalogue: Catalogue) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {section: [] for section in catalogue.sections}
    for params in schema.param_sets:
        held = snapshot.params(params.values)
        mine = found.setdefault(params.section.removesuffix(" Params"), [])
        for column in params:
            mine += _parameter(column, getattr(held, column.name))
    for carried in sorted(snapshot.scalars().values()):
        found[catalogue.scalar(carried.name) or "SYSTEM"].append(f"{carried.name} = {carried.text}".rstrip())
    return {section: lines for section, lines in found.items() if lines or section in ALWAYS}


def _parameter(column: Column, held: Any) -> Iterator[str]:
    if held == column.default and not column.always:
        return
    write, quoted = column.codec.write, column.codec.quoted
    if column.listed:
        mark = "'" if quoted else ""
        yield f"{column.ini} = " + ", ".join(f"{mark}{write(item)}{mark}" for item in held)
    elif column.array is not None:
        for element, item in enumerate(held):
            yield f"{column.ini}_{element} = {ini_lines.scalar(write(item), quoted)}"
    else:
        yield f"{column.ini} = {ini_lines.scalar(write(held), quoted)}"


def _table(name: str, snapshot: Snapshot, table: Table | None, catalogue: Catalogue) -> Iterator[str]:
    active, inactive = snapshot.any_rows(name), snapshot.inactive(name)
    heads = [column.ini for column in table] if table is not None else []
    known = catalogue.table(name)
    seen = {head.lower() for head in heads}
    used = {head for rows in (active, inactive) for row in rows.values() for head, _ in _carried(row)}
    for column in known.columns.values() if known is not None else ():
        if column in used and column.lower() not in seen:
            heads.append(column)
    yield from (f"[ {name} ]", "", f"FORMAT Index = {', '.join(heads)};")
    writers = [(column.name, column.codec.write, column.codec.quoted) for column in table or ()]
    memo: list[dict[Any, str]] = [{} for _ in writers]
    for index in sorted({*active, *inactive}):
        row = active.get(index)
        if isinstance(row, Row):
            cells = [_cell(getattr(row, n), w, q, m) for (n, w, q), m in zip(writers, memo, strict=True)]
            cells += _raw(row.carried, heads[len(writers) :])
            yield f"{name} {index} = {', '.join(cells)};"
        else:
            mark, inert = ("!", inactive[index]) if row is None else ("", row)
            yield f"{mark}{name} {index} = {', '.join(_raw(inert.cells, heads))};"
    yield from ("", f"[ \\{name} ]", "", "")


def _carried(row: Any) -> tuple[tuple[str, str], ...]:
    cells: tuple[tuple[str, str], ...] = row.cells if isinstance(row, Inert) else row.carried
    return cells


def _cell(value: Any, write: Any, quoted: bool, memo: dict[Any, str]) -> str:
    """One cell; what was written once is remembered (values of one column are of one type)."""
    text = memo.get(value)
    if text is None:
        text = write(value)
        text = ini_lines.cell(text, quoted or text == "")
        if len(memo) < 4096:
            memo[value] = text
    return text


def _raw(cells: Iterable[tuple[str, str]], heads: list[str]) -> list[str]:
    held = dict(cells)
    return [held.get(head, "$$") for head in heads]
