"""What is computed of a Reading depends on what it says it does, and on nothing else."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

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
    parts.part("items", snapshot, None, items, by=ProxySet)
    for edit, expected in steps:
        snapshot = edit(Draft(snapshot)).finish()
        made.clear()
        found = parts.part("items", snapshot, None, items, by=ProxySet)
        assert made == expected
        assert found == tuple(items(snapshot))
