"""Two endpoints joined by a lossy, doubling, reordering wire in virtual time: whatever is lost, every call
ends, nothing is told twice, no 180 leaves after a 200, and no table keeps anything."""

import pytest

from sbcd.sip.dialog import Dialog
from sip.world import User, World, provisionals_after_final

HARD = {"loss": 0.2, "double": 0.1, "delay": (0.001, 0.6)}


def empty(*users):
    return all(
        not value
        for user in users
        for name, value in user.end.sizes.items()
        if name not in {"timers", "finished"}
    )


def pair(seed, **wire):
    world = World(seed, **wire)
    return world, User(world, "a"), User(world, "b")


def ring_then(world, user, status, after):
    """Answer with 180 now and then, and `status` at the end; 180 is tried once more after it."""

    def answer(txn):
        for when in (0.1, after / 2, after + 0.3):
            world.at(world.now + when, lambda: user.say(txn, 180))
        world.at(world.now + after, lambda: user.say(txn, status))

    user.answer = answer


@pytest.mark.parametrize("seed", range(4))
def test_calls_over_a_bad_wire(seed):
    world, a, b = pair(seed, **HARD)
    ring_then(world, b, 200, 2.0)
    for number in range(150):
        world.at(number * 0.2, lambda number=number: a.call(number))
    world.run()
    assert provisionals_after_final(world.sent) == []
    assert a.told[2] + a.told["INVITE timed out"] == 150
    assert a.told[2] >= 145
    assert a.told["BYE"] + a.told["BYE timed out"] == a.told[2]
    assert b.told["acked"] + b.told["unacknowledged"] >= a.told[2]
    assert empty(a, b)


@pytest.mark.parametrize("seed", range(4))
def test_busy_and_cancelled_calls_over_a_bad_wire(seed):
    """A CANCEL at any moment: before the first response, while it rings, together with the answer."""
    world, a, b = pair(seed, **HARD)
    ring_then(world, b, 200 if seed % 2 else 486, 1.0)
    for number in range(150):
        cancel = world.random.uniform(0, 2.5)
        world.at(number * 0.2, lambda number=number, cancel=cancel: a.call(number, cancel))
    world.run()
    assert provisionals_after_final(world.sent) == []
    assert a.told[2] + a.told[4] + a.told["INVITE timed out"] == 150
    assert b.told["cancelled"] > 20
    assert empty(a, b)


@pytest.mark.parametrize("seed", range(4))
def test_glare_ends_with_both_re_invites_done(seed):
    """RFC 3261 14.1: both sides re-INVITE at once, both get 491, and try again at different times."""
    world, a, b = pair(seed, delay=(0.01, 0.05))
    done = []

    def answer(txn):
        b.say(txn, 200)
        dialog = Dialog.taken(txn.request, txn.tag)
        world.at(1.0, lambda: b.ask(dialog, "INVITE"))

    def answered(dialog, again):
        done.append(again)
        if not again:
            world.at(1.0, lambda: a.ask(dialog, "INVITE"))

    b.answer = answer
    a.answered = b.answered = answered
    world.at(0.0, lambda: a.call(1))
    world.run()
    assert (a.told["491"], b.told["491"]) == (1, 1)
    assert done == [False, True, True]
    assert empty(a, b)


def test_a_lost_ack_is_asked_for_again():
    world, a, b = pair(1)
    b.answer = lambda txn: b.say(txn, 200)
    world.at(0.0, lambda: a.call(1))
    carry, lost = world.carry, []

    def lose(user, send):
        if send.data.startswith(b"ACK") and len(lost) < 3:
            lost.append(send)
            return
        carry(user, send)

    world.carry = lose
    world.run(6)
    assert len(lost) == 3
    assert (a.told[2], b.told["acked"]) == (1, 1)


def test_a_response_that_comes_late_is_told_to_nobody():
    world, a, b = pair(1)
    b.answer = lambda txn: world.at(40.0, lambda: b.say(txn, 200))
    world.carry, carry = (
        (lambda user, send: carry(user, send) if b"100 Try" not in send.data else None),
        world.carry,
    )
    world.at(0.0, lambda: a.call(1))
    world.run()
    assert a.told == {"INVITE timed out": 1}
    assert b.told["unacknowledged"] == 1
    assert empty(a, b)


def calls_in_virtual_time(total):
    """Calls of two seconds at 500 a second on a good wire; the largest size of each table, and the last."""
    world, a, b = pair(7, delay=(0.001, 0.002))
    world.sent = type("Nothing", (), {"append": lambda self, item: None})()
    b.answer = lambda txn: (b.say(txn, 180), b.say(txn, 200))
    a.answered = lambda dialog, again: world.at(
        world.now + 2, lambda: (a.dialogs.pop(dialog.id), a.ask(dialog, "BYE"))
    )
    largest = dict.fromkeys(a.end.sizes, 0)
    for number in range(total):
        world.run(number / 500)
        world.now = number / 500
        a.call(number)
        a.arm()
        if number % 500 == 0:
            for user in (a, b):
                largest = {name: max(size, largest[name]) for name, size in user.end.sizes.items()}
    world.run()
    assert a.told["BYE"] == total
    assert empty(a, b)
    assert not a.dialogs
    return largest


def test_no_table_grows_with_the_number_of_calls():
    """32 seconds of transactions at 500 calls a second is all there ever is."""
    largest = calls_in_virtual_time(20_000)
    assert largest["clients"] <= 500 * 45
    assert largest["servers"] <= 500 * 70
    assert largest["acks"] <= 500
    assert largest["timers"] <= 500 * 150


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_no_table_grows_in_a_million_calls():
    few = calls_in_virtual_time(30_000)
    many = calls_in_virtual_time(1_000_000)
    assert all(many[name] <= few[name] * 1.1 + 100 for name in few)
