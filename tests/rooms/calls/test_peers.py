"""Proxy sets, registrations, admission and redirection, in virtual time."""

import msgspec
import pytest

from sbcd.rooms.calls.facts import (
    DialogFailed,
    Failed,
    Forwarded,
    ProxySetLost,
    Reason,
    Registered,
    ServerDown,
    Unregistered,
    Way,
)
from sbcd.rooms.calls.plan import (
    AdmissionRule,
    ClassificationRule,
    IpGroup,
    Match,
    Plan,
    Profile,
    ProxySet,
    RoutingRule,
    Server,
)
from sbcd.sip.message import Request, Response

from .playbook import ALICE, ANSWER, BOB, CAROL, Hands, brief, invite, plan, says, within

change = msgspec.structs.replace


def watched(**more: object) -> Plan:
    """Bob's proxy set with keep-alive."""
    base = plan()
    sets = (base.proxy_sets[0], change(base.proxy_sets[1], keep_alive=1, interval=60.0, **more))
    return change(base, proxy_sets=sets)


def pinged(hands: Hands, who: tuple[str, int]) -> Request:
    """The OPTIONS that somebody got."""
    found = [m for m in hands.take(who) if isinstance(m, Request) and m.method == "OPTIONS"]
    return found[0]


def test_a_silent_server_is_skipped_and_comes_back() -> None:
    hands = Hands(watched(homing=True, retry_interval=10.0))
    hands.wait(1)
    bob, carol = pinged(hands, BOB), pinged(hands, CAROL)
    hands.hear(CAROL, says(carol, 200))
    hands.wait(40)
    assert [f.address for f in hands.facts if isinstance(f, ServerDown)] == ["127.0.0.2:5080;udp"]
    hands.take()
    hands.hear(ALICE, invite())
    assert brief(hands.take(CAROL))[-1] == "INVITE"
    hands.wait(65)
    bob = [m for m in hands.take(BOB) if isinstance(m, Request)][-1]
    hands.hear(BOB, says(bob, 405))
    assert "ServerUp" in hands.told()
    hands.hear(ALICE, invite(call="call-2"))
    assert "INVITE" in brief(hands.take(BOB))


def test_a_lost_set_is_told_and_calls_fail_at_once() -> None:
    hands = Hands(watched())
    hands.wait(40)
    assert [f.left for f in hands.facts if isinstance(f, ProxySetLost)] == [0]
    assert hands.told().count("IpGroupBlocked") == 1
    hands.take()
    hands.hear(ALICE, invite())
    assert brief(hands.take(ALICE)) == ["503 INVITE"]
    assert [f.reason for f in hands.facts if isinstance(f, Failed)] == [Reason.UNREACHABLE] * 2


def test_few_retransmissions_are_enough() -> None:
    """FailureDetectionRetransmissions 1: silence of one and a half seconds."""
    hands = Hands(watched(retransmissions=1))
    hands.wait(3.5)
    assert "ProxySetLost" in hands.told()


def test_configured_answers_are_failures() -> None:
    hands = Hands(watched(failures=frozenset({407})))
    hands.wait(1)
    hands.hear(BOB, says(pinged(hands, BOB), 407))
    assert "ServerDown" in hands.told()


@pytest.mark.parametrize(
    ("balancing", "expected"), [(1, ["CAROL", "BOB", "CAROL"]), (0, ["BOB", "BOB", "BOB"])]
)
def test_round_robin(balancing: int, expected: list[str]) -> None:
    hands = Hands(
        change(plan(), proxy_sets=(plan().proxy_sets[0], change(plan().proxy_sets[1], balancing=balancing)))
    )
    first = []
    for number in range(3):
        hands.hear(ALICE, invite(call=f"c{number}"))
        first.append("BOB" if hands.take(BOB) else "CAROL")
        hands.take()
    assert first == expected


def registering() -> Plan:
    """Users behind the interface; Bob is their registrar and calls them."""
    base = plan()
    return change(
        base,
        ip_groups=(*base.ip_groups, IpGroup(2, "Users", 1, 0, -1, by_proxy_set=False)),
        classification=(ClassificationRule(0, "", Match(source_host="users.example"), ip_group=2),),
        routing=(
            RoutingRule(0, "", Match(request=2), source=2, ip_group=1),
            RoutingRule(1, "", Match(), source=1, ip_group=2),
        ),
    )


