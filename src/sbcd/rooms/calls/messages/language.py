"""Values (`'sip:' + header.from.url.user`) and conditions (`header.to contains 'x' and var.session.y == ''`).

One rule: everything is parsed when it is loaded; at a message only compiled functions run."""

import re
from collections.abc import Callable
from ipaddress import ip_address, ip_network

from sbcd.base.errors import Invalid
from sbcd.rooms.calls.messages.scene import Scene
from sbcd.rooms.calls.messages.subjects import subject

Value = Callable[[Scene], str | None]
Condition = Callable[[Scene], bool]

LONGEST = 1024
_TOKEN = re.compile(
    r"\s*(?:'(?P<text>(?:\\.|[^'\\])*)'|(?P<sign>==|!=|<=|>=|<|>|\+|\(|\))|\$(?P<group>\d)"
    r"|(?P<word>[^\s'()+=<>$!]+(?:[^\s'()+=<>$]*[^\s'()+=<>$])?)|(?P<not>!(?=[A-Za-z])))"
)
_BARE = re.compile(r"(.*?)(?=\s+(?:and|or)\s|$)", re.IGNORECASE | re.DOTALL)
"""A regular expression without quotes goes up to the next `and` or `or`."""
_FUNCTIONS: dict[str, Callable[[str], str]] = {
    "func.to-upper": str.upper,
    "func.to-lower": str.lower,
    "func.increment": lambda text: str(int(text) + 1) if text.isdecimal() else text,
    "func.decrement": lambda text: str(int(text) - 1) if text.isdecimal() else text,
}
_CODES = {"r": "\r", "n": "\n", "t": "\t"}


def tokens(text: str) -> list[tuple[str, str]]:
    """Kinds and texts. Raises Invalid with the place."""
    if len(text) > LONGEST:
        raise Invalid(f"more than {LONGEST} characters")
    found: list[tuple[str, str]] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        if found and found[-1] == ("word", "regex") and not text[at:].lstrip().startswith("'"):
            pattern = _BARE.match(text, at)
            assert pattern is not None
            found.append(("text", pattern[1].strip()))
            at = pattern.end(1)
            continue
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise Invalid(f"not understood from '{text[at : at + 20].strip()}'")
        kind = match.lastgroup
        held = match[kind]
        if held.lower() == "regex" and kind == "word":
            held = "regex"
        found.append((kind, _unescaped(held) if kind == "text" else held))
        at = match.end()
    return found


def _unescaped(text: str) -> str:
    r"""`\r`, `\n`, `\t` and `\'`; any other backslash stays, regular expressions need it."""
    return re.sub(r"\\([rnt'])", lambda match: _CODES.get(match[1], match[1]), text)


def value(text: str) -> Value:
    """The function of a value: texts, subjects and regex groups joined by `+`. Raises Invalid."""
    left = tokens(text)
    made, at = _value(left, 0)
    if at < len(left):
        raise Invalid(f"'{left[at][1]}' stands where + or the end should be")
    return made


def _value(left: list[tuple[str, str]], at: int) -> tuple[Value, int]:
    terms: list[Value] = []
    while True:
        term, at = _term(left, at)
        terms.append(term)
        if at >= len(left) or left[at] != ("sign", "+"):
            break
        at += 1
    if len(terms) == 1:
        return terms[0], at
    return (lambda scene: "".join(term(scene) or "" for term in terms)), at


def _term(left: list[tuple[str, str]], at: int) -> tuple[Value, int]:
    if at >= len(left):
        raise Invalid("a value is missing at the end")
    kind, text = left[at]
    if kind == "text":
        return (lambda scene: text), at + 1
    if kind == "group":
        number = int(text)
        return (lambda scene: scene.found[number] if number < len(scene.found) else ""), at + 1
    if kind != "word":
        raise Invalid(f"a value is missing before '{text}'")
    if text.lower() in _FUNCTIONS and at + 1 < len(left) and left[at + 1] == ("sign", "("):
        function = _FUNCTIONS[text.lower()]
        inner, at = _value(left, at + 2)
        if at >= len(left) or left[at] != ("sign", ")"):
            raise Invalid(f"{text} is not closed")
        return (lambda scene: function(inner(scene) or "")), at + 1
    if text.isdecimal() or text.lower() in {"true", "false"}:
        return (lambda scene: text), at + 1
    return subject(text).get, at + 1


