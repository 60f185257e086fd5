"""Performance profiles: alarms when ASR, ACD or NER of the device, an SRD or an IP group is too low.

One rule: the figure is that of the profile's own window of minutes, and no verdict is given on fewer calls
than its minimum; until then an alarm is as it was (facts/kpi.md, S6)."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sbcd.rooms.alarms import Alarms, AlarmType, Severity, alarm_type
from sbcd.rooms.kpi.meters import Meters
from sbcd.rooms.kpi.tables import PerformanceProfile, PmEntity, PmType

TYPES: Mapping[PmType, tuple[str, AlarmType]] = {
    PmType.ASR: ("answerSeizureRatio", alarm_type("acASRThresholdAlarm")),
    PmType.ACD: ("averageCallDuration", alarm_type("acACDThresholdAlarm")),
    PmType.NER: ("networkEffectivenessRatio", alarm_type("acNERThresholdAlarm")),
}
ENTITIES = {
    PmEntity.GLOBAL: ("global", ""),
    PmEntity.SRD: ("srd", "SRD"),
    PmEntity.IP_GROUP: ("ipGroup", "IPGroup"),
}
STEPS = 60  # readings kept per window
PATIENCE = 10.0  # seconds between two looks


@dataclass(slots=True)
class _Watch:
    """One profile: readings (monotonic, part, whole) over its window, and what stands."""

    profile: PerformanceProfile
    readings: deque[tuple[float, float, float]] = field(default_factory=deque)
    standing: Severity = Severity.CLEARED
    source: str = ""


def verdict(profile: PerformanceProfile, figure: float, standing: Severity) -> Severity:
    """The severity for a figure: lower is worse; leaving a threshold takes its hysteresis."""

    def below(threshold: int, severity: Severity) -> bool:
        return figure < threshold or (standing >= severity and figure <= threshold + profile.hysteresis)

    if below(profile.major_threshold, Severity.MAJOR) and profile.major_threshold:
        return Severity.MAJOR
    if below(profile.minor_threshold, Severity.MINOR) and profile.minor_threshold:
        return Severity.MINOR
    return Severity.CLEARED


def _source(profile: PerformanceProfile, index: int) -> str:
    """The source of the alarm of a profile about this index."""
    spoken = ENTITIES[profile.entity][1]
    return f"PM_gwSBC{spoken}{profile.pm_type.name}" + (f"#{index}" if spoken else "")


class Profiles:
    """Follows the PerformanceProfile table."""

    def __init__(self, meters: Meters, alarms: Alarms, monotonic: Callable[[], float]) -> None:
        self._meters = meters
        self._alarms = alarms
        self._monotonic = monotonic
        self._watches: dict[int, _Watch] = {}
        self._next = 0.0
        self._resumed = False

    def follow(self, profiles: Mapping[int, PerformanceProfile]) -> None:
        """New profiles; one that changed begins anew, its alarm cleared."""
        for index, watch in list(self._watches.items()):
            if profiles.get(index) != watch.profile:
                self._tell(watch, Severity.CLEARED, "the profile was changed")
                del self._watches[index]
        for index, profile in profiles.items():
            self._watches.setdefault(index, _Watch(profile))

    def tick(self, now: datetime) -> None:
        """Looks at every profile, every ten seconds."""
        mono = self._monotonic()
        if mono < self._next:
            return
        self._next = mono + PATIENCE
        if not self._resumed:
            self._resumed = True
            self._resume()
        for watch in self._watches.values():
            self._look(watch, mono)

    def _resume(self) -> None:
        """What a crash left standing goes on standing by its profile, or ends when there is none."""
        for _, type in TYPES.values():
            standing = {one.source: one.reported for one in self._alarms.active.values() if one.type is type}
            for watch in self._watches.values():
                index = self._index(watch.profile)
                source = "" if index is None else _source(watch.profile, index)
                if TYPES[watch.profile.pm_type][1] is type and source in standing:
                    watch.source, watch.standing = source, standing.pop(source)
            for source in standing:
                self._alarms.clear(type, source, "no such profile is configured any more")

    def _look(self, watch: _Watch, mono: float) -> None:
        entity, _ = ENTITIES[watch.profile.entity]
        index = self._index(watch.profile)
        if index is None:
            self._tell(watch, Severity.CLEARED, "it is not configured any more")
            return
        base, _ = TYPES[watch.profile.pm_type]
        gauge = self._meters.gauge(self._meters.catalogue.places[f"sbc/callStats/{entity}"], index, base)
        part, whole = (gauge.part, gauge.whole) if gauge is not None else (0.0, 0.0)
        figure, calls = self._windowed(watch, mono, part, whole)
        if figure is None or calls < watch.profile.minimum_sample:
            return
        watch.source = _source(watch.profile, index)
        severity = verdict(watch.profile, figure, watch.standing)
        self._tell(watch, severity, f"{watch.profile.pm_type.name} is {figure:.0f}")

    def _index(self, profile: PerformanceProfile) -> int | None:
        if profile.entity is PmEntity.GLOBAL:
            return 0
        entity, wanted = ENTITIES[profile.entity][0], profile.srd
        if profile.entity is PmEntity.IP_GROUP:
            wanted = profile.ip_group
        named = self._meters.names.get(entity, {})
        return next((index for index, its in named.items() if its.name == wanted), None)

    @staticmethod
    def _windowed(watch: _Watch, mono: float, part: float, whole: float) -> tuple[float | None, float]:
        """The figure over the window, and on how many calls it stands."""
        window, readings = watch.profile.window_size * 60, watch.readings
        if readings and whole < readings[-1][2]:  # the group was made anew
            readings.clear()
        if not readings or mono - readings[-1][0] >= window / STEPS:
            readings.append((mono, part, whole))
        while len(readings) > 1 and readings[1][0] <= mono - window:
            readings.popleft()
        calls = whole - readings[0][2]
        return ((part - readings[0][1]) / calls if calls > 0 else None), calls

    def _tell(self, watch: _Watch, severity: Severity, why: str) -> None:
        _, type = TYPES[watch.profile.pm_type]
        text = f"{watch.profile.pm_type.name} threshold crossed. {why}"
        if severity is Severity.CLEARED:
            if watch.standing is not Severity.CLEARED:
                self._alarms.clear(type, watch.source, f"{watch.profile.pm_type.name} recovered: {why}")
        elif severity is not watch.standing:
            self._alarms.raise_(type, watch.source, text, severity=severity)
        watch.standing = severity
