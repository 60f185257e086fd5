"""Values by index: whatever way one came about, it is what it holds, in order; and what differs is known."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sbcd.base.indexed import FEW, Indexed

Changes = st.dictionaries(st.integers(0, 30), st.none() | st.text(max_size=2), max_size=8)


def model(*steps: dict[int, str | None]) -> dict[int, str]:
    held: dict[int, str] = {}
    for step in steps:
        for index, value in step.items():
            held.pop(index, None)
            if value is not None:
                held[index] = value
    return held


@settings(max_examples=200)
@given(st.lists(Changes, max_size=6), st.sets(st.integers(0, 6)))
def test_steps_are_what_they_leave_whenever_it_is_looked_at(
    steps: list[dict[int, str | None]], looks: set[int]
) -> None:
    indexed: Indexed[str] = Indexed()
    for number, step in enumerate(steps):
        if number in looks:
            list(indexed)
        indexed = indexed.but(step)
    held = model(*steps)
    assert list(indexed) == [held[index] for index in sorted(held)]
    assert (len(indexed), bool(indexed)) == (len(held), bool(held))
    assert indexed == Indexed(held.items())
    assert all(indexed.get(index) == held.get(index) for index in range(31))


@given(Changes, Changes, st.booleans())
def test_what_differs_is_known_in_both_directions(
    first: dict[int, str | None], second: dict[int, str | None], related: bool
) -> None:
    old: Indexed[str] = Indexed().but(first)
    new = old.but(second) if related else Indexed(model(first, second).items())
    differing = {i for i in range(31) if old.get(i) != new.get(i)}
    assert differing <= set(new.since(old))
    assert differing <= set(old.since(new))
    assert old.since(old) == ()
    if not related:
        assert differing == set(new.since(old))


@given(Changes, Changes)
def test_what_is_made_of_it_is_made_of_what_changed_only(
    first: dict[int, str | None], second: dict[int, str | None]
) -> None:
    old: Indexed[str] = Indexed((i, str(i)) for i in range(100)).but(first)
    made: list[str] = []

    def make(value: str) -> str:
        made.append(value)
        return value * 2

    known = old, old.made(make)
    made.clear()
    new = old.but(second)
    assert new.made(make, known) == Indexed((i, v * 2) for i in range(100) if (v := new.get(i)) is not None)
    assert len(made) == sum(value is not None for value in second.values())


def test_many_changes_are_put_in_order_anew() -> None:
    indexed: Indexed[int] = Indexed((i, i) for i in range(10))
    assert list(indexed) == list(range(10))
    for index in range(FEW + 20, 10, -1):
        indexed = indexed.but({index: index})
    assert list(indexed) == [*range(10), *range(11, FEW + 21)]


def test_nothing_changed_is_the_same() -> None:
    indexed: Indexed[int] = Indexed([(3, 3)])
    assert indexed.but({}) is indexed
    assert repr(indexed) == "Indexed([3])"
