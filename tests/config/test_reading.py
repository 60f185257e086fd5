"""What is computed of a Reading depends on what it says it does, and on nothing else."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from config.model import DECLARED, IPGroup, NtpParams, ProxyIp, ProxySet, SIPInterface, TLSContexts
from sbcd.config.draft import Draft
from sbcd.config.reading import Parts, Reading
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Snapshot


def test_it_answers_as_the_snapshot_and_remembers_who_was_asked() -> None:
    factory = Schema(DECLARED).factory()
    snapshot = Draft(factory).put(0, ProxyIp(owner=0, position=1)).set(NtpParams(server="t")).finish()
    reading = Reading(snapshot)
    assert reading.kinds == set()
    assert reading.rows(ProxySet) is snapshot.rows(ProxySet)
    assert reading.row(SIPInterface, 0) is None
    assert reading.find(IPGroup, "x") is None
    assert reading.child(ProxyIp, 0, 1) == (0, ProxyIp(owner=0, position=1))
    assert reading.params(NtpParams).server == "t"
    assert reading.kinds == {ProxySet, SIPInterface, IPGroup, ProxyIp, NtpParams}


def test_a_part_is_made_anew_only_when_something_it_read_changed() -> None:
    made = []

    def names(snapshot: Snapshot) -> list[str]:
        made.append("names")
        return [row.name for row in snapshot.rows(ProxySet).values()]

    parts = Parts()
    factory = Schema(DECLARED).factory()
    other = Draft(factory).set(NtpParams(server="t")).finish()
    more = Draft(other).put(1, ProxySet(name="one")).finish()
    for snapshot, around in ((factory, 1), (other, 1), (more, 1), (more, 1), (more, 2), (factory, 2)):
        reading = Reading(snapshot)
        expected = tuple(row.name for row in snapshot.rows(ProxySet).values())
        assert parts.part("names", reading, around, names) == expected
        assert reading.kinds == {ProxySet}
    assert len(made) == 4


class Item(NamedTuple):
    index: int
    name: str
    context: str


def test_of_a_table_only_the_items_of_changed_rows_are_made_anew() -> None:
    made: list[int] = []

    def items(snapshot: Snapshot) -> Iterator[Item]:
        for index, row in snapshot.rows(ProxySet).items():
            made.append(index)
            if row.name != "hidden":
                found = snapshot.find(TLSContexts, row.tls)
                yield Item(index, row.name, found[1].name if found else "")

    parts = Parts()
    snapshot = Schema(DECLARED).factory()
    steps: list[tuple[Callable[[Draft], Draft], list[int]]] = [
        (lambda draft: draft.put(5, ProxySet(name="five")), [5]),
        (lambda draft: draft.put(3, ProxySet(name="three", tls="default")), [3]),
        (lambda draft: draft.put(5, ProxySet(name="again")), [5]),
        (lambda draft: draft.put(3, ProxySet(name="hidden")), [3]),
        (lambda draft: draft.put(3, ProxySet(name="back")).remove(ProxySet, 0), [3]),
        (lambda draft: draft.set(NtpParams(server="t")), []),
        (lambda draft: draft.put(1, TLSContexts(name="other")), [3, 5]),
    ]
    parts.rows("items", snapshot, None, items, ProxySet)
    for edit, expected in steps:
        snapshot = edit(Draft(snapshot)).finish()
        made.clear()
        found = parts.rows("items", snapshot, None, items, ProxySet)
        assert made == expected
        assert list(found) == list(items(snapshot))


def test_of_a_table_that_is_only_asked_for_indexes_just_these_matter() -> None:
    made: list[int] = []

    def items(snapshot: Snapshot) -> Iterator[Item]:
        for index, row in snapshot.rows(IPGroup).items():
            made.append(index)
            yield Item(index, row.name, str(snapshot.index(ProxySet, row.proxy_set)))

    def group(number: int, proxy_set: str) -> IPGroup:
        return IPGroup(name=f"g{number}", proxy_set=proxy_set)

    parts = Parts()
    snapshot = Draft(Schema(DECLARED).factory()).put(1, ProxySet(name="one")).put(1, group(1, "one")).finish()
    others = [index for index in snapshot.rows(IPGroup) if index != 1]
    steps: list[tuple[Callable[[Draft], Draft], list[int]]] = [
        (lambda draft: draft.put(1, ProxySet(name="one", interval=7)), []),  # it has the same name
        (lambda draft: draft.put(2, ProxySet(name="two")), []),  # nobody has asked for it
        (lambda draft: draft.put(3, group(3, "two")), [3]),
        (lambda draft: draft.put(2, ProxySet(name="one")).put(1, ProxySet(name="two")), [*others, 1, 3]),
        (lambda draft: draft.remove(ProxySet, 1), [*others, 1, 3]),
    ]
    parts.rows("items", snapshot, None, items, IPGroup)
    for edit, expected in steps:
        snapshot = edit(Draft(snapshot)).finish()
        made.clear()
        found = parts.rows("items", snapshot, None, items, IPGroup)
        assert made == expected
        assert list(found) == list(items(snapshot))


def server(proxy_set: int, position: int, address: str) -> ProxyIp:
    return ProxyIp(owner=proxy_set, position=position, address=address)


@given(
    st.lists(
        st.dictionaries(
            st.integers(0, 9), st.none() | st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=4
        ),
        max_size=5,
    )
)
def test_items_made_of_children_follow_what_is_below_them(
    steps: list[dict[int, tuple[int, int] | None]],
) -> None:
    """Children come, go, change and move to another parent; undone in between."""
    parts = Parts()
    factory = Schema(DECLARED).factory()
    base = Draft(factory)
    for index in range(4):
        base.put(index, ProxySet(name=f"p{index}"))
    snapshots = [base.finish()]
    for step in steps:
        draft = Draft(snapshots[-1])
        for index, place in step.items():
            draft.remove(ProxyIp, index)
            if place is not None:
                draft.put(index, server(place[0], place[1], f"10.0.0.{index}"))
        snapshots += [draft.finish(), snapshots[-1], draft.finish()]

    for snapshot in snapshots:
        below = parts.below(snapshot, ProxyIp)

        def items(reading: Snapshot, below: Mapping[int, Mapping[int, ProxyIp]] = below) -> Iterator[Item]:
            for index, row in reading.rows(ProxySet).items():
                yield Item(
                    index, row.name, " ".join(sorted(r.address for r in below.get(index, {}).values()))
                )

        found = parts.rows("items", snapshot, None, items, ProxySet, ProxyIp)
        for index in snapshot.rows(ProxySet):
            rows = [row for row in snapshot.rows(ProxyIp).values() if row.owner == index]
            item = found.get(index)
            assert item is not None
            assert item.context == " ".join(sorted(row.address for row in rows))
