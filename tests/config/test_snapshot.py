"""Snapshots share, changes are found in both directions, and references and names are kept with them."""

from config.model import DECLARED, IPGroup, NtpParams, ProxyIp, ProxySet, SIPInterface, TLSContexts
from sbcd.config.check import problems
from sbcd.config.draft import Draft
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Change, Inert, Snapshot

SCHEMA = Schema(DECLARED)
FACTORY = SCHEMA.factory()


def told(old: Snapshot, new: Snapshot) -> list[str]:
    return [str(problem) for problem in problems(Change(old, new), SCHEMA.tables)]


def test_the_empty_one_has_defaults_and_no_rows() -> None:
    empty = Snapshot.empty()
    assert empty.params(NtpParams) == NtpParams()
    assert dict(empty.rows(ProxySet)) == {}
    assert empty.find(ProxySet, "x") is None


def test_rows_are_found_by_index_name_and_place() -> None:
    new = (
        Draft(FACTORY)
        .put(7, ProxySet(name="far"))
        .put(3, ProxySet(name="near"))
        .put(0, ProxyIp(owner=7, position=1, address="10.0.0.1"))
        .finish()
    )
    assert list(new.rows(ProxySet)) == [0, 3, 7]
    assert new.find(ProxySet, "far") == (7, ProxySet(name="far"))
    assert new.child(ProxyIp, 7, 1) == (0, ProxyIp(owner=7, position=1, address="10.0.0.1"))
    assert FACTORY.find(ProxySet, "far") is None
    assert told(FACTORY, new) == []


def test_a_change_names_what_differs_both_ways() -> None:
    new = Draft(FACTORY).put(0, ProxySet(name="renamed")).put(1, ProxySet(name="x")).set(NtpParams(offset=60))
    change = Change(FACTORY, new.finish())
    assert change.changed(ProxySet) == {
        0: (ProxySet(name="ProxySet_0"), ProxySet(name="renamed")),
        1: (None, ProxySet(name="x")),
    }
    assert change.reversed().changed(ProxySet)[1] == (ProxySet(name="x"), None)
    assert change.touches(NtpParams)
    assert change.touches(SIPInterface, ProxySet)
    assert not change.touches(SIPInterface)
    assert set(change.differences()) == {("ProxySet", 0), ("ProxySet", 1), NtpParams}


def test_unrelated_snapshots_are_compared_too() -> None:
    change = Change(Snapshot.empty(), FACTORY)
    assert change.changed(TLSContexts) == {0: (None, TLSContexts(name="default"))}
    again = Draft(Draft(FACTORY).put(1, ProxySet(name="x")).finish()).remove(ProxySet, 1).finish()
    assert again == FACTORY
    assert again is not FACTORY
    assert not Change(FACTORY, again).touches(ProxySet)


def test_an_edit_that_changes_nothing_is_no_change() -> None:
    assert Draft(FACTORY).put(0, ProxySet(name="ProxySet_0")).set(NtpParams()).finish() is FACTORY


def test_names_are_unique_and_may_be_swapped_in_one_change() -> None:
    two = Draft(FACTORY).put(1, ProxySet(name="a")).put(2, ProxySet(name="b")).finish()
    assert told(two, Draft(two).put(3, ProxySet(name="a")).finish()) == [
        "ProxySet 3 ProxyName: 'a' is also that of row 1"
    ]
    swapped = Draft(two).put(1, ProxySet(name="b")).put(2, ProxySet(name="a")).finish()
    assert told(two, swapped) == []
    assert swapped.find(ProxySet, "a") == (2, ProxySet(name="a"))


def test_references_hold_at_both_ends() -> None:
    dangling = Draft(FACTORY).put(1, IPGroup(name="x", proxy_set="nowhere")).finish()
    assert told(FACTORY, dangling) == ["IPGroup 1 ProxySetName: there is no ProxySet 'nowhere'"]
    fine = Draft(FACTORY).put(1, IPGroup(name="x", proxy_set="ProxySet_0", source="Any")).finish()
    assert told(FACTORY, fine) == []
    assert told(fine, Draft(fine).remove(ProxySet, 0).finish()) == [
        "IPGroup 1 ProxySetName: refers to ProxySet 'ProxySet_0', which would be gone"
    ]
    both = Draft(fine).remove(ProxySet, 0).remove(IPGroup, 1).finish()
    assert told(fine, both) == []
    renamed = Draft(fine).put(0, ProxySet(name="n")).put(1, IPGroup(name="x", proxy_set="n")).finish()
    assert told(fine, renamed) == []


def test_references_by_index() -> None:
    child = Draft(FACTORY).put(4, ProxyIp(owner=0)).finish()
    assert told(child, Draft(child).remove(ProxySet, 0).finish()) == [
        "ProxyIp 4 ProxySetId: refers to ProxySet '0', which would be gone"
    ]
    assert told(child, Draft(child).put(5, ProxyIp(owner=9)).finish()) == [
        "ProxyIp 5 ProxySetId: there is no ProxySet '9'"
    ]
    assert told(child, Draft(child).put(5, ProxyIp(owner=0)).finish()) == [
        "ProxyIp 5 ProxyIpIndex: place 0 below ProxySet '0' is also that of row 4"
    ]


def test_a_reference_to_a_table_that_is_only_carried_is_not_looked_up() -> None:
    new = Draft(FACTORY).put(1, IPGroup(name="x", source="plan")).finish()
    assert told(FACTORY, new) == []


def test_too_many_rows() -> None:
    rows = {index: SIPInterface(name=f"s{index}") for index in range(4)}
    draft = Draft(FACTORY)
    for index, row in rows.items():
        draft.put(index, row)
    assert told(FACTORY, draft.finish()) == ["SIPInterface: 4 rows are more than 3"]


def test_an_inactive_row_is_no_row_to_those_who_follow() -> None:
    marked = Draft(FACTORY).put_inactive("ProxySet", 0, Inert((("ProxyName", '"ProxySet_0"'),))).finish()
    assert dict(marked.rows(ProxySet)) == {}
    assert marked.find(ProxySet, "ProxySet_0") is None
    assert list(marked.inactive("ProxySet")) == [0]
    back = Draft(marked).put(0, ProxySet(name="ProxySet_0")).finish()
    assert back == FACTORY
    assert list(back.inactive("ProxySet")) == []


def test_carried_parameters() -> None:
    new = Draft(FACTORY).carry("MediaChannels", "30").finish()
    assert new.scalars()["mediachannels"].text == "30"
    assert set(Change(FACTORY, new).differences()) == {"mediachannels"}
    assert Draft(new).carry("MEDIACHANNELS", None).finish() == FACTORY
