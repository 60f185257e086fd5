"""Where there are pairs: read and write, change and undo, what is on disk and what was there."""

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.disk import Recorder, store
from config.generated import snapshots
from config.model import DECLARED
from sbcd.base.errors import InvalidConfig
from sbcd.config import ini, ini_writer, loading
from sbcd.config.catalogue import catalogue
from sbcd.config.check import problems
from sbcd.config.draft import Draft
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Change, Snapshot, value
from sbcd.declared import DECLARED as PRODUCT

SMALL, WHOLE = Schema(DECLARED), Schema(PRODUCT)
SLOW = settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))


def again(snapshot: Snapshot, schema: Schema) -> Snapshot:
    data = ini_writer.write(snapshot, schema, catalogue(), ["Software Version: test"])
    loaded = ini.read(data, schema, catalogue())
    return loading._merge(Draft(Snapshot.empty()), loaded)  # names and references are not the matter here


@SLOW
@given(snapshots(SMALL, tables=8))
def test_what_is_written_reads_equal(snapshot: Snapshot) -> None:
    assert list(Change(snapshot, again(snapshot, SMALL)).entries()) == []


@SLOW
@given(snapshots(WHOLE))
def test_what_the_product_writes_reads_equal(snapshot: Snapshot) -> None:
    assert list(Change(snapshot, again(snapshot, WHOLE)).entries()) == []


@SLOW
@given(snapshots(SMALL), snapshots(SMALL))
def test_a_change_reversed_leads_back(one: Snapshot, two: Snapshot) -> None:
    change = Change(one, two)
    draft = Draft(two)
    for key, old, _ in change.entries():
        if isinstance(key, tuple):
            active, inactive = old
            if active is not None:
                draft.put_any(*key, active)
            elif inactive is not None:
                draft.put_inactive(*key, inactive)
            else:
                draft.remove(*key)
        elif isinstance(key, str):
            draft.carry(old.name if old else key, old.text if old else None)
        else:
            draft.set(old)
    back = draft.finish()
    assert back == one
    assert {entry.key for entry in change.reversed().entries()} == {entry.key for entry in change.entries()}
    for book in ("_names", "_counts"):  # the books carried forward are those of a fresh count
        assert dict(getattr(back, book)) == dict(getattr(fresh(back), book))


def fresh(snapshot: Snapshot) -> Snapshot:
    """The same configuration, made of nothing in one step."""
    draft = Draft(Snapshot.empty())
    for key, _, new in Change(Snapshot.empty(), snapshot).entries():
        if isinstance(key, tuple) and new[0] is not None:
            draft.put_any(*key, new[0])
    return draft.finish()


@SLOW
@given(st.lists(st.tuples(snapshots(SMALL), st.booleans()), min_size=1, max_size=5))
def test_a_store_does_what_is_accepted_and_nothing_else(steps: list[tuple[Snapshot, bool]]) -> None:
    async def life(folder: Path) -> None:
        follower = Recorder()
        it = store(folder, [follower])
        await it.start()
        for snapshot, saved in steps:
            before = it.running
            found = list(problems(Change(before, snapshot), SMALL.tables))
            if found:
                with pytest.raises(InvalidConfig):
                    await it.change_to(snapshot)
                assert it.running is before
            else:
                await it.change_to(snapshot)
                assert it.running == snapshot
            if saved:
                await it.save()
            assert follower.at is it.running
            assert it.save_needed == (it.running != it.saved)
        reopened = store(folder)
        assert (reopened.running, reopened.saved) == (it.running, it.saved)
        assert (reopened.epoch, reopened.digest) == (it.epoch, it.digest)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(life(Path(folder)))


@SLOW
@given(snapshots(SMALL))
def test_problems_of_a_change_are_those_of_the_whole(snapshot: Snapshot) -> None:
    """Looking at what was touched finds nothing less than looking at everything."""
    factory = SMALL.factory()
    touched = {
        str(p) for p in problems(Change(factory, snapshot), SMALL.tables) if "would be gone" not in p.what
    }
    everything = {str(p) for p in problems(Change(Snapshot.empty(), fresh(snapshot)), SMALL.tables)}
    assert touched <= everything
    assert bool(list(problems(Change(factory, snapshot), SMALL.tables))) == bool(everything)


def test_values_by_key() -> None:
    factory = SMALL.factory()
    assert value(factory, ("ProxySet", 0))[0].name == "ProxySet_0"


SIGNS = list("[]\\\"';,=$!_01 \n\r\t\x1aé")
WORDS = [
    "FORMAT",
    "Index",
    "ProxySet",
    "ProxyName",
    "NTPServerIP",
    "TelProfile",
    "$1$",
    "; x\n",
    "ProxySet 1 = ",
]
HEADS = [
    "[SIP Params]",
    "[ TelProfile ]\n",
    "[ ProxySet ]\nFORMAT Index = ProxyName, Password;\n",
    "!ProxySet 2 = ",
]
PIECES = st.sampled_from([*SIGNS, *WORDS, *HEADS, "ActivityListToLog = ", "SNMPManagerIsUsed_"])


@settings(deadline=None, max_examples=400)
@given(
    st.one_of(
        st.binary(max_size=200), st.lists(PIECES, max_size=40).map(lambda found: "".join(found).encode())
    )
)
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    try:
        loaded = ini.read(data, SMALL, catalogue())
    except InvalidConfig:
        return
    new = loading.full(SMALL, loaded)
    assert again(new, SMALL) == new
