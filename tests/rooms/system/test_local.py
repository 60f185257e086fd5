"""The device's own time: distance to UTC, and daylight saving time north and south of the equator."""

from datetime import UTC, datetime, timedelta

import pytest

from sbcd.config.draft import Draft
from sbcd.config.snapshot import Snapshot
from sbcd.rooms.status import stamp
from sbcd.rooms.system.local import local_time, turn
from sbcd.rooms.system.tables import ClockParams


def at(params: ClockParams, utc: str) -> str:
    """A moment in UTC as localTimeStamp shows it (R13)."""
    moment = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    return stamp(moment, local_time(Draft(Snapshot.empty()).set(params).finish()))


BERLIN = ClockParams(
    utc_offset=3600, summer_time=True, summer_time_start="03:SUN/05:02:00", summer_time_end="10:SUN/05:03:00"
)
SYDNEY = ClockParams(
    utc_offset=36000, summer_time=True, summer_time_start="10:SUN/01:02:00", summer_time_end="04:sun/01:03:00"
)
DAYS = ClockParams(summer_time=True, summer_time_start="03:29:02:00", summer_time_end="10:25:03:00")


@pytest.mark.parametrize(
    ("params", "utc", "local"),
    [
        (ClockParams(), "2026-07-01 12:00", "2026-07-01T12:00:00.000Z"),
        (ClockParams(utc_offset=-16200), "2026-07-01 12:00", "2026-07-01T07:30:00.000-04:30"),
        (BERLIN, "2026-01-15 12:00", "2026-01-15T13:00:00.000+01:00"),
        (BERLIN, "2026-03-29 00:59", "2026-03-29T01:59:00.000+01:00"),
        (BERLIN, "2026-03-29 01:00", "2026-03-29T03:00:00.000+02:00"),
        (BERLIN, "2026-10-25 00:59", "2026-10-25T02:59:00.000+02:00"),
        (BERLIN, "2026-10-25 01:00", "2026-10-25T02:00:00.000+01:00"),
        (SYDNEY, "2026-01-15 12:00", "2026-01-15T23:00:00.000+11:00"),
        (SYDNEY, "2026-04-04 15:59", "2026-04-05T02:59:00.000+11:00"),
        (SYDNEY, "2026-04-04 16:00", "2026-04-05T02:00:00.000+10:00"),
        (SYDNEY, "2026-12-31 23:30", "2027-01-01T10:30:00.000+11:00"),
        (DAYS, "2026-03-29 01:59", "2026-03-29T01:59:00.000Z"),
        (DAYS, "2026-03-29 02:00", "2026-03-29T03:00:00.000+01:00"),
        (DAYS.but(summer_time_offset=30), "2026-06-01 00:00", "2026-06-01T00:30:00.000+00:30"),
        (DAYS.but(summer_time=False), "2026-06-01 00:00", "2026-06-01T00:00:00.000Z"),
        (DAYS.but(summer_time_start="nonsense"), "2026-06-01 00:00", "2026-06-01T00:00:00.000Z"),
    ],
)
def test_the_distance_to_utc_is_that_of_the_moment(params: ClockParams, utc: str, local: str) -> None:
    assert at(params, utc) == local


@pytest.mark.parametrize("text", ["", "3", "13:01:00:00", "02:00:00:00", "02:01:24:00", "03:XYZ/01:02:00"])
def test_what_is_no_moment_of_a_year(text: str) -> None:
    assert turn(text) is None


def test_a_day_that_the_month_has_not_is_its_last() -> None:
    found = turn("02:31:00:00")
    assert found is not None
    assert found.of(2027).day == 28
    assert (found.of(2028) + timedelta()).day == 29
