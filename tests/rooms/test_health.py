"""The machine's state as alarms: thresholds with a way back, links, and the device's own events."""

from datetime import UTC, datetime

from sbcd.base.clock import Clock
from sbcd.rooms import health
from sbcd.rooms.alarms import Alarm, Alarms
from sbcd.rooms.health import Health, Load

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def looks(*loads: Load) -> list[tuple[str, str]]:
    """Source and severity of every notification while the machine goes through these."""
    alarms = Alarms(Clock())
    told: list[Alarm] = []
    alarms.tell(told.append)
    following = iter(loads)
    machine = Health(alarms, lambda: next(following), dict, lambda name, up: None)
    for _ in loads:
        machine.tick(NOW)
    return [(row.source, row.severity.title) for row in told]


def disk(*percents: float) -> list[tuple[str, str]]:
    return looks(*(Load(None, None, percent) for percent in percents))


def test_a_filling_disk_is_major_then_critical_and_comes_back() -> None:
    assert disk(50, 89.9) == []
    assert disk(90, 92, 97, 99, 93, 91, 86, 84.9, 84) == [
        ("Board#1/Disk", "Major"),
        ("Board#1/Disk", "Critical"),
        ("Board#1/Disk", "Major"),
        ("Board#1/Disk", "Cleared"),
    ]


def test_a_value_near_the_line_is_one_alarm() -> None:
    assert disk(*(90 if look % 2 else 89 for look in range(100))) == [("Board#1/Disk", "Major")]


def test_a_short_peak_of_the_processor_is_none_and_a_lasting_one_is() -> None:
    def processor(*percents: float) -> list[tuple[str, str]]:
        return looks(*(Load(percent, None, None) for percent in percents))

    assert processor(99, 100, 20, 99, 99, 20) == []
    assert processor(99, 100, 99, 100, 88, 20) == [("Board#1", "Major"), ("Board#1", "Cleared")]


def test_memory_and_what_the_machine_does_not_tell() -> None:
    assert looks(Load(None, 98, None), Load(None, None, None)) == [("Board#1/Memory", "Critical")]


def test_a_link_that_was_up_and_is_not() -> None:
    alarms = Alarms(Clock())
    states = iter([{"a": True, "b": False}, {"a": False, "b": False}, {"a": True, "b": True}])
    moved: list[tuple[str, bool]] = []
    machine = Health(
        alarms,
        lambda: Load(None, None, None),
        lambda: next(states),
        lambda name, up: moved.append((name, up)),
    )
    for _ in range(3):
        machine.tick(NOW)
    assert moved == [("a", False), ("a", True), ("b", True)]
    assert [(row.source, row.severity.title) for row in alarms.history.values()] == [
        ("Board#1/EthernetLink#1", "Critical"),
        ("Board#1/EthernetLink#1", "Cleared"),
    ]


def test_the_devices_own() -> None:
    alarms = Alarms(Clock())
    told: list[Alarm] = []
    alarms.tell(told.append)
    health.started(alarms)
    health.reset_needed(alarms, False)
    health.reset_needed(alarms, True)
    health.reset_needed(alarms, True)
    health.reset_needed(alarms, False)
    health.troubled(alarms, "Cannot do it")
    health.resetting(alarms)
    assert [(row.type.name, row.severity.title) for row in told] == [
        ("acBoardEvBoardStarted", "Cleared"),
        ("acResetNeededAlarm", "Minor"),
        ("acResetNeededAlarm", "Cleared"),
        ("acBoardConfigurationError", "Critical"),
        ("acBoardEvResettingBoard", "Critical"),
    ]


def test_what_stood_before_a_crash_ends_when_it_is_over() -> None:
    alarms = Alarms(Clock())
    alarms.raise_(health.OVERLOAD, "Board#1/Disk", "full")
    alarms.raise_(health.OVERLOAD, "System#0", "somebody else's")
    alarms.raise_(health.LINK, "Board#1/EthernetLink#1", "down")
    machine = Health(alarms, lambda: Load(1, 1, 1), lambda: {"a": True}, lambda name, up: None)
    machine.tick(NOW)
    assert [row.source for row in alarms.active.values()] == ["System#0"]


def test_utilization_in_the_words_that_tools_read() -> None:
    machine = Health(Alarms(Clock()), lambda: Load(12.4, 34.0, None), dict, lambda name, up: None)
    show = machine.show()
    assert show.run([]) == (
        "CPUs utilization: Data 0% Voice -\nCPUs Used Memory: Data 0% Voice -\nUsed disk: -"
    )
    machine.tick(NOW)
    assert show.run([]) == (
        "CPUs utilization: Data 0% Voice 12%\nCPUs Used Memory: Data 0% Voice 34%\nUsed disk: -"
    )
