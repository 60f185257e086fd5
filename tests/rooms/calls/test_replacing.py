"""INVITE with Replaces (RFC 3891): Carol takes Alice's place in a call with Bob (ADR 0082)."""

from sbcd.rooms.calls.facts import Answered, Attempted, Ended
from sbcd.rooms.calls.plan import IpGroup, Match, Profile, ProxySet, RoutingRule, Server
from sbcd.sip.message import Request, Response, request

from .playbook import ALICE, BOB, CAROL, Hands, brief, plan, says, within
from .test_shaping import OFFER, answer, up


def world(mode: int) -> Hands:
    """Bob's profile says what becomes of Replaces."""
    return Hands(
        plan(
            proxy_sets=(
                ProxySet(0, "PA", 0, 0, -1, (Server("127.0.0.1", 5070, "udp"),)),
                ProxySet(1, "PB", 0, 0, -1, (Server("127.0.0.2", 5080, "udp"),)),
                ProxySet(2, "PC", 0, 0, -1, (Server("127.0.0.3", 5090, "udp"),)),
            ),
            ip_groups=(
                IpGroup(0, "A", 0, 0, 0),
                IpGroup(1, "B", 0, 0, 1, profile=11),
                IpGroup(2, "C", 0, 0, 2),
            ),
            profiles=(Profile(11, "far", replaces=mode),),
            routing=(RoutingRule(0, "to B", Match(), ip_group=1),),
        )
    )


def comes(ok: Response, wrong: str = "") -> Request:
    """Carol's INVITE: she wants the place of Alice, whose dialog she was told."""
    headers = {
        "Via": "SIP/2.0/UDP 127.0.0.3:5090;branch=z9hG4bKcarol",
        "From": "<sip:3000@carol.example>;tag=c1",
        "To": "<sip:2000@127.0.9.9>",
        "Call-ID": "call-carol",
        "CSeq": "1 INVITE",
        "Contact": "<sip:3000@127.0.0.3:5090>",
        "Max-Forwards": "70",
        "Replaces": f"{ok.call_id}{wrong};to-tag={ok.to.tag};from-tag={ok.from_.tag}",
    }
    return request("INVITE", "sip:2000@127.0.9.9", headers, OFFER, "application/sdp")


def told(hands: Hands, *kinds: type) -> list[str]:
    return [f"{type(f).__name__} {f.way.name} {f.ip_group}" for f in hands.facts if isinstance(f, kinds)]


def test_the_device_changes_the_side_itself() -> None:
    hands = world(1)
    out, ok = up(hands)
    hands.hear(CAROL, comes(ok))
    (again,) = [m for m in hands.take(BOB) if isinstance(m, Request)]
    assert (again.method, again.call_id, again.to.tag) == ("INVITE", out.call_id, "b1")
    assert again.body == OFFER
    hands.hear(BOB, says(again, 200, answer("8")))
    assert brief(hands.take(BOB)) == ["ACK"]
    (final,) = [m for m in hands.take(CAROL) if isinstance(m, Response) and m.status >= 200]
    assert (final.status, final.body) == (200, answer("8"))
    assert brief(hands.take(ALICE)) == ["BYE"]
    bye = within(final, "ACK", 1)
    hands.hear(CAROL, bye)
    hands.hear(CAROL, within(final, "BYE", 2))
    assert brief(hands.take(BOB)) == ["BYE"]
    assert hands.empty
    assert told(hands, Attempted) == ["Attempted IN 0", "Attempted OUT 1", "Attempted IN 2"]
    assert sorted(told(hands, Ended)) == sorted(x.replace("Answered", "Ended") for x in told(hands, Answered))


def test_a_refused_replacement_leaves_the_call_alone() -> None:
    hands = world(1)
    _, ok = up(hands)
    hands.hear(CAROL, comes(ok))
    (again,) = [m for m in hands.take(BOB) if isinstance(m, Request)]
    hands.hear(BOB, says(again, 488))
    assert brief(hands.take(CAROL))[-1] == "488 INVITE"
    assert hands.take(ALICE) == []
    hands.hear(ALICE, within(ok, "BYE", 2))
    assert "BYE" in brief(hands.take(BOB))
    assert hands.empty


def test_the_peer_is_told_in_the_words_of_its_own_dialog() -> None:
    hands = world(0)
    out, ok = up(hands)
    hands.hear(CAROL, comes(ok))
    (new,) = [m for m in hands.take(BOB) if isinstance(m, Request)]
    assert new.call_id != out.call_id
    assert new.get("Replaces") == f"{out.call_id};to-tag=b1;from-tag={out.from_.tag}"


def test_as_it_is() -> None:
    hands = world(2)
    _, ok = up(hands)
    asked = comes(ok)
    hands.hear(CAROL, asked)
    (new,) = [m for m in hands.take(BOB) if isinstance(m, Request)]
    assert new.get("Replaces") == asked.get("Replaces")


def test_a_dialog_of_somebody_else_passes_as_it_is() -> None:
    hands = world(1)
    _, ok = up(hands)
    hands.hear(CAROL, comes(ok, wrong="x"))
    (new,) = [m for m in hands.take(BOB) if isinstance(m, Request)]
    assert new.get("Replaces").startswith(f"{ok.call_id}x;")
