"""Message policies in virtual time: what is taken, answered or dropped, and that nobody remembers it."""

from typing import Any

import pytest

from sbcd.config.draft import Draft
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Change
from sbcd.declared import DECLARED
from sbcd.rooms.calls import ruling
from sbcd.rooms.calls.plan import Interface, MessagePolicy
from sbcd.rooms.calls.planner import Around, planned
from sbcd.rooms.calls.tables.core import SIPInterface
from sbcd.rooms.calls.tables.messages import MaliciousSignatureDB

from .playbook import ALICE, BOB, SDP, Hands, brief, invite, plan, says

FACTORY = Schema(DECLARED).factory()
SIGNATURES = (
    ("SIPVicious", "Header.User-Agent.content prefix 'friendly-scanner'"),
    ("Sipsak", "header.x exists"),
)


def hands(**limits: Any) -> Hands:
    return Hands(
        plan(
            interfaces=(Interface(0, "SIP", "127.0.9.9", "", 5060, 5060, 0, 0, message_policy="P"),),
            policies=(MessagePolicy("P", **limits),),
            signatures=SIGNATURES,
        )
    )


@pytest.mark.parametrize(
    ("limits", "answer"),
    [
        ({}, None),
        ({"message": 4000, "header": 200, "body": 500, "headers": 20, "parts": 1}, None),
        ({"message": 300}, "513"),
        ({"header": 40}, "513"),
        ({"headers": 7}, "513"),
        ({"body": 20}, "513"),
        ({"parts": 0}, "513"),
        ({"methods": "invite"}, "405"),
        ({"methods": "register\\Invite", "methods_allowed": True}, None),
        ({"methods": "options\\register", "methods_allowed": True}, "405"),
        ({"bodies": "application/sdp"}, "415"),
        ({"bodies": "text/plain\\application/SDP", "bodies_allowed": True}, None),
        ({"bodies": "text/plain", "bodies_allowed": True}, "415"),
        ({"signatures": True}, None),
    ],
)
def test_limits_and_lists(limits: dict[str, Any], answer: str | None) -> None:
    world = hands(**limits)
    world.hear(ALICE, invite())
    heard = brief(world.take(ALICE))
    if answer is None:
        assert brief(world.take(BOB)) == ["INVITE"]
    else:
        assert heard == [f"{answer} INVITE"]
        assert world.empty
        assert not world.switch.endpoint.servers, "no transaction begins"
        assert world.switch.refused == {int(answer): 1}


def test_a_policy_that_drops_says_nothing() -> None:
    world = hands(body=20, drops=True)
    world.hear(ALICE, invite())
    assert not world.out
    assert world.switch.refused == {513: 1}


def test_a_scanner_is_known_by_its_signature_and_leaves_nothing_behind() -> None:
    world = hands(signatures=True, drops=True)
    for number in range(500):
        world.hear(ALICE, invite(call=f"scan-{number}", User_Agent="friendly-scanner"))
    assert not world.out
    assert not world.switch.endpoint.servers
    assert not world.facts
    assert world.switch.refused == {403: 500}
    assert world.switch.strays == 500, "they count among the packets that were dropped"
    world.hear(ALICE, invite(User_Agent="a friendly-scanner is no prefix"))
    assert brief(world.take(BOB)) == ["INVITE"]


def test_responses_that_are_too_large_are_dropped() -> None:
    world = hands(body=len(SDP))
    world.hear(ALICE, invite())
    (out,) = world.take(BOB)
    world.hear(BOB, says(out, 200, SDP + b"a=x\r\n"))
    assert "200 INVITE" not in brief(world.take(ALICE))
    assert world.switch.refused == {513: 1}


def test_what_cannot_be_read_is_judged_by_the_endpoint() -> None:
    world = hands(headers=3)
    world.switch.receive(b"nonsense\r\n\r\n", _flow(), world.now)
    assert not world.out
    assert world.switch.strays == 1


def _flow() -> Any:
    from sbcd.sip.events import Flow

    return Flow(0, "udp", ("127.0.9.9", 5060), ALICE)


def test_the_factory_protects_an_interface_that_names_its_policy() -> None:
    interface = SIPInterface(name="SIP", message_policy="Malicious Signature DB Protection")
    made = planned(Draft(FACTORY).put(0, interface).finish(), Around())
    assert made.interfaces[0].message_policy == made.policies[0].name
    assert made.policies[0].signatures
    assert made.policies[0].drops
    assert len(made.signatures) == 12
    Hands(made)


def test_a_pattern_that_is_not_understood_is_told() -> None:
    draft = Draft(FACTORY).put(20, MaliciousSignatureDB(name="X", pattern="Header.User-Agent like 'x'"))
    draft.put(21, MaliciousSignatureDB(name="Y", pattern=""))
    found = [str(problem) for problem in ruling.problems(Change(FACTORY, draft.finish()))]
    assert found == [
        "MaliciousSignatureDB 20 Pattern: 'like' is no operator",
        "MaliciousSignatureDB 21 Pattern: an empty pattern would refuse everybody",
    ]
