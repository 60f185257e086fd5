"""Transfers that the device carries out itself: Alice and Bob talk, one of them refers the other to Carol."""

from typing import Any

import pytest

from sbcd.rooms.calls.facts import Ended, Way
from sbcd.rooms.calls.plan import IpGroup, Match, Plan, Profile, ProxySet, RoutingRule, Server
from sbcd.sip.message import Request, Response

from .playbook import ALICE, ANSWER, BOB, CAROL, SDP, Hands, back, brief, invite, plan, says, within

CAROL_SDP = SDP.replace(b"4000", b"6000")
FRAGMENT = "message/sipfrag;version=2.0"


def three(refer: int = 3, **more: Any) -> Plan:
    """Each of the three is a trunk of its own; what a REFER leads to goes to Carol."""
    parts: dict[str, Any] = {
        "proxy_sets": (
            ProxySet(0, "PA", 0, 0, -1, (Server("127.0.0.1", 5070, "udp"),)),
            ProxySet(1, "PB", 0, 0, -1, (Server("127.0.0.2", 5080, "udp"),)),
            ProxySet(2, "PC", 0, 0, -1, (Server("127.0.0.3", 5090, "udp"),)),
        ),
        "ip_groups": (
            IpGroup(0, "A", 0, 0, 0, profile=0),
            IpGroup(1, "B", 0, 0, 1, profile=0, host="b.example"),
            IpGroup(2, "C", 0, 0, 2, profile=0, host="c.example"),
        ),
        "profiles": (Profile(0, "P", refer=refer),),
        "routing": (
            RoutingRule(0, "refer", Match(), trigger=2, ip_group=2),
            RoutingRule(1, "to Carol", Match(dest_user="3"), trigger=4, ip_group=2),
            RoutingRule(2, "A to B", Match(), source=0, trigger=4, ip_group=1),
            RoutingRule(3, "B to A", Match(), source=1, trigger=4, ip_group=0),
        ),
    }
    return plan(**{**parts, **more})


def up(hands: Hands, **more: str) -> tuple[Request, Response]:
    """Alice and Bob talk."""
    hands.hear(ALICE, invite(**more))
    (out,) = hands.take(BOB)
    assert isinstance(out, Request)
    hands.hear(BOB, says(out, 200, ANSWER))
    ok = hands.take(ALICE)[-1]
    assert isinstance(ok, Response)
    hands.hear(ALICE, within(ok, "ACK", 1))
    hands.take()
    return out, ok


def refer(ok: Response, to: str = "<sip:3000@c.example>", number: int = 2, **more: str) -> Request:
    """Alice refers Bob."""
    return within(ok, "REFER", number, Contact="<sip:1000@127.0.0.1:5070>", Refer_To=to, **more)


def news(messages: list[Request | Response]) -> list[str]:
    """What NOTIFYs told: state and status line."""
    found = []
    for message in messages:
        if isinstance(message, Request) and message.method == "NOTIFY":
            assert message.content_type == "message/sipfrag"
            state = message.get("Subscription-State").partition(";")[0]
            found.append(f"{state} {message.body.decode().strip()}")
    return found


def carol(hands: Hands) -> Request:
    """The INVITE that Carol gets."""
    out = hands.take(CAROL)[-1]
    assert isinstance(out, Request)
    assert out.method == "INVITE"
    return out


def from_carol(heard: Request, status: int, body: bytes = b"") -> Response:
    return says(heard, status, body, tag="c1", Contact="<sip:3000@127.0.0.3:5090>")


def done(hands: Hands) -> None:
    """Time passes; nothing is left of anything."""
    hands.wait(200)
    assert hands.empty
    assert not any(size for name, size in hands.switch.endpoint.sizes.items() if name != "timers")


