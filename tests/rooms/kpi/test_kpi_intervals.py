"""Intervals: aligned, on time after jumps and suspends, kept over a crash, cleared by a reset (R22)."""

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from rooms.kpi.stage import CATALOGUE, START, Lost, Stage, Tried, Won
from sbcd.rooms.kpi import History, Interval

PATH = "sbc/callStats/ipGroup/0"


def spans(stage: Stage) -> list[tuple[int, str, str]]:
    """(id, start, end) as minutes:seconds, newest first."""
    status, body = stage.get("/kpi/interval")
    assert status in {200, 204}
    found = [] if body is None else body["intervals"]
    return [(one["id"], one["start"][11:19], one["end"][11:19]) for one in found]


def test_quarters_of_an_hour_are_aligned_to_the_clock() -> None:
    stage = Stage(start=START + timedelta(seconds=400))
    stage.go(1500)
    assert spans(stage) == [(2, "10:15:00", "10:30:00"), (1, "10:06:40", "10:15:00")]


def test_minutes_are_allowed_as_in_the_guide() -> None:
    stage = Stage(length=60)
    stage.go(181)
    assert spans(stage)[0] == (3, "10:02:00", "10:03:00")


def test_history_is_the_difference_and_current_goes_on() -> None:
    stage = Stage(length=60)
    for calls in (3, 0, 5):
        for _ in range(calls):
            stage.meters.observe(Tried(0))
        stage.go(60)
    stage.meters.observe(Tried(0))
    status, body = stage.get(f"/kpi/history/{PATH}/attemptedCallsIn?interval=all")
    assert (status, body) == (
        200,
        {"items": [{"interval": str(i), "value": str(v)} for i, v in ((3, 5), (2, 0), (1, 3))]},
    )
    assert stage.value(f"current/{PATH}/attemptedCallsInTotal") == 9


def test_gauges_have_average_and_maximum_and_ratios_the_whole_interval() -> None:
    stage = Stage(length=60)
    stage.go(30)
    for _ in range(4):
        stage.meters.observe(Won(0))
    stage.go(15)
    for _ in range(4):
        stage.meters.observe(Lost(0))
    stage.go(16)
    shown = {
        name: stage.value(f"history/{PATH}/{name}")
        for name in ("activeCallsInAvg", "activeCallsInMax", "answerSeizureRatioAvg", "noAnswerCallsIn")
    }
    assert shown == {
        "activeCallsInAvg": 1,
        "activeCallsInMax": 4,
        "answerSeizureRatioAvg": 50,
        "noAnswerCallsIn": 4,
    }


def test_a_clock_set_forward_ends_the_interval_with_its_real_length() -> None:
    stage = Stage()
    stage.go(120)
    stage.meters.observe(Tried(0))
    stage.time.wall += timedelta(hours=3)
    stage.go(1)
    assert spans(stage) == [(1, "10:00:00", "10:02:00")]
    stage.go(900)
    assert spans(stage)[0] == (2, "13:02:01", "13:15:00")
    assert stage.value(f"history/{PATH}/attemptedCallsIn?detailed=false") == 0
    assert stage.get(f"/kpi/history/{PATH}/attemptedCallsIn?interval=1")[1]["items"][0]["value"] == "1"


def test_a_clock_set_back_does_not_make_a_long_interval() -> None:
    stage = Stage()
    stage.go(600)
    stage.time.wall -= timedelta(hours=1)
    stage.go(900)
    assert spans(stage) == [(2, "09:10:01", "09:15:00"), (1, "10:00:00", "10:10:00")]


def test_a_suspended_machine_measures_nothing_while_it_sleeps() -> None:
    stage = Stage()
    stage.go(60)
    stage.time.wall += timedelta(hours=8)  # the monotonic clock stood still
    stage.go(2)
    assert spans(stage) == [(1, "10:00:00", "10:01:00")]


def test_a_device_that_was_busy_closes_at_the_mark_it_missed() -> None:
    stage = Stage()
    stage.intervals.tick(stage.time.go(1000))
    stage.go(1)
    assert spans(stage) == [(1, "10:00:00", "10:15:00")]
    stage.go(800)
    assert spans(stage)[0] == (2, "10:15:00", "10:30:00")


def test_closing_is_done_in_parts_and_no_fact_falls_between() -> None:
    stage = Stage(length=60)
    stage.meters.configured("ipGroup", dict.fromkeys(range(600), stage.meters.names["ipGroup"][0]))
    for index in range(600):
        stage.meters.observe(Tried(index))
    stage.intervals.tick(stage.time.go(60))
    for _ in range(3):
        stage.intervals.collect()  # 75 of 601
    assert spans(stage) == []
    for index in range(600):
        stage.meters.observe(Tried(index))  # rolls those that were not
    stage.go(3)
    assert len(spans(stage)) == 1
    stage.go(60)
    for index in (0, 599):
        _, body = stage.get(f"/kpi/history/sbc/callStats/ipGroup/{index}/attemptedCallsIn?interval=all")
        assert [item["value"] for item in body["items"]] == ["1", "1"]


