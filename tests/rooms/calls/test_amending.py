"""A plan told by its differences is the same plan, and a change of one row tells one row."""

import msgspec

from sbcd.rooms.calls.amending import amended, amendment
from sbcd.rooms.calls.contract import Amend, Down
from sbcd.rooms.calls.plan import IpGroup, Plan, Srd

GROUPS = tuple(IpGroup(index, f"group-{index}", 0, 0, 1) for index in range(100))
PLAN = Plan(ip_groups=GROUPS, srds=(Srd(0, "DefaultSRD"),))


def but(**changes: object) -> Plan:
    return msgspec.structs.replace(PLAN, **changes)


def told(new: Plan) -> tuple[set[str], set[str]]:
    """Which parts are told whole, and which item by item; over the wire, and the plan is right after it."""
    said = Amend(1, 2, 1, *amendment(PLAN, new))
    heard = msgspec.msgpack.decode(msgspec.msgpack.encode(said), type=Down)
    assert amended(PLAN, heard.whole, heard.items) == new
    return set(heard.whole), set(heard.items)


def test_nothing() -> None:
    assert told(PLAN) == told(but(srds=(Srd(0, "DefaultSRD"),))) == (set(), set())


def test_one_row() -> None:
    one = IpGroup(7, "renamed", 0, 0, 1, password="hush")
    new = but(ip_groups=(*GROUPS[:7], one, *GROUPS[8:]))
    assert told(new) == (set(), {"ip_groups"})
    whole, items = amendment(PLAN, new)
    assert len(bytes(items["ip_groups"])) < 500
    assert "hush" not in repr(Amend(1, 2, 1, whole, items))  # R34


def test_rows_that_come_go_or_move_and_parts_that_are_no_rows() -> None:
    assert told(but(ip_groups=GROUPS[1:])) == ({"ip_groups"}, set())
    assert told(but(ip_groups=(*GROUPS, IpGroup(100, "new", 0, 0, 1)))) == ({"ip_groups"}, set())
    assert told(but(ip_groups=(GROUPS[1], GROUPS[0], *GROUPS[2:]))) == ({"ip_groups"}, set())
    assert told(but(ip_groups=tuple(IpGroup(i, "x", 0, 0, 1) for i in range(100)))) == ({"ip_groups"}, set())
    assert told(but(srds=(Srd(0, "other"),), capacity=7)) == ({"srds", "capacity"}, set())
