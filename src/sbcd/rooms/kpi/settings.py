"""How the room follows the configuration: names of indexes, interval length, thresholds, profiles, failures.

One rule: whoever owns a table of entities gives the function that reads its names; this file knows none."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from sbcd.base.errors import Problem
from sbcd.config.reading import Reading
from sbcd.config.snapshot import Change, Snapshot
from sbcd.rooms.kpi.failures import Failures
from sbcd.rooms.kpi.indexes import Named
from sbcd.rooms.kpi.intervals import Intervals
from sbcd.rooms.kpi.meters import Meters
from sbcd.rooms.kpi.profiles import Profiles
from sbcd.rooms.kpi.tables import AlarmThreshold, KpiParams, PerformanceProfile, UserDefinedFailurePM
from sbcd.rooms.kpi.thresholds import Thresholds

Names = Callable[[Snapshot], Mapping[int, str]]


class Settings:
    """A follower of the configuration; `names` maps an entity ("ipGroup") to how its names are read.

    `followed` is called with every configuration."""

    def __init__(
        self,
        meters: Meters,
        intervals: Intervals,
        thresholds: Thresholds,
        profiles: Profiles,
        failures: Failures,
        names: Mapping[str, Names],
        followed: Callable[[Snapshot], None] = lambda _: None,
    ) -> None:
        self._meters = meters
        self._intervals = intervals
        self._thresholds = thresholds
        self._profiles = profiles
        self._failures = failures
        self._names = names
        self._followed = followed
        self._read: dict[str, set[type[Any]]] = {}
        self._texts: dict[str, Mapping[int, str]] = {}
        self.params = KpiParams()

    def check(self, change: Change) -> Iterable[Problem]:
        """Every problem, without effect."""
        if change.touches(AlarmThreshold):
            yield from self._thresholds.problems(change.new.rows(AlarmThreshold))
        if change.touches(UserDefinedFailurePM):
            yield from self._failures.problems(change.new.rows(UserDefinedFailurePM))

    def _again(self, what: str, change: Change, follow: Callable[[Snapshot], None]) -> None:
        """Follows again, when something it read the last time has changed."""
        kinds = self._read.get(what)
        if kinds is None or change.old is Snapshot.empty() or change.touches(*kinds):
            reading = Reading(change.new)
            follow(reading)
            self._read[what] = reading.kinds

    def _named(self, entity: str, read: Names, running: Snapshot) -> None:
        texts = read(running)
        if texts == self._texts.get(entity):
            return
        self._texts[entity] = texts
        names = {index: Named(name) for index, name in texts.items()}
        if names != self._meters.names.get(entity):
            self._intervals.forget(self._meters.configured(entity, names))

    async def apply(self, change: Change) -> None:
        """From the old configuration to the new one."""
        new = change.new
        for entity, read in self._names.items():
            self._again(entity, change, partial(self._named, entity, read))
        self._again("", change, self._followed)
        self.params = new.params(KpiParams)
        self._intervals.length = self.params.interval * 60
        if change.touches(AlarmThreshold):
            self._thresholds.follow(new.rows(AlarmThreshold))
        if change.touches(PerformanceProfile):
            self._profiles.follow(new.rows(PerformanceProfile))
        if change.touches(UserDefinedFailurePM):
            self._failures.follow(new.rows(UserDefinedFailurePM))
