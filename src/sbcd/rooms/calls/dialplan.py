"""A dial plan: from a number to the tag of the most specific rule.

One rule: the longest rule counts; of two of the same length the plain one before the one with wildcards,
and the first one of the table before the others. Rules without wildcards, nearly all, are found by their
text; the others stand in a tree that is walked digit by digit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import product

from sbcd.base.errors import Invalid
from sbcd.rooms.calls.patterns import ANY, Matcher, Set, matcher, parse

MOST_SEQUENCES = 5000
PLAIN = re.compile(r"[^\[\]()#*.xXzZnN$]+(#?)\Z").match


class Node:
    """A place in the tree."""

    __slots__ = ("edges", "tag", "whole", "wild")

    def __init__(self) -> None:
        self.edges: dict[str, Node] = {}
        self.wild: list[tuple[Set, Node]] = []
        self.tag: str | None = None  # for every number that begins so
        self.whole: str | None = None  # for the number that ends here


class PlanTrie:
    """A dial plan, in time of the number's length."""

    def __init__(self, rules: Iterable[tuple[str, str]], case_sensitive: bool = True) -> None:
        self._fold = not case_sensitive
        self._plain: dict[str, str] = {}
        self._whole: dict[str, str] = {}
        self._root = Node()
        self._suffixed: list[tuple[Matcher, str]] = []
        for pattern, tag in rules:
            self._add(pattern.lower() if self._fold else pattern, tag)
        self._lengths = sorted({len(prefix) for prefix in self._plain}, reverse=True)
        self._grown = bool(self._root.edges or self._root.wild or self._root.tag or self._root.whole)

    def _add(self, pattern: str, tag: str) -> None:
        if (plain := PLAIN(pattern)) is not None:
            held = self._whole if plain[1] else self._plain
            text = pattern[:-1] if plain[1] else pattern
            held[text] = held.get(text) or tag
            return
        prefix, suffix, exact = parse(pattern)
        if suffix is not None:
            found = matcher(pattern)
            assert found is not None
            self._suffixed.append((found, tag))
            return
        count = 1
        for part in prefix:
            count *= len(part)
        if count > MOST_SEQUENCES:
            raise Invalid(f"pattern '{pattern}' stands for more than {MOST_SEQUENCES} prefixes")
        for combination in product(*prefix):
            node = self._node([chars for sequence in combination for chars in sequence])
            if exact:
                node.whole = node.whole or tag
            else:
                node.tag = node.tag or tag

    def _node(self, sequence: list[Set]) -> Node:
        node = self._root
        for chars in sequence:
            if len(chars) == 1 and chars is not ANY:
                node = node.edges.setdefault(next(iter(chars)), Node())
                continue
            for known, below in node.wild:
                if known == chars:
                    node = below
                    break
            else:
                node.wild.append((chars, Node()))
                node = node.wild[-1][1]
        return node

    def tag(self, number: str) -> str:
        """The tag of a number, or ''."""
        if self._fold:
            number = number.lower()
        if (whole := self._whole.get(number)) is not None:
            return whole
        best, depth = self._walked(number) if self._grown else ("", -1)
        if depth > len(number):
            return best
        size, plain = len(number), self._plain
        for length in self._lengths:
            if length < depth:
                break
            if length <= size and (found := plain.get(number[:length])) is not None:
                return found
        if depth < 0 and self._suffixed:
            return next((tag for match, tag in self._suffixed if match(number)), "")
        return best

    def _walked(self, number: str) -> tuple[str, int]:
        """The tag and the length of the longest rule in the tree; a rule that ends with the number is longer
        than any. -1: none."""
        best, depth, size = "", -1, len(number)
        waiting = [(self._root, 0)]
        while waiting:
            node, at = waiting.pop()
            while True:
                if at == size:
                    if node.whole is not None:
                        return node.whole, size + 1
                    if node.tag is not None and at > depth:
                        best, depth = node.tag, at
                    break
                if node.tag is not None and at > depth:
                    best, depth = node.tag, at
                char = number[at]
                at += 1
                if node.wild:
                    waiting.extend((w, at) for chars, w in node.wild if char in chars or chars is ANY)
                if (below := node.edges.get(char)) is None:
                    break
                node = below  # plain digits before wildcards
        return best, depth
