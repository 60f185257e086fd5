"""What one block changes, as the lines of a script: for whoever sends it on (`sbcd cli`).

One rule: the lines do to another device what the block did here, wherever they are typed."""

from collections.abc import Iterator
from typing import Any

from sbcd.config.cli.block import Block
from sbcd.config.cli.grammar import Grammar, written
from sbcd.config.cli.values import spelled
from sbcd.config.cli.words import quote
from sbcd.config.cli.write import head
from sbcd.config.snapshot import Snapshot
from sbcd.config.table import Column, Table


def lines(grammar: Grammar, block: Block, before: Snapshot, after: Snapshot) -> list[str]:
    """The script of a block that led from `before` to `after`; one `activate` at its end."""
    told: list[str] = []
    for (name, index), values in block.rows.items():
        table = block.tables[name]
        told.append(f"configure {table.area}")
        if values is None:
            told.append(f"no {table.cli} {head(before, table, index)}")
        else:
            told.append(f"{table.cli} {head(after, table, index)}")
            told += _values(table, values)
            told.append("activate")
    for kind, values in block.params.items():
        params = kind.__params__
        told += [f"configure {params.area} {params.cli}".rstrip()]
        for column in params.columns:
            if column.name in values:
                told += _spelled(column, values[column.name])
        told.append("activate")
    return told


def _values(table: Table, values: dict[str, Any]) -> Iterator[str]:
    for column in written(table):
        if column.name in values:
            yield f"{column.cli} {spelled(column, values[column.name])}"


def _spelled(column: Column, value: Any) -> Iterator[str]:
    if column.listed:
        yield " ".join([column.cli, *(quote(column.codec.write_word(item)) for item in value)])
    elif column.array is not None:
        yield from (f"{column.cli} {i} {spelled(column, item)}" for i, item in enumerate(value))
    else:
        yield f"{column.cli} {spelled(column, value)}"
