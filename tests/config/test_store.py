"""The store: all or nothing, undone in reverse, saveNeeded and resetNeeded computed (R10, R12, R28)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.disk import Recorder, store
from config.model import IPGroup, NtpParams, ProxySet, WebParams
from sbcd.base.errors import Conflict, InvalidConfig, Problem
from sbcd.config.draft import Draft
from sbcd.config.snapshot import Change, Snapshot

pytestmark = pytest.mark.anyio


@dataclass
class Named:
    name: str


def proxy(index: int, name: str) -> Callable[[Snapshot], Snapshot]:
    return lambda running: Draft(running).put(index, ProxySet(name=name)).finish()


async def test_a_change_reaches_every_follower_in_order(tmp_path: Path) -> None:
    log: list[str] = []
    one, two = Recorder("one", log), Recorder("two", log)
    it = store(tmp_path, [one, two])
    await it.start()
    assert one.at is it.running
    log.clear()
    change = await it.change(proxy(1, "a"))
    assert log == ["one+", "two+"]
    assert one.at is two.at is it.running is change.new
    assert (it.epoch, it.save_needed, it.reset_needed) == (1, True, False)


async def test_every_problem_is_told_before_anything_happens(tmp_path: Path) -> None:
    follower = Recorder()
    follower.objects = [Problem("no such port", table="SIPInterface", row=0)]
    it = store(tmp_path, [follower])
    before = it.running
    with pytest.raises(InvalidConfig, match="SIPInterface 0: no such port"):
        await it.change(proxy(1, "a"))
    with pytest.raises(InvalidConfig, match="there is no ProxySet 'x'"):
        await it.change(lambda running: Draft(running).put(1, IPGroup(name="a", proxy_set="x")).finish())
    assert it.running is before
    assert follower.log == []
    assert not it.save_needed


async def test_who_asks_may_be_the_reason_against_a_change(tmp_path: Path) -> None:
    follower = Recorder()
    it = store(tmp_path, [follower])
    it.judges.append(lambda change, by: [] if by is None else [Problem(f"{by.name} may not")])
    with pytest.raises(InvalidConfig, match="mo may not"):
        await it.change(proxy(1, "a"), Named("mo"))
    assert follower.log == []
    assert await it.change(proxy(1, "a"))


@pytest.mark.parametrize("error", [Conflict("port 5060 is in use"), OSError("port 5060 is in use")])
async def test_who_cannot_go_along_takes_everybody_back(tmp_path: Path, error: Exception) -> None:
    log: list[str] = []
    one, two, three = (Recorder(name, log) for name in ("one", "two", "three"))
    it = store(tmp_path, [one, two, three])
    await it.start()
    before = it.running
    log.clear()
    two.fails = error
    with pytest.raises(Conflict, match="port 5060 is in use"):
        await it.change(proxy(1, "a"))
    assert one.at is two.at is three.at is it.running is before
    assert (it.epoch, it.save_needed, it.reset_needed) == (0, False, False)
    assert store(tmp_path).running == before


async def test_an_undo_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    class Stubborn(Recorder):
        async def apply(self, change: Change) -> None:
            if change.old is not Snapshot.empty():
                raise Conflict("never")
            await super().apply(change)

    told: list[str] = []
    one, two = Recorder("one"), Stubborn("two")
    it = store(tmp_path, [one, two], told=told.append)
    await it.start()
    with pytest.raises(Conflict):
        await it.change(proxy(1, "a"))
    assert one.at is it.running
    assert told == ["Cannot undo a refused configuration, a reset is needed: never"]
    assert it.reset_needed


async def test_save_needed_is_computed(tmp_path: Path) -> None:
    it = store(tmp_path)
    await it.change(proxy(1, "a"))
    assert it.save_needed
    await it.change(lambda running: Draft(running).remove(ProxySet, 1).finish())
    assert not it.save_needed
    await it.change(proxy(1, "a"), save=True)
    assert not it.save_needed
    assert it.saved is it.running


async def test_the_digest_names_the_content_not_the_way(tmp_path: Path) -> None:
    one, two = store(tmp_path / "1"), store(tmp_path / "2")
    assert one.digest == two.digest
    factory = one.digest
    await one.change(proxy(1, "a"))
    await one.change(proxy(2, "b"), save=True)
    await two.change(proxy(2, "b"))
    await two.change(lambda running: Draft(running).set(NtpParams(server="x")).finish())
    await two.change(proxy(1, "a"))
    await two.change(lambda running: Draft(running).set(NtpParams()).finish(), save=True)
    assert one.digest == two.digest != factory
    assert store(tmp_path / "1").digest == one.digest


async def test_reset_needed_until_the_value_is_back(tmp_path: Path) -> None:
    def port(number: int) -> Callable[[Snapshot], Snapshot]:
        return lambda running: Draft(running).set(WebParams(https_port=number)).finish()

    it = store(tmp_path)
    await it.change(port(8443))
    assert it.reset_needed
    await it.change(port(443))
    assert not it.reset_needed
    await it.change(port(8443), save=True)
    assert it.reset_needed
    assert not store(tmp_path).reset_needed


async def test_writers_wait_for_each_other_and_lose_nothing(tmp_path: Path) -> None:
    class Slow(Recorder):
        async def apply(self, change: Change) -> None:
            await asyncio.sleep(0)
            await super().apply(change)

    it = store(tmp_path, [Slow()])
    await it.start()
    await asyncio.gather(*(it.change(proxy(index, f"p{index}")) for index in range(1, 30)))
    assert len(it.running.rows(ProxySet)) == 30
    assert it.epoch == 29


async def test_a_preparer_may_rewrite_what_comes_in(tmp_path: Path) -> None:
    async def shout(change: Change) -> Snapshot:
        draft = Draft(change.new)
        for index, (_, new) in change.changed(ProxySet).items():
            if new is not None:
                draft.put(index, new.but(name=new.name.upper()))
        return draft.finish()

    it = store(tmp_path, prepare=[shout])
    await it.change(proxy(1, "a"))
    assert it.running.rows(ProxySet)[1].name == "A"
    assert store(tmp_path).running == it.running


async def test_what_is_changed_before_the_start_is_applied_by_it(tmp_path: Path) -> None:
    follower = Recorder()
    it = store(tmp_path, [follower])
    await it.change(proxy(1, "a"))
    assert follower.log == []
    await it.start()
    assert follower.at is it.running
