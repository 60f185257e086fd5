"""`no`: a parameter goes back to its default, a row goes, and with it the rows that belong to it.

One rule: rows go at once, parameters with the block they stand in."""

from typing import TYPE_CHECKING, Any

from sbcd.config.cli import rows, words
from sbcd.config.cli.block import Refused
from sbcd.config.cli.grammar import Node
from sbcd.config.cli.modes import Element, Mode, RowMode
from sbcd.config.table import Table

if TYPE_CHECKING:
    from sbcd.config.cli.session import Session


def no(session: "Session", rest: str) -> None:
    """`no <parameter>`, `no <table> <row>`, `no <table> where <column> <value>`."""
    word, after = words.take(rest)
    mode = session.mode
    if mode is None:
        raise Refused("'no' is no command of the enable mode")
    found = mode.parameter(word)
    if found is None and not isinstance(mode, Element):
        below = session.below(mode)
        name = words.find(word, {*mode.parameters(), *below})
        if name in below:
            _remove(session, below[name], after)
            return
        found = mode.parameter(name) if name else None
    if found is None:
        raise Refused(f"there is no '{word}' in ({mode.prompt})")
    _unset(session, mode, found)


def defaults(session: "Session") -> None:
    """Every parameter of the row that has a default goes back to it."""
    mode = session.mode
    if isinstance(mode, RowMode):
        for name in mode.parameters():
            column = mode.parameter(name)
            if column is not None and not column.required:
                _unset(session, mode, column)


def _unset(session: "Session", mode: Mode, found: Any) -> None:
    if isinstance(mode, RowMode):
        if found.required:
            raise Refused(f"{found.cli} has no default")
        session.block.open(mode.table, mode.index, session.line, **mode.head)
        session.block.set(mode.table, mode.index, found, found.default, session.line)
        return
    params, column = found
    value = column.default
    if isinstance(mode, Element):
        changed = list(session.block.current(session.base, params, column))
        changed[mode.index] = column.default[mode.index]
        value = tuple(changed)
    session.block.put(params.values, column, value, session.line)


def _remove(session: "Session", target: Node | Table, rest: str) -> None:
    while isinstance(target, Node) and target.table is None:
        word, rest = words.take(rest)
        name = words.find(word, target.below)
        if name is None:
            raise Refused(f"there is no '{word}' to remove below '{target.word}'")
        target = target.below[name]
    table = target.table if isinstance(target, Node) else target
    if table is None:
        raise Refused("there are no rows here")
    for index in rows.named(session, table, rest):
        for child, i in rows.children(session, table, index):
            session.block.remove(child, i, session.line)
        session.block.remove(table, index, session.line)
    session.finish()