def test_the_caller_refers_the_called() -> None:
    """202, NOTIFY 100, 180, 200; Bob is told to talk to Carol; Alice is hung up on; the call goes on."""
    hands = Hands(three())
    out, ok = up(hands)
    hands.hear(ALICE, refer(ok, Referred_By="<sip:1000@alice.example>"))
    accepted, trying = hands.take(ALICE)
    assert brief([accepted]) == ["202 REFER"]
    assert news([trying]) == ["active SIP/2.0 100 Trying"]
    assert trying.get("Event") == "refer;id=2"
    assert hands.take(BOB) == []
    called = carol(hands)
    assert called.uri == "sip:3000@c.example"
    assert called.body == ANSWER
    assert called.from_.uri.user == "2000"
    assert called.get("Referred-By") == "<sip:1000@alice.example>"
    hands.hear(CAROL, from_carol(called, 180))
    assert news(hands.take(ALICE)) == ["active SIP/2.0 180 Ringing"]
    hands.wait(3)
    hands.hear(CAROL, from_carol(called, 200, CAROL_SDP))
    assert brief(hands.take(CAROL)) == ["ACK"]
    (turned,) = [message for message in hands.take(BOB) if isinstance(message, Request)]
    assert turned.method == "INVITE"
    assert turned.body.endswith(CAROL_SDP.partition(b"s=-")[2])
    assert turned.to.tag == "b1"
    hands.take()
    hands.hear(BOB, says(turned, 200, ANSWER))
    assert brief(hands.take(BOB)) == ["ACK"]
    assert news(hands.take(ALICE)) == ["terminated SIP/2.0 200 OK"]
    hands.wait(3)
    assert "BYE" in brief(hands.take(ALICE))
    assert hands.told().count("Ended IN") == 1
    hands.hear(BOB, back(out, "BYE", 1))
    assert brief(hands.take(CAROL)) == ["BYE"]
    assert [(fact.way, fact.why) for fact in hands.facts if isinstance(fact, Ended)] == [
        (Way.IN, "transferred"),
        (Way.OUT, "BYE"),
        (Way.OUT, "BYE"),
    ]
    assert len({fact.session for fact in hands.facts if isinstance(fact, Ended)}) == 1
    assert len(hands.records) == 4
    done(hands)


def test_the_called_refers_the_caller() -> None:
    hands = Hands(three())
    out, ok = up(hands)
    asked = back(out, "REFER", 1).but({"Refer-To": "<sip:3000@c.example>"})
    hands.hear(BOB, asked)
    called = carol(hands)
    assert called.body == SDP
    assert called.from_.uri.user == "1000"
    hands.hear(CAROL, from_carol(called, 200, CAROL_SDP))
    turned = hands.take(ALICE)[-1]
    assert isinstance(turned, Request)
    assert turned.method == "INVITE"
    hands.take()
    hands.hear(ALICE, says(turned, 200, SDP))
    assert news(hands.take(BOB)) == ["terminated SIP/2.0 200 OK"]
    hands.hear(BOB, back(out, "BYE", 2))
    assert brief(hands.take(BOB)) == ["200 BYE"]
    hands.hear(ALICE, within(ok, "BYE", 3))
    assert brief(hands.take(CAROL)) == ["BYE"]
    done(hands)


@pytest.mark.parametrize(("status", "text"), [(486, "486 Busy Here"), (404, "404 Not Found")])
def test_a_failed_transfer_keeps_the_old_call(status: int, text: str) -> None:
    hands = Hands(three())
    _out, ok = up(hands)
    hands.hear(ALICE, refer(ok))
    called = carol(hands)
    hands.take()
    hands.hear(CAROL, from_carol(called, status))
    assert news(hands.take(ALICE)) == [f"terminated SIP/2.0 {text}"]
    assert hands.take(BOB) == []
    assert len(hands.switch.calls) == 1
    assert ("dropped", b"") in hands.media.seen
    hands.hear(ALICE, refer(ok, number=3))  # and may be tried again
    called = carol(hands)
    hands.hear(CAROL, from_carol(called, 486))
    hands.hear(ALICE, within(ok, "BYE", 4))
    assert brief(hands.take(BOB)) == ["BYE"]
    done(hands)


