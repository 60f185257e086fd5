"""A script, line by line: where it stands, what it changes, what it wants executed.

One rule: a line that is refused changes nothing; what was typed since the last `activate` or `exit` is one
block, applied whole or dropped."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sbcd.config.cli import order, removal, rows, words
from sbcd.config.cli.block import Block, Refused
from sbcd.config.cli.grammar import Grammar, Node
from sbcd.config.cli.help import EXEC, commands, helps
from sbcd.config.cli.modes import Element, Group, Mode, Place, RowMode
from sbcd.config.cli.values import typed
from sbcd.config.snapshot import Snapshot
from sbcd.config.table import Table


@dataclass(frozen=True, slots=True)
class Changed:
    """A block is complete: apply it."""

    block: Block


@dataclass(frozen=True, slots=True)
class Execute:
    """A command that is not configuration: `show ...`, `write`, or something nobody here knows."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Printed:
    """Output for whoever sent the script."""

    text: str


Event = Changed | Execute | Printed


class Session:
    """Follows a script over a snapshot. `base` is that snapshot with every complete block."""

    def __init__(self, grammar: Grammar, base: Snapshot) -> None:
        self.grammar = grammar
        self.base = base
        self.block = Block()
        self.modes: list[Mode] = []
        self.indexes = rows.Indexes()
        self.failed_inside = False  # whether the line that was refused stood in the configuration
        self.line = 0
        self._events: list[Event] = []
        self._commands: dict[str, Callable[[str], None]] = {
            "activate": self._activate,
            "exit": lambda rest: self._leave(),
            "quit": lambda rest: self._leave(len(self.modes)),
            "no": lambda rest: removal.no(self, rest),
            "do": self._execute,
            "show": lambda rest: self._execute(f"show {rest}"),
            "write": lambda rest: self._execute(f"write {rest}"),
            "configure": self._configure,
            "help": lambda rest: self._print(helps(self)),
            "list": lambda rest: self._print(helps(self)),
            "display": lambda rest: self._print("\n".join(rows.shown(self))),
            "defaults": lambda rest: removal.defaults(self),
            "move-up": lambda rest: order.move(self, -1),
            "move-down": lambda rest: order.move(self, 1),
        }

    @property
    def mode(self) -> Mode | None:
        """The mode that lines are read in; None is the enable mode."""
        return self.modes[-1] if self.modes else None

    @property
    def prompt(self) -> str:
        """As the device shows it: `(config-voip)#`, `(ip-group-1)#`, `#`."""
        return "#" if self.mode is None else f"({self.mode.prompt})#"

    def take(self, number: int, line: str) -> list[Event]:
        """What a line leads to. Refused or InvalidConfig: the line failed and its block is dropped."""
        self.line, self._events = number, []
        text, base = line.strip(), self.base
        self.failed_inside = bool(self.modes)
        if not text or text[0] in "#;":
            return []
        try:
            self._follow(text)
        except BaseException:
            self.base, self.block = base, Block()
            raise
        return self._events

    def end(self) -> list[Event]:
        """The script is over; what was typed is applied, as by `exit`."""
        self._events, self.failed_inside = [], True
        self.finish()
        return self._events

    # --- what a line may be -----------------------------------------------------------------------

    def _follow(self, text: str) -> None:
        word, rest = words.take(text)
        if f" {text}".endswith(" ?") and words.find(word, ("show", "do")) is None:
            self._print(helps(self, text.removesuffix("?").strip()))
        elif self.mode is None:
            self._in_enable_mode(word, rest, text)
        elif (found := self.mode.parameter(word)) is not None:
            self._set(self.mode, found, rest)
        elif word.lower() == "set" and rest:  # as versions up to 7.0 have it before a parameter
            self._follow(rest)
        elif isinstance(self.mode, Group) and word.lower() == "name":
            self._print("The name of a set is not kept by this version")
        elif not self._known(self.mode, word, rest):
            self._climb(word, rest)

    def _in_enable_mode(self, word: str, rest: str, text: str) -> None:
        command = words.find(word, EXEC)
        if command in {"configure", "help", "list"}:
            self._commands[command](rest)
        elif command in {"show", "write"}:
            self._execute(f"{command} {rest}")
        elif command is None:
            self._execute(text)

    def _known(self, mode: Mode, word: str, rest: str) -> bool:
        """Follows a parameter, a mode below or a command, by its name or an abbreviation of it."""
        below = self.below(mode)
        found = words.find(word, {*mode.parameters(), *below, *commands(mode)})
        if found is None:
            return False
        if (parameter := mode.parameter(found)) is not None:
            self._set(mode, parameter, rest)
        elif found in below:
            self._enter(below[found], rest)
        else:
            self._commands[found](rest)
        return True

    def below(self, mode: Mode) -> dict[str, Node | Table]:
        """The modes that are entered from a mode: those of the tree, and the child tables of a row."""
        if isinstance(mode, RowMode):
            return {table.cli.split()[-1]: table for table in self.grammar.children(mode.table)}
        if isinstance(mode, Group) and mode.node.group is not None:
            return {mode.node.group.cli.split()[-1]: mode.node.group}
        return dict(mode.node.below) if isinstance(mode, Place) else {}

    def _climb(self, word: str, rest: str) -> None:
        """A mode of further up: whoever sends a script without `exit` means that one."""
        found = elsewhere(self, word)
        if found is None:
            raise Refused(f"there is no '{word}' in ({self.modes[-1].prompt})")
        self._leave(len(self.modes) - 1 - found[0])
        self._enter(found[1], rest)

    # --- modes ------------------------------------------------------------------------------------

    def _configure(self, rest: str) -> None:
        word, rest = words.take(rest)
        area = words.find(word, self.grammar.areas)
        if area is None:
            raise Refused(f"configure what? One of {', '.join(self.grammar.areas)}")
        self._leave(len(self.modes))
        self.modes.append(Place(self.grammar.areas[area]))
        if rest:
            self._follow(rest)

    def _enter(self, target: Node | Table, rest: str) -> None:
        """Goes to a mode below, over any number of words, and follows the rest of the line there."""
        while isinstance(target, Node) and target.table is None and rest:
            word, after = words.take(rest)
            name = words.find(word, target.below)
            if name is None:
                break
            target, rest = target.below[name], after
        if isinstance(target, Table):
            rest = self._enter_row(target, rest)
        elif target.table is not None:
            rest = self._enter_row(target.table, rest)
        elif target.group is not None:
            mode, rest = rows.group(target, rest)
            self.modes.append(mode)
        elif target.indexed is not None and rest[:1].isdigit():
            element, rest = rows.element(target, rest)
            self.modes.append(element)
        else:
            self.modes.append(Place(target))
        if rest:
            self._follow(rest)

    def _enter_row(self, table: Table, rest: str) -> str:
        """Goes into a row; returns what stands behind its head."""
        word, after = words.take(rest)
        if word.lower() == "display":
            self._print("\n".join(rows.listed(self, table)))
            return after
        mode, rest = rows.head(self, table, rest)
        self.modes.append(mode)
        return rest

    def _leave(self, levels: int = 1) -> None:
        """Goes up; what was typed is applied."""
        if levels:
            self.finish()
            del self.modes[len(self.modes) - levels :]

    # --- commands ---------------------------------------------------------------------------------

    def _set(self, mode: Mode, found: Any, rest: str) -> None:
        if isinstance(mode, RowMode):
            value = typed(found, rest)
            self.block.open(mode.table, mode.index, self.line, **mode.head)
            self.block.set(mode.table, mode.index, found, value, self.line)
            return
        params, column = found
        old = self.block.current(self.base, params, column)
        element = mode.index if isinstance(mode, Element) else None
        self.block.put(params.values, column, typed(column, rest, old, element), self.line)

    def _activate(self, rest: str) -> None:
        if isinstance(self.mode, RowMode) and not rows.there(self, self.mode.table, self.mode.index):
            self.block.open(self.mode.table, self.mode.index, self.line, **self.mode.head)
        self.finish()
        self._print("Done")

    def _execute(self, text: str) -> None:
        self._events.append(Execute(self.line, text.strip()))

    def _print(self, text: str) -> None:
        self._events.append(Printed(text))

    def finish(self) -> None:
        """The block is complete."""
        if self.block:
            block, self.block = self.block, Block()
            self.base = block.onto(self.base)
            self._events.append(Changed(block))


def elsewhere(session: Session, word: str) -> tuple[int, Node | Table] | None:
    """How deep a mode of this name is among those above, and which; or one that was in this area once."""
    for depth in range(len(session.modes) - 2, -1, -1):
        below = session.below(session.modes[depth])
        found = words.find(word, below)
        if found is not None:
            return depth, below[found]
    top = session.modes[0]
    moved = session.grammar.formerly.get((top.node.area, word.lower())) if isinstance(top, Place) else None
    return None if moved is None else (0, moved)
