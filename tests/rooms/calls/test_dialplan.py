"""Dial plans: the most specific rule of a number, against a search of all rules one by one."""

from random import Random

import pytest

from sbcd.base.errors import Invalid
from sbcd.rooms.calls.dialplan import PlanTrie
from sbcd.rooms.calls.patterns import matcher

PIECES = ("0", "1", "2", "12", "x", "z", "[1-2,10-12]", ".", "+")


def length(pattern: str, number: str) -> int:
    """How much of a number a prefix rule takes, by trying; whole numbers are longer than all."""
    bare = pattern.removesuffix("#")
    for size in range(len(number), -1, -1):
        found = matcher(bare + "#") if bare else None
        if (found(number[:size]) if found is not None else size == 0) and (
            not pattern.endswith("#") or size == len(number)
        ):
            return size + (1 if pattern.endswith("#") else 0)
    return -1


def slow(rules: list[tuple[str, str]], number: str) -> tuple[int, set[str]]:
    """The length of the best rules, and the tags of all rules of that length."""
    best = max((length(pattern, number) for pattern, _ in rules), default=-1)
    return best, {tag for pattern, tag in rules if best >= 0 and length(pattern, number) == best}


def test_the_quick_way_finds_what_the_slow_way_finds() -> None:
    chance = Random(4)
    for _ in range(150):
        rules = [
            ("".join(chance.choices(PIECES, k=chance.randint(1, 4))) + chance.choice(("", "", "#")), f"t{at}")
            for at in range(20)
        ]
        plan = PlanTrie(rules)
        for _ in range(30):
            number = "".join(chance.choices("0123+", k=chance.randint(0, 6)))
            best, tags = slow(rules, number)
            assert plan.tag(number) in (tags or {""}), (number, rules, best)


@pytest.mark.parametrize(
    ("rules", "number", "tag"),
    [
        ([("12", "a"), ("1x", "b")], "123", "a"),  # of the same length the plain one
        ([("1x", "b"), ("12", "a")], "123", "a"),
        ([("12", "a"), ("1x3", "b")], "123", "b"),  # the longer one
        ([("123", "a"), ("12x#", "b")], "123", "b"),  # whole numbers before prefixes
        ([("123#", "a"), ("12x#", "b")], "123", "a"),
        ([("12", "a"), ("12", "b")], "129", "a"),  # the first of the table
        ([("*", "all"), ("9", "nine")], "123", "all"),
        ([("(99)", "end"), ("12", "a")], "1299", "a"),  # suffixes last
        ([("(99)", "end")], "1299", "end"),
        ([("12#", "a")], "123", ""),
        ([], "123", ""),
    ],
)
def test_which_rule_counts(rules: list[tuple[str, str]], number: str, tag: str) -> None:
    assert PlanTrie(rules).tag(number) == tag


def test_case_counts_only_where_it_should() -> None:
    assert PlanTrie([("Bob", "b")]).tag("bob") == ""
    assert PlanTrie([("Bob", "b")], case_sensitive=False).tag("BOB7") == "b"


def test_a_pattern_that_stands_for_too_much_is_refused() -> None:
    with pytest.raises(Invalid, match="more than 5000 prefixes"):
        PlanTrie([("[0-999999][0-999999]".replace("0-999999", ",".join(str(n) for n in range(99))), "t")])