def test_who_stays_refuses_to_turn() -> None:
    """Carol answered, Bob does not take the re-INVITE: Carol is hung up on, Alice and Bob talk on."""
    hands = Hands(three())
    _out, ok = up(hands)
    hands.hear(ALICE, refer(ok))
    called = carol(hands)
    hands.hear(CAROL, from_carol(called, 200, CAROL_SDP))
    turned = [message for message in hands.take(BOB) if isinstance(message, Request)][-1]
    hands.take()
    hands.hear(BOB, says(turned, 488))
    assert brief(hands.take(CAROL)) == ["BYE"]
    assert news(hands.take(ALICE)) == ["terminated SIP/2.0 488 Not Acceptable Here"]
    hands.hear(ALICE, within(ok, "BYE", 3))
    assert brief(hands.take(BOB)) == ["ACK", "BYE"]
    done(hands)


def test_glare_with_the_one_who_stays() -> None:
    """491 to the re-INVITE: again after two to four seconds (RFC 3261 14.1)."""
    hands = Hands(three())
    out, ok = up(hands)
    hands.hear(ALICE, refer(ok))
    hands.hear(CAROL, from_carol(carol(hands), 200, CAROL_SDP))
    turned = [message for message in hands.take(BOB) if isinstance(message, Request)][-1]
    hands.hear(BOB, back(out, "INVITE", 1, ANSWER))
    hands.hear(BOB, says(turned, 491))
    assert brief(hands.take(BOB)) == ["491 INVITE", "ACK"]
    hands.wait(2)
    assert "INVITE" not in brief(hands.take(BOB))
    hands.wait(2)
    again = [message for message in hands.take(BOB) if isinstance(message, Request)][-1]
    assert again.method == "INVITE"
    hands.hear(BOB, says(again, 200, ANSWER))
    assert news(hands.take(ALICE))[-1] == "terminated SIP/2.0 200 OK"


def test_the_referrer_leaves_early() -> None:
    """BYE right after the 202: the transfer goes on; when it fails the one who stays is hung up on."""
    hands = Hands(three())
    out, ok = up(hands)
    hands.hear(ALICE, refer(ok))
    called = carol(hands)
    hands.hear(ALICE, within(ok, "BYE", 3))
    assert brief(hands.take(ALICE))[-1] == "200 BYE"
    assert hands.take(BOB) == []
    hands.hear(CAROL, from_carol(called, 200, CAROL_SDP))
    turned = hands.take(BOB)[-1]
    assert isinstance(turned, Request)
    hands.hear(BOB, says(turned, 200, ANSWER))
    assert hands.take(ALICE) == []
    hands.hear(BOB, back(out, "BYE", 1))
    assert brief(hands.take(CAROL)) == ["ACK", "BYE"]
    done(hands)


def test_the_referrer_leaves_and_it_fails() -> None:
    hands = Hands(three())
    _out, ok = up(hands)
    hands.hear(ALICE, refer(ok))
    called = carol(hands)
    hands.hear(ALICE, within(ok, "BYE", 3))
    hands.hear(CAROL, from_carol(called, 486))
    assert brief(hands.take(BOB)) == ["BYE"]
    done(hands)


def test_who_stays_hangs_up_meanwhile() -> None:
    """Carol is cancelled, Alice is hung up on."""
    hands = Hands(three())
    out, ok = up(hands)
    hands.hear(ALICE, refer(ok))
    called = carol(hands)
    hands.hear(CAROL, from_carol(called, 180))
    hands.take()
    hands.hear(BOB, back(out, "BYE", 1))
    assert brief(hands.take(CAROL)) == ["CANCEL"]
    assert brief(hands.take(ALICE)) == ["BYE"]
    hands.hear(CAROL, from_carol(called, 200, CAROL_SDP))
    assert brief(hands.take(CAROL)) == ["ACK", "BYE"]
    done(hands)


