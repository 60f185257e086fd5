"""What a manager reads: both tables, column by column, and the system group."""

from datetime import UTC, datetime

from sbcd.base.clock import Clock
from sbcd.rooms.alarms import Alarms, alarm_type
from sbcd.rooms.alarms.mib import ACTIVE, HISTORY, SYSTEM, System, objects

PROXY = alarm_type("acProxyConnectionLost")


class Still(Clock):
    def wall(self) -> datetime:
        return datetime(2026, 3, 1, 23, 0, 5, tzinfo=UTC)

    def uptime(self) -> int:
        return 4200


def test_the_tables_and_the_system_group() -> None:
    alarms = Alarms(Still())
    ask = objects(alarms, lambda: System("an SBC", 7, "ops", "gate", "rack 1"))
    assert [oid for oid, _, _ in ask()] == [(*SYSTEM, column, 0) for column in range(1, 8)]
    alarms.raise_(PROXY, "a", "lost", info=("one", "", ""))
    alarms.raise_(PROXY, "b", "lost as well")
    alarms.clear(PROXY, "a", "found")
    found = ask()
    assert [oid for oid, _, _ in found] == sorted(oid for oid, _, _ in found)
    by_oid = {oid: value for oid, _, value in found}
    assert [by_oid[(*ACTIVE, column, 2)] for column in range(1, 14)] == [
        2,
        4200,
        "1.3.6.1.4.1.5003.9.10.1.21.2.0.94",
        bytes.fromhex("07ea 03 01 17 00 05 00 2b 00 00"),
        93,
        b"lost as well",
        b"b",
        4,
        1,
        6,
        b"",
        b"",
        b"",
    ]
    assert (*ACTIVE, 1, 1) not in by_oid, "it was cleared"
    assert [by_oid[(*HISTORY, 8, row)] for row in (1, 2, 3)] == [4, 4, 0]
    assert by_oid[(*HISTORY, 11, 1)] == b"one"
    assert by_oid[(*SYSTEM, 5, 0)] == b"gate"


def test_nothing_is_written_anew_while_nothing_happens() -> None:
    alarms = Alarms(Still())
    alarms.raise_(PROXY, "a", "lost")
    ask = objects(alarms, lambda: System("", 0, "", "", ""))
    assert ask()[7] is ask()[7]
