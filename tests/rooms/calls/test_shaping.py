"""Descriptions through a call whose IP Profiles say what they may hold (ADR 0080, 0081)."""

from typing import Any

from sbcd.rooms.calls.coders import Coder, Shape
from sbcd.rooms.calls.facts import Failed, Reason, Way
from sbcd.rooms.calls.figures import Timers
from sbcd.rooms.calls.plan import IpGroup, Match, Profile, RoutingRule
from sbcd.sip.message import Request, Response
from sbcd.sip.sdp import Sdp

from .playbook import ALICE, BOB, Hands, back, brief, invite, plan, says, within

HEAD = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
OFFER = HEAD + b"m=audio 4000 RTP/AVP 18 0 8\r\n"
G711 = Shape(allowed=("PCMA", "PCMU"), restricts=True, prefers=True)
A_LAW = (Coder("PCMA", 8000), Coder("G729", 8000))


def hands(near: Profile | None = None, far: Profile | None = None, **more: Any) -> Hands:
    """Alice's group has one profile, Bob's the other."""
    groups = (IpGroup(0, "A", 0, 0, 0, profile=10), IpGroup(1, "B", 0, 0, 1, host="b.example", profile=11))
    profiles = (near or Profile(10, "near"), far or Profile(11, "far"))
    return Hands(plan(ip_groups=groups, profiles=profiles, **more))


def answer(kinds: str) -> bytes:
    return HEAD + f"m=audio 5000 RTP/AVP {kinds}\r\n".encode()


def kinds(message: Request | Response) -> str:
    return " ".join(Sdp.parse(message.body).streams[0].formats)


def test_the_called_may_use_these_only() -> None:
    world = hands(far=Profile(11, "far", shape=G711))
    world.hear(ALICE, invite(body=OFFER))
    (out,) = world.take(BOB)
    assert kinds(out) == "8 0"
    world.hear(BOB, says(out, 200, answer("8")))
    assert kinds(world.take(ALICE)[-1]) == "8"


def test_the_caller_may_use_these_only() -> None:
    world = hands(near=Profile(10, "near", shape=G711))
    world.hear(ALICE, invite(body=OFFER))
    assert kinds(world.take(BOB)[0]) == "8 0"


def test_nothing_in_common_is_488_before_anything_is_sent() -> None:
    """Only transcoding would help: refused, and counted as what it is."""
    world = hands(far=Profile(11, "far", shape=Shape(allowed=("OPUS",), restricts=True)))
    world.hear(ALICE, invite(body=OFFER))
    assert world.take(BOB) == []
    assert brief(world.take(ALICE)) == ["100 INVITE", "488 INVITE"][-1:]
    assert [(f.way, f.reason, f.status) for f in world.facts if isinstance(f, Failed)] == [
        (Way.OUT, Reason.MEDIA_MISMATCH, 488),
        (Way.IN, Reason.MEDIA_MISMATCH, 488),
    ]
    assert world.empty


def test_another_route_may_have_a_coder() -> None:
    world = Hands(
        plan(
            ip_groups=(
                IpGroup(0, "A", 0, 0, 0),
                IpGroup(1, "B", 0, 0, 1, profile=11),
                IpGroup(2, "C", 0, 0, 1),
            ),
            profiles=(Profile(11, "far", shape=Shape(allowed=("OPUS",), restricts=True)),),
            routing=(
                RoutingRule(0, "first", Match(), source=0, ip_group=1),
                RoutingRule(1, "then", Match(), ip_group=2, alternative=1),
            ),
        )
    )
    world.hear(ALICE, invite(body=OFFER))
    assert brief(world.take(BOB)) == ["INVITE"]


def test_an_answer_with_something_else_ends_the_call() -> None:
    world = hands(far=Profile(11, "far", shape=G711))
    world.hear(ALICE, invite(body=OFFER))
    (out,) = world.take(BOB)
    world.hear(BOB, says(out, 200, answer("18")))
    assert brief(world.take(BOB)) == ["ACK", "BYE"]
    assert brief(world.take(ALICE))[-1] == "488 INVITE"


def test_events_are_added_for_one_and_taken_from_the_other() -> None:
    world = hands(far=Profile(11, "far", shape=Shape(events=1, events_payload=101)))
    world.hear(ALICE, invite(body=OFFER))
    (out,) = world.take(BOB)
    assert kinds(out) == "18 0 8 101"
    body = answer("8 101").replace(b"\r\nm=", b"\r\nm=") + b"a=rtpmap:101 telephone-event/8000\r\n"
    world.hear(BOB, says(out, 200, body))
    assert kinds(world.take(ALICE)[-1]) == "8"


# --- an INVITE without an offer -----------------------------------------------------------------


