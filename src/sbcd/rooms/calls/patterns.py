"""Number patterns: prefixes, suffixes, ranges, wildcards (`dialplan` searches many of them at once).

One rule: a pattern is understood once, when the plan is taken; matching is a compiled expression. Notation:
digits; `x` any digit, `z` 1-9, `n` 2-9, `.` any character; `[10-25,7]` one of; `(...)` at the end a suffix;
`#` the number ends here; `*` anything; `$` empty."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from sbcd.base.errors import Invalid

Matcher = Callable[[str], object]
Set = frozenset[str]
Sequence = tuple[Set, ...]

DIGITS = frozenset("0123456789")
ANY = frozenset("\0")  # stands for every character
WILD = {"x": DIGITS, "X": DIGITS, "z": frozenset("123456789"), "Z": frozenset("123456789")}
WILD |= {"n": frozenset("23456789"), "N": frozenset("23456789"), ".": ANY}


def spans(low: str, high: str) -> Iterator[Sequence]:
    """The digit sets that cover low-high: spans('17', '23') -> 1[7-9], 2[0-3]."""
    if len(low) == 1:
        yield (frozenset(chr(c) for c in range(ord(low), ord(high) + 1)),)
        return
    if low[0] == high[0]:
        yield from ((frozenset(low[0]), *rest) for rest in spans(low[1:], high[1:]))
        return
    rest = len(low) - 1
    yield from ((frozenset(low[0]), *tail) for tail in spans(low[1:], "9" * rest))
    if middle := frozenset(chr(c) for c in range(ord(low[0]) + 1, ord(high[0]))):
        yield (middle, *(DIGITS,) * rest)
    yield from ((frozenset(high[0]), *tail) for tail in spans("0" * rest, high[1:]))


def group(text: str, pattern: str) -> list[Sequence]:
    """The inside of brackets: '1-3,57' -> the sequences of each item."""
    found: list[Sequence] = []
    for item in text.split(","):
        low, dash, high = item.strip().partition("-")
        if not dash:
            found.append(literal(low))
        elif len(low) == len(high) and low.isdigit() and high.isdigit() and low <= high:
            found.extend(spans(low, high))
        elif len(low) == len(high) == 1 and low <= high:
            found.append((frozenset(chr(c) for c in range(ord(low), ord(high) + 1)),))
        else:
            raise Invalid(f"'{item}' in pattern '{pattern}' is no range of equal lengths")
    return found


def literal(text: str) -> Sequence:
    """Characters as sets, wildcards understood."""
    return tuple(WILD.get(char, frozenset(char)) for char in text)


def parse(pattern: str) -> tuple[list[list[Sequence]], list[list[Sequence]] | None, bool]:
    """A pattern as (parts of the prefix, parts of the suffix or None, ends exactly)."""
    prefix: list[list[Sequence]] = []
    suffix: list[list[Sequence]] | None = None
    position = 0
    while position < len(pattern):
        char = pattern[position]
        if char in "[(":
            end = pattern.find("]" if char == "[" else ")", position)
            if end < 0:
                raise Invalid(f"pattern '{pattern}' has an open bracket")
            inside = group(pattern[position + 1 : end], pattern)
            if char == "[":
                prefix.append(inside)
            else:
                suffix = [*(suffix or []), inside]
            position = end + 1
        elif char == "#" and position == len(pattern) - 1:
            return prefix, suffix, True
        elif char == "*" and position == len(pattern) - 1:
            return prefix, suffix, False
        else:
            prefix.append([literal(char)])
            position += 1
    return prefix, suffix, False


def expression(parts: Iterable[list[Sequence]]) -> str:
    """The regular expression of parsed parts."""

    def one(chars: Set) -> str:
        if chars is ANY:
            return "."
        return re.escape(next(iter(chars))) if len(chars) == 1 else f"[{re.escape(''.join(sorted(chars)))}]"

    return "".join(
        "(?:" + "|".join("".join(map(one, sequence)) for sequence in part) + ")"
        if len(part) > 1
        else "".join(map(one, part[0]))
        for part in parts
    )


def matcher(pattern: str) -> Matcher | None:
    """A function that says whether a user part matches; None when everything does. Raises Invalid."""
    if pattern in {"", "*"}:
        return None
    if pattern == "$":
        return lambda text: not text
    prefix, suffix, exact = parse(pattern)
    text = expression(prefix)
    if suffix is not None:
        text += ".*" + expression(suffix) + r"\Z"
    elif exact:
        text += r"\Z"
    return re.compile(text, re.DOTALL).match


def host_matcher(pattern: str) -> Matcher | None:
    """Hosts match whole, without regard to case; `*` and `x` are wildcards in addresses like 10.8.*.*"""
    if pattern in {"", "*"}:
        return None
    text = re.escape(pattern.lower()).replace(r"\*", ".*")
    if re.fullmatch(r"[0-9x.*\\]+", text):
        text = text.replace("x", "[0-9]")
    found = re.compile(text + r"\Z", re.IGNORECASE).match
    return lambda host: found(host)
