"""The invariants of call KPIs over random sequences of facts: for the device, each IP group, each SRD.

attempted = established + not established; sums by reason; history + running interval = counters;
KPI = sum over the records of the same calls."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rooms.kpi.stage import CATALOGUE, Stage
from sbcd.rooms.calls import facts as told
from sbcd.rooms.calls import kpis
from sbcd.rooms.calls.facts import Reason, Way
from sbcd.rooms.kpi import Named

FEEDS = kpis.feeds(lambda method, status, side: [f"userDefinedFailures{side}1"] if status == 503 else [])
REASONS = {
    "In": ("busy", "noAnswer", "forwarded", "noResources", "mediaMismatch", "admissionFailed", "otherReason"),
    "Out": (
        "busy",
        "noAnswer",
        "forwarded",
        "noResources",
        "mediaMismatch",
        "admissionFailed",
        "otherReason",
    ),
}
STATUS = {Reason.BUSY: 486, Reason.NO_ANSWER: 480, Reason.CANCELLED: 487, Reason.NO_RESOURCES: 503}


def device() -> Stage:
    stage = Stage(feeds=FEEDS, length=60)
    stage.meters.configured("ipGroup", {index: Named(f"group {index}") for index in range(3)})
    stage.meters.configured("srd", {index: Named(f"srd {index}") for index in range(2)})
    stage.meters.configured("cpMediaRealm", {0: Named("realm")})
    return stage


@dataclass(frozen=True)
class Leg:
    """One leg of a made-up call: where it is, and how it ends (None: answered)."""

    way: Way
    group: int
    srd: int
    reason: Reason | None
    duration: int


legs = st.builds(
    Leg,
    st.sampled_from(Way),
    st.integers(-1, 2),
    st.integers(0, 1),
    st.one_of(st.none(), st.sampled_from(Reason)),
    st.integers(0, 4000),
)


def facts_of(session: int, leg: Leg) -> list[Any]:
    at = (0.0, session, leg.way, leg.group, leg.srd, 0)
    if leg.reason is not None:
        return [told.Attempted(*at), told.Failed(*at, leg.reason, STATUS.get(leg.reason, 500))]
    return [
        told.Attempted(*at),
        told.Rang(*at, 1.0),
        told.Answered(*at, 3.0, 1.0),
        told.Ended(*at, float(leg.duration), leg.duration % 7 == 0, "BYE"),
    ]


def shown(stage: Stage, path: str, index: int) -> dict[str, int | None]:
    place = CATALOGUE.places[path]
    return {p.id: stage.meters.value(place, index, p) for p in place.current.values()}


def places() -> list[tuple[str, int]]:
    return [
        ("sbc/callStats/global", 0),
        *[("sbc/callStats/ipGroup", index) for index in range(3)],
        *[("sbc/callStats/srd", index) for index in range(2)],
    ]


def expected(calls: list[Leg], path: str, index: int) -> list[Leg]:
    """The records of one place."""
    if path.endswith("ipGroup"):
        return [leg for leg in calls if leg.group == index]
    return [leg for leg in calls if leg.srd == index] if path.endswith("srd") else calls


@settings(max_examples=60, deadline=None)
@given(st.lists(legs, max_size=40), st.lists(st.integers(0, 50), max_size=40))
def test_invariants_over_random_calls(calls: list[Leg], waits: list[int]) -> None:
    stage = device()
    for session, leg in enumerate(calls):
        for fact in facts_of(session, leg):
            stage.meters.observe(fact)
        if session < len(waits):
            stage.go(waits[session], tick=10)
    for path, index in places():
        now = shown(stage, path, index)
        records = expected(calls, path, index)
        for way, side in kpis.SIDES:
            ours = [leg for leg in records if leg.way is way]
            failed = Counter(leg.reason for leg in ours if leg.reason is not None)
            assert now[f"attemptedCalls{side}Total"] == len(ours)
            assert now[f"establishedCalls{side}Total"] == len(ours) - failed.total()
            assert now[f"notEstablishCalls{side}Total"] == failed.total()
            good, bad = (now[f"notEstablish{kind}Calls{side}Total"] for kind in ("Success", "Failed"))
            assert (good or 0) + (bad or 0) == failed.total()
            stems = list(REASONS[side])
            by_reason = sum(now[f"{stem}Calls{side}Total"] or 0 for stem in stems)
            if side == "In":
                by_reason += now["noRouteCallsInTotal"] or 0
                by_reason += now.get("classificationFailedCallsInTotal", failed[Reason.CLASSIFICATION]) or 0
            assert by_reason == failed.total()
            assert now[f"activeCalls{side}"] == 0
            assert now[f"noAnswerCalls{side}Total"] == failed[Reason.NO_ANSWER] + failed[Reason.CANCELLED]
        _durations(now, records, path)
        _history(stage, path, index)


def _durations(now: dict[str, int | None], records: list[Leg], path: str) -> None:
    """Inbound legs for the device and SRDs, every leg for IP groups."""
    ended = [leg for leg in records if leg.reason is None and (path.endswith("ipGroup") or leg.way is Way.IN)]
    assert now["minutesOfUsageTotal"] == sum(leg.duration for leg in ended) // 60
    assert now["shortCallsCounterTotal"] == sum(leg.duration < 2 for leg in ended)
    assert now["longCallsCounterTotal"] == sum(leg.duration > 3600 for leg in ended)


def _history(stage: Stage, path: str, index: int) -> None:
    """The sum of the intervals and the running one is the counter, for every counter."""
    place = CATALOGUE.places[path]
    at = f"{path}/{index}" if place.indexed else path
    for parameter in place.current.values():
        total = stage.meters.value(place, index, parameter)
        if not parameter.counted or not total:
            continue
        status, body = stage.get(f"/kpi/current/{at}/{parameter.id}?interval=all")
        past = sum(int(item["value"]) for item in body["items"]) if status == 200 else 0
        assert past + stage.meters.since(place, index, parameter) == total


def test_asr_acd_ner_and_delay_of_an_interval_are_those_of_its_records() -> None:
    stage = device()
    calls = [
        Leg(Way.OUT, 0, 0, None, 100),
        Leg(Way.OUT, 0, 0, None, 50),
        Leg(Way.OUT, 0, 0, Reason.BUSY, 0),
        Leg(Way.OUT, 1, 0, Reason.OTHER, 0),
        Leg(Way.IN, 2, 0, None, 30),
    ]
    for session, leg in enumerate(calls):
        for fact in facts_of(session, leg):
            stage.meters.observe(fact)
    now = shown(stage, "sbc/callStats/global", 0)
    assert (now["answerSeizureRatio"], now["networkEffectivenessRatio"]) == (50, 75)
    assert (now["averageCallDuration"], now["postDialDelay"]) == (30, 1)
    assert (now["failedCallsOutRatio"], now["failedCallsInRatio"]) == (25, 0)
    assert shown(stage, "sbc/callStats/ipGroup", 0)["averageCallDuration"] == 75
    stage.go(60)
    history = "/kpi/history/sbc/callStats/ipGroup/0"
    assert stage.get(f"{history}/answerSeizureRatioAvg")[1]["value"] == 67
    stage.go(61)
    assert stage.get(f"{history}/answerSeizureRatioAvg")[1]["value"] is None  # no calls, no ratio (R18)


def test_a_user_defined_failure_is_counted_by_its_rule() -> None:
    stage = device()
    for fact in facts_of(1, Leg(Way.OUT, 1, 0, Reason.NO_RESOURCES, 0)):
        stage.meters.observe(fact)
    for path, index, value in (("global", 0, 1), ("ipGroup", 1, 1), ("ipGroup", 2, 0), ("srd", 0, 1)):
        now = shown(stage, f"sbc/userDefined/{path}", index)
        assert (now["userDefinedFailuresOut1Total"], now["userDefinedFailuresIn1Total"]) == (value, 0)


def media(session: int, coder: str = "PCMA", **more: Any) -> told.MediaMeasured:
    return told.MediaMeasured(
        0.0, session, Way.IN, 0, 0, 0, 0, 10.0, 500, 490, 80000, 78400, 0, coder=coder, **more
    )


def test_media_is_measured_and_let_go() -> None:
    stage = device()
    leg = (0.0, 7, Way.IN, 0, 0, 0)
    stage.meters.observe(told.StreamsChanged(*leg, 0, 1, 0))
    stage.meters.observe(media(7, lost_out=10, jitter_in=4.0, mos_in=4.2))
    for path, index in (("global", 0), ("ipGroup", 0), ("cpMediaRealm", 0)):
        now = shown(stage, f"media/mediaStats/{path}", index)
        assert (now["mediaPacketsInTotal"], now["mediaPacketsOutTotal"]) == (500, 490)
        assert (now["mediaKBytesInTotal"], now["mediaBandwidthIn"]) == (80000 // 1024, 64)
        assert (now["mediaPacketLossIn"], now["mediaPacketLossOut"]) == (0, 200)
        assert (now["mediaJitterIn"], now["mediaMOSIn"], now["mediaQualityIn"]) == (4, 42, 2)
        assert (now["mediaMOSOut"], now["mediaDelayIn"]) == (None, None)
    assert shown(stage, "media/mediaStats/global", 0)["mediaRtpStreams"] == 1
    coders = shown(stage, "media/coderStats/global", 0)
    assert (coders["coderG711"], coders["coderG711alaw"], coders["coderOPUSWB"]) == (1, 1, 0)
    stage.meters.observe(media(7, coder="opus"))  # a re-INVITE changed it
    coders = shown(stage, "media/coderStats/global", 0)
    assert (coders["coderG711"], coders["coderG711alaw"], coders["coderOPUSWB"]) == (0, 0, 1)
    stage.meters.observe(told.StreamsChanged(*leg, 0, 0, 0))
    assert shown(stage, "media/coderStats/ipGroup", 0)["coderOPUSWB"] == 0
    assert shown(stage, "media/mediaStats/cpMediaRealm", 0)["mediaBandwidthIn"] == 0
    assert not any(entity.held for some in stage.meters._entities.values() for entity in some.values())


def test_the_colour_of_a_qoe_profile_stands_before_that_of_the_mos() -> None:
    stage = device()
    leg = (0.0, 7, Way.IN, 0, 0, 0)
    stage.meters.observe(told.StreamsChanged(*leg, 0, 1, 0))
    stage.meters.observe(media(7, mos_in=4.2, colour_in=0, colour_out=1))
    now = shown(stage, "media/mediaStats/ipGroup", 0)
    assert (now["mediaQualityIn"], now["mediaQualityOut"]) == (0, 1)


def test_what_is_measured_after_the_end_holds_nothing() -> None:
    stage = device()
    stage.meters.observe(media(8))
    assert shown(stage, "media/mediaStats/global", 0)["mediaBandwidthIn"] == 0
    assert shown(stage, "media/coderStats/global", 0)["coderG711"] == 0
    assert shown(stage, "media/mediaStats/global", 0)["mediaPacketsInTotal"] == 500


def test_an_unknown_sender_is_an_attempt_that_failed() -> None:
    stage = device()
    for method in ("INVITE", "REGISTER", "SUBSCRIBE", "OPTIONS"):
        stage.meters.observe(told.Unclassified(0.0, 1, 0, method))
    for path, index in (("global", 0), ("srd", 1)):
        now = shown(stage, f"sbc/callStats/{path}", index)
        assert (now["attemptedCallsInTotal"], now["notEstablishCallsInTotal"]) == (1, 1)
        assert (now["classificationFailedCallsInTotal"], now["notEstablishFailedCallsInTotal"]) == (1, 1)
        now = shown(stage, f"sbc/otherStats/{path}", index)
        assert (now["registerInTotal"], now["failedRegisterClassificationInTotal"]) == (1, 1)
        assert (now["subscribeInTotal"], now["failedSubscribeInTotal"]) == (1, 1)
        assert (now["otherDialogsInTotal"], now["failedOtherDialogsInTotal"]) == (1, 1)
    assert shown(stage, "sbc/callStats/srd", 0)["attemptedCallsInTotal"] == 0


def test_registrations_of_users_and_of_the_device() -> None:
    stage = device()
    user, own = (0.0, 1, Way.IN, 0, 0, 0), (0.0, 2, Way.OUT, 1, 0, 0)
    for fact in (
        told.RegisterAttempted(*user),
        told.Registered(*user, "sip:a@b", 60, True, 1),
        told.RegisterAttempted(*user),
        told.Registered(*user, "sip:a@b", 60, False, 1),
        told.RegisterAttempted(*user),
        told.RegistrationFailed(*user, Reason.ADMISSION, 503),
        told.RegisterAttempted(*own, own=True),
        told.RegistrationFailed(*own, Reason.OTHER, 403, own=True),
    ):
        stage.meters.observe(fact)
    now = shown(stage, "sbc/otherStats/global", 0)
    assert (now["registerInTotal"], now["failedRegisterInTotal"], now["failedRegisterAdmissionInTotal"]) == (
        3,
        1,
        1,
    )
    assert (now["userSuccessfulRegistrationsTotal"], now["userRegistrationSuccessRatio"]) == (2, 67)
    assert (now["sbcAttemptedRegistrationsTotal"], now["sbcRegistrationSuccessRatio"]) == (1, 0)
    assert (now["registeredUsers"], now["failedRegisterOtherOutTotal"]) == (1, 1)
    assert shown(stage, "sbc/otherStats/ipGroup", 0)["registeredUsers"] == 1
    stage.meters.observe(told.Unregistered(*user, "sip:a@b", True, 0))
    assert shown(stage, "sbc/otherStats/global", 0)["registeredUsers"] == 0
    assert shown(stage, "sbc/otherStats/ipGroup", 0)["registeredUsers"] == 0


def test_subscriptions_last_and_other_dialogs_pass() -> None:
    stage = device()
    leg = (0.0, 1, Way.IN, 0, 0, 0)
    for method in ("SUBSCRIBE", "OPTIONS", "MESSAGE"):
        stage.meters.observe(told.DialogAttempted(*leg, method))
    now = shown(stage, "sbc/otherStats/global", 0)
    assert (now["subscribeInTotal"], now["otherDialogsInTotal"], now["otherDialogs"]) == (1, 2, 2)
    stage.meters.observe(told.DialogOpened(*leg, "SUBSCRIBE"))
    stage.meters.observe(told.DialogOpened(*leg, "OPTIONS"))
    stage.meters.observe(told.DialogFailed(*leg, "MESSAGE", Reason.OTHER, 405))
    now = shown(stage, "sbc/otherStats/global", 0)
    assert (now["activeSubscribes"], now["otherDialogs"], now["failedOtherDialogsInTotal"]) == (1, 0, 1)
    stage.meters.observe(told.DialogEnded(*leg, "SUBSCRIBE"))
    assert shown(stage, "sbc/otherStats/ipGroup", 0)["activeSubscribes"] == 0
