"""Intrusion detection in virtual time: what is counted, told and blocked, and that it passes."""

from typing import Any

import pytest

from rooms.calls.playbook import ALICE, BOB, OURS, Hands, brief, invite, plan
from sbcd.config import ini, loading
from sbcd.config.catalogue import catalogue
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Change, Snapshot
from sbcd.declared import DECLARED
from sbcd.rooms.calls import protecting
from sbcd.rooms.calls.facts import Blocked, Intrusion
from sbcd.rooms.calls.plan import Interface, IpGroup, Srd, UserSecret
from sbcd.rooms.calls.planner import Around, planned
from sbcd.rooms.calls.protection import (
    ADMISSION,
    AUTHENTICATION,
    BY_PORT,
    CLASSIFICATION,
    GLOBAL,
    MALFORMED,
    MESSAGES,
    ROUTING,
    IntrusionMatch,
    IntrusionRule,
    Protection,
)
from sbcd.sip.events import Flow

STRANGER, OTHER = ("127.7.7.7", 5060), ("127.7.7.8", 5060)
EVERYBODY = IntrusionMatch(0, frozenset(), frozenset(), "", 0)


def hands(*rules: IntrusionRule, match: IntrusionMatch = EVERYBODY, flood: int = 0, **more: Any) -> Hands:
    return Hands(plan(protection=Protection(rules, (match,), flood=flood), **more))


def rule(reason: int, **more: Any) -> IntrusionRule:
    return IntrusionRule(0, "P", 0, reason, **{"window": 10, **more})


def flood(hands: Hands, count: int, source: tuple[str, int] = STRANGER) -> list[str]:
    """So many calls of a stranger; what he heard."""
    for number in range(count):
        hands.hear(source, invite(call=f"c{source}{number}{hands.now}", Via=via(source, number, hands.now)))
    return brief(hands.take(source))


def via(source: tuple[str, int], *unique: object) -> str:
    mark = "".join(char for char in str(unique) if char.isalnum())
    return f"SIP/2.0/UDP {source[0]}:{source[1]};branch=z9hG4bK{mark}"


def told(hands: Hands, kind: type) -> list[Any]:
    return [fact for fact in hands.facts if isinstance(fact, kind)]


def crossings(hands: Hands) -> list[tuple[int, str, int]]:
    return [(fact.severity, fact.scope, fact.count) for fact in told(hands, Intrusion)]


def test_failures_of_one_sender_cross_the_thresholds_and_the_alarm_ends() -> None:
    world = hands(rule(CLASSIFICATION, minor=3, major=5, critical=8))
    flood(world, 6)
    assert crossings(world) == [(1, "127.7.7.7", 3), (2, "127.7.7.7", 5)]
    fact = told(world, Intrusion)[0]
    assert (fact.source, fact.name, fact.interface) == ("127.7.7.7:5060 UDP", "P", 0)
    flood(world, 2, OTHER)
    assert len(crossings(world)) == 2, "another sender is counted for himself"
    world.wait(299)
    assert len(crossings(world)) == 2
    world.wait(2)
    assert crossings(world)[-1] == (0, "", 0), "the alarm ends after IDSAlarmClearPeriod"


def test_a_window_forgets() -> None:
    world = hands(rule(CLASSIFICATION, minor=3))
    for _ in range(5):
        flood(world, 2)
        world.wait(11)
    assert not crossings(world)


def test_who_is_denied_is_not_heard_for_the_period_and_others_are() -> None:
    world = hands(rule(CLASSIFICATION, deny=4, period=60))
    assert len(flood(world, 20)) == 4, "four refusals, then silence"
    assert [(fact.address, fact.on) for fact in told(world, Blocked)] == [("127.7.7.7", True)]
    assert world.switch.intrusions.dropped == 16
    assert [(one.address, one.port, one.seconds) for one in world.switch.intrusions.lines()] == [
        ("127.7.7.7", 0, 60.0)
    ]
    world.hear(ALICE, invite())
    assert brief(world.take(BOB)) == ["INVITE"], "a flood starves nobody"
    assert len(flood(world, 1, OTHER)) == 1
    world.wait(61)
    assert [fact.on for fact in told(world, Blocked)] == [True, False]
    world.take(STRANGER)
    assert len(flood(world, 1)) == 1
    assert not world.switch.intrusions.watching


def test_by_address_and_port() -> None:
    world = hands(rule(CLASSIFICATION, deny=2, period=60, scope=BY_PORT))
    flood(world, 5)
    assert len(flood(world, 1, (STRANGER[0], 5099))) == 1
    assert not flood(world, 1)


def test_all_together_are_counted_and_nobody_is_blocked() -> None:
    world = hands(rule(CLASSIFICATION, minor=4, deny=1, period=60, scope=GLOBAL))
    flood(world, 2)
    assert len(flood(world, 2, OTHER)) == 2
    assert crossings(world) == [(1, "global", 4)]


@pytest.mark.parametrize(
    ("match", "counted"),
    [
        (IntrusionMatch(0, frozenset({0}), frozenset(), "", 0), True),
        (IntrusionMatch(0, frozenset({1}), frozenset(), "", 0), False),
        (IntrusionMatch(0, frozenset(), frozenset(), "127.7.0.0/16", 0), True),
        (IntrusionMatch(0, frozenset(), frozenset(), "127.8.0.0/16", 0), False),
        (IntrusionMatch(0, frozenset(), frozenset({0}), "", 0), False),
        (IntrusionMatch(0, frozenset(), frozenset(), "", 7), False),
    ],
)
def test_for_whom_a_policy_holds(match: IntrusionMatch, counted: bool) -> None:
    world = hands(rule(CLASSIFICATION, minor=1), match=match)
    flood(world, 1)
    assert bool(crossings(world)) is counted