PHONE = ("127.0.0.77", 40000)


def register(expires: str = "600", number: int = 1) -> Request:
    found = invite(body=b"", call="reg").but(
        {
            "From": "<sip:3001@users.example>;tag=r1",
            "To": "<sip:3001@users.example>",
            "CSeq": f"{number} REGISTER",
            "Via": f"SIP/2.0/UDP 10.1.1.1:5060;branch=z9hG4bKreg{number};rport",
            "Contact": "<sip:3001@10.1.1.1:5060>",
            "Expires": expires,
            "Content-Type": None,
        },
        method="REGISTER",
        uri="sip:users.example",
    )
    assert isinstance(found, Request)
    return found


def test_a_user_registers_is_called_and_expires() -> None:
    hands = Hands(registering())
    hands.hear(PHONE, register())
    (out,) = hands.take(BOB)
    assert out.contact is not None
    assert out.contact.uri.host == "127.0.9.9", "the registrar sees our contact"
    hands.hear(BOB, says(out, 200, Contact=f"<{out.contact.uri}>;expires=300"))
    (ok,) = hands.take(PHONE)
    assert ok.get("Contact") == "<sip:3001@10.1.1.1:5060>;expires=300"
    assert [f.way for f in hands.facts if isinstance(f, Registered)] == [Way.IN, Way.OUT]
    hands.hear(BOB, invite(user=out.contact.uri.user, call="to-user"))
    (call,) = hands.take(PHONE)
    assert call.uri == "sip:3001@10.1.1.1:5060", "to where its REGISTER came from"
    hands.hear(PHONE, says(call, 486))
    hands.wait(301)
    assert [f.expired for f in hands.facts if isinstance(f, Unregistered)] == [True]
    assert len(hands.switch.registrar) == 0


def test_a_user_leaves() -> None:
    hands = Hands(registering())
    hands.hear(PHONE, register())
    out = hands.take(BOB)[0]
    hands.hear(BOB, says(out, 200, Contact=out.get("Contact"), Expires="300"))
    hands.hear(PHONE, register("0", 2))
    out = hands.take(BOB)[0]
    hands.hear(BOB, says(out, 200))
    assert len(hands.switch.registrar) == 0
    assert [f.way for f in hands.facts if isinstance(f, Unregistered)] == [Way.IN, Way.OUT]


def limited(**rule: int) -> Plan:
    base = plan()
    groups = (change(base.ip_groups[0], admission="P"), base.ip_groups[1])
    return change(base, ip_groups=groups, admission=(("P", (AdmissionRule(**rule),)),))


def test_no_more_calls_than_admitted() -> None:
    hands = Hands(limited(request=1, direction=1, limit=1))
    hands.hear(ALICE, invite())
    out = hands.take(BOB)[0]
    hands.hear(ALICE, invite(call="call-2"))
    assert brief(hands.take(ALICE)) == ["480 INVITE"]
    assert [f.reason for f in hands.facts if isinstance(f, Failed)] == [Reason.ADMISSION]
    hands.hear(BOB, says(out, 486))
    hands.hear(ALICE, invite(call="call-3"))
    assert brief(hands.take(BOB)) == ["ACK", "INVITE"]


def test_no_faster_than_admitted() -> None:
    hands = Hands(limited(request=1, rate=1, burst=2))
    for number in range(4):
        hands.hear(ALICE, invite(call=f"c{number}"))
    assert brief(hands.take(BOB)).count("INVITE") == 2
    hands.wait(1)
    hands.hear(ALICE, invite(call="later"))
    assert "INVITE" in brief(hands.take(BOB))


