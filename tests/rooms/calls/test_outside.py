"""MESSAGE, PUBLISH, SUBSCRIBE and its NOTIFYs, OPTIONS and INFO through the device, with their KPIs."""

from typing import Any

import pytest

from rooms.calls.playbook import ALICE, ANSWER, BOB, Hands, back, brief, invite, plan, says, within
from rooms.calls.test_kpis import device, shown
from sbcd.rooms.calls.facts import DialogAttempted, DialogEnded, DialogFailed, DialogOpened, Way
from sbcd.sip.message import Request

PHONE = "<sip:1000@127.0.0.1:5070>"


def asks(method: str, body: bytes = b"", **more: str) -> Request:
    """A request of Alice outside every dialog."""
    kind = {"Content-Type": "text/plain"} if body else {"Content-Type": None}
    return invite(body=body, **more).but({"CSeq": f"1 {method}", **kind}, method=method)


def counted(hands: Hands, parameter: str) -> Any:
    """A KPI of everything that was told."""
    stage = device()
    for fact in hands.facts:
        stage.meters.observe(fact)
    return shown(stage, "sbc/otherStats/global", 0)[parameter]


@pytest.mark.parametrize("method", ["MESSAGE", "PUBLISH", "NOTIFY", "OPTIONS", "REFER"])
def test_one_request_one_answer_and_nothing_is_remembered(method: str) -> None:
    hands = Hands()
    hands.hear(ALICE, asks(method, b"hello", Event="presence", Refer_To="<sip:3000@127.0.0.3>"))
    (sent,) = hands.take(BOB)
    assert (sent.method, sent.uri, sent.body) == (method, "sip:2000@b.example", b"hello")
    assert sent.get("Content-Type") == "text/plain"
    assert sent.get("Event") == "presence"
    assert "alice.example" not in bytes(sent).decode(), "nothing of one side is seen on the other"
    hands.hear(BOB, says(sent, 202, SIP_ETag="e1", Expires="60"))
    (answer,) = hands.take(ALICE)
    assert (answer.status, answer.get("Sip-Etag") or answer.get("SIP-ETag")) == (202, "e1")
    assert hands.empty
    kinds = [type(fact) for fact in hands.facts if getattr(fact, "way", None) == Way.IN]
    assert kinds == [DialogAttempted, DialogOpened, DialogEnded]
    assert counted(hands, "otherDialogsInTotal") == 1
    assert counted(hands, "otherDialogsOutTotal") == 1
    assert counted(hands, "otherDialogs") == 0


@pytest.mark.parametrize(("status", "told"), [(404, 404), (488, 488), (503, 503)])
def test_a_refusal_passes_and_is_counted_on_both_sides(status: int, told: int) -> None:
    hands = Hands(plan(proxy_sets=plan().proxy_sets))
    hands.hear(ALICE, asks("MESSAGE", b"x"))
    while sent := [message for message in hands.take() if isinstance(message, Request)]:
        hands.hear(BOB, says(sent[-1], status))
    failed = [(fact.way, fact.status) for fact in hands.facts if isinstance(fact, DialogFailed)]
    assert (Way.IN, told) in failed
    assert (Way.OUT, status) in failed
    assert counted(hands, "failedOtherDialogsInTotal") == 1
    assert hands.empty


def test_silence_is_counted_and_nothing_late_is_said() -> None:
    """RFC 4320 4.2: nobody waits for a 408 any more."""
    hands = Hands()
    hands.hear(ALICE, asks("MESSAGE", b"x"))
    hands.wait(80)
    assert not hands.take(ALICE)
    assert counted(hands, "failedOtherDialogsInTotal") == 1
    assert hands.empty


def subscribed() -> tuple[Hands, Any, Any]:
    hands = Hands()
    hands.hear(ALICE, asks("SUBSCRIBE", Event="presence", Expires="300"))
    (sent,) = hands.take(BOB)
    assert (sent.method, sent.get("Event"), sent.get("Expires")) == ("SUBSCRIBE", "presence", "300")
    hands.hear(BOB, says(sent, 200, Expires="300"))
    (answer,) = hands.take(ALICE)
    assert (answer.status, answer.get("Expires")) == (200, "300")
    return hands, sent, answer


