"""The room follows the configuration, and every change can be taken back (house plan, S7)."""

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rooms.kpi.stage import Stage
from rooms.kpi.test_kpi_alarms import Told
from sbcd.config.draft import Draft
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Change, Snapshot
from sbcd.declared import DECLARED
from sbcd.rooms.kpi.failures import Failures
from sbcd.rooms.kpi.profiles import Profiles
from sbcd.rooms.kpi.settings import Settings
from sbcd.rooms.kpi.tables import AlarmThreshold, KpiParams, PerformanceProfile, UserDefinedFailurePM
from sbcd.rooms.kpi.thresholds import Thresholds

SCHEMA = Schema(DECLARED)


def room() -> tuple[Stage, Settings]:
    stage, told = Stage(), Told()
    alarms: Any = told
    parts = (
        Thresholds(stage.meters, alarms),
        Profiles(stage.meters, alarms, stage.time.monotonic),
        Failures(),
    )
    return stage, Settings(stage.meters, stage.intervals, *parts, {"ipGroup": UserDefinedFailurePM})


def state(stage: Stage, following: Settings) -> Any:
    """Everything that a configuration decides."""
    return (
        stage.intervals.length,
        following.params,
        following._thresholds._rules,
        {index: watch.profile for index, watch in following._profiles._watches.items()},
        following._failures._rules,
        stage.meters.names["ipGroup"],
    )


rows = st.dictionaries(st.integers(0, 25), st.sampled_from(["403", "5xx", "480-489"]), max_size=4)


def snapshot(failures: dict[int, str], minutes: int) -> Snapshot:
    draft = Draft(SCHEMA.factory()).set(KpiParams(interval=minutes))
    for index, responses in failures.items():
        draft.put(index, UserDefinedFailurePM(name=f"rule {index}", responses=responses))
        draft.put(index, AlarmThreshold(kpi="sbc/callStats/global/activeSessions", raise_watermark=index))
        draft.put(index, PerformanceProfile(minor_threshold=len(responses)))
    return draft.finish()


@settings(max_examples=30, deadline=None)
@given(rows, rows, st.integers(1, 60), st.integers(1, 60))
def test_apply_and_apply_reversed_leave_everything_as_it_was(
    one: dict[int, str], two: dict[int, str], short: int, long: int
) -> None:
    old, new = snapshot(one, short), snapshot(two, long)
    stage, following = room()
    asyncio.run(following.apply(Change(Snapshot.empty(), old)))
    before = state(stage, following)
    change = Change(old, new)
    asyncio.run(following.apply(change))
    assert stage.intervals.length == long * 60
    asyncio.run(following.apply(change.reversed()))
    assert state(stage, following) == before
