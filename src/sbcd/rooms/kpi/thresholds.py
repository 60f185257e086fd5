"""Alarm thresholds: a KPI that crosses its raise watermark raises an alarm, the clear watermark clears it.

One rule: several rules about one KPI are several severities of one alarm; the gravest that holds is told."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

from sbcd.base.errors import Problem
from sbcd.rooms.alarms import Alarms, Severity, alarm_type
from sbcd.rooms.kpi.catalogue import Catalogue, Parameter, Place
from sbcd.rooms.kpi.meters import Meters
from sbcd.rooms.kpi.tables import AlarmThreshold, Direction

CROSSING = alarm_type("acKpiThresholdCrossing")
BUDGET = 1000  # figures looked at in one tick, so that many rules over many indexes block nobody


def located(catalogue: Catalogue, path: str) -> tuple[Place, int | None, Parameter] | None:
    """Where "sbc/callStats/ipGroup/1/activeCallsIn" is; without its index it is every index (None)."""
    parts = path.strip("/").lower().split("/")
    if len(parts) < 4:
        return None
    application = catalogue.applications.get(parts[0])
    group = application.children.get(parts[1]) if application else None
    place = group.places.get(parts[2]) if group else None
    parameter = place.current.get(parts[-1]) if place else None
    if place is None or parameter is None or len(parts) > (5 if place.indexed else 4):
        return None
    if not place.indexed:
        return place, 0, parameter
    if len(parts) == 4:
        return place, None, parameter
    plain = parts[3].isascii() and parts[3].isdigit() and len(parts[3]) <= 5
    return (place, int(parts[3]), parameter) if plain else None


def crossed(rule: AlarmThreshold, value: int | None, held: bool) -> bool:
    """Whether the rule holds now; between the watermarks, and without a value, it is as it was."""
    if value is None:
        return held
    sign = 1 if rule.direction is Direction.UP else -1
    if sign * (value - rule.raise_watermark) >= 0:
        return True
    return held and sign * (value - rule.clear_watermark) > 0


class Thresholds:
    """Follows the rules of the AlarmThreshold table, a part of them with every tick."""

    def __init__(
        self, meters: Meters, alarms: Alarms, left: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        """`left`: severities by source of what a crash left crossed."""
        self._left = left
        self._meters = meters
        self._alarms = alarms
        self._rules: Mapping[int, AlarmThreshold] = {}
        self._holding: dict[str, dict[int, AlarmThreshold]] = {}  # source -> rules that hold there
        self._walk: Iterator[None] = iter(())

    @property
    def crossed(self) -> Mapping[str, int]:
        """What is crossed now: the gravest severity by source."""
        return {
            source: max(rule.severity for rule in rules.values()) for source, rules in self._holding.items()
        }

    def problems(self, rules: Mapping[int, AlarmThreshold]) -> Iterator[Problem]:
        """What is wrong with rules, without effect."""
        for index, rule in rules.items():
            if located(self._meters.catalogue, rule.kpi) is None:
                yield Problem(
                    f"there is no KPI '{rule.kpi}'", table="AlarmThreshold", row=index, column="Kpi"
                )
            gap = rule.raise_watermark - rule.clear_watermark
            if gap < 0 if rule.direction is Direction.UP else gap > 0:
                why = "the alarm would be cleared where it is raised"
                yield Problem(why, table="AlarmThreshold", row=index, column="ClearWatermark")

    def follow(self, rules: Mapping[int, AlarmThreshold]) -> None:
        """New rules; what held by a rule that is gone or different is cleared."""
        before, self._rules = self._rules, dict(rules)
        changed = {index for index, rule in before.items() if rules.get(index) != rule}
        for source, holding in list(self._holding.items()):
            if changed & holding.keys():
                self._settle(source, {i: rule for i, rule in holding.items() if i not in changed})
        self._walk = iter(())

    def tick(self, now: datetime) -> None:
        """Looks at the next figures."""
        if self._left:
            self._resume()
        for _ in range(BUDGET):
            if next(self._walk, self) is self:
                self._walk = self._round()
                return

    def _resume(self) -> None:
        """What a crash left crossed holds by the rules that may have told it, so that it ends behind their
        clear watermarks; where no rule speaks of it any more it ends at once."""
        left, self._left = self._left, {}
        holding: dict[str, dict[int, AlarmThreshold]] = {source: {} for source in left}
        for index, rule in self._rules.items():
            for source, *_ in self._figures(rule):
                if source in left and rule.severity <= left[source]:
                    holding[source][index] = rule
        for source, rules in holding.items():  # told again, because what passes stands in no journal
            if not rules:
                text = f"{source} crossed a threshold that is not configured any more"
                self._alarms.raise_(CROSSING, source, text, severity=Severity(left[source]))
            self._holding[source] = rules
            self._settle(source, rules)

    def _figures(self, rule: AlarmThreshold) -> Iterator[tuple[str, Place, int, Parameter]]:
        """The figures that a rule is about, each with the source of its alarm."""
        found = located(self._meters.catalogue, rule.kpi)
        if found is None:
            return
        place, wanted, parameter = found
        indexes: Iterable[int] = [0]
        if place.indexed:
            indexes = [i for i in self._meters.indexes(place) if wanted in (None, i)]
        for index in indexes:
            at = f"{place.path}/{index}" if place.indexed else place.path
            yield f"{at}/{parameter.id}", place, index, parameter

    def _round(self) -> Iterator[None]:
        """Looks at everything once, a figure with every step."""
        seen = set()
        for rule_index, rule in self._rules.items():
            for source, place, index, parameter in self._figures(rule):
                seen.add(source)
                self._look(source, rule_index, rule, self._meters.value(place, index, parameter))
                yield
        for source in self._holding.keys() - seen:  # the index is gone
            self._settle(source, {})

    def _look(self, source: str, index: int, rule: AlarmThreshold, value: int | None) -> None:
        holding = self._holding.get(source, {})
        holds = crossed(rule, value, index in holding)
        if holds and index not in holding:
            self._settle(source, {**holding, index: rule})
        elif not holds and index in holding:
            self._settle(source, {other: its for other, its in holding.items() if other != index})

    def _settle(self, source: str, holding: dict[int, AlarmThreshold]) -> None:
        """Tells what holds at a source now."""
        if not holding:
            if self._holding.pop(source, None) is not None:
                self._alarms.clear(CROSSING, source, f"{source} is back behind its threshold")
            return
        self._holding[source] = holding
        worst = max(holding.values(), key=lambda rule: rule.severity)
        text = worst.text or f"{source} crossed its threshold {worst.raise_watermark}"
        self._alarms.raise_(CROSSING, source, text, severity=Severity(worst.severity))
