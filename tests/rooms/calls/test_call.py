"""Calls in virtual time: Alice on one side, Bob (and Carol) on the other, the switch between."""

import msgspec
import pytest

from sbcd.rooms.calls.facts import Answered, Ended, Failed, Reason, Way
from sbcd.rooms.calls.plan import IpGroup, Profile
from sbcd.sip.message import Request, Response

from .playbook import ALICE, ANSWER, BOB, CAROL, SDP, Hands, back, brief, invite, plan, says, within


def up(hands: Hands, **more: str) -> tuple[Request, Response]:
    """A call that is answered: (INVITE to Bob, 200 to Alice)."""
    hands.hear(ALICE, invite(**more))
    (out,) = hands.take(BOB)
    assert isinstance(out, Request)
    hands.hear(BOB, says(out, 180))
    hands.hear(BOB, says(out, 200, ANSWER))
    ok = hands.take(ALICE)[-1]
    assert isinstance(ok, Response)
    hands.hear(ALICE, within(ok, "ACK", 1))
    assert brief(hands.take(BOB)) == ["ACK"]
    return out, ok


def test_answered_and_ended() -> None:
    hands = Hands()
    hands.hear(ALICE, invite())
    (out,) = hands.take()
    assert brief([out]) == ["INVITE"]
    assert out.body == SDP
    hands.hear(BOB, says(out, 180))
    assert brief(hands.take()) == ["180 INVITE"]
    hands.wait(3)
    hands.hear(BOB, says(out, 200, ANSWER))
    sent = hands.take()
    assert brief(sent) == ["ACK", "200 INVITE"]
    assert sent[1].body == ANSWER
    hands.hear(ALICE, within(sent[1], "ACK", 1))
    hands.wait(60)
    hands.hear(ALICE, within(sent[1], "BYE", 2))
    (bye, ok) = hands.take()
    assert brief([ok, bye]) == ["BYE", "200 BYE"] or brief([bye, ok]) == ["200 BYE", "BYE"]
    assert hands.told() == [
        "SessionOpened",
        "Attempted IN",
        "Attempted OUT",
        "Rang OUT",
        "Rang IN",
        "Answered OUT",
        "Answered IN",
        "Ended IN",
        "Ended OUT",
        "SessionClosed",
    ]
    ended = [fact for fact in hands.facts if isinstance(fact, Ended)]
    assert [round(fact.duration) for fact in ended] == [60, 60]
    assert not any(fact.abnormal for fact in ended)
    assert [round(fact.delay) for fact in hands.facts if isinstance(fact, Answered)] == [3, 3]
    assert hands.empty
    assert hands.media.released == 1
    assert len(hands.records) == 3


def test_nothing_of_one_side_is_seen_on_the_other() -> None:
    """Topology hiding: own Call-ID, tags, Via, Contact, hosts."""
    hands = Hands()
    hands.hear(ALICE, invite(Record_Route="<sip:127.0.0.1:5070;lr>"))
    (out,) = hands.take()
    head = bytes(out).partition(b"\r\n\r\n")[0].decode()
    for secret in ("call-1", "tag=a1", "127.0.0.1", "alice.example", "Record-Route"):
        assert secret not in head
    assert out.uri == "sip:2000@b.example"
    assert '"Alice" <sip:1000@' in out.get("From")
    hands.hear(BOB, says(out, 200, ANSWER))
    ok = hands.take(ALICE)[0]
    head = bytes(ok).partition(b"\r\n\r\n")[0].decode()
    for secret in ("tag=b1", "127.0.0.2", "b.example"):
        assert secret not in head


def test_busy() -> None:
    hands = Hands()
    hands.hear(ALICE, invite())
    (out,) = hands.take()
    hands.hear(BOB, says(out, 486))
    assert brief(hands.take()) == ["ACK", "486 INVITE"]
    assert [(f.way, f.reason, f.status) for f in hands.facts if isinstance(f, Failed)] == [
        (Way.OUT, Reason.BUSY, 486),
        (Way.IN, Reason.BUSY, 486),
    ]
    assert hands.empty


def test_cancelled_before_a_response() -> None:
    """RFC 3261 9.1: the CANCEL waits for a provisional; the caller hears 487 at once."""
    hands = Hands()
    hands.hear(ALICE, invite())
    (out,) = hands.take()
    hands.hear(ALICE, invite().but({"CSeq": "1 CANCEL"}, method="CANCEL", body=b""))
    assert brief(hands.take(ALICE)) == ["200 CANCEL", "487 INVITE"]
    assert hands.take(BOB) == []
    hands.hear(BOB, says(out, 180))
    (cancel,) = hands.take()
    assert brief([cancel]) == ["CANCEL"]
    hands.hear(BOB, says(cancel, 200))
    hands.hear(BOB, says(out, 487))
    assert brief(hands.take(BOB)) == ["ACK"]
    assert hands.empty