def test_whoever_does_not_want_news_gets_none() -> None:
    """RFC 4488."""
    hands = Hands(three())
    _, ok = up(hands)
    hands.hear(ALICE, refer(ok, Refer_Sub="false"))
    (accepted,) = hands.take(ALICE)
    assert accepted.get("Refer-Sub") == "false"
    hands.hear(CAROL, from_carol(carol(hands), 486))
    assert hands.take(ALICE) == []


@pytest.mark.parametrize(
    ("to", "answer"),
    [("nonsense <", "400 REFER"), ("<mailto:a@b>", "416 REFER"), ("", "400 REFER")],
)
def test_an_address_nobody_can_call(to: str, answer: str) -> None:
    hands = Hands(three())
    _, ok = up(hands)
    hands.hear(ALICE, refer(ok, to))
    assert brief(hands.take(ALICE)) == [answer]


def test_one_transfer_at_a_time() -> None:
    hands = Hands(three())
    out, ok = up(hands)
    hands.hear(ALICE, refer(ok))
    hands.take()
    hands.hear(BOB, back(out, "REFER", 1).but({"Refer-To": "<sip:3000@c.example>"}))
    assert brief(hands.take(BOB)) == ["491 REFER"]


def test_held_before_it_is_transferred() -> None:
    """Who stays was on hold: the new one is offered a live stream."""
    hands = Hands(three())
    _out, ok = up(hands)
    hands.hear(ALICE, within(ok, "INVITE", 2, SDP + b"a=sendonly\r\n", Contact="<sip:1000@127.0.0.1:5070>"))
    held = hands.take(BOB)[-1]
    assert isinstance(held, Request)
    hands.hear(BOB, says(held, 200, ANSWER + b"a=recvonly\r\n"))
    hands.hear(ALICE, within(hands.take(ALICE)[-1], "ACK", 2))  # type: ignore[arg-type]
    hands.hear(ALICE, refer(ok, number=3))
    assert b"a=" not in carol(hands).body


def test_teams_names_the_very_address() -> None:
    """DestType Request-URI: host, port, transport and parameters of Refer-To are called as they stand, and a
    dialog that is not ours is passed on."""
    routing = (
        RoutingRule(0, "refer", Match(), trigger=2, reroute=0, dest_type=2, ip_group=2, interface=0),
        RoutingRule(2, "A to B", Match(), source=0, trigger=4, ip_group=1),
    )
    hands = Hands(three(routing=routing))
    _, ok = up(hands)
    to = "<sip:127.0.0.3:5090;transport=udp;x-m=8:orgid:1?Replaces=abc%3Bto-tag%3Dx%3Bfrom-tag%3Dy>"
    hands.hear(ALICE, refer(ok, to))
    called = carol(hands)
    assert called.uri == "sip:127.0.0.3:5090;transport=udp;x-m=8:orgid:1"
    assert called.get("Replaces") == "abc;to-tag=x;from-tag=y"


def consulted(hands: Hands) -> tuple[Request, Response, Request, Response]:
    """Alice talks to Bob, and to Carol in a second call."""
    out, ok = up(hands)
    hands.hear(ALICE, invite("3000", call="call-2").but({"From": "<sip:1000@alice.example>;tag=a2"}))
    second = carol(hands)
    hands.hear(CAROL, from_carol(second, 200, CAROL_SDP))
    answer = hands.take(ALICE)[-1]
    assert isinstance(answer, Response)
    hands.hear(ALICE, within(answer, "ACK", 1, branch="2"))
    hands.take()
    return out, ok, second, answer