def test_a_crash_keeps_history_and_totals_and_a_reset_clears_them(tmp_path: Path) -> None:
    path = str(tmp_path / "history.sqlite")
    stage = Stage(path=path, length=60)
    stage.meters.observe(Tried(0))
    stage.go(61)
    stage.meters.observe(Tried(0))
    stage.go(2)
    stage.meters.observe(Tried(0))  # less than a second before the end: the engine tells it again
    again = Stage(path=path, length=60, start=START + timedelta(seconds=75))
    assert again.value(f"current/{PATH}/attemptedCallsInTotal") == 2
    assert [one[0] for one in spans(again)] == [1]
    again.go(61)
    assert spans(again) == [(2, "10:01:00", "10:02:00"), (1, "10:00:00", "10:01:00")]
    _, body = again.get(f"/kpi/history/{PATH}/attemptedCallsIn?interval=all")
    assert [item["value"] for item in body["items"]] == ["1", "1"]
    reset = Stage(path=path, boot="2")
    assert spans(reset) == []
    assert reset.value(f"current/{PATH}/attemptedCallsInTotal") == 0


def test_what_is_counted_is_kept_with_the_number_of_its_last_fact(tmp_path: Path) -> None:
    """A fact is acknowledged to the engine only when a crash cannot take it any more."""
    stage = Stage(path=str(tmp_path / "h.sqlite"))
    heard, settled = 0, list[int]()
    stage.intervals.heard = lambda: ("engine", heard)
    stage.intervals.settled = lambda engine, taken: settled.append(taken)
    for _ in range(5):
        stage.meters.observe(Tried(0))
        heard += 1
        stage.go(0.5, tick=0.5)
        kept = Stage(path=str(tmp_path / "h.sqlite"))
        mark = kept.history.mark()
        assert kept.value(f"current/{PATH}/attemptedCallsInTotal") == mark.taken
        assert heard - mark.taken < 3
    assert settled == [1, 3, 5]
    stage.meters.observe(Tried(0))
    heard += 2000  # so many do not wait for the second
    stage.intervals.collect()
    stage.intervals.collect()
    assert settled[-1] == 2005


def test_totals_never_lag_behind_those_of_a_closed_interval(tmp_path: Path) -> None:
    """Otherwise facts that are told again after a crash were counted in two intervals."""
    path = str(tmp_path / "h.sqlite")
    stage = Stage(path=path, length=60)
    stage.go(59.5, tick=0.5)
    stage.meters.observe(Tried(0))
    stage.intervals.tick(stage.time.go(0.5))
    for _ in range(20):
        stage.intervals.collect()
    [(totals, then)] = [found[2:] for found in stage.history.totals() if found[0] == "sbc/callStats/global"]
    assert totals == then


def test_a_full_disk_holds_up_nobody_and_nothing_is_forgotten(tmp_path: Path) -> None:
    stage = Stage(path=str(tmp_path / "h.sqlite"))
    settled: list[int] = []
    stage.intervals.heard = lambda: ("engine", 7)
    stage.intervals.settled = lambda engine, taken: settled.append(taken)
    jobs: list[Callable[[], None]] = []
    stage.intervals._aside = jobs.append
    stage.meters.observe(Tried(0))
    stage.go(1.5)
    link = stage.history._write
    stage.history._write = sqlite3.connect(":memory:", isolation_level=None)  # which has no tables
    with pytest.raises(sqlite3.OperationalError):
        jobs.pop()()
    stage.history._write = link
    stage.go(1.5)
    assert settled == [7]
    jobs.pop()()
    again = Stage(path=str(tmp_path / "h.sqlite"))
    assert again.value(f"current/{PATH}/attemptedCallsInTotal") == 1


def test_a_damaged_file_costs_the_history_not_the_start(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    path.write_bytes(b"this is not a database" * 500)
    assert spans(Stage(path=str(path))) == []


def test_what_is_kept_is_bounded(tmp_path: Path) -> None:
    path = str(tmp_path / "history.sqlite")
    stage = Stage(path=path, length=60, kept=96)
    for _ in range(120):
        stage.meters.observe(Tried(1))
        stage.go(60, tick=20)
    found = spans(stage)
    assert (len(found), found[0][0], found[-1][0]) == (96, 120, 25)
    with sqlite3.connect(path) as link:
        rows = link.execute("SELECT count(*), min(interval) FROM measured WHERE idx = 1").fetchone()
    link.close()
    assert rows == (96, 25)


def test_a_deleted_group_leaves_no_rows(tmp_path: Path) -> None:
    history = History(tmp_path / "h.sqlite", "1", CATALOGUE)
    stage = Stage(path=str(tmp_path / "h.sqlite"), length=60)
    stage.meters.observe(Tried(1))
    stage.go(61)
    stage.meters.configured("ipGroup", {})
    stage.time.go(61)
    stage.intervals.forget(stage.meters.bury())
    assert history.values("sbc/callStats/ipGroup", 1, 0, 99) == {}


def test_one_transaction_an_interval(tmp_path: Path) -> None:
    history = History(tmp_path / "h.sqlite", "1", CATALOGUE)
    history.add(Interval(1, 0, 60), [])
    with pytest.raises(sqlite3.IntegrityError):
        history.add(Interval(1, 60, 120), [])
    history.add(Interval(2, 60, 120), [])  # the failed one left nothing open
    assert [interval.id for interval in history.intervals()] == [2, 1]
