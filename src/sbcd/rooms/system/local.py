"""The device's own time: its distance to UTC, and daylight saving time between two dates of the year.

One rule: a value made of the configuration; it is asked with the time, and never asks for it."""

import calendar
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo

from sbcd.config.snapshot import Snapshot
from sbcd.rooms.system.tables import ClockParams

DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
LAST = 5  # the week that means the last one of the month
_TURN = re.compile(r"(\d{1,2}):(?:(\d{1,2})|([A-Z]{3})/(\d{1,2})):(\d{1,2}):(\d{1,2})")


@dataclass(frozen=True, slots=True)
class Turn:
    """A moment of every year: a day of a month, or the n-th such weekday of it (5: the last)."""

    month: int
    day: int
    weekday: int | None
    hour: int
    minute: int

    def of(self, year: int) -> datetime:
        """That moment, as the clock on the wall shows it. A day that the month hasn't is its last."""
        first, length = calendar.monthrange(year, self.month)
        day = min(self.day, length)
        if self.weekday is not None:
            day = 1 + (self.weekday - first) % 7 + 7 * (min(self.day, LAST) - 1)
            day -= 7 if day > length else 0
        return datetime(year, self.month, max(day, 1), self.hour, self.minute)  # on the wall


def turn(text: str) -> Turn | None:
    """`03:29:02:00` or `03:SUN/05:02:00`; None when it is neither, or no time of a year."""
    found = _TURN.fullmatch(text.strip().upper())
    if found is None:
        return None
    month, day, name, week, hour, minute = found.groups()
    weekday = DAYS.index(name) if name in DAYS else None
    made = Turn(int(month), int(day or week), weekday, int(hour), int(minute))
    known = 1 <= made.month <= 12 and made.day >= 1 and made.hour < 24 and made.minute < 60
    return made if known and (name is None or weekday is not None) else None


class LocalTime(tzinfo):
    """What `datetime.astimezone` takes; what comes out has the distance to UTC of its moment."""

    def __init__(
        self,
        offset: timedelta = timedelta(),
        start: Turn | None = None,
        end: Turn | None = None,
        ahead: timedelta = timedelta(),
    ) -> None:
        """`ahead` of standard time from `start` (standard time) to `end` (daylight saving time)."""
        self._offset, self._start, self._end, self._ahead = offset, start, end, ahead

    def fromutc(self, moment: datetime) -> datetime:
        standard = moment.replace(tzinfo=None) + self._offset
        offset = self._offset + (self._ahead if self._summer(standard) else timedelta())
        local = moment.replace(tzinfo=None) + offset
        return local.replace(tzinfo=timezone(offset))

    def _summer(self, standard: datetime) -> bool:
        if self._start is None or self._end is None:
            return False
        begins, ends = self._start.of(standard.year), self._end.of(standard.year) - self._ahead
        if begins <= ends:
            return begins <= standard < ends
        return standard >= begins or standard < ends  # south of the equator

    def utcoffset(self, _: datetime | None) -> timedelta:
        """Of standard time."""
        return self._offset

    def dst(self, _: datetime | None) -> timedelta:
        return timedelta()

    def tzname(self, _: datetime | None) -> str:
        return "local"


def local_time(running: Snapshot) -> LocalTime:
    """As the configuration has it; a whole day off is not a zone any more."""
    params = running.params(ClockParams)
    offset = timedelta(seconds=max(-82800, min(82800, params.utc_offset)))
    if not params.summer_time:
        return LocalTime(offset)
    ahead = timedelta(minutes=params.summer_time_offset)
    return LocalTime(offset, turn(params.summer_time_start), turn(params.summer_time_end), ahead)
