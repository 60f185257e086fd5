"""The dial plan file: plans, ranges, and no number that two lines of a plan match."""

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbcd.base.errors import Invalid
from sbcd.rooms.auxfiles import dialplan
from sbcd.rooms.auxfiles.dialplan import Rule

PLANS = """\
; numbers of a country
[ PLAN1 ]
02,7
00,7-14
0[3-4],7
911,0 ; emergency

[ PLAN2 ]
*1[0-9][2-5],3
5,lan
"""


def test_plans_are_read() -> None:
    plans = dialplan.read(PLANS)
    assert plans["PLAN1"] == (Rule("02", "7"), Rule("00", "7-14"), Rule("0[3-4]", "7"), Rule("911", "0"))
    assert plans["PLAN2"][1] == Rule("5", "lan")


def test_the_table_form_is_read() -> None:
    text = "DialPlanName,Name,Prefix,Tag\nDP,berlin,+4930,lan\nDP,rest,x,wan\nOther,,1,a\n"
    assert dialplan.read(text) == {
        "DP": (Rule("+4930", "lan", "berlin"), Rule("x", "wan", "rest")),
        "Other": (Rule("1", "a"),),
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("02,7\n", "line 1: a line before the first plan title"),
        ("[ PLAN1 ]\n02,7\n0[1-4],7\n", r"line 3: prefix 0\[1-4\] overlaps line 2"),
        ("[ PLAN1 ]\n1,7\n123,7\n", "line 3: prefix 123 overlaps line 2"),
        ("[ PLAN1 ]\n123,7\n1,7\n", "line 3: prefix 1 overlaps line 2"),
        ("[ PLAN1 ]\n[2-],7\n", "line 2: .* no choice"),
        ("[ PLAN1 ]\n5,9-3\n", "line 2: 9-3 is no range"),
        ("[ PLAN1 ]\n5\n", "line 2: 'prefix,digits'"),
        ("[ A ]\n1,1\n[ A ]\n", "line 3: plan A stands twice"),
        ("", "no plan title"),
        ("".join(f"[ P{i} ]\n1,1\n" for i in range(9)), "9 plans"),
        ("DialPlanName,Name,Prefix,Tag\nDP,x\n", "line 2: 2 cells, 4 expected"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(text: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        dialplan.read(text)


def numbers(prefix: str) -> set[str]:
    return {"".join(parts) for parts in itertools.product(*dialplan.pieces(prefix))}


PREFIXES = st.lists(st.sampled_from(["1", "2", "[1-2]", "[2-3]", "3"]), min_size=1, max_size=3).map("".join)


@given(st.lists(PREFIXES, min_size=1, max_size=5))
def test_overlap_is_found_exactly_when_some_number_matches_two_lines(prefixes: list[str]) -> None:
    overlap = any(
        a.startswith(b) or b.startswith(a)
        for one, two in itertools.combinations(prefixes, 2)
        for a in numbers(one)
        for b in numbers(two)
    )
    text = "[ P ]\n" + "".join(f"{prefix},t\n" for prefix in prefixes)
    if overlap:
        with pytest.raises(Invalid, match="overlaps"):
            dialplan.read(text)
    else:
        assert len(dialplan.read(text)["P"]) == len(prefixes)


def test_eight_thousand_lines_are_read() -> None:
    text = "[ P ]\n" + "".join(f"{number:05d},7\n" for number in range(8000))
    assert len(dialplan.read(text)["P"]) == 8000


@given(st.text(max_size=300))
def test_no_text_crashes_the_reader(text: str) -> None:
    for candidate in (text, PLANS + text, "DialPlanName,Name,Prefix,Tag\n" + text):
        with contextlib.suppress(Invalid):
            dialplan.read(candidate)