def test_cancel_crosses_the_200() -> None:
    """Bob answers while the CANCEL is on its way: ACK, BYE, and Alice never hears a 200."""
    hands = Hands()
    hands.hear(ALICE, invite())
    (out,) = hands.take()
    hands.hear(BOB, says(out, 180))
    hands.take()
    hands.hear(ALICE, invite().but({"CSeq": "1 CANCEL"}, method="CANCEL", body=b""))
    assert brief(hands.take(BOB)) == ["CANCEL"]
    hands.hear(BOB, says(out, 200, ANSWER))
    assert brief(hands.take(BOB)) == ["ACK", "BYE"]
    assert brief(hands.take(ALICE)) == ["200 CANCEL", "487 INVITE"]
    hands.wait(40)
    assert hands.empty


def test_no_180_after_200() -> None:
    hands = Hands()
    hands.hear(ALICE, invite())
    (out,) = hands.take()
    hands.hear(BOB, says(out, 200, ANSWER))
    hands.hear(BOB, says(out, 180))
    assert brief(hands.take(ALICE)) == ["200 INVITE"]


def test_no_answer_ends_in_408_and_cancels() -> None:
    hands = Hands()
    hands.hear(ALICE, invite())
    (out,) = hands.take()
    hands.hear(BOB, says(out, 180))
    hands.take()
    hands.wait(181)
    assert "CANCEL" in brief(hands.take(BOB))
    assert brief(hands.take(ALICE))[-1].startswith("408")
    assert [f.reason for f in hands.facts if isinstance(f, Failed)] == [Reason.NO_ANSWER, Reason.NO_ANSWER]


def test_silent_server_is_left_for_the_next() -> None:
    hands = Hands()
    hands.hear(ALICE, invite())
    hands.wait(5)
    first = hands.take(BOB)
    assert set(brief(first)) == {"INVITE"}
    out = hands.take(CAROL)[0]
    hands.hear(CAROL, says(out, 200, ANSWER, Contact="<sip:2000@127.0.0.3:5090>"))
    assert brief(hands.take(ALICE)) == ["100 INVITE", "200 INVITE"]
    hands.hear(BOB, says(first[0], 200, ANSWER))
    assert brief(hands.take(BOB)) == ["ACK", "BYE"]


def test_503_goes_to_the_next_server() -> None:
    hands = Hands()
    hands.hear(ALICE, invite())
    hands.hear(BOB, says(hands.take(BOB)[0], 503))
    assert brief(hands.take(CAROL)) == ["INVITE"]


def test_lost_ack_ends_the_call() -> None:
    hands = Hands()
    hands.hear(ALICE, invite())
    hands.hear(BOB, says(hands.take(BOB)[0], 200, ANSWER))
    hands.take()
    hands.wait(40)
    assert brief(hands.take(ALICE)).count("200 INVITE") == 10
    assert [f.abnormal for f in hands.facts if isinstance(f, Ended)] == [True, True]
    assert hands.empty


def test_hold_by_reinvite_and_glare() -> None:
    hands = Hands()
    out, ok = up(hands)
    held = SDP + b"a=sendonly\r\n"
    hands.hear(ALICE, within(ok, "INVITE", 2, held, Contact="<sip:1000@127.0.0.1:5070>"))
    (again,) = hands.take(BOB)
    assert again.body == held
    hands.hear(BOB, back(out, "INVITE", 1, SDP))
    assert brief(hands.take(BOB)) == ["491 INVITE"]
    hands.hear(BOB, says(again, 200, ANSWER))
    assert brief(hands.take()) == ["ACK", "200 INVITE"]
    hands.hear(BOB, back(out, "BYE", 2))
    assert sorted(brief(hands.take())) == ["200 BYE", "BYE"]


def test_late_offer() -> None:
    """No SDP in the INVITE: Bob's 200 offers, Alice's ACK answers."""
    hands = Hands()
    hands.hear(ALICE, invite(body=b""))
    (out,) = hands.take()
    assert out.body == b""
    hands.hear(BOB, says(out, 200, SDP))
    (ok,) = hands.take()
    assert brief([ok]) == ["200 INVITE"]
    assert hands.media.seen == [("offer", SDP)]
    hands.hear(ALICE, within(ok, "ACK", 1, ANSWER))
    (ack,) = hands.take()
    assert brief([ack]) == ["ACK"]
    assert ack.body == ANSWER
    assert hands.media.seen[-1] == ("answer", ANSWER)


def test_reliable_ringing() -> None:
    """RFC 3262: the 183 is passed with a number of ours, the PRACK with the number Bob used."""
    hands = Hands()
    hands.hear(ALICE, invite(Supported="100rel"))
    (out,) = hands.take()
    assert "100rel" in out.get("Supported")
    hands.hear(BOB, says(out, 183, ANSWER, RSeq="77", Require="100rel"))
    (ringing,) = hands.take(ALICE)
    assert ringing.get("RSeq") == "1"
    hands.hear(ALICE, within(ringing, "PRACK", 2, RAck="1 1 INVITE"))
    (prack,) = hands.take(BOB)
    assert prack.get("RAck") == f"77 {out.cseq.number} INVITE"
    hands.hear(BOB, says(prack, 200))
    assert brief(hands.take(ALICE)) == ["200 PRACK"]


