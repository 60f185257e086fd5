"""What stands in an engine becomes levels of the device, its IP groups and SRDs."""

import contextlib
from typing import Any

from sbcd.base.clock import Clock
from sbcd.rooms.alarms import Alarms
from sbcd.rooms.calls.contract import CallLine, UserLine
from sbcd.rooms.calls.facts import SessionClosed, SessionOpened, Way
from sbcd.rooms.calls.planner import Around
from sbcd.rooms.calls.room import Calls
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


def test_calls_of_a_surviving_engine_are_counted_until_they_end() -> None:
    """A reset waits for them (R11), the licence counts them, and no end makes fewer than none."""
    room = Calls(Any, lambda running: Around(), Alarms(Clock()), contextlib.nullcontext())  # type: ignore[arg-type]
    room.renewed()
    room.stands([call(1, Way.IN, 1), call(1, Way.OUT, 2), call(2, Way.IN, 1)])
    seen = [room.active]
    for fact in (SessionOpened(0.0, 2), SessionOpened(0.0, 3), SessionClosed(0.0, 1), SessionClosed(0.0, 9)):
        room.heard([fact])
        seen.append(room.active)
    assert seen == [2, 2, 3, 2, 2]
