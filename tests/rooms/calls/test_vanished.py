"""Peers that vanish: what is said to them ends with the timers of RFC 3261, and what nobody waits for is not
said again."""

from collections import Counter

from msgspec.structs import replace

from sbcd.rooms.calls.facts import ServerDown
from sbcd.sip.message import Request, Response

from .playbook import ALICE, ANSWER, BOB, CAROL, Hands, back, brief, invite, plan, says, within

MOST_IN_F = 11  # sends of a request within 64 T1: 0, 0.5, 1.5, 3.5, then every 4 s (17.1.2.2)
LONG = 600.0


def up(hands: Hands) -> tuple[Request, Response]:
    hands.hear(ALICE, invite())
    (out,) = hands.take(BOB)
    assert isinstance(out, Request)
    hands.hear(BOB, says(out, 200, ANSWER))
    ok = hands.take(ALICE)[-1]
    assert isinstance(ok, Response)
    hands.hear(ALICE, within(ok, "ACK", 1))
    hands.take()
    return out, ok


def said(hands: Hands, who: tuple[str, int], seconds: float) -> Counter[str]:
    """What is said to somebody who never answers."""
    hands.wait(seconds)
    return Counter(brief(hands.take(who)))


def nothing(hands: Hands) -> bool:
    """Nothing is left, and nobody hears anything any more."""
    hands.take()
    hands.wait(LONG)
    return hands.empty and not hands.take()


def test_a_bye_is_repeated_for_32_seconds() -> None:
    hands = Hands()
    _, ok = up(hands)
    hands.hear(ALICE, within(ok, "BYE", 2))
    assert said(hands, BOB, 32) == {"BYE": MOST_IN_F}
    assert nothing(hands)


def test_both_are_gone() -> None:
    """No ACK: 200s for 32 seconds, then one BYE a side, each for 32 seconds; then silence."""
    hands = Hands()
    hands.hear(ALICE, invite())
    hands.hear(BOB, says(hands.take(BOB)[0], 200, ANSWER))
    hands.take()
    assert said(hands, ALICE, 31.9) == {"200 INVITE": 10}
    hands.take()
    hands.wait(33)
    for who in (ALICE, BOB):
        byes = [message for message in hands.take(who) if brief([message]) == ["BYE"]]
        assert len(byes) == MOST_IN_F
        assert len({message.cseq.number for message in byes}) == 1
    assert nothing(hands)


def test_a_server_that_was_given_up_hears_nothing_more() -> None:
    """IsProxyHotSwap after three repetitions: the INVITE is not repeated to the silent server; a late
    answer is still cleaned up."""
    hands = Hands()
    hands.hear(ALICE, invite())
    hands.wait(5)
    first = hands.take(BOB)
    assert Counter(brief(first)) == {"INVITE": 4}
    out = hands.take(CAROL)[0]
    hands.hear(CAROL, says(out, 486))
    hands.take()
    assert said(hands, BOB, 15) == {}
    hands.hear(BOB, says(first[0], 180))  # type: ignore[arg-type]
    (cancel,) = hands.take(BOB)
    assert brief([cancel]) == ["CANCEL"]
    hands.hear(BOB, says(cancel, 200))  # type: ignore[arg-type]
    hands.hear(BOB, says(first[0], 487))  # type: ignore[arg-type]
    hands.wait(33)  # Alice hears the 486 until she acknowledges it, or timer H
    assert nothing(hands)


def test_keep_alives_do_not_pile_up() -> None:
    """FailureDetectionRetransmissions 1: two OPTIONS each time, not eleven of each that is out."""
    base = plan()
    sets = (
        base.proxy_sets[0],
        replace(base.proxy_sets[1], keep_alive=1, interval=5.0, retransmissions=1, hot_swap=False),
    )
    hands = Hands(replace(base, proxy_sets=sets))
    hands.wait(60)
    heard = hands.take(BOB)
    assert any(isinstance(fact, ServerDown) for fact in hands.facts)
    assert Counter(Counter(m.call_id for m in heard).values()).most_common(1)[0][0] == 2
    assert max(Counter(m.call_id for m in heard).values()) == 2
    assert not hands.switch.endpoint.clients or len(hands.switch.endpoint.clients) <= 2


def test_a_late_bye_of_a_call_nobody_knows() -> None:
    """481, and nothing else."""
    hands = Hands()
    out, ok = up(hands)
    hands.hear(ALICE, within(ok, "BYE", 2))
    hands.hear(BOB, says(hands.take(BOB)[0], 200))  # type: ignore[arg-type]
    hands.take()
    hands.hear(BOB, back(out, "BYE", 5))
    assert brief(hands.take()) == ["481 BYE"]
    assert nothing(hands)