def test_an_attended_transfer_joins_both_calls() -> None:
    """Replaces names our own dialog: Bob and Carol are told to talk to each other, Alice is let go."""
    hands = Hands(three())
    _out, ok, second, answer = consulted(hands)
    dialog = f"{answer.call_id}%3Bto-tag%3D{answer.to.tag}%3Bfrom-tag%3D{answer.from_.tag}"
    hands.hear(ALICE, refer(ok, f"<sip:3000@c.example?Replaces={dialog}>"))
    turned = carol(hands)
    assert turned.to.tag == "c1"
    assert turned.body.endswith(ANSWER.partition(b"s=-")[2])
    hands.take()
    hands.hear(CAROL, from_carol(turned, 200, CAROL_SDP))
    told = hands.take(BOB)[-1]
    assert isinstance(told, Request)
    assert brief([told]) == ["INVITE"]
    hands.take()
    hands.hear(BOB, says(told, 200, ANSWER))
    sent = hands.take(ALICE)
    assert news(sent) == ["terminated SIP/2.0 200 OK"]
    assert [message.call_id for message in sent if brief([message]) == ["BYE"]] == ["call-2"]
    assert len(hands.switch.calls) == 1
    hands.hear(ALICE, within(ok, "BYE", 3))
    hands.take()
    hands.hear(CAROL, back(second, "BYE", 1, tag="c1"))
    assert brief(hands.take(BOB)) == ["BYE"]
    assert [fact.why for fact in hands.facts if isinstance(fact, Ended)] == [
        "transferred",
        "transferred",
        "BYE",
        "BYE",
    ]
    assert hands.told().count("Answered IN") + hands.told().count("Answered OUT") == 4
    done(hands)


def test_a_refer_is_passed_on_where_the_peer_understands_it() -> None:
    """SBCRemoteReferBehavior regular: Refer-To, Referred-By and the NOTIFYs pass."""
    hands = Hands(three(refer=0))
    out, ok = up(hands)
    hands.hear(ALICE, refer(ok, Referred_By="<sip:1000@alice.example>"))
    (passed,) = hands.take(BOB)
    assert isinstance(passed, Request)
    assert passed.get("Refer-To") == "<sip:3000@c.example>"
    hands.hear(BOB, says(passed, 202))
    assert brief(hands.take(ALICE)) == ["202 REFER"]
    notify = back(out, "NOTIFY", 1, b"SIP/2.0 100 Trying\r\n").but(
        {"Event": "refer", "Subscription-State": "active", "Content-Type": FRAGMENT}
    )
    hands.hear(BOB, notify)
    (told,) = hands.take(ALICE)
    assert news([told]) == ["active SIP/2.0 100 Trying"]
    assert told.get("Event") == "refer"


@pytest.mark.parametrize(("behavior", "host"), [(2, "b.example"), (4, "127.0.9.9"), (5, "c.example")])
def test_the_host_of_a_refer_that_is_passed_on(behavior: int, host: str) -> None:
    hands = Hands(three(refer=behavior))
    _, ok = up(hands)
    hands.hear(ALICE, refer(ok))
    assert hands.take(BOB)[0].get("Refer-To") == f"<sip:3000@{host}>"


def test_a_refer_that_leads_back_here() -> None:
    """SBCRemoteReferBehavior database URL: Bob's new call comes back, goes by the rules for REFER to whom the
    address stood for; the mark never leaves."""
    hands = Hands(three(refer=1))
    _, ok = up(hands)
    hands.hear(ALICE, refer(ok))
    to = hands.take(BOB)[0].get("Refer-To")
    assert to == "<sip:T~&R_3000@127.0.9.9>"
    call = invite("T~&R_3000", call="call-9").but(
        {"Via": "SIP/2.0/UDP 127.0.0.2:5080;branch=z9hG4bK9", "From": "<sip:2000@b.example>;tag=b9"}
    )
    hands.hear(BOB, call)
    called = carol(hands)
    assert called.uri == "sip:3000@c.example"
    hands.wait(200)
    assert not len(hands.switch.marks)
