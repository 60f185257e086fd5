"""What a call leaves behind is freed at once: no cycle waits for the collector, which stops everything."""

import gc
from collections.abc import Callable

import pytest

from sbcd.sip.message import Request, Response

from .playbook import ALICE, ANSWER, BOB, CAROL, SDP, Hands, back, invite, plan, says, within

KEPT: list[Hands] = []  # a switch itself is full of cycles; those of other tests must not be seen here


def answered(hands: Hands) -> tuple[Request, Response]:
    hands.hear(ALICE, invite())
    (out,) = hands.take(BOB)
    assert isinstance(out, Request)
    hands.hear(BOB, says(out, 180))
    hands.hear(BOB, says(out, 200, ANSWER))
    ok = hands.take(ALICE)[-1]
    assert isinstance(ok, Response)
    hands.hear(ALICE, within(ok, "ACK", 1))
    hands.take()
    return out, ok


def ended(hands: Hands) -> None:
    _, ok = answered(hands)
    hands.hear(ALICE, within(ok, "BYE", 2))
    hands.hear(BOB, says(hands.take(BOB)[-1], 200))


def ended_by_the_called(hands: Hands) -> None:
    out, _ = answered(hands)
    hands.hear(BOB, back(out, "BYE", 1))
    hands.hear(ALICE, says(hands.take(ALICE)[-1], 200))


def held(hands: Hands) -> None:
    _, ok = answered(hands)
    hands.hear(ALICE, within(ok, "INVITE", 2, SDP, Contact="<sip:1000@127.0.0.1:5070>"))
    (again,) = hands.take(BOB)
    hands.hear(BOB, says(again, 200, ANSWER))
    hands.hear(ALICE, within(ok, "ACK", 2))
    hands.hear(ALICE, within(ok, "BYE", 3))
    hands.hear(BOB, says(hands.take(BOB)[-1], 200))


def busy(hands: Hands) -> None:
    hands.hear(ALICE, invite())
    (out,) = hands.take(BOB)
    hands.hear(BOB, says(out, 486))
    hands.hear(ALICE, invite().but({"CSeq": "1 ACK"}, method="ACK", body=b""))


def cancelled(hands: Hands) -> None:
    asked = invite()
    hands.hear(ALICE, asked)
    (out,) = hands.take(BOB)
    hands.hear(BOB, says(out, 180))
    cancel = asked.but({"CSeq": "1 CANCEL"}, method="CANCEL", body=b"")
    hands.hear(ALICE, cancel)
    hands.hear(BOB, says(out, 487))


def message(hands: Hands) -> None:
    hands.hear(ALICE, invite().but({"CSeq": "1 MESSAGE"}, method="MESSAGE"))
    (out,) = hands.take(BOB)
    assert isinstance(out, Request)
    hands.hear(BOB, says(out, 200))


def silent(hands: Hands) -> None:
    hands.hear(ALICE, invite())


def unknown(hands: Hands) -> None:
    hands.hear(CAROL, invite())


@pytest.mark.parametrize(
    "story", [ended, ended_by_the_called, held, busy, cancelled, message, silent, unknown]
)
def test_no_cycle_is_left(story: Callable[[Hands], None]) -> None:
    hands = Hands(plan())
    KEPT.append(hands)
    story(hands)  # what is made once only, is made now
    hands.wait(1000)
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        hands.take()
        for memory in (hands.facts, hands.records, hands.media.seen):
            memory.clear()
        story(hands)
        hands.wait(1000)
        hands.take()
        gc.collect()
        left = [type(thing).__name__ for thing in gc.garbage]
    finally:
        gc.set_debug(0)
        gc.enable()
        gc.garbage.clear()
    assert left == []