def test_what_cannot_be_read_is_malformed() -> None:
    world = hands(rule(MALFORMED, minor=3))
    for data in (b"garbage garbage", b"INVITE sip:x SIP/2.0\r\n\r\n", b"\0" * 20):
        world._sent(world.switch.receive(data, Flow(0, "udp", OURS, STRANGER), world.now))
    assert crossings(world) == [(1, "127.7.7.7", 3)]
    assert not crossings(hands(rule(MALFORMED, minor=1)))


def test_wrong_passwords_no_route_and_refused_calls() -> None:
    guarded = IpGroup(0, "A", 0, 0, 0, authentication=2)
    world = hands(
        rule(AUTHENTICATION, minor=1),
        ip_groups=(guarded, IpGroup(1, "B", 0, 0, 1)),
        users=(UserSecret(-1, "", "bob", "right"),),
    )
    world.hear(ALICE, invite())
    challenge = world.take(ALICE)[-1].all("WWW-Authenticate")[-1]
    assert not crossings(world), "a first request without a password is none"
    nonce = challenge.split('nonce="')[1].split('"')[0]
    wrong = f'Digest username="bob", realm="sbcd", nonce="{nonce}", uri="sip:2000@127.0.9.9", algorithm=MD5'
    world.hear(ALICE, invite(call="c2", Authorization=f'{wrong}, response="{"0" * 32}"'))
    assert world.take(ALICE)[-1].status == 403
    assert len(crossings(world)) == 1
    world = hands(rule(ROUTING, minor=1), routing=())
    world.hear(ALICE, invite())
    assert len(crossings(world)) == 1
    world = hands(
        rule(ADMISSION, minor=1), ip_groups=(IpGroup(0, "A", 0, 0, 0, admission="none"),), srds=(Srd(0, ""),)
    )
    world.hear(ALICE, invite())
    assert not crossings(world), "nothing was refused"


def test_messages_themselves_may_be_too_many() -> None:
    world = hands(rule(MESSAGES, deny=5, period=30))
    world.hear(ALICE, invite())
    flood(world, 3)
    assert not told(world, Blocked)
    flood(world, 3)
    assert [fact.address for fact in told(world, Blocked)] == ["127.7.7.7"]


def test_the_flood_limit_holds_without_policies_but_not_for_peers() -> None:
    world = hands(flood=10, interfaces=(Interface(0, "SIP", "127.0.9.9", "", 5060, 5060, 0, 0),))
    assert len(flood(world, 100)) == 10
    assert [fact.address for fact in told(world, Blocked)] == ["127.7.7.7"]
    for number in range(50):
        shared = Flow(0, "udp", OURS, (ALICE[0], ALICE[1] + number))
        world._sent(world.switch.receive(b"garbage garbage", shared, world.now))
    world.hear(ALICE, invite())
    assert brief(world.take(BOB)) == ["INVITE"], "nobody at the address of a server is shut out by it"
    world.follow(plan())
    assert not world.switch.intrusions.watching, "a plan without limits blocks nobody"


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sbcd.rooms.calls.intrusion.MOST_COUNTED", 50)
    monkeypatch.setattr("sbcd.rooms.calls.intrusion.MOST_BLOCKED", 20)
    world = hands(rule(CLASSIFICATION, deny=1, period=60))
    for number in range(200):
        flood(world, 1, (f"127.9.{number // 100}.{number % 100 + 1}", 5060))
    assert len(world.switch.intrusions._windows) <= 50
    assert len(world.switch.intrusions.lines()) == 20


# --- the tables ---

HEADS = (
    "Policy, RuleID, Reason, ThresholdScope, ThresholdWindow, MinorAlarmThreshold, DenyThreshold, DenyPeriod"
)
INI = """
[SIP Params]
EnableIDS = {}
[ IDSPolicy ]
FORMAT Index = Name, Description;
IDSPolicy 0 = "Strangers", "";
[ \\IDSPolicy ]
[ IDSRule ]
FORMAT Index = HEADS;
IDSRule 0 = 0, 0, 3, 2, 5, 10, 20, 60;
[ \\IDSRule ]
[ IDSMatch ]
FORMAT Index = SIPInterface, ProxySet, Subnet, Policy;
IDSMatch 0 = "0,2-3", "", "10.1.0.0/16", "Strangers";
[ \\IDSMatch ]
"""


def loaded(text: str) -> Snapshot:
    schema = Schema(DECLARED)
    return loading.full(schema, ini.read(text.replace("HEADS", HEADS).encode(), schema, catalogue()))


def test_the_tables_become_rules() -> None:
    made = planned(loaded(INI.format(1)), Around(loopback=False)).protection
    assert made.rules == (
        IntrusionRule(0, "Strangers", 0, CLASSIFICATION, window=5, minor=10, deny=20, period=60),
    )
    assert made.matches == (IntrusionMatch(0, frozenset({0, 2, 3}), frozenset(), "10.1.0.0/16", 0),)
    assert planned(loaded(INI.format(1)), Around()).protection.matches[0].subnet == "127.1.0.0/16"
    off = planned(loaded(INI.format(0)), Around()).protection
    assert (off.rules, off.matches, off.flood) == ((), (), 1000)


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [('"0,2-3"', '"zero"', "SIPInterface"), ('"10.1.0.0/16"', '"10.1.0.0/99"', "Subnet")],
)
def test_what_is_not_understood_is_told_with_its_place(old: str, new: str, column: str) -> None:
    change = Change(Snapshot.empty(), loaded(INI.format(1).replace(old, new)))
    assert [problem.column for problem in protecting.problems(change)] == [column]
