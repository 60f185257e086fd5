"""The values of CLI lines: what was typed to a value, a value to what is written.

One rule: `typed(column, spelled(column, value))` is `value`."""

import re
from typing import Any

from sbcd.config import types
from sbcd.config.cli import words
from sbcd.config.cli.block import Refused
from sbcd.config.table import Column

_OBSCURED = re.compile(r"\$1\$|[0-9A-Fa-f]{64}\Z|[0-9A-Fa-f]{96}\Z|\Z")
"""What may stand before `obscured`: the device's form, a digest of a user's password, or nothing."""


def typed(column: Column, rest: str, old: Any = None, element: int | None = None) -> Any:
    """The value that the rest of a line means. `old`: that of an array, of which one `element` is set."""
    if not rest and not column.listed:
        raise Refused(f"{column.cli} needs a value: {column.codec.describe()}")
    try:
        if column.listed:
            return tuple(column.read_word(word) for word in words.split(rest))
        if column.array is not None:
            return _array(column, rest, old, element)
        return _one(column, rest)
    except Refused as error:
        raise Refused(f"{column.cli}: {'the value cannot be read' if column.secret else error}") from None
    except ValueError as error:
        raise Refused(f"{column.cli}: {error}") from None


def _one(column: Column, rest: str) -> Any:
    if column.secret:
        word, after = words.take(rest)
        if after.lower() == "obscured" and not _OBSCURED.match(word):
            raise ValueError("the value is not obscured in a form that is known here")
        if after and after.lower() != "obscured":
            word, after = words.value(rest), ""
        return column.read(word)
    if isinstance(column.codec, types.Text):
        return column.read_word(words.value(rest))
    word, after = words.take(rest)
    if after:
        raise ValueError(f"'{after}' follows the value")
    return column.read_word(word)


def _array(column: Column, rest: str, old: Any, element: int | None) -> Any:
    """`<element> <value>`, or in the mode of an element, `<value>`."""
    most = column.array or 0
    if element is None:
        word, after = words.take(rest)
        if not after:
            return (_one(column, rest),) * most
        if not word.isdigit() or int(word) >= most:
            raise ValueError(f"'{word}' is not a number in 0-{most - 1}")
        element, rest = int(word), after
    changed = list(old)
    changed[element] = _one(column, rest)
    return tuple(changed)


def spelled(column: Column, value: Any) -> str:
    """One value as the running configuration writes it: text in quotes, everything else bare."""
    text = column.codec.write_word(value)
    if column.secret:
        return words.quote(text) + " obscured"
    if column.codec.quoted or not text or not text.isascii() or any(c in text for c in ' "'):
        return words.quote(text)
    return text
