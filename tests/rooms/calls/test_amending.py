"""A plan told by its differences is the same plan, and a change of one row tells one row."""

import msgspec

from sbcd.base.indexed import Indexed
from sbcd.rooms.calls.amending import EMPTY, amended, amendment, whole
from sbcd.rooms.calls.contract import Down, Prepare
from sbcd.rooms.calls.plan import IpGroup, Plan, Srd

GROUPS = Indexed.of(IpGroup(index, f"group-{index}", 0, 0, 1) for index in range(100))
PLAN = Plan(ip_groups=GROUPS, srds=(Srd(0, "DefaultSRD"),))


def but(**changes: object) -> Plan:
    return msgspec.structs.replace(PLAN, **changes)


def told(new: Plan) -> tuple[set[str], set[str], set[str]]:
    """Which parts are told whole, which item by item, and of which items went; over the wire, and the plan
    is right after it."""
    said = Prepare(1, 2, amendment(PLAN, new), 1)
    heard = msgspec.msgpack.decode(msgspec.msgpack.encode(said), type=Down)
    assert amended(PLAN, heard.plan) == new
    return set(heard.plan.whole), set(heard.plan.items), set(heard.plan.gone)


def test_nothing() -> None:
    assert told(PLAN) == told(but(srds=(Srd(0, "DefaultSRD"),))) == (set(), set(), set())


def test_the_whole() -> None:
    assert amended(EMPTY, whole(PLAN)) == PLAN
    assert set(whole(PLAN).whole) == {"ip_groups", "srds"}, "what is empty is not told"


def test_one_row() -> None:
    one = IpGroup(7, "renamed", 0, 0, 1, password="hush")
    new = but(ip_groups=GROUPS.but({7: one}))
    assert told(new) == (set(), {"ip_groups"}, set())
    said = amendment(PLAN, new)
    assert len(bytes(said.items["ip_groups"])) < 500
    assert "hush" not in repr(Prepare(1, 2, said, 1))  # R34


def test_a_row_that_comes_and_one_that_goes() -> None:
    assert told(but(ip_groups=GROUPS.but({100: IpGroup(100, "new", 0, 0, 1)}))) == (
        set(),
        {"ip_groups"},
        set(),
    )
    assert told(but(ip_groups=GROUPS.but({3: None}))) == (set(), set(), {"ip_groups"})
    assert told(but(ip_groups=GROUPS.but({3: None, 4: IpGroup(4, "x", 0, 0, 1)}))) == (
        set(),
        {"ip_groups"},
        {"ip_groups"},
    )


def test_most_rows_and_parts_that_are_no_rows() -> None:
    many = tuple(IpGroup(i, "x", 0, 0, 1) for i in range(100))
    assert told(but(ip_groups=many)) == ({"ip_groups"}, set(), set())
    assert told(but(ip_groups=())) == ({"ip_groups"}, set(), set())
    assert told(but(srds=(Srd(0, "other"),), capacity=7)) == ({"srds", "capacity"}, set(), set())
