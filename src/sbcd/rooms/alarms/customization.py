"""Severities as the operator wants them: rules that change or silence alarms.

One rule: the first rule that fits an alarm decides, and no rule means the severity it was raised with."""

from collections.abc import Iterable, Sequence
from enum import IntEnum

from sbcd.base.errors import Problem
from sbcd.config.snapshot import Change
from sbcd.config.table import Row, col, table
from sbcd.rooms.alarms.catalogue import CATALOGUE, AlarmType, Severity
from sbcd.rooms.alarms.model import Judge


class Original(IntEnum):
    """Which severity a rule is about."""

    ANY = 0
    INDETERMINATE = 1
    WARNING = 2
    MINOR = 3
    MAJOR = 4
    CRITICAL = 5


class Customized(IntEnum):
    """What becomes of it."""

    SUPPRESSED = 0
    INDETERMINATE = 1
    WARNING = 2
    MINOR = 3
    MAJOR = 4
    CRITICAL = 5


@table(
    ini="AlarmSettings",
    area="system",
    cli="snmp alarm-customization",
    help="Severities of alarms as the operator wants them; the first rule that fits decides.",
    order_matters=True,
    most_rows=150,
)
class AlarmSettings(Row):
    """A severity of the operator's choice."""

    name: str = col("Name", cli="name", most=60, help="The alarm, by its name in the catalogue.")
    entity: str = col(
        "EntityID",
        default="",
        cli="entity-id",
        most=100,
        help="Its source, as 'Board#1/ProxyConnection#8'; empty: whatever raises it.",
    )
    original: Original = col(
        "OriginalSeverity",
        default=Original.ANY,
        cli="original-severity",
        help="The severity it is raised with.",
    )
    customized: Customized = col(
        "CustomizedSeverity", cli="customized-severity", help="The severity it gets instead."
    )


def problems(change: Change) -> Iterable[Problem]:
    """Rules about alarms that no device has."""
    for index, (_, rule) in change.changed(AlarmSettings).items():
        if rule and rule.name not in CATALOGUE:
            yield Problem(f"there is no alarm '{rule.name}'", table="AlarmSettings", row=index, column="Name")


def judge(rules: Sequence[AlarmSettings]) -> Judge:
    """The rules, in their order, as one answer."""
    by_name: dict[str, list[AlarmSettings]] = {}
    for rule in rules:
        by_name.setdefault(rule.name, []).append(rule)

    def judged(type: AlarmType, source: str, severity: Severity) -> Severity | None:
        for rule in by_name.get(type.name, ()):
            fits = rule.original in (Original.ANY, int(severity)) and rule.entity in ("", source)
            if fits and rule.customized is Customized.SUPPRESSED:
                return None
            if fits:
                return Severity(int(rule.customized))
        return severity

    return judged
