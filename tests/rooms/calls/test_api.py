"""GET /calls/active: one line for each session."""

from sbcd.rooms.calls.api import ActiveCall, sessions
from sbcd.rooms.calls.contract import CallLine
from sbcd.rooms.calls.facts import Way

NAMES = {0: "Phones", 1: "Trunk"}


def leg(session: int, way: Way, group: int, callee: str, state: str = "Connected") -> CallLine:
    return CallLine(session, way, 1e9, state, "100", callee, "127.0.0.2:5060", group, 12.7)


def test_two_legs_are_one_session_and_a_lonely_leg_has_no_destination() -> None:
    lines = [leg(7, Way.OUT, 1, "+49200"), leg(3, Way.IN, 0, "300", "Setup"), leg(7, Way.IN, 0, "200")]
    assert sessions(lines, NAMES.__getitem__) == [
        ActiveCall(3, "100", "300", "Phones", None, "Setup", 12),
        ActiveCall(7, "100", "+49200", "Phones", "Trunk", "Connected", 12),
    ]
