"""Raise, clear, event: what stands, what is remembered, what is told. The clock is an argument."""

import os
import signal
import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbcd.base.clock import Clock
from sbcd.pages import alarms as alarms_page
from sbcd.rooms.alarms import CATALOGUE, Alarm, Alarms, AlarmType, Journal, Severity, alarm_type
from sbcd.rooms.alarms.notices import Device, as_json, line, trap

PROXY = alarm_type("acProxyConnectionLost")
NTP = alarm_type("acNTPServerStatusAlarm")
EIGHT = "Board#1/ProxyConnection#8"
LOST = "Proxy Set 8 (main): no server answers, looking for another"


class Still(Clock):
    """A clock that goes on by one second a look."""

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 3, 1, 23, 0, 0, tzinfo=UTC)

    def wall(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def uptime(self) -> int:
        return 4200


def heard(alarms: Alarms) -> list[Alarm]:
    told: list[Alarm] = []
    alarms.tell(told.append)
    return told


def short(rows: object) -> list[tuple[int, str, str]]:
    return [(row.id, row.severity.title, row.text) for row in rows]  # type: ignore[attr-defined]


def test_a_raise_stands_until_it_is_cleared() -> None:
    alarms = Alarms(Still())
    told = heard(alarms)
    alarms.raise_(PROXY, EIGHT, LOST)
    assert short(alarms.active.values()) == [(1, "Major", LOST)]
    alarms.clear(PROXY, EIGHT, "all servers answer")
    assert not alarms.active
    assert short(alarms.history.values()) == [(1, "Major", LOST), (2, "Cleared", "all servers answer")]
    assert told == list(alarms.history.values())


def test_reporting_the_same_again_is_nothing() -> None:
    alarms = Alarms(Still())
    for _ in range(5):
        alarms.raise_(PROXY, EIGHT, LOST)
    alarms.clear(PROXY, EIGHT)
    alarms.clear(PROXY, EIGHT)
    alarms.clear(NTP, "Board#1")
    assert short(alarms.history.values()) == [(1, "Major", LOST), (2, "Cleared", LOST)]


def test_another_severity_or_text_is_a_new_raise_in_the_place_of_the_old() -> None:
    alarms = Alarms(Still())
    alarms.raise_(PROXY, EIGHT, "one of two servers is down", Severity.MINOR)
    alarms.raise_(PROXY, EIGHT, LOST, Severity.MAJOR)
    assert short(alarms.active.values()) == [(2, "Major", LOST)]
    assert [row[:2] for row in short(alarms.history.values())] == [(1, "Minor"), (2, "Major")]


def test_events_are_told_and_stand_in_no_table() -> None:
    alarms = Alarms(Still())
    told = heard(alarms)
    alarms.event(alarm_type("acActivityLog"), "Board#1", "something was changed")
    assert short(told) == [(1, "Indeterminate", "something was changed")]
    assert not alarms.active
    assert not alarms.history
    assert alarms.last_change is None
    with pytest.raises(ValueError, match="event"):
        alarms.raise_(alarm_type("acActivityLog"), "Board#1", "no")


def test_a_threshold_crossing_is_told_with_its_end_and_stands_in_no_table() -> None:
    alarms = Alarms(Still())
    told = heard(alarms)
    crossing = alarm_type("acPerformanceMonitoringThresholdCrossing")
    alarms.raise_(crossing, "PM_x#7", "over 90")
    alarms.raise_(crossing, "PM_x#7", "over 90")
    alarms.clear(crossing, "PM_x#7", "below 80")
    assert short(told) == [(1, "Indeterminate", "over 90"), (2, "Cleared", "below 80")]
    assert not alarms.active
    assert not alarms.history


def test_numbers_grow_over_events_and_are_not_consecutive_in_the_tables() -> None:
    """R14: decimal, growing, never reused, not necessarily consecutive."""
    alarms = Alarms(Still())
    alarms.raise_(NTP, "Board#1", "no answer")
    alarms.event(alarm_type("acActivityLog"), "Board#1", "x")
    alarms.raise_(PROXY, EIGHT, LOST)
    assert list(alarms.active) == [1, 3]


def test_the_last_change_is_that_of_the_active_table() -> None:
    """R16: when the last active alarm was raised or cleared."""
    alarms = Alarms(Still())
    assert alarms.last_change is None
    alarms.raise_(PROXY, EIGHT, LOST)
    raised = alarms.last_change
    alarms.clear(PROXY, EIGHT)
    assert raised is not None
    assert alarms.last_change is not None
    assert raised < alarms.last_change


def test_texts_are_cut_to_the_room_that_a_trap_has() -> None:
    alarms = Alarms(Still())
    alarms.raise_(PROXY, "s" * 150, "t" * 300, info=("i" * 150, "b", "c", "d"))
    alarms.raise_(PROXY, "s" * 150, "t" * 300)
    (row,) = alarms.active.values()
    assert (len(row.source), len(row.text), len(row.info[0]), row.info[1:]) == (100, 200, 100, ("b", "c"))
    alarms.clear(PROXY, "s" * 150)
    assert not alarms.active


def test_a_full_active_table_overflows_once_and_history_goes_on() -> None:
    alarms = Alarms(Still())
    alarms.limit(active=3, history=500)
    for index in range(6):
        alarms.raise_(PROXY, f"Board#1/ProxyConnection#{index}", LOST)
    overflow = alarm_type("acActiveAlarmTableOverflow")
    assert [row.type for row in alarms.active.values()] == [PROXY, PROXY, PROXY, overflow]
    assert sum(row.type is PROXY for row in alarms.history.values()) == 6
    alarms.raise_(PROXY, "Board#1/ProxyConnection#5", LOST)
    assert len(alarms.history) == 7, "what is not in the table is not raised again either"
    for index in range(6):
        alarms.clear(PROXY, f"Board#1/ProxyConnection#{index}")
    assert [row.type for row in alarms.active.values()] == [overflow], "stays until the reset"
    assert sum(row.severity is Severity.CLEARED for row in alarms.history.values()) == 6


def test_customized_severities_apply_at_once_and_to_what_comes() -> None:
    alarms = Alarms(Still())
    alarms.raise_(PROXY, EIGHT, LOST)
    alarms.raise_(NTP, "Board#1", "no answer")

    def judge(type: AlarmType, _source: str, severity: Severity) -> Severity | None:
        return {PROXY: Severity.WARNING, NTP: None}.get(type, severity)

    alarms.customize(judge)
    assert short(alarms.active.values()) == [(3, "Warning", LOST)]
    assert short(alarms.history.values())[-1] == (4, "Cleared", "no answer")
    alarms.raise_(NTP, "Board#1", "still no answer")
    assert len(alarms.active) == 1, "a suppressed alarm is not raised"
    alarms.customize(lambda _type, _source, severity: severity)
    assert [row[1:] for row in short(alarms.active.values())] == [
        ("Major", LOST),
        ("Major", "still no answer"),
    ]


def test_a_crash_loses_nothing_and_a_reset_ends_all(tmp_path: Path) -> None:
    """R15: rows since the last reboot. The end of a process is none; numbers never begin again (R14)."""
    path = tmp_path / "alarms.db"
    alarms = Alarms(Still(), Journal(path, "boot 1"))
    alarms.raise_(PROXY, EIGHT, LOST, info=("a", "b", "c"))
    alarms.raise_(NTP, "Board#1", "no answer")
    alarms.clear(NTP, "Board#1")
    seen = (dict(alarms.active), dict(alarms.history), alarms.last_change)

    again = Alarms(Still(), Journal(path, "boot 1"))
    assert (dict(again.active), dict(again.history), again.last_change) == seen
    again.raise_(PROXY, EIGHT, LOST)
    assert len(again.history) == 3, "it stands already"
    assert again.sources(PROXY) == [EIGHT]

    again.forget()
    again.raise_(NTP, "Board#1", "after a reset")
    assert short(again.history.values()) == [(4, "Major", "after a reset")]

    another = Alarms(Still(), Journal(path, "boot 2"))
    assert (dict(another.active), dict(another.history), another.last_change) == ({}, {}, None)
    another.raise_(NTP, "Board#1", "after a reboot")
    assert list(another.active) == [5]


def test_customized_severities_outlive_a_crash_with_the_reported_one(tmp_path: Path) -> None:
    path = tmp_path / "alarms.db"
    alarms = Alarms(Still(), Journal(path))
    alarms.customize(lambda *_: Severity.WARNING)
    alarms.raise_(PROXY, EIGHT, LOST)
    again = Alarms(Still(), Journal(path))
    assert again.severity is Severity.WARNING
    again.raise_(PROXY, EIGHT, LOST, Severity.MAJOR)
    assert len(again.history) == 1
    again.customize(lambda _type, _source, severity: severity)
    assert again.severity is Severity.MAJOR


def test_a_damaged_journal_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "alarms.db"
    path.write_bytes(b"this is no database, and longer than its header of sixteen bytes" * 40)
    alarms = Alarms(Still(), Journal(path))
    alarms.raise_(PROXY, EIGHT, LOST)
    assert list(alarms.active) == [1]
    assert (tmp_path / "alarms.db.damaged").exists()


def test_a_disk_that_takes_nothing_stops_no_alarm_and_is_caught_up(tmp_path: Path) -> None:
    path = tmp_path / "alarms.db"
    journal = Journal(path)
    journal._base.execute("PRAGMA query_only = ON")
    alarms = Alarms(Still(), journal)
    told = heard(alarms)
    alarms.raise_(PROXY, EIGHT, LOST)
    assert (len(told), list(alarms.active)) == (1, [1])
    assert journal.trouble
    journal._base.execute("PRAGMA query_only = OFF")
    alarms.raise_(NTP, "Board#1", "no answer")
    assert journal.trouble is None
    assert list(Alarms(Still(), Journal(path)).active) == [1, 2]


def test_a_flood_keeps_memory_flat_and_the_newest(tmp_path: Path) -> None:
    """100,000 raises in a row: the oldest go, the numbers grow."""
    alarms = Alarms(Still(), Journal(None))
    for index in range(20_000):
        alarms.raise_(PROXY, f"s{index}", LOST)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for index in range(20_000, 100_000):
            alarms.raise_(PROXY, f"s{index}", LOST)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 2_000_000  # what is traced: the rows that came into the place of untraced ones
    assert len(alarms.history) == 500
    assert list(alarms.history)[-1] == 100_001  # with the overflow
    assert len(alarms.active) == 121


KILLED = """
import sys
from pathlib import Path
from sbcd.base.clock import Clock
from sbcd.rooms.alarms import Alarms, Journal, alarm_type
alarms = Alarms(Clock(), Journal(Path(sys.argv[1]), "boot"))
for index in range(100_000):
    alarms.raise_(alarm_type("acProxyConnectionLost"), f"s{index}", "lost")
    print(list(alarms.history)[-1], flush=True)
"""


def test_kill_loses_none_that_was_answered(tmp_path: Path) -> None:
    path = tmp_path / "alarms.db"
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout
            answered = [int(child.stdout.readline()) for _ in range(300)]
            os.kill(child.pid, signal.SIGKILL)
            answered += [int(line) for line in child.stdout if line.endswith("\n")]
        history = Alarms(Still(), Journal(path, "boot")).history
        kept = list(history)
        assert set(answered[-400:]) <= set(kept)
        assert kept == sorted(kept)


def test_the_catalogue_has_the_mib_numbers() -> None:
    assert len(CATALOGUE) == 159
    assert [kind.number for kind in CATALOGUE.values()] == list(range(1, 160))
    assert PROXY.oid() == "1.3.6.1.4.1.5003.9.10.1.21.2.0.94"
    assert PROXY.oid("1.3.6.1.4.1.99") == "1.3.6.1.4.1.99.2.0.94"
    with pytest.raises(KeyError):
        alarm_type("acProxyConectionLost")


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_hundred_thousand_raises_with_the_journal(tmp_path: Path) -> None:
    """The journal stays small, and what it holds is the newest."""
    path = tmp_path / "alarms.db"
    alarms = Alarms(Still(), Journal(path))
    for index in range(100_000):
        alarms.raise_(PROXY, f"s{index % 1000}", f"lost {index}")
    alarms.close()
    size = sum(part.stat().st_size for part in tmp_path.iterdir())
    again = Alarms(Still(), Journal(path))
    assert list(again.history)[-1] > 100_000
    assert len(again.history) == 500
    assert size < 10_000_000


@given(st.text(alphabet=st.characters(), max_size=300), st.text(alphabet=st.characters(), max_size=120))
def test_whatever_a_peer_said_can_be_raised_kept_shown_and_sent(text: str, source: str) -> None:
    """Also what is no text: a byte that could not be decoded, a NUL."""
    alarms = Alarms(Still())
    text, source = text + "\udcff\x00", source + "\ud800"
    alarms.raise_(PROXY, source, text, info=(text,))
    alarms.raise_(PROXY, source, text, info=(text,))
    (row,) = alarms.active.values()
    assert msgspec.json.encode(as_json(row, Device()))
    assert trap(row, Severity.MAJOR, Device())
    assert line(row).encode()
    alarms.clear(PROXY, source, text)
    assert not alarms.active


def test_the_page_tells_what_this_device_sends() -> None:
    text = alarms_page()
    assert "| 94 | acProxyConnectionLost | sent |" in text
    assert "| 16 | acKeepAlive | sent |" in text
    assert "| 3 | acBoardTemperatureAlarm |  |" in text
