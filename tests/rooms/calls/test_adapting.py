"""Requests inside calls towards peers that do not take all of them (IP Profiles, ADR 0081)."""

import pytest

from sbcd.rooms.calls.coders import Shape
from sbcd.rooms.calls.plan import Profile, Timers
from sbcd.sip.message import Request, Response
from sbcd.sip.sdp import Sdp

from .playbook import ALICE, BOB, Hands, brief, invite, says, within
from .test_shaping import OFFER, answer, hands, up

HOLD = OFFER + b"a=sendonly\r\n"


def requests(world: Hands, to: tuple[str, int]) -> list[Request]:
    return [message for message in world.take(to) if isinstance(message, Request)]


def last(world: Hands) -> Response:
    found = world.take(ALICE)[-1]
    assert isinstance(found, Response)
    return found


def test_update_becomes_a_re_invite() -> None:
    world = hands(far=Profile(11, "far", update=0))
    _, ok = up(world)
    world.hear(ALICE, within(ok, "UPDATE", 2, HOLD))
    (out,) = requests(world, BOB)
    assert out.method == "INVITE"
    assert Sdp.parse(out.body).direction(0) == "sendonly"
    world.hear(BOB, says(out, 180))
    assert world.take(ALICE) == []  # an UPDATE has no provisional answers
    world.hear(BOB, says(out, 200, answer("8") + b"a=recvonly\r\n"))
    assert brief(world.take(BOB)) == ["ACK"]
    final = last(world)
    assert (final.status, final.cseq.method) == (200, "UPDATE")
    assert Sdp.parse(final.body).direction(0) == "recvonly"
    world.hear(ALICE, within(ok, "INVITE", 3, OFFER))  # the next one finds nothing pending
    assert brief(world.take(BOB)) == ["INVITE"]


def test_a_refused_re_invite_answers_the_update_and_leaves_nothing_pending() -> None:
    world = hands(far=Profile(11, "far", update=0))
    _, ok = up(world)
    world.hear(ALICE, within(ok, "UPDATE", 2, HOLD))
    (out,) = requests(world, BOB)
    world.hear(BOB, says(out, 488))
    assert last(world).status == 488
    world.take()
    world.hear(ALICE, within(ok, "INVITE", 3, OFFER))
    assert brief(world.take(BOB)) == ["INVITE"]


def test_update_that_only_refreshes_is_answered_here_and_refreshes_there() -> None:
    """RFC 4028: who takes no UPDATE is refreshed by a re-INVITE with what it was told last."""
    world = hands(far=Profile(11, "far", update=0))
    _, ok = up(world)
    world.hear(ALICE, within(ok, "UPDATE", 2, Session_Expires="1800;refresher=uac", Supported="timer"))
    final = last(world)
    assert (final.status, final.get("Session-Expires")) == (200, "1800;refresher=uac")
    (out,) = requests(world, BOB)
    assert (out.method, out.get("Session-Expires")) == ("INVITE", "1800;refresher=uac")
    assert out.body == world.switch.calls[1].b.said  # type: ignore[union-attr]
    world.hear(BOB, says(out, 200, answer("8")))
    assert brief(world.take(BOB)) == ["ACK"]
    assert world.take(ALICE) == []


def test_update_before_the_answer_for_a_peer_that_takes_it_later() -> None:
    world = hands(far=Profile(11, "far", update=1))
    _, ok = up(world)
    world.hear(ALICE, within(ok, "UPDATE", 2, OFFER))
    assert brief(world.take(BOB)) == ["UPDATE"]


def test_a_peer_without_re_invite_hears_nothing_of_a_hold() -> None:
    """The device answers with what Bob said last, in the direction that fits."""
    world = hands(far=Profile(11, "far", reinvite=0))
    _, ok = up(world)
    world.hear(ALICE, within(ok, "INVITE", 2, HOLD))
    assert world.take(BOB) == []
    final = last(world)
    assert final.status == 200
    assert Sdp.parse(final.body).direction(0) == "recvonly"
    assert Sdp.parse(final.body).streams[0].port == 5000
    world.hear(ALICE, within(final, "ACK", 2))
    world.hear(ALICE, within(ok, "BYE", 3))
    assert brief(world.take(BOB)) == ["BYE"]
    assert world.empty


def test_a_peer_that_cannot_be_held_hears_nothing_of_it() -> None:
    world = hands(far=Profile(11, "far", shape=Shape(hold=5)))
    _, ok = up(world)
    world.hear(ALICE, within(ok, "INVITE", 2, HOLD))
    assert world.take(BOB) == []
    held = last(world)
    world.hear(ALICE, within(held, "ACK", 2))
    world.hear(ALICE, within(ok, "INVITE", 3, OFFER))  # resumed: nor of this
    assert world.take(BOB) == []
    resumed = last(world)
    assert Sdp.parse(resumed.body).direction(0) == "sendrecv"
    world.hear(ALICE, within(resumed, "ACK", 3))
    world.hear(ALICE, within(ok, "INVITE", 4, OFFER.replace(b"4000", b"4400")))  # another change passes
    assert brief(world.take(BOB)) == ["INVITE"]


def test_a_re_invite_without_offer_gets_one() -> None:
    world = hands(far=Profile(11, "far", reinvite=1))
    _, ok = up(world)
    world.hear(ALICE, within(ok, "INVITE", 2))
    (out,) = requests(world, BOB)
    assert Sdp.parse(out.body).streams[0].port == 4000  # what Alice said last
    world.hear(BOB, says(out, 200, answer("8")))
    assert brief(world.take(BOB)) == ["ACK"]
    final = last(world)
    assert Sdp.parse(final.body).streams[0].port == 5000
    world.hear(ALICE, within(final, "ACK", 2, OFFER))
    assert world.take(BOB) == []
    world.hear(ALICE, within(ok, "INVITE", 3, OFFER))
    assert brief(world.take(BOB)) == ["INVITE"]


def test_the_device_refreshes_by_re_invite_who_takes_no_update() -> None:
    """SBCSessionExpiresMode 3 and SBCRemoteUpdateSupport 0."""
    world = hands(far=Profile(11, "far", update=0, session_expires=3), timers=Timers(session_expires=180))
    world.hear(ALICE, invite(body=OFFER))
    (out,) = requests(world, BOB)
    world.hear(BOB, says(out, 200, answer("8"), Session_Expires="180;refresher=uac", Allow="INVITE, UPDATE"))
    ok = last(world)
    world.hear(ALICE, within(ok, "ACK", 1))
    world.take()
    for _ in range(3):
        world.wait(90)
        (again,) = requests(world, BOB)
        assert again.method == "INVITE"
        world.hear(BOB, says(again, 200, answer("8"), Session_Expires="180;refresher=uac"))
        assert brief(world.take(BOB)) == ["ACK"]
    assert world.switch.calls


@pytest.mark.parametrize(("mode", "alive"), [(0, False), (1, True)])
def test_who_watches_a_session_that_nobody_refreshes(mode: int, alive: bool) -> None:
    """SBCSessionExpiresMode: 0 the device observes and ends the call, 1 it leaves that to the peers."""
    world = hands(far=Profile(11, "far", session_expires=mode))
    world.hear(ALICE, invite(body=OFFER, Supported="timer", Session_Expires="180"))
    (out,) = requests(world, BOB)
    assert out.get("Session-Expires") == "180"
    world.hear(BOB, says(out, 200, answer("8"), Session_Expires="180;refresher=uac"))
    world.hear(ALICE, within(last(world), "ACK", 1))
    world.wait(400)
    assert bool(world.switch.calls) is alive