def condition(text: str) -> Condition:
    """The function of a condition; the empty one always holds. `and` binds tighter than `or`.

    Raises Invalid when it is not understood."""
    left = tokens(text)
    if not left:
        return lambda scene: True
    either: list[list[Condition]] = [[]]
    at = 0
    while True:
        test, at = _test(left, at)
        either[-1].append(test)
        if at == len(left):
            break
        joint = left[at][1].lower()
        if left[at][0] != "word" or joint not in {"and", "or"}:
            raise Invalid(f"'and' or 'or' is missing before '{left[at][1]}'")
        if joint == "or":
            either.append([])
        at += 1
    if len(either) == 1:
        tests = either[0]
        return tests[0] if len(tests) == 1 else lambda scene: all(test(scene) for test in tests)
    return lambda scene: any(all(test(scene) for test in tests) for tests in either)


def _test(left: list[tuple[str, str]], at: int) -> tuple[Condition, int]:
    """One comparison from token `at`."""
    look, at = _term(left, at)
    negated = at < len(left) and left[at][0] == "not"
    at += negated
    if at >= len(left):
        raise Invalid("an operator is missing at the end")
    operator = left[at][1].lower()
    if operator == "exists":
        return (lambda scene: (look(scene) is not None) is not negated), at + 1
    if operator == "regex":
        return _regex(look, left, at + 1, negated)
    if operator == "insubnet":
        return _subnet(look, left, at + 1, negated)
    compare = _COMPARE.get(operator)
    if compare is None:
        raise Invalid(f"'{operator}' is no operator")
    other, at = _value(left, at + 1)

    def test(scene: Scene) -> bool:
        found = look(scene)
        return found is not None and compare(found, other(scene) or "") is not negated

    return test, at


def _subnet(look: Value, left: list[tuple[str, str]], at: int, negated: bool) -> tuple[Condition, int]:
    """Whether an address lies in `'10.8.0.0/16'`."""
    try:
        network = ip_network(left[at][1], strict=False)
    except (ValueError, IndexError) as error:
        raise Invalid("insubnet needs a network such as '10.8.0.0/16'") from error

    def test(scene: Scene) -> bool:
        try:
            return (ip_address(look(scene) or "") in network) is not negated
        except ValueError:
            return False

    return test, at + 1


def _regex(look: Value, left: list[tuple[str, str]], at: int, negated: bool) -> tuple[Condition, int]:
    """A search whose groups become $0 to $9."""
    if at >= len(left) or left[at][0] != "text" or not left[at][1]:
        raise Invalid("the regular expression is missing")
    pattern = left[at][1]
    try:
        search = re.compile(pattern, re.DOTALL).search
    except re.error as error:
        raise Invalid(f"the regular expression is wrong: {error}") from error

    def test(scene: Scene) -> bool:
        found = search(look(scene) or "")
        if found is not None and not negated:
            scene.found = (found[0], *(group or "" for group in found.groups()))
        return (found is None) is negated

    return test, at + 1


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "==": lambda a, b: a.lower() == b.lower(),
    "!=": lambda a, b: a.lower() != b.lower(),
    "contains": lambda a, b: b.lower() in a.lower(),
    "prefix": lambda a, b: a.lower().startswith(b.lower()),
    "suffix": lambda a, b: a.lower().endswith(b.lower()),
    "<": lambda a, b: _number(a) < _number(b),
    ">": lambda a, b: _number(a) > _number(b),
    "<=": lambda a, b: _number(a) <= _number(b),
    ">=": lambda a, b: _number(a) >= _number(b),
}
