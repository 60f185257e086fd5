"""Message conditions: `header.contact.url.host contains 'example.com' and param.call.src.user == '5'`.

One rule: a condition is compiled once into a function of a lookup; a name that the message does not have
is None, which equals nothing and contains nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

from sbcd.base.errors import Invalid

Lookup = Callable[[str], str | None]
Condition = Callable[[Lookup], bool]

WORD = re.compile(r"\s*('(?:[^']*)'|==|!=|<=|>=|<|>|[()]|[^\s()'=!<>]+)")
COMPARE: dict[str, Callable[[str, str], bool]] = {
    "==": lambda a, b: a.lower() == b.lower(),
    "!=": lambda a, b: a.lower() != b.lower(),
    "contains": lambda a, b: b.lower() in a.lower(),
    "!contains": lambda a, b: b.lower() not in a.lower(),
    "prefix": lambda a, b: a.lower().startswith(b.lower()),
    "suffix": lambda a, b: a.lower().endswith(b.lower()),
    "regex": lambda a, b: re.search(b, a) is not None,
    "<": lambda a, b: number(a) < number(b),
    ">": lambda a, b: number(a) > number(b),
    "<=": lambda a, b: number(a) <= number(b),
    ">=": lambda a, b: number(a) >= number(b),
}


def number(text: str) -> float:
    """A number, or not one (compares false)."""
    try:
        return float(text)
    except ValueError:
        return float("nan")


def words(text: str) -> list[str]:
    """The tokens of a condition. Raises Invalid."""
    found: list[str] = []
    at = 0
    text = text.strip()
    while at < len(text):
        token = WORD.match(text, at)
        if token is None:
            raise Invalid(f"condition '{text}' is not understood at '{text[at : at + 20]}'")
        found.append(token[1])
        at = token.end()
    return found


def condition(text: str) -> Condition:
    """The function of a condition. Raises Invalid when it is not understood."""
    tokens = words(text)
    either: list[list[Condition]] = [[]]
    at = 0
    while at < len(tokens):
        test, at = _comparison(tokens, at, text)
        either[-1].append(test)
        if at < len(tokens):
            joint = tokens[at].lower()
            if joint == "or":
                either.append([])
            elif joint != "and":
                raise Invalid(f"condition '{text}': 'and' or 'or' is missing before '{tokens[at]}'")
            at += 1
    return lambda lookup: any(all(test(lookup) for test in tests) for tests in either)


def _comparison(tokens: list[str], at: int, text: str) -> tuple[Condition, int]:
    """One `name operator value` or `name exists` from position `at`."""
    name = tokens[at].lower()
    operator = tokens[at + 1].lower() if at + 1 < len(tokens) else ""
    if operator in {"exists", "!exists"}:
        wanted = operator == "exists"
        return (lambda lookup: (lookup(name) is not None) is wanted), at + 2
    compare = COMPARE.get(operator)
    if compare is None or at + 2 >= len(tokens):
        raise Invalid(f"condition '{text}' is not understood at '{operator or name}'")
    value = tokens[at + 2]
    if value.startswith("'"):
        constant = value[1:-1]
        if operator == "regex":
            _checked(constant, text)

        def test(lookup: Lookup) -> bool:
            found = lookup(name)
            return found is not None and compare(found, constant)

    else:

        def test(lookup: Lookup) -> bool:
            found, other = lookup(name), lookup(value.lower())
            return found is not None and compare(found, value if other is None else other)

    return test, at + 3


def _checked(pattern: str, text: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise Invalid(f"condition '{text}': {error}") from error