def test_a_peer_that_needs_an_offer_gets_one() -> None:
    """Bob is offered the device's coders; his answer is what Alice is offered; her answer stays here."""
    world = hands(far=Profile(11, "far", delayed_offer=False, coders=A_LAW, events_payload=101))
    world.hear(ALICE, invite(body=b""))
    (out,) = world.take(BOB)
    assert kinds(out) == "8 18 101"
    assert out.get("Content-Type") == "application/sdp"
    world.hear(BOB, says(out, 183, answer("8")))
    (early,) = world.take(ALICE)
    assert (early.status, early.body) == (183, b"")  # type: ignore[union-attr]
    world.hear(BOB, says(out, 200, answer("8")))
    assert brief(world.take(BOB)) == ["ACK"]
    ok = world.take(ALICE)[-1]
    assert isinstance(ok, Response)
    assert kinds(ok) == "8"
    world.hear(ALICE, within(ok, "ACK", 1, answer("8")))
    assert world.take(BOB) == []  # he has his ACK
    assert [what for what, _ in world.media.seen] == ["offer", "answer", "offer", "answer"]
    world.hear(ALICE, within(ok, "BYE", 2))
    assert brief(world.take(BOB)) == ["BYE"]
    assert world.empty


def test_without_coders_of_its_own_the_device_offers_nothing() -> None:
    world = hands(far=Profile(11, "far", delayed_offer=False))
    world.hear(ALICE, invite(body=b""))
    assert world.take(BOB)[0].body == b""


# --- hold ------------------------------------------------------------------------------------------


def up(world: Hands) -> tuple[Request, Response]:
    world.hear(ALICE, invite(body=OFFER))
    (out,) = world.take(BOB)
    assert isinstance(out, Request)
    world.hear(BOB, says(out, 200, answer("8")))
    ok = world.take(ALICE)[-1]
    assert isinstance(ok, Response)
    world.hear(ALICE, within(ok, "ACK", 1))
    world.take()
    return out, ok


def test_hold_in_the_form_the_peer_understands() -> None:
    world = hands(far=Profile(11, "far", shape=Shape(hold=3)))
    _, ok = up(world)
    world.hear(ALICE, within(ok, "INVITE", 2, OFFER + b"a=sendonly\r\n"))
    (hold,) = [message for message in world.take(BOB) if isinstance(message, Request)]
    assert Sdp.parse(hold.body).direction(0) == "inactive"
    world.hear(BOB, says(hold, 200, answer("8") + b"a=inactive\r\n"))
    final = world.take(ALICE)[-1]
    assert Sdp.parse(final.body).direction(0) == "recvonly"


def test_hold_from_the_other_side_passes_as_it_is() -> None:
    world = hands(far=Profile(11, "far", shape=Shape(hold=3)))
    out, _ = up(world)
    world.hear(BOB, back(out, "INVITE", 1, answer("8") + b"a=sendonly\r\n"))
    (hold,) = [message for message in world.take(ALICE) if isinstance(message, Request)]
    assert Sdp.parse(hold.body).direction(0) == "sendonly"


def test_an_offer_of_the_devices_own_is_no_hold() -> None:
    """It names no place (0.0.0.0), which RFC 2543 took for hold."""
    world = hands(far=Profile(11, "far", delayed_offer=False, coders=A_LAW, shape=G711))
    world.hear(ALICE, invite(body=b""))
    (out,) = world.take(BOB)
    world.hear(BOB, says(out, 200, answer("8")))
    ok = world.take(ALICE)[-1]
    assert [Sdp.parse(sdp).direction(0) for _, sdp in world.media.seen[1:]] == ["sendrecv", "sendrecv"]
    assert Sdp.parse(ok.body).direction(0) == "sendrecv"


def test_a_stream_that_is_gone_is_told_as_refused() -> None:
    """SBCENFORCEMEDIAORDER: Bob heard of two streams, so he hears of two; Alice asked for one."""
    video = b"m=video 4002 RTP/AVP 122\r\na=rtpmap:122 H264/90000\r\n"
    world = hands(timers=Timers(keeps_streams=True))
    world.hear(ALICE, invite(body=OFFER + video))
    (out,) = world.take(BOB)
    assert isinstance(out, Request)
    world.hear(BOB, says(out, 200, answer("8") + video))
    ok = world.take(ALICE)[-1]
    assert isinstance(ok, Response)
    world.hear(ALICE, within(ok, "ACK", 1))
    world.take()
    world.hear(ALICE, within(ok, "INVITE", 2, OFFER))
    (again,) = [message for message in world.take(BOB) if isinstance(message, Request)]
    assert [stream.port for stream in Sdp.parse(again.body).streams] == [4000, 0]
    world.hear(BOB, says(again, 200, answer("8") + video.replace(b"4002", b"0")))
    assert [stream.port for stream in Sdp.parse(world.take(ALICE)[-1].body).streams] == [5000]