def test_a_subscription_is_a_dialog_with_notifys_of_its_own() -> None:
    hands, sent, answer = subscribed()
    assert counted(hands, "activeSubscribes") == 1
    notify = back(sent, "NOTIFY", 1, b"<presence/>").but(
        {
            "Event": "presence",
            "Subscription-State": "active;expires=300",
            "Content-Type": "application/pidf+xml",
        }
    )
    hands.hear(BOB, notify)
    (passed,) = hands.take(ALICE)
    assert (passed.method, passed.body, passed.get("Subscription-State")) == (
        "NOTIFY",
        b"<presence/>",
        "active;expires=300",
    )
    assert passed.to.tag == "a1", "in the dialog of the subscriber"
    assert passed.call_id == "call-1"
    hands.hear(ALICE, says(passed, 200, tag="a1", Contact=PHONE))
    assert brief(hands.take(BOB)) == ["200 NOTIFY"]
    hands.hear(ALICE, within(answer, "SUBSCRIBE", 2, Event="presence", Expires="0"))
    (again,) = hands.take(BOB)
    assert again.to.tag == "b1"
    hands.hear(BOB, says(again, 200, Expires="0"))
    assert brief(hands.take(ALICE)) == ["200 SUBSCRIBE"]
    hands.hear(BOB, back(sent, "NOTIFY", 2).but({"Event": "presence", "Subscription-State": "terminated"}))
    (last,) = hands.take(ALICE)
    hands.hear(ALICE, says(last, 200, tag="a1", Contact=PHONE))
    assert brief(hands.take(BOB)) == ["200 NOTIFY"]
    hands.wait(1)
    assert hands.empty, "the last NOTIFY ends it"
    assert counted(hands, "activeSubscribes") == 0
    assert counted(hands, "subscribeInTotal") == 1


def test_a_subscription_that_nobody_refreshes_ends() -> None:
    hands, _, answer = subscribed()
    hands.wait(200)
    hands.hear(ALICE, within(answer, "SUBSCRIBE", 2, Event="presence", Expires="300"))
    hands.hear(BOB, says(hands.take(BOB)[-1], 200, Expires="300"))
    hands.wait(200)
    assert not hands.empty, "refreshed"
    hands.wait(200)
    assert hands.empty
    assert counted(hands, "activeSubscribes") == 0


def test_a_notify_of_no_subscription_is_refused_in_its_dialog() -> None:
    hands, sent, _ = subscribed()
    hands.hear(BOB, back(sent, "NOTIFY", 1, tag="stranger").but({"Event": "presence"}))
    assert brief(hands.take(BOB)) == ["481 NOTIFY"]


def test_info_and_message_pass_inside_a_call_and_nowhere_else() -> None:
    hands = Hands()
    hands.hear(ALICE, invite())
    sent = hands.take(BOB)[0]
    hands.hear(BOB, says(sent, 200, ANSWER))
    answered = hands.take(ALICE)[-1]
    hands.hear(ALICE, within(answered, "ACK", 1))
    hands.take()
    for number, method in enumerate(("INFO", "MESSAGE"), 2):
        asked = within(answered, method, number, b"Signal=5").but({"Content-Type": "application/dtmf-relay"})
        hands.hear(ALICE, asked)
        (passed,) = hands.take(BOB)
        assert (passed.method, passed.body, passed.get("Content-Type")) == (
            method,
            b"Signal=5",
            "application/dtmf-relay",
        )
        hands.hear(BOB, says(passed, 200))
        assert brief(hands.take(ALICE)) == [f"200 {method}"]
    hands.hear(ALICE, asks("INFO", call="none", Via="SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKnone"))
    assert brief(hands.take(ALICE)) == ["481 INFO"]
