"""Indexes that are told one by one are the same as those that are told all at once."""

from hypothesis import given
from hypothesis import strategies as st

from sbcd.rooms.kpi.indexes import MOST, Indexes, Named

Whole = st.dictionaries(st.integers(0, 6) | st.just(MOST), st.sampled_from("abc").map(Named), max_size=5)


@given(st.lists(Whole, max_size=6))
def test_edits_are_the_same_as_the_whole(steps: list[dict[int, Named]]) -> None:
    whole, edited = Indexes(), Indexes()
    before: dict[int, Named] = {}
    for now, names in enumerate(steps):
        edits = {i: names.get(i) for i in before.keys() | names.keys() if before.get(i) != names.get(i)}
        told = {**dict.fromkeys(before), **names}
        assert sorted(edited.edit("srd", edits, now)) == sorted(whole.edit("srd", told, now))
        expected = {i: names[i] for i in sorted(names) if i < MOST}
        assert list(edited.names["srd"].items()) == list(whole.names["srd"].items()) == list(expected.items())
        before = names
    assert sorted(edited.bury(1000.0)) == sorted(whole.bury(1000.0))
