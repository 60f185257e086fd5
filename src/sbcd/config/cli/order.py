"""The order of rows: `<table> insert <index>`, `move-up`, `move-down`, in tables where it matters.

One rule: rows change their places, never their values."""

from typing import TYPE_CHECKING, Any

from sbcd.config.cli.block import Refused
from sbcd.config.cli.modes import RowMode
from sbcd.config.table import Row, Table

if TYPE_CHECKING:
    from sbcd.config.cli.session import Session


def _values(row: Row) -> dict[str, Any]:
    """A row as the values of a block."""
    return {"carried": row.carried} | {c.name: getattr(row, c.name) for c in row.__table__.columns}


def move(session: "Session", step: int) -> None:
    """The row changes places with the one above (-1) or below (1), at once."""
    mode = session.mode
    if not isinstance(mode, RowMode) or not mode.table.order_matters:
        raise Refused("the order of these rows does not matter")
    session.finish()
    rows = session.base.any_rows(mode.table.ini)
    indexes = list(rows)
    if mode.index not in rows:
        raise Refused(f"there is no {mode.table.ini} {mode.index}")
    place = indexes.index(mode.index) + step
    if not 0 <= place < len(indexes):
        raise Refused(f"there is no row {'below' if step > 0 else 'above'}")
    other = indexes[place]
    session.block.open(mode.table, mode.index, session.line, **_values(rows[other]))
    session.block.open(mode.table, other, session.line, **_values(rows[mode.index]))
    session.finish()
    mode.index, mode.label = other, str(other)


def insert(session: "Session", table: Table, index: int) -> None:
    """Makes room for a new row: the rows from `index` on, up to the first gap, go one further."""
    if not table.order_matters or table.position is not None:
        raise Refused("the order of these rows does not matter")
    rows = session.base.any_rows(table.ini)
    end = index
    while end in rows:
        end += 1
    for place in range(end, index, -1):
        session.block.open(table, place, session.line, **_values(rows[place - 1]))
    session.block.remove(table, index, session.line)
    session.block.open(table, index, session.line)
    session.indexes.used(session.base, table, end)
