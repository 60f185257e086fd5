"""Before the answer: PRACK, early media and several 18x, as IP Profiles say (RFC 3262, ADR 0082)."""

import pytest

from sbcd.rooms.calls.plan import Profile
from sbcd.sip.message import Request, Response

from .playbook import ALICE, BOB, Hands, brief, invite, says, within
from .test_shaping import OFFER, answer, hands

RELIABLE = {"RSeq": "7", "Require": "100rel"}


def ringing(world: Hands, **more: str) -> Request:
    world.hear(ALICE, invite(body=OFFER, **more))
    (out,) = [message for message in world.take(BOB) if isinstance(message, Request)]
    return out


def heard(world: Hands) -> list[Response]:
    return [m for m in world.take(ALICE) if isinstance(m, Response) and m.status > 100]


@pytest.mark.parametrize(
    ("mode", "caller", "supported", "required"),
    [
        (3, "", "", ""),
        (3, "100rel", "100rel", ""),
        (1, "", "100rel", ""),
        (2, "", "100rel", "100rel"),
        (2, "100rel, timer", "100rel, timer", "100rel"),
    ],
)
def test_what_the_called_is_told(mode: int, caller: str, supported: str, required: str) -> None:
    world = hands(far=Profile(11, "far", prack=mode))
    out = ringing(world, **({"Supported": caller} if caller else {}))
    assert (out.get("Supported"), out.get("Require")) == (supported, required)


def test_the_device_acknowledges_for_a_caller_that_cannot() -> None:
    world = hands(far=Profile(11, "far", prack=2))
    out = ringing(world)
    ring = says(out, 183, answer("8"), **RELIABLE)
    world.hear(BOB, ring)
    (prack,) = world.take(BOB)
    assert isinstance(prack, Request)
    assert (prack.method, prack.get("RAck")) == ("PRACK", f"7 {out.cseq.number} INVITE")
    (said,) = heard(world)
    assert (said.status, "RSeq" in said.headers, said.get("Require")) == (183, False, "")
    world.hear(BOB, ring)  # a repetition: heard once
    assert world.take(BOB) == []
    assert heard(world) == []
    world.hear(BOB, says(prack, 200))
    world.hear(BOB, says(out, 200, answer("8")))
    assert brief(world.take(BOB)) == ["ACK"]


def test_a_caller_that_can_acknowledges_itself() -> None:
    world = hands()
    out = ringing(world, Supported="100rel")
    world.hear(BOB, says(out, 183, answer("8"), **RELIABLE))
    assert world.take(BOB) == []
    (said,) = heard(world)
    assert (said.get("RSeq"), said.get("Require")) == ("1", "100rel")
    world.hear(ALICE, within(said, "PRACK", 2, RAck="1 1 INVITE"))
    (prack,) = world.take(BOB)
    assert prack.get("RAck") == f"7 {out.cseq.number} INVITE"


def test_a_caller_that_wants_every_18x_reliably() -> None:
    """SbcPrackMode 2 of the caller: what the called said without, the device says with RSeq and takes the
    PRACK itself."""
    world = hands(near=Profile(10, "near", prack=2))
    out = ringing(world, Supported="100rel")
    world.hear(BOB, says(out, 180))
    (said,) = heard(world)
    assert (said.get("RSeq"), said.get("Require")) == ("1", "100rel")
    world.hear(ALICE, within(said, "PRACK", 2, RAck="1 1 INVITE"))
    assert brief(world.take(ALICE)) == ["200 PRACK"]
    assert world.take(BOB) == []


def test_a_caller_without_early_media_hears_ringing() -> None:
    world = hands(near=Profile(10, "near", early_media=False))
    out = ringing(world)
    world.hear(BOB, says(out, 183, answer("8")))
    (said,) = heard(world)
    assert (said.status, said.body, said.reason) == (180, b"", "Ringing")
    world.hear(BOB, says(out, 200, answer("8")))
    assert heard(world)[-1].body == answer("8")


@pytest.mark.parametrize(("response", "came", "status"), [(1, 183, 180), (2, 180, 183), (0, 183, 183)])
def test_the_18x_of_early_media(response: int, came: int, status: int) -> None:
    world = hands(near=Profile(10, "near", early_response=response))
    out = ringing(world)
    world.hear(BOB, says(out, came, answer("8")))
    (said,) = heard(world)
    assert (said.status, said.body) == (status, answer("8"))


def test_one_18x_only() -> None:
    world = hands(near=Profile(10, "near", multiple_18x=False), far=Profile(11, "far", prack=1))
    out = ringing(world)
    world.hear(BOB, says(out, 180))
    assert [one.status for one in heard(world)] == [180]
    world.hear(BOB, says(out, 183, answer("8"), **RELIABLE))
    assert heard(world) == []
    assert brief(world.take(BOB)) == ["PRACK"]  # who is not heard is acknowledged all the same
