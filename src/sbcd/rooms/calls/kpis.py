"""Which fact feeds which KPI: the definitions of facts/kpi.md as a list of feeds.

One rule: every attempt is counted once per leg, and ends either as answered or under exactly one reason:
attempted = established + not established, not established = the sum of its reasons.

A call has one inbound leg; figures without a direction (duration, sessions of a group) are counted at the
inbound leg for the device and for SRDs, and at both legs for IP groups, each of which carried the call.
ASR and NER are about outgoing legs (facts/kpi.md, S6) and count attempts when their outcome is known."""

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any

from sbcd.rooms.calls import facts as told
from sbcd.rooms.calls import quality
from sbcd.rooms.calls.facts import Reason, Way
from sbcd.rooms.kpi import Count, Feed, Move, PerSecond, Share

CALLS, OTHERS, FAILURES = "sbc/callStats", "sbc/otherStats", "sbc/userDefined"
DDOS = "network/ddosStats"

Indexes = Mapping[str, Callable[[Any], int]]
GROUP: Indexes = {"ipGroup": attrgetter("ip_group")}
SRD: Indexes = {"srd": attrgetter("srd")}
BOTH: Indexes = {**GROUP, **SRD}
SIDES = ((Way.IN, "In"), (Way.OUT, "Out"))

REACHED = {Reason.BUSY, Reason.NO_ANSWER, Reason.CANCELLED, Reason.FORWARDED}
REACHED_STATUSES = {408, 480, 486}  # for NER they count as connected (facts/kpi.md)
STEMS = {
    Reason.BUSY: "busyCalls",
    Reason.NO_ANSWER: "noAnswerCalls",
    Reason.CANCELLED: "noAnswerCalls",
    Reason.FORWARDED: "forwardedCalls",
    Reason.NO_ROUTE: "noRouteCalls",
    Reason.NO_RESOURCES: "noResourcesCalls",
    Reason.MEDIA_MISMATCH: "mediaMismatchCalls",
    Reason.ADMISSION: "admissionFailedCalls",
    Reason.CLASSIFICATION: "classificationFailedCalls",
}
INBOUND_ONLY = {Reason.NO_ROUTE, Reason.CLASSIFICATION}


def reasons(side: str) -> dict[Reason, tuple[str, ...]]:
    """For every reason the counters that a failed leg of this side moves."""
    found: dict[Reason, tuple[str, ...]] = {}
    for reason in Reason:
        stem = STEMS.get(reason, "otherReasonCalls")
        if side == "Out" and reason in INBOUND_ONLY:
            stem = "otherReasonCalls"
        outcome = "notEstablishSuccessCalls" if reason in REACHED else "notEstablishFailedCalls"
        found[reason] = (f"notEstablishCalls{side}", f"{outcome}{side}", f"{stem}{side}")
    return found


def percent(truth: bool) -> float:
    """A yes as 100 parts of 1."""
    return 100.0 if truth else 0.0