def test_a_redirection_is_followed() -> None:
    """SBCRemote3xxBehavior 2: the contact of the 302 goes through the routing table, with its trigger."""
    base = plan()
    hands = Hands(
        change(
            base,
            profiles=(Profile(0, "P", redirect=2),),
            proxy_sets=(*base.proxy_sets, ProxySet(2, "PC", 0, 0, -1, (Server(*CAROL, "udp"),))),
            ip_groups=(base.ip_groups[0], change(base.ip_groups[1], profile=0), IpGroup(2, "C", 0, 0, 2)),
            routing=(
                RoutingRule(-1, "3xx", Match(dest_user="77"), trigger=1, reroute=1, ip_group=2),
                *base.routing,
            ),
        )
    )
    hands.hear(ALICE, invite())
    out = hands.take(BOB)[0]
    hands.hear(BOB, says(out, 302, Contact="<sip:77@elsewhere.example>"))
    (again,) = hands.take(CAROL)
    assert isinstance(again, Request)
    assert again.target.user == "77"
    hands.hear(CAROL, says(again, 200, ANSWER, Contact="<sip:77@127.0.0.3:5090>"))
    assert brief(hands.take(ALICE)) == ["200 INVITE"]
    assert [type(f) for f in hands.facts].count(Forwarded) == 1


def test_both_ring_the_first_wins() -> None:
    """Forking: the other is cancelled, a late 200 of it is hung up."""
    base = plan()
    hands = Hands(
        change(
            base,
            proxy_sets=(
                base.proxy_sets[0],
                change(base.proxy_sets[1], servers=(Server(*BOB, "udp"),)),
                ProxySet(2, "PC", 0, 0, -1, (Server(*CAROL, "udp"),)),
            ),
            ip_groups=(*base.ip_groups, IpGroup(2, "C", 0, 0, 2)),
            routing=(
                RoutingRule(0, "", Match(), source=0, ip_group=1, group_policy=1),
                RoutingRule(1, "", Match(), ip_group=2, alternative=3),
            ),
        )
    )
    hands.hear(ALICE, invite())
    bob, carol = hands.take(BOB)[0], hands.take(CAROL)[0]
    hands.hear(BOB, says(bob, 180))
    hands.hear(CAROL, says(carol, 180, tag="c1"))
    hands.hear(CAROL, says(carol, 200, ANSWER, tag="c1", Contact="<sip:2000@127.0.0.3:5090>"))
    assert brief(hands.take(BOB)) == ["CANCEL"]
    assert brief(hands.take(ALICE)) == ["180 INVITE", "180 INVITE", "200 INVITE"]
    hands.hear(BOB, says(bob, 200, ANSWER))
    assert brief(hands.take(BOB)) == ["ACK", "BYE"]


def test_the_device_refreshes_a_leg_that_leaves_it_to_us() -> None:
    """RFC 4028 with SBCSessionExpiresMode 3: UPDATE at half of the interval."""
    base = plan()
    hands = Hands(
        change(
            base,
            profiles=(Profile(0, "P", session_expires=3),),
            ip_groups=(base.ip_groups[0], change(base.ip_groups[1], profile=0)),
        )
    )
    hands.hear(ALICE, invite())
    out = hands.take(BOB)[0]
    assert out.get("Session-Expires") == "1800;refresher=uas"
    hands.hear(
        BOB,
        says(out, 200, ANSWER, Session_Expires="100;refresher=uac", Require="timer", Allow="UPDATE, INVITE"),
    )
    ok = hands.take(ALICE)[0]
    assert isinstance(ok, Response)
    assert not ok.has("Session-Expires")
    hands.hear(ALICE, within(ok, "ACK", 1))
    hands.take()
    for _ in range(4):
        hands.wait(50)
        (update,) = hands.take(BOB)
        assert brief([update]) == ["UPDATE"]
        hands.hear(BOB, says(update, 200))
    hands.wait(50)
    hands.take(BOB)
    hands.wait(40)
    assert brief(hands.take(ALICE))[0] == "BYE", "nobody answers any more"


def test_the_call_id_is_kept_where_wanted() -> None:
    """SBCKeepOriginalCallID."""
    base = plan()
    hands = Hands(change(base, ip_groups=(base.ip_groups[0], change(base.ip_groups[1], keep_call_id=True))))
    hands.hear(ALICE, invite())
    assert hands.take(BOB)[0].call_id == "call-1"


def test_a_message_outside_dialogs_finds_no_route() -> None:
    hands = Hands(change(plan(), routing=()))
    hands.hear(ALICE, invite(body=b"").but({"CSeq": "1 MESSAGE", "Content-Type": None}, method="MESSAGE"))
    assert brief(hands.take(ALICE)) == ["404 MESSAGE"]
    assert [f.reason for f in hands.facts if isinstance(f, DialogFailed)] == [Reason.NO_ROUTE]
