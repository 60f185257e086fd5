"""The capacities of the licence, kept by the engine: calls, media through the relay, registered users."""

from typing import Any

import pytest

from sbcd.media import contract as media
from sbcd.rooms.calls.anchor import Anchor
from sbcd.rooms.calls.facts import Failed, Reason, RegistrationFailed
from sbcd.rooms.calls.plan import Realm
from sbcd.sip.message import Request, request

from .playbook import ALICE, ANSWER, BOB, SDP, Hands, brief, invite, plan, says


def register(user: str, expires: int = 600) -> Request:
    return request(
        "REGISTER",
        "sip:127.0.9.9",
        {
            "Via": f"SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK{user}{expires}",
            "From": f"<sip:{user}@a.example>;tag=r1",
            "To": f"<sip:{user}@a.example>",
            "Call-ID": f"reg-{user}-{expires}",
            "CSeq": "1 REGISTER",
            "Contact": f"<sip:{user}@127.0.0.1:5070>",
            "Expires": str(expires),
            "Max-Forwards": "70",
        },
    )


def test_one_call_more_than_the_licence_allows_is_refused() -> None:
    hands = Hands(plan(capacity=2))
    for number in range(3):
        hands.hear(ALICE, invite(call=f"call-{number}"))
    assert brief(hands.take(BOB)) == ["INVITE", "INVITE"]
    assert brief(hands.take(ALICE)) == ["503 INVITE"]
    assert [fact.reason for fact in hands.facts if isinstance(fact, Failed)] == [Reason.NO_RESOURCES]
    hands.follow(plan(capacity=3))  # another licence counts at once
    hands.hear(ALICE, invite(call="call-9"))
    assert brief(hands.take(BOB)) == ["INVITE"]


def test_one_user_more_than_the_licence_allows_is_refused_and_those_who_are_known_go_on() -> None:
    hands = Hands(plan(user_capacity=1))
    for user in ("100", "200"):
        hands.hear(ALICE, register(user))
        for heard in hands.take(BOB):
            assert isinstance(heard, Request)
            hands.hear(BOB, says(heard, 200).but({"Contact": f"{heard.get('Contact')};expires=600"}))
    hands.hear(ALICE, register("100", 300))
    assert brief(hands.take(BOB)) == ["REGISTER"]
    assert brief(hands.take(ALICE)) == ["200 REGISTER", "503 REGISTER"]
    assert [f.reason for f in hands.facts if isinstance(f, RegistrationFailed)] == [Reason.ADMISSION]


class Relay:
    """A relay that passes everything."""

    def ask(self, command: Any, then: Any) -> None:
        then(media.Anchored(command.sdp) if isinstance(command, media.Offer | media.Answer) else media.Done())


@pytest.mark.parametrize("most", [0, 1])
def test_media_beyond_the_licence_is_refused_and_changes_of_what_is_anchored_are_not(most: int) -> None:
    realm = Realm(0, "R", "127.0.9.9", "", 20000, 20100, default=True)
    hands = Hands(plan(media_capacity=most, realms=(realm,)))
    anchor = Anchor(Relay())
    anchor.switch = hands.switch
    hands.switch.media = anchor
    for number in range(2):
        hands.hear(ALICE, invite(call=f"call-{number}", body=SDP))
    asked = hands.take(BOB)
    assert brief(asked) == ["INVITE"] * most
    assert brief(hands.take(ALICE)).count("503 INVITE") == 2 - most
    if most:
        assert isinstance(asked[0], Request)
        hands.hear(BOB, says(asked[0], 200, ANSWER))
        assert brief(hands.take(ALICE)) == ["200 INVITE"]