def _all(table: Mapping[Any, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({base for bases in table.values() for base in bases}))


def _calls(way: Way, side: str) -> list[Feed]:
    """Attempts and outcomes of one side."""
    by_reason = reasons(side)
    failed = f"failedCalls{side}Ratio"
    return [
        Count(told.Attempted, CALLS, f"attemptedCalls{side}", BOTH, way),
        PerSecond(told.Attempted, CALLS, f"attemptedCallsRate{side}", BOTH, way),
        Count(told.Answered, CALLS, f"establishedCalls{side}", BOTH, way),
        PerSecond(told.Answered, CALLS, f"establishedCallsRate{side}", BOTH, way),
        Move(told.Answered, CALLS, f"activeCalls{side}", BOTH, way, by=1),
        Move(told.Ended, CALLS, f"activeCalls{side}", BOTH, way, by=-1),
        Count(told.Failed, CALLS, lambda f: by_reason[f.reason], BOTH, way, bases=_all(by_reason)),
        Count(told.Ended, CALLS, f"abnormalTerminatedCalls{side}", BOTH, way, lambda f: f.abnormal),
        Share(told.Answered, CALLS, failed, way=way, part=lambda _: 0),
        Share(told.Failed, CALLS, failed, way=way, part=lambda f: percent(f.reason not in REACHED)),
    ]


def _ratios() -> list[Feed]:
    """ASR, NER and post-dial delay, of outgoing legs."""
    asr, ner, out = "answerSeizureRatio", "networkEffectivenessRatio", Way.OUT
    return [
        Share(told.Answered, CALLS, asr, BOTH, out, part=lambda _: 100),
        Share(told.Failed, CALLS, asr, BOTH, out, part=lambda _: 0),
        Share(told.Answered, CALLS, ner, BOTH, out, part=lambda _: 100),
        Share(told.Failed, CALLS, ner, BOTH, out, part=lambda f: percent(f.status in REACHED_STATUSES)),
        Share(told.Rang, CALLS, "postDialDelay", BOTH, out, part=lambda f: f.delay),
        Share(
            told.Answered,
            CALLS,
            "postDialDelay",
            BOTH,
            out,
            lambda f: f.post_dial == f.delay,  # answered without ringing: no Rang told it
            part=lambda f: f.post_dial,
        ),
    ]


def _durations(short: Callable[[], float], long: Callable[[], float]) -> list[Feed]:
    """What is known when a call ends; `short` and `long`: seconds."""
    found: list[Feed] = []
    for at, way, everywhere in ((SRD, Way.IN, True), (GROUP, None, False)):
        place: dict[str, Any] = {"at": at, "way": way, "everywhere": everywhere}
        ended: tuple[type, str] = (told.Ended, CALLS)
        found += [
            Share(*ended, "averageCallDuration", **place, part=lambda f: f.duration),
            Count(*ended, "minutesOfUsage", **place, amount=lambda f: int(f.duration * 1000)),
            Count(*ended, "shortCallsCounter", **place, when=lambda f: f.duration < short()),
            Count(*ended, "longCallsCounter", **place, when=lambda f: f.duration > long()),
        ]
    return found


def _sessions() -> list[Feed]:
    return [
        Move(told.SessionOpened, CALLS, "activeSessions", by=1),
        Move(told.SessionClosed, CALLS, "activeSessions", by=-1),
        Count(told.MediaBroken, CALLS, "mediaBrokenConnectionCalls", BOTH),
    ]


def _refused_registers(side: str) -> dict[Reason, tuple[str, ...]]:
    stems = {Reason.ADMISSION: "failedRegisterAdmission"}
    if side == "In":
        stems |= {
            Reason.NO_ROUTE: "failedRegisterNoRoute",
            Reason.CLASSIFICATION: "failedRegisterClassification",
        }
    return {r: (f"failedRegister{side}", stems.get(r, "failedRegisterOther") + side) for r in Reason}


def _registrations(way: Way, side: str) -> list[Feed]:
    by_reason = _refused_registers(side)
    return [
        Count(told.RegisterAttempted, OTHERS, f"register{side}", BOTH, way),
        PerSecond(told.RegisterAttempted, OTHERS, f"registerRate{side}", BOTH, way),
        Count(
            told.RegistrationFailed,
            OTHERS,
            lambda f: by_reason[f.reason],
            BOTH,
            way,
            bases=_all(by_reason),
        ),
    ]


def _users() -> list[Feed]:
    """Registrations by users (`own` false, inbound) and by the device for itself (`own`)."""
    users, device = "userRegistrationSuccessRatio", "sbcRegistrationSuccessRatio"
    good, bad, gone = told.Registered, told.RegistrationFailed, told.Unregistered
    theirs: dict[str, Any] = {"at": BOTH, "way": Way.IN, "when": lambda f: not f.own}
    ours: dict[str, Any] = {"at": BOTH, "when": attrgetter("own")}
    joins: dict[str, Any] = {**theirs, "when": lambda f: f.new and not f.own}
    leaves: dict[str, Any] = {"when": lambda f: not f.own}
    return [
        Count(good, OTHERS, "userSuccessfulRegistrations", **theirs),
        Share(good, OTHERS, users, **theirs, part=lambda _: 100),
        Share(bad, OTHERS, users, **theirs, part=lambda _: 0),
        Count(told.RegisterAttempted, OTHERS, "sbcAttemptedRegistrations", **ours),
        Count(good, OTHERS, "sbcSuccessfulRegistrations", **ours),
        Share(good, OTHERS, device, **ours, part=lambda _: 100),
        Share(bad, OTHERS, device, **ours, part=lambda _: 0),
        Move(good, OTHERS, "registeredUsers", **joins, everywhere=False, by=1),
        Move(gone, OTHERS, "registeredUsers", BOTH, **leaves, everywhere=False, by=-1),
        Move(good, OTHERS, "registeredUsers", when=lambda f: not f.own, to=lambda f: f.users),
        Move(gone, OTHERS, "registeredUsers", **leaves, to=lambda f: f.users),
    ]


def _subscribes(fact: Any) -> bool:
    return bool(fact.method == "SUBSCRIBE")


def _others(fact: Any) -> bool:
    return bool(fact.method != "SUBSCRIBE")


def _dialogs(way: Way, side: str) -> list[Feed]:
    found: list[Feed] = []
    for stem, when in (("subscribe", _subscribes), ("otherDialogs", _others)):
        capital = stem[0].upper() + stem[1:]
        found += [
            Count(told.DialogAttempted, OTHERS, f"{stem}{side}", BOTH, way, when),
            PerSecond(told.DialogAttempted, OTHERS, f"{stem}Rate{side}", BOTH, way, when),
            Count(told.DialogFailed, OTHERS, f"failed{capital}{side}", BOTH, way, when),
        ]
    return found


def _dialog_levels() -> list[Feed]:
    """Subscriptions last until they end; of other dialogs those count that have no answer yet."""
    found: list[Feed] = []
    moves = (
        (told.DialogOpened, "activeSubscribes", _subscribes, 1),
        (told.DialogEnded, "activeSubscribes", _subscribes, -1),
        (told.DialogAttempted, "otherDialogs", _others, 1),
        (told.DialogOpened, "otherDialogs", _others, -1),
        (told.DialogFailed, "otherDialogs", _others, -1),
    )
    for fact, base, when, by in moves:
        found.append(Move(fact, OTHERS, base, SRD, Way.IN, when, by=by))
        found.append(Move(fact, OTHERS, base, GROUP, None, when, everywhere=False, by=by))
    return found


def _traffic() -> list[Feed]:
    """What the engine counts without telling each. It keeps no lists: every sender is grey."""
    fact = told.Traffic
    return [
        PerSecond(fact, OTHERS, "transactionRate", amount=attrgetter("transactions")),
        Count(fact, DDOS, "sipPackets", amount=attrgetter("sip_packets")),
        Count(fact, DDOS, "nonSipPackets", amount=attrgetter("non_sip_packets")),
        Count(fact, DDOS, "attemptedSipTlsConn", amount=attrgetter("tls_attempted")),
        Count(fact, DDOS, "rejectedSipTlsConn", amount=attrgetter("tls_refused")),
        Count(fact, DDOS, "glDropped", amount=attrgetter("dropped")),
        Count(fact, DDOS, "glProcessed", amount=lambda f: f.sip_packets + f.non_sip_packets),
        Share(
            fact,
            DDOS,
            "glDropRate",
            part=lambda f: 1000 * f.dropped,
            whole=lambda f: f.dropped + f.sip_packets + f.non_sip_packets,
        ),
    ]


def _fixed(*bases: str) -> Callable[[Any], Iterable[str]]:
    """These counters, whatever the fact says."""
    return lambda _: bases


def _of(*methods: str, yes: bool = True) -> Callable[[Any], bool]:
    """Facts of these methods, or of all others."""
    return lambda fact: (fact.method in methods) is yes


def _unclassified() -> list[Feed]:
    """Senders that nobody knows have no leg: their attempt and its failure are told in one fact."""
    fact, found = told.Unclassified, list[Feed]()
    kinds = (
        (CALLS, _of("INVITE"), "attemptedCalls", "notEstablishCallsIn notEstablishFailedCallsIn"),
        (OTHERS, _of("REGISTER"), "register", "failedRegisterIn failedRegisterClassificationIn"),
        (OTHERS, _of("SUBSCRIBE"), "subscribe", "failedSubscribeIn"),
        (OTHERS, _of("INVITE", "REGISTER", "SUBSCRIBE", yes=False), "otherDialogs", "failedOtherDialogsIn"),
    )
    for group, when, stem, failed in kinds:
        bases = (f"{stem}In", *failed.split())
        found.append(Count(fact, group, _fixed(*bases), SRD, when=when, bases=bases))
        found.append(PerSecond(fact, group, f"{stem}RateIn", SRD, when=when))
    found.append(Count(fact, CALLS, "classificationFailedCallsIn", SRD, when=_of("INVITE")))
    found.append(Share(fact, CALLS, "failedCallsInRatio", when=_of("INVITE"), part=_hundred))
    return found


def _hundred(_fact: Any) -> float:
    return 100


def feeds(
    failures: Callable[[str, int, str], Iterable[str]],
    short: Callable[[], float] = lambda: 2,
    long: Callable[[], float] = lambda: 3600,
) -> list[Feed]:
    """Everything that calls, registrations and media feed.

    failures: from method, SIP status and side ("In", "Out") to the user-defined counters that it moves;
    short, long: seconds below and above which a call is short or long."""
    found = [*_ratios(), *_durations(short, long), *_sessions(), *_users(), *_dialog_levels(), *_traffic()]
    found += [*_unclassified(), *quality.feeds()]
    for way, side in SIDES:
        found += [*_calls(way, side), *_registrations(way, side), *_dialogs(way, side)]
        found += _user_defined(failures, way, side)
    return found


def _user_defined(failures: Callable[[str, int, str], Iterable[str]], way: Way, side: str) -> list[Feed]:
    bases = tuple(f"userDefinedFailures{side}{number}" for number in range(1, 27))
    return [
        Count(told.Failed, FAILURES, lambda f: failures("INVITE", f.status, side), BOTH, way, bases=bases),
        Count(
            told.RegistrationFailed,
            FAILURES,
            lambda f: failures("REGISTER", f.status, side),
            BOTH,
            way,
            bases=bases,
        ),
    ]
