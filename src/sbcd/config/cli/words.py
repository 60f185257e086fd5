"""How a CLI line falls into words: quotes, the rest of the line, abbreviations.

One rule: inside double quotes `\\"` is a quote and every other backslash is itself, as in the INI."""

import re
from collections.abc import Iterable

from sbcd.config.cli.block import Refused

_QUOTED = re.compile(r'"((?:\\"|[^"])*)"(?=\s|\Z)')
_WORD = re.compile(r"\S+")


def take(text: str) -> tuple[str, str]:
    """The first word of a text (without its quotes) and the rest; ("", "") when there is none.

    Raises Refused when a quote isn't closed."""
    text = text.strip()
    if not text:
        return "", ""
    if text.startswith('"'):
        quoted = _QUOTED.match(text)
        if quoted is None:
            raise Refused("the quote is not closed")
        return quoted[1].replace('\\"', '"'), text[quoted.end() :].strip()
    end = _WORD.match(text).end()  # type: ignore[union-attr]  # text is not blank
    return text[:end], text[end:].strip()


def split(text: str) -> list[str]:
    """All words of a text, without their quotes."""
    words = []
    while text:
        word, text = take(text)
        words.append(word)
    return words


def value(text: str) -> str:
    """The one value that the rest of a line is: quoted, or everything as it stands (expressions)."""
    if not text.startswith('"'):
        return text
    word, rest = take(text)
    if rest:
        raise Refused(f"'{rest}' follows the closing quote")
    return word


def quote(text: str) -> str:
    """A text in quotes, as `take` reads it."""
    return '"' + text.replace('"', '\\"') + '"'


def find(word: str, choices: Iterable[str]) -> str | None:
    """The choice a word is or abbreviates, whatever its case; None when there is none.

    Raises Refused when it abbreviates several."""
    lowered = word.lower()
    found = set()
    for choice in choices:
        if choice == lowered:
            return choice
        if lowered and choice.startswith(lowered):
            found.add(choice)
    if len(found) > 1:
        raise Refused(f"'{word}' may mean {', '.join(sorted(found))}")
    return found.pop() if found else None
