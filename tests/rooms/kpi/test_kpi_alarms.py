"""Thresholds, profiles and user-defined failures: when an alarm is raised, and when it is cleared."""

from typing import Any

import pytest

from rooms.kpi.stage import CATALOGUE, START, Lost, Stage, Tried, Won
from sbcd.base.clock import Clock
from sbcd.rooms.alarms import Alarms, AlarmType, Severity, alarm_type
from sbcd.rooms.kpi.failures import Failures, statuses
from sbcd.rooms.kpi.profiles import Profiles
from sbcd.rooms.kpi.tables import (
    AlarmSeverity,
    AlarmThreshold,
    Direction,
    FailureMethod,
    PerformanceProfile,
    PmEntity,
    PmType,
    UserDefinedFailurePM,
)
from sbcd.rooms.kpi.thresholds import Thresholds, located

ASR = alarm_type("acASRThresholdAlarm")
ACTIVE = "sbc/callStats/ipGroup/1/activeCallsIn"


class Told:
    """What was raised and cleared, in order; the alarms hall has tests of its own."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.active: dict[int, Any] = {}

    def raise_(self, type: AlarmType, source: str, text: str, *, severity: Severity) -> None:
        self.lines.append(f"{severity.title} {type.name} {source}: {text}")

    def clear(self, type: AlarmType, source: str, text: str = "") -> None:
        self.lines.append(f"Cleared {type.name} {source}")


def follow(stage: Stage, *rules: AlarmThreshold) -> tuple[Told, Thresholds]:
    told: Any = Told()
    thresholds = Thresholds(stage.meters, told)
    thresholds.follow(dict(enumerate(rules)))
    return told, thresholds


def look(thresholds: Thresholds) -> None:
    for _ in range(2):
        thresholds.tick(START)


def rule(at: int, clear: int, severity: AlarmSeverity = AlarmSeverity.MAJOR, **more: Any) -> AlarmThreshold:
    return AlarmThreshold(
        kpi=more.pop("kpi", ACTIVE), raise_watermark=at, clear_watermark=clear, severity=severity, **more
    )


def test_watermarks_with_hysteresis() -> None:
    stage = Stage()
    told, thresholds = follow(stage, rule(3, 1, text="Too many calls"))
    for fact in (Won(1), Won(1), Won(1), Lost(1), Lost(1), Won(1)):
        stage.meters.observe(fact)
        look(thresholds)
    assert told.lines == [
        f"Major acKpiThresholdCrossing {ACTIVE}: Too many calls",
        f"Cleared acKpiThresholdCrossing {ACTIVE}",
    ]


def test_several_severities_are_several_rules_of_one_alarm() -> None:
    stage = Stage()
    told, thresholds = follow(
        stage,
        rule(2, 1, AlarmSeverity.MINOR, text="many"),
        rule(4, 3, AlarmSeverity.CRITICAL, text="too many"),
    )
    for fact in (*[Won(1)] * 4, *[Lost(1)] * 3):
        stage.meters.observe(fact)
        look(thresholds)
    assert [line.split(" ")[0] for line in told.lines] == ["Minor", "Critical", "Minor", "Cleared"]


def test_a_rule_without_an_index_watches_every_index_and_downwards() -> None:
    stage = Stage()
    path = "sbc/callStats/ipGroup/answerSeizureRatio"
    told, thresholds = follow(stage, rule(40, 60, kpi=path, direction=Direction.DOWN, text="ASR"))
    look(thresholds)
    assert told.lines == []  # null crosses nothing
    stage.meters.observe(Lost(2))
    look(thresholds)
    assert told.lines == ["Major acKpiThresholdCrossing sbc/callStats/ipGroup/2/answerSeizureRatio: ASR"]


def test_a_rule_that_goes_takes_its_alarm_along_and_so_does_its_index() -> None:
    stage = Stage()
    told, thresholds = follow(stage, rule(1, 0))
    stage.meters.observe(Won(1))
    look(thresholds)
    thresholds.follow({})
    assert told.lines[-1].startswith("Cleared")
    thresholds.follow({0: rule(1, 0)})
    look(thresholds)
    stage.meters.configured("ipGroup", {})
    look(thresholds)
    assert [line.split(" ")[0] for line in told.lines] == ["Major", "Cleared", "Major", "Cleared"]


def test_what_a_crash_left_crossed_ends_behind_its_clear_watermark() -> None:
    """What passes stands in no table and no journal; the room keeps it itself and takes it up again."""
    stage, told = Stage(), Told()
    two = "sbc/callStats/ipGroup/2/activeCallsIn"
    gone = "sbc/callStats/global/activeSessions"
    thresholds = Thresholds(stage.meters, told, dict.fromkeys((ACTIVE, two, gone), 4))  # type: ignore[arg-type]
    one = rule(5, 2, text="Too many calls")
    thresholds.follow({0: one, 1: rule(9, 8, AlarmSeverity.CRITICAL), 2: rule(5, 2, kpi=two)})
    for _ in range(3):
        stage.meters.observe(Won(1))
    look(thresholds)
    assert told.lines == [
        f"Major acKpiThresholdCrossing {ACTIVE}: Too many calls",
        f"Major acKpiThresholdCrossing {two}: {two} crossed its threshold 5",
        f"Major acKpiThresholdCrossing {gone}: {gone} crossed a threshold that is not configured any more",
        f"Cleared acKpiThresholdCrossing {gone}",
        f"Cleared acKpiThresholdCrossing {two}",
    ]
    assert thresholds.crossed == {ACTIVE: 4}  # three calls: between the watermarks
    stage.meters.observe(Lost(1))
    look(thresholds)
    assert told.lines[5:] == [f"Cleared acKpiThresholdCrossing {ACTIVE}"]


def test_wrong_rules_are_named() -> None:
    thresholds = Thresholds(Stage().meters, Told())  # type: ignore[arg-type]
    problems = [str(p) for p in thresholds.problems({0: rule(1, 0, kpi="sbc/nosuch"), 4: rule(1, 2)})]
    assert problems == [
        "AlarmThreshold 0 Kpi: there is no KPI 'sbc/nosuch'",
        "AlarmThreshold 4 ClearWatermark: the alarm would be cleared where it is raised",
    ]


@pytest.mark.parametrize(
    ("path", "index"),
    [
        ("sbc/callStats/global/activeSessions", 0),
        ("SBC/callstats/ipgroup/7/activecallsin", 7),
        ("sbc/callStats/ipGroup/activeCallsIn", None),
    ],
)
def test_a_kpi_is_named_as_in_its_url(path: str, index: int | None) -> None:
    found = located(CATALOGUE, path)
    assert found is not None
    assert found[1] == index


@pytest.mark.parametrize(
    "path", ["", "a/b/c/d", "sbc/callStats/global/1/activeSessions", "sbc/callStats/ipGroup/x/activeCallsIn"]
)
def test_what_is_no_kpi(path: str) -> None:
    assert located(CATALOGUE, path) is None


def profile(**more: Any) -> PerformanceProfile:
    values = {
        "minor_threshold": 60,
        "major_threshold": 40,
        "hysteresis": 5,
        "minimum_sample": 10,
        "window_size": 5,
    }
    return PerformanceProfile(pm_type=PmType.ASR, **{**values, **more})


def test_a_profile_needs_its_minimum_of_calls_and_forgets_after_its_window() -> None:
    stage, told = Stage(), Told()
    profiles = Profiles(stage.meters, told, stage.time.monotonic)  # type: ignore[arg-type]
    profiles.follow({0: profile(entity=PmEntity.IP_GROUP, ip_group="ITSP")})

    def calls(won: int, lost: int) -> None:
        profiles.tick(START)
        for fact in [Won(2)] * won + [Lost(2)] * lost:
            stage.meters.observe(fact)
        stage.time.go(11)
        profiles.tick(START)

    calls(0, 9)  # too few to tell
    assert told.lines == []
    calls(0, 1)
    assert told.lines == ["Major acASRThresholdAlarm PM_gwSBCIPGroupASR#2: ASR threshold crossed. ASR is 0"]
    calls(10, 0)  # 50 %: above major plus hysteresis, below minor
    calls(11, 0)  # 68 %: above minor plus hysteresis
    assert [line.split(" ")[0] for line in told.lines] == ["Major", "Minor", "Cleared"]
    stage.time.go(400)
    calls(0, 9)  # the window holds nine calls only
    assert len(told.lines) == 3
    profiles.follow({})
    assert len(told.lines) == 3


def test_profiles_of_the_device_and_changed_profiles() -> None:
    stage, told = Stage(), Told()
    profiles = Profiles(stage.meters, told, stage.time.monotonic)  # type: ignore[arg-type]
    profiles.follow({0: profile()})
    profiles.tick(START)
    for fact in [Tried(0)] + [Lost(0)] * 20:
        stage.meters.observe(fact)
    stage.time.go(11)
    profiles.tick(START)
    profiles.follow({0: profile(minor_threshold=70)})
    assert told.lines == [
        "Major acASRThresholdAlarm PM_gwSBCASR: ASR threshold crossed. ASR is 0",
        "Cleared acASRThresholdAlarm PM_gwSBCASR",
    ]


def test_a_profile_takes_up_what_a_crash_left_standing() -> None:
    stage, alarms = Stage(), Alarms(Clock())
    for source in ("PM_gwSBCASR", "PM_gwSBCIPGroupASR#2"):
        alarms.raise_(ASR, source, "ASR threshold crossed", severity=Severity.MAJOR)
    profiles = Profiles(stage.meters, alarms, stage.time.monotonic)
    profiles.follow({0: profile()})
    profiles.tick(START)
    assert alarms.sources(ASR) == ["PM_gwSBCASR"]  # nobody watches group 2 any more
    for fact in [Won(0)] * 10:
        stage.meters.observe(fact)
    stage.time.go(11)
    profiles.tick(START)
    assert alarms.sources(ASR) == []


def test_failures_are_counted_by_rule() -> None:
    failures = Failures()
    assert failures.hidden() == {"userDefined"}
    failures.follow(
        {
            0: UserDefinedFailurePM(responses="403, 5xx"),
            25: UserDefinedFailurePM(method=FailureMethod.BOTH, responses="480-489"),
        }
    )
    assert failures.hidden() == set()
    assert failures("INVITE", 503, "Out") == ["userDefinedFailuresOut1"]
    assert failures("REGISTER", 503, "Out") == []
    assert failures("REGISTER", 486, "In") == ["userDefinedFailuresIn26"]
    assert statuses("") == frozenset()


def test_wrong_failure_rules_are_named() -> None:
    problems = Failures().problems({30: UserDefinedFailurePM(responses="200"), 1: UserDefinedFailurePM()})
    assert [str(problem) for problem in problems] == [
        "UserDefinedFailurePM 30: the index must be below 26",
        "UserDefinedFailurePM 30 ResponseCodes: '200' is not a SIP failure status (300-699, 5xx, 500-504)",
    ]
