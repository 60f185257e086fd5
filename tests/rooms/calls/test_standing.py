"""What stands in an engine becomes levels of the device, its IP groups and SRDs."""

from sbcd.rooms.calls.contract import CallLine, Facts, UserLine
from sbcd.rooms.calls.factlog import FactLog, Reader
from sbcd.rooms.calls.facts import AnyFact, SessionClosed, SessionOpened, Way
from sbcd.rooms.calls.standing import Sessions, levels


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
    there = Sessions()
    there.stand([call(1, Way.IN, 1), call(1, Way.OUT, 2), call(2, Way.IN, 1)])
    seen = [there.active]
    facts: tuple[AnyFact, ...] = (
        SessionOpened(0.0, 2),
        SessionOpened(0.0, 3),
        SessionClosed(0.0, 1),
        SessionClosed(0.0, 9),
    )
    for fact in facts:
        there.heard(fact)
        seen.append(there.active)
    assert seen == [2, 2, 3, 2, 2]


def test_facts_that_are_told_again_are_heard_once() -> None:
    log, reader = FactLog("boot"), Reader()
    for session in range(5):
        log.add(SessionOpened(0.0, session))
    reader.known("boot", 2)  # by a device that was killed before it could acknowledge the other two it heard
    assert (reader.met("boot"), reader.met("boot")) == (True, False)
    heard = []
    for _ in range(2):
        log.linked()
        while batch := log.next():
            heard += [fact.session for fact in reader.news(batch)]  # type: ignore[union-attr]
    assert heard == [2, 3, 4]
    assert (reader.boot, reader.taken) == ("boot", 5)
    assert reader.met("another")
    assert (list(reader.news(Facts("boot", 6, [SessionOpened(0.0, 6)]))), reader.taken) == ([], 0)
