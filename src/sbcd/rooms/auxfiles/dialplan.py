"""The dial plan file: plans of prefixes, each with a tag or a number of further digits.

One rule: within a plan no number may match two lines; the second of such lines is refused by its number."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sbcd.base.errors import Invalid

MOST_PLANS = 8
MOST_LINES = 8000
MOST_LENGTH = 64
CSV_HEAD = ["dialplanname", "name", "prefix", "tag"]
DIGITS = "0123456789"
_TITLE = re.compile(r"\[\s*([^\]]{1,40}?)\s*\]")
_PIECE = re.compile(r"\[([^\]]*)\]|(.)")


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of a plan: what a number begins with, and what stands for it."""

    prefix: str
    tag: str
    name: str = ""


@dataclass(slots=True)
class _Node:
    """A place in the tree of accepted prefixes; edges are sets of characters."""

    ends: int = 0
    edges: list[tuple[frozenset[str], "_Node"]] = field(default_factory=list)


def read(text: str) -> dict[str, tuple[Rule, ...]]:
    """The plans of a file, by name; `Invalid` names the line."""
    lines = text.splitlines()
    first = next((line for line in lines if line.strip() and not line.lstrip().startswith(";")), "")
    if [cell.strip().lower() for cell in first.split(",")] == CSV_HEAD:
        return _read_csv(lines)
    return _read_plans(lines)


def _read_plans(lines: list[str]) -> dict[str, tuple[Rule, ...]]:
    plans: dict[str, list[Rule]] = {}
    trees: dict[str, _Node] = {}
    name, count = "", 0
    for number, raw in enumerate(lines, 1):
        line = raw.split(";")[0].strip()
        if not line:
            continue
        if title := _TITLE.fullmatch(line):
            name = title[1]
            if name in plans:
                raise Invalid(f"line {number}: plan {name} stands twice")
            plans[name], trees[name] = [], _Node()
            continue
        if not name:
            raise Invalid(f"line {number}: a line before the first plan title, such as [ PLAN1 ]")
        count += 1
        prefix, comma, tag = line.rpartition(",")
        if not comma or not tag.strip():
            raise Invalid(f"line {number}: 'prefix,digits' or 'prefix,tag' expected")
        rule = Rule(prefix.strip(), _tag(tag.strip(), number))
        _insert(trees[name], rule.prefix, number)
        plans[name].append(rule)
    if not plans:
        raise Invalid("the dial plan file holds no plan title, such as [ PLAN1 ]")
    if len(plans) > MOST_PLANS or count > MOST_LINES:
        raise Invalid(f"{len(plans)} plans with {count} lines; the most are {MOST_PLANS} and {MOST_LINES}")
    return {plan: tuple(rules) for plan, rules in plans.items()}


def _tag(tag: str, number: int) -> str:
    """A tag, or a number (range) of further digits such as 7 or 7-14."""
    if len(tag) > MOST_LENGTH or not tag.isprintable():
        raise Invalid(f"line {number}: a tag has at most {MOST_LENGTH} printable characters")
    if re.fullmatch(r"\d+(-\d+)?", tag):
        low, _, high = tag.partition("-")
        if len(tag) > 7 or int(high or low) < int(low):
            raise Invalid(f"line {number}: {tag} is no range of digits")
    return tag


def _read_csv(lines: list[str]) -> dict[str, tuple[Rule, ...]]:
    plans: dict[str, list[Rule]] = {}
    trees: dict[str, _Node] = {}
    try:
        rows = list(csv.reader(lines, strict=True))
    except csv.Error as error:
        raise Invalid(f"the dial plan file is not comma-separated text: {error}") from error
    seen_head = False
    for number, row in enumerate(rows, 1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or cells[0].startswith(";"):
            continue
        if not seen_head:
            seen_head = True
            continue
        if len(cells) != 4 or not cells[0]:
            raise Invalid(f"line {number}: {len(cells)} cells, {len(CSV_HEAD)} expected")
        plan, name, prefix, tag = cells
        if number > MOST_LINES:
            raise Invalid(f"line {number}: more than {MOST_LINES} lines")
        _insert(trees.setdefault(plan, _Node()), prefix, number)
        plans.setdefault(plan, []).append(Rule(prefix, _tag(tag, number), name))
    return {plan: tuple(rules) for plan, rules in plans.items()}


def pieces(prefix: str, number: int = 0) -> Iterator[frozenset[str]]:
    """The characters that may stand at each place of a prefix: `x` any digit, `[2-4,7]` a choice."""
    if not prefix or len(prefix) > MOST_LENGTH:
        raise Invalid(f"line {number}: a prefix has 1-{MOST_LENGTH} characters")
    for choice, single in _PIECE.findall(prefix):
        if choice or single == "":
            yield _choice(choice, number)
        elif single in "xX":
            yield frozenset(DIGITS)
        elif single in "[]" or not single.isprintable() or single.isspace():
            raise Invalid(f"line {number}: {single!r} cannot stand in a prefix")
        else:
            yield frozenset(single)


def _choice(text: str, number: int) -> frozenset[str]:
    found: set[str] = set()
    for part in text.split(","):
        low, dash, high = part.strip().partition("-")
        if len(low) != 1 or (dash and len(high) != 1) or (dash and ord(high) < ord(low)):
            raise Invalid(f"line {number}: [{text[:20]}] is no choice of single characters")
        found.update(chr(code) for code in range(ord(low), ord(high or low) + 1))
    return frozenset(found)


def _insert(tree: _Node, prefix: str, number: int) -> None:
    """Adds a prefix; `Invalid` when a number could match it and an earlier line."""
    steps = list(pieces(prefix, number))
    waiting = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        if node.ends or depth == len(steps):
            other = node.ends or _any_end(node)
            raise Invalid(f"line {number}: prefix {prefix} overlaps line {other}")
        waiting += [(child, depth + 1) for edge, child in node.edges if not edge.isdisjoint(steps[depth])]
    node = tree
    for step in steps:
        for edge, child in node.edges:
            if edge == step:
                node = child
                break
        else:
            child = _Node()
            node.edges.append((step, child))
            node = child
    node.ends = number


def _any_end(node: _Node) -> int:
    while not node.ends:
        node = node.edges[0][1]
    return node.ends
