"""Show commands: each room declares its own, the shell finds and runs them.

One rule: a show command changes nothing."""

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from sbcd.config.cli.block import Refused
from sbcd.config.cli.words import find, split


@dataclass(frozen=True, slots=True)
class Show:
    """`show <words> [arguments]`. `run` is given the words behind its own and returns the output.

    It may be a coroutine function; it raises `Refused` (or any SbcdError) for arguments it can't follow."""

    words: str
    help: str
    run: Callable[[Sequence[str]], str | Awaitable[str]]


class Shows:
    """All show commands of the device."""

    MOST = 8_000_000  # characters of one output

    def __init__(self, shows: Iterable[Show]) -> None:
        self._shows = {tuple(show.words.split()): show for show in shows}

    def __iter__(self) -> "Iterable[Show]":
        return iter(sorted(self._shows.values(), key=lambda show: show.words))

    def next_words(self, words: Sequence[str]) -> dict[str, str]:
        """What may follow these words, with its help when a command ends there."""
        path = self._path(words)[0]
        found: dict[str, str] = {}
        for known, show in sorted(self._shows.items()):
            if len(known) > len(path) and known[: len(path)] == path:
                ends = len(known) == len(path) + 1
                found[known[len(path)]] = show.help if ends else found.get(known[len(path)], "")
        return found

    def _path(self, words: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
        """The known words that `words` abbreviate as far as they go, and what is left."""
        path: tuple[str, ...] = ()
        rest = list(words)
        while rest:
            nexts = {known[len(path)] for known in self._shows if known[: len(path)] == path != known}
            word = find(rest[0], nexts) if nexts else None
            if word is None:
                break
            path, rest = (*path, word), rest[1:]
        return path, rest

    async def run(self, text: str) -> str:
        """The output of `show <text>`, with `| grep`, `| count` and the like; Refused says why not."""
        text, _, pipe = text.partition("|")
        words = split(text)
        if words and words[-1] == "?":
            return self.help(words[:-1])
        path, rest = self._path(words)
        while path and path not in self._shows:
            path, rest = path[:-1], [path[-1], *rest]
        if not path:
            nexts = ", ".join(self.next_words(words))
            raise Refused(f"there is no 'show {text.strip()}'; known: {nexts}")
        told = self._shows[path].run(rest)
        output = await told if inspect.isawaitable(told) else told
        text = piped(str(output), pipe)
        if len(text) > self.MOST:
            return f"{text[: self.MOST]}\n(cut here: the whole output has {len(text)} characters)"
        return text

    def help(self, words: Sequence[str]) -> str:
        """What may follow, a line each."""
        return "\n".join(f"  {word:<24}{help}".rstrip() for word, help in self.next_words(words).items())


def piped(output: str, pipe: str) -> str:
    """The output behind `| grep x`, `| egrep x`, `| begin x`, `| count`, `| tail n`."""
    if not pipe.strip():
        return output
    words = split(pipe)
    verb = find(words[0], ("grep", "egrep", "begin", "count", "tail"))
    lines = output.splitlines()
    wanted = words[1] if len(words) > 1 else ""
    if verb in {"grep", "egrep", "begin"}:
        hits = [_matches(verb, wanted, line) for line in lines]
        if verb == "begin":
            return "\n".join(lines[hits.index(True) :]) if True in hits else ""
        return "\n".join(line for line, hit in zip(lines, hits, strict=True) if hit)
    if verb == "count":
        return f"Count: {len(lines)} lines"
    if verb == "tail" and (not wanted or wanted.isdigit()):
        return "\n".join(lines[-int(wanted or 10) :])
    raise Refused(f"there is no '| {pipe.strip()}'")


def _matches(verb: str, wanted: str, line: str) -> bool:
    """Whether a line has the wanted text; `egrep` takes words joined by `|`, `^` and `$` at the ends.

    Not a full regular expression: those can be made to run for hours."""
    for part in wanted.split("|") if verb == "egrep" else [wanted]:
        bare = part.removeprefix("^").removesuffix("$")
        pattern = (
            ("^" if part.startswith("^") else "") + re.escape(bare) + ("$" if part.endswith("$") else "")
        )
        if re.search(pattern, line):
            return True
    return False


def columns(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows under their heads, two blanks between columns."""
    lines = [[str(cell) for cell in row] for row in rows]
    table = [list(heads), *lines]
    widths = [max(len(row[i]) for row in table) for i in range(len(heads))]
    table.insert(1, ["-" * width for width in widths])
    padded = ([cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in table)
    return "\n".join("  ".join(row).rstrip() for row in padded)
