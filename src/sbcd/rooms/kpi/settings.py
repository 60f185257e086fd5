"""How the room follows the configuration: names of indexes, interval length, thresholds, profiles, failures.

One rule: whoever owns a table of entities gives the function that reads its names; this file knows none."""

from collections.abc import Callable, Iterable, Mapping
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


class Settings:
    """A follower of the configuration; `names` maps an entity ("ipGroup") to the table of its rows, which
    have a `name`. `followed` is called with every configuration that differs in what it read."""

    def __init__(
        self,
        meters: Meters,
        intervals: Intervals,
        thresholds: Thresholds,
        profiles: Profiles,
        failures: Failures,
        names: Mapping[str, type[Any]],
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
        self.params = KpiParams()
        self.running = Snapshot.empty()

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

    def _named(self, entity: str, table: type[Any], change: Change) -> None:
        if change.old is Snapshot.empty() or entity not in self._meters.names:
            names = {index: Named(row.name) for index, row in change.new.rows(table).items()}
            if names != self._meters.names.get(entity):
                self._intervals.forget(self._meters.configured(entity, names))
            return
        edits = {
            index: None if new is None else Named(new.name)
            for index, (old, new) in change.changed(table).items()
            if old is None or new is None or old.name != new.name
        }
        if edits:
            self._intervals.forget(self._meters.renamed(entity, edits))

    async def apply(self, change: Change) -> None:
        """From the old configuration to the new one."""
        new = change.new
        self.running = new
        for entity, table in self._names.items():
            self._named(entity, table, change)
        self._again("", change, self._followed)
        self.params = new.params(KpiParams)
        self._intervals.length = self.params.interval * 60
        if change.touches(AlarmThreshold):
            self._thresholds.follow(new.rows(AlarmThreshold))
        if change.touches(PerformanceProfile):
            self._profiles.follow(new.rows(PerformanceProfile))
        if change.touches(UserDefinedFailurePM):
            self._failures.follow(new.rows(UserDefinedFailurePM))
