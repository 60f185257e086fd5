"""The heap of deadlines against the simplest thing that could be right."""

from hypothesis import given
from hypothesis import strategies as st

from sbcd.sip.timers import SWEEP, Timers


@given(st.lists(st.tuples(st.sampled_from(["set", "drop", "due"]), st.integers(0, 50)), max_size=200))
def test_like_a_sorted_list(steps):
    timers, alive, made, now = Timers(), {}, [], 0
    for number, (what, value) in enumerate(steps):
        if what == "set":
            made.append((timers.set(now + value, number), number))
            alive[number] = now + value
        elif what == "drop" and made:
            timer, name = made[value % len(made)]
            timers.drop(timer)
            alive.pop(name, None)
        else:
            now += value
            due = timers.due(now)
            expected = [name for name, when in alive.items() if when <= now]
            assert due == min(expected, key=lambda name: (alive[name], name), default=None)
            alive.pop(due, None)
        assert len(timers) == len(alive)
        assert timers.deadline == min(alive.values(), default=None)


def test_the_dead_are_swept():
    timers = Timers()
    for number in range(100_000):
        timers.drop(timers.set(number, number))
        assert timers.held <= SWEEP + 2
    timers.drop(None)
    assert len(timers) == 0