def test_no_route_and_unknown_sender() -> None:
    hands = Hands()
    hands.hear(("127.0.0.77", 5060), invite())
    assert brief(hands.take()) == ["500 INVITE"]
    assert hands.told() == ["Unclassified"]


def test_session_timer_is_watched() -> None:
    """RFC 4028: both ends agreed on 90 s, nobody refreshes: the call ends."""
    hands = Hands()
    hands.hear(ALICE, invite(Supported="timer", Session_Expires="90"))
    (out,) = hands.take()
    assert out.get("Session-Expires") == "90"
    hands.hear(BOB, says(out, 200, ANSWER, Session_Expires="90;refresher=uac", Require="timer"))
    ok = hands.take(ALICE)[0]
    assert ok.get("Session-Expires") == "90;refresher=uac"
    hands.hear(ALICE, within(ok, "ACK", 1))
    hands.wait(80)
    assert not hands.take(ALICE)
    hands.hear(ALICE, within(ok, "UPDATE", 2, Session_Expires="90;refresher=uac"))
    update = hands.take(BOB)[-1]
    hands.hear(BOB, says(update, 200, Session_Expires="90;refresher=uac"))
    hands.take()
    hands.wait(100)
    assert hands.switch.calls
    hands.wait(30)
    assert brief(hands.take(ALICE))[0] == "BYE"
    assert hands.told()[-3:] == ["Ended IN", "Ended OUT", "SessionClosed"]


def test_a_short_interval_is_422() -> None:
    hands = Hands()
    hands.hear(ALICE, invite(Session_Expires="30"))
    (refused,) = hands.take()
    assert brief([refused]) == ["422 INVITE"]
    assert refused.get("Min-SE") == "90"
    assert hands.empty


def test_parking_stays_and_comes_back() -> None:
    """After a failover the next call begins at the server that answered (parking); when that is silent, too,
    the first one is called again."""
    hands = Hands()
    hands.hear(ALICE, invite())
    hands.wait(5)
    hands.take(BOB)
    hands.hear(CAROL, says(hands.take(CAROL)[0], 486))
    hands.wait(40)
    hands.take()
    hands.hear(ALICE, invite(call="call-2"))
    assert brief(hands.take(CAROL)) == ["INVITE"]
    hands.wait(5)
    (out,) = [message for message in hands.take(BOB) if isinstance(message, Request)][:1]
    hands.hear(BOB, says(out, 200, ANSWER))
    assert brief(hands.take(ALICE)) == ["100 INVITE", "200 INVITE"]


def held(hands: Hands) -> dict[str, int]:
    """How much every table of the switch and of the endpoint holds."""
    switch = hands.switch
    return {
        **switch.endpoint.sizes,
        "legs": len(switch.legs),
        "calls": len(switch.calls),
        "timers of calls": switch.timers.held,
        "admission": len(switch.admission),
    }


def life(hands: Hands, calls: int) -> None:
    """So many calls, every kind in turn, ten a second."""
    for number in range(calls):
        name = f"call-{number}"
        hands.hear(ALICE, invite(call=name))
        out = next(m for m in hands.take(BOB) if isinstance(m, Request) and m.method == "INVITE")
        if number % 4 == 0:
            hands.hear(BOB, says(out, 486))
        elif number % 4 == 1:
            hands.hear(ALICE, invite(call=name).but({"CSeq": "1 CANCEL"}, method="CANCEL", body=b""))
        else:
            hands.hear(BOB, says(out, 200, ANSWER))
            ok = hands.take(ALICE)[-1]
            assert isinstance(ok, Response)
            hands.hear(ALICE, within(ok, "ACK", 1, branch=name))
            if number % 4 == 2:
                hands.hear(ALICE, within(ok, "BYE", 2, branch=name))
        hands.wait(0.1)
        hands.take()
        hands.facts.clear()
        hands.records.clear()


@pytest.mark.parametrize(
    "calls", [2_000, pytest.param(1_000_000, marks=[pytest.mark.long, pytest.mark.timeout(7200)])]
)
def test_no_table_grows(calls: int) -> None:
    """Answered, refused, cancelled, left alone: when the last call is over nothing is left of any."""
    hands = Hands(plan(profiles=(Profile(0, "P", longest=60),), ip_groups=limited()))
    life(hands, calls)
    hands.wait(1000)
    hands.take()
    kept = held(hands)
    assert kept.pop("timers") <= 513
    assert kept.pop("timers of calls") <= 513
    assert not any(kept.values()), kept


def limited() -> tuple[IpGroup, ...]:
    """The groups of the plan, with a limit to how long a call may last."""
    groups = plan().ip_groups
    return groups[0], msgspec.structs.replace(groups[1], profile=0)
