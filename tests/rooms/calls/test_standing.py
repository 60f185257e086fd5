"""What stands in an engine becomes levels of the device, its IP groups and SRDs."""

from sbcd.rooms.calls.contract import CallLine, UserLine
from sbcd.rooms.calls.facts import Way
from sbcd.rooms.calls.standing import levels


def call(session: int, way: Way, group: int, state: str = "Connected") -> CallLine:
    return CallLine(session, way, 0.0, state, "a", "b", "127.0.0.1:5060", group, 1.0)


def test_calls_and_users_that_are_there() -> None:
    lines = [
        call(1, Way.IN, 1),
        call(1, Way.OUT, 2, "Held"),
        call(2, Way.IN, 1, "Ringing"),
        call(3, Way.IN, -1),
    ]
    users = [UserLine("sip:a@b", "sip:a@c", 2, 60.0)]
    assert set(levels(lines, users, {1: 0, 2: 4})) == {
        ("sbc/callStats/global", 0, "activeCallsIn", 2),
        ("sbc/callStats/global", 0, "activeCallsOut", 1),
        ("sbc/callStats/global", 0, "activeSessions", 3),
        ("sbc/callStats/ipGroup", 1, "activeCallsIn", 1),
        ("sbc/callStats/ipGroup", 2, "activeCallsOut", 1),
        ("sbc/callStats/srd", 0, "activeCallsIn", 1),
        ("sbc/callStats/srd", 4, "activeCallsOut", 1),
        ("sbc/otherStats/global", 0, "registeredUsers", 1),
        ("sbc/otherStats/ipGroup", 2, "registeredUsers", 1),
        ("sbc/otherStats/srd", 4, "registeredUsers", 1),
    }


def test_nothing_stands_in_a_new_engine() -> None:
    assert levels([], [], {}) == [("sbc/callStats/global", 0, "activeSessions", 0)]
