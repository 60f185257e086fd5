"""What may be typed: the commands of every mode, and `?`.

One rule: help is looked up in what is declared, never written twice."""

from typing import TYPE_CHECKING

from sbcd.config.cli import words
from sbcd.config.cli.grammar import Node
from sbcd.config.cli.modes import Mode, Place, RowMode
from sbcd.config.table import Table

if TYPE_CHECKING:
    from sbcd.config.cli.session import Session

ANYWHERE = {
    "activate": "Apply what was typed.",
    "exit": "Apply what was typed and go one mode up.",
    "quit": "Apply what was typed and leave the configuration.",
    "no": "Remove a row, or set a parameter back to its default.",
    "do": "Execute a command of the enable mode.",
    "show": "Show what is.",
    "write": "Save the running configuration.",
    "configure": "Change the configuration: system, network, voip, troubleshoot.",
    "help": "What may be typed here.",
    "list": "What may be typed here.",
}
EXEC = {"enable": "", "disable": "", "exit": "", "quit": ""} | {
    word: ANYWHERE[word] for word in ("configure", "show", "write", "help", "list")
}
OF_ROWS = {
    "display": "Show the row.",
    "defaults": "Set every parameter of the row back to its default.",
}
ORDERED = {"move-up": "Change places with the row above.", "move-down": "Change places with the row below."}


def commands(mode: Mode) -> dict[str, str]:
    """The commands of a mode, with their help."""
    if not isinstance(mode, RowMode):
        return ANYWHERE
    return ANYWHERE | OF_ROWS | (ORDERED if mode.table.order_matters else {})


def helps(session: "Session", text: str = "") -> str:
    """What may follow `text` where the session stands, a line each."""
    return "\n".join(f"  {word:<32}{help}".rstrip() for word, help in nexts(session, text).items())


def nexts(session: "Session", text: str = "") -> dict[str, str]:
    """What may follow `text` where the session stands, with its help."""
    mode = session.mode
    word, rest = words.take(text)
    if mode is None:
        return _from_enable_mode(session, word, rest)
    if not word:
        return (
            mode.helps() | {name: _of(thing) for name, thing in session.below(mode).items()} | commands(mode)
        )
    if words.find(word, ANYWHERE) == "configure":
        return _from_enable_mode(session, word, rest)
    if (described := mode.describe(word)) is not None:
        return described | _names(session, mode, word)
    modes = session.below(mode)
    target = modes.get(words.find(word, modes) or "")
    return _tree(target, rest) if isinstance(target, Node) else {}


def _names(session: "Session", mode: Mode, word: str) -> dict[str, str]:
    """What a parameter that refers to rows may name: those there are."""
    found = mode.parameter(word)
    column = found[1] if isinstance(found, tuple) else found
    table = session.grammar.schema.tables.get(column.target or "") if column else None
    if table is None or column is None or column.by_index:
        return {}
    rows = session.base.any_rows(table.ini).values()
    names = (str(getattr(row, table.unique.name, "")) for row in rows if table.unique)
    told = {words.quote(name) if " " in name else name: table.ini for name in names if name}
    return told | dict.fromkeys(column.also, "")


def _from_enable_mode(session: "Session", word: str, rest: str) -> dict[str, str]:
    if not word:
        return dict(EXEC)
    if words.find(word, EXEC) != "configure":
        return {}
    word, rest = words.take(rest)
    areas = session.grammar.areas
    area = words.find(word, areas) if word else None
    return _tree(areas[area], rest) if area else dict.fromkeys(areas, "")


def _of(thing: Node | Table) -> str:
    """The help of a mode below."""
    if isinstance(thing, Table):
        return thing.help
    if thing.table is not None:
        return thing.table.help
    return thing.sets[0].help if thing.sets else ""


def _tree(node: Node, rest: str) -> dict[str, str]:
    """What may follow some words below a node."""
    word, rest = words.take(rest)
    name = words.find(word, node.below) if word else None
    if name is not None:
        return _tree(node.below[name], rest)
    if word:
        return {}
    if node.table is not None:
        return {"<index>": node.table.help, "new": "A row at the next free index.", "display": "All rows."}
    return {name: _of(below) for name, below in node.below.items()} | Place(node).helps()
