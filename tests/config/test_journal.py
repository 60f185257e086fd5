"""What is on the disk: nothing acknowledged is lost, nothing torn is read (ADR 0011)."""

import os
from pathlib import Path
from typing import Any

import pytest

from config.disk import store
from config.model import DECLARED, ManagerParams, NtpParams, ProxySet
from sbcd.base.errors import Conflict
from sbcd.config.draft import Draft
from sbcd.config.journal import Journal
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Inert, Snapshot
from sbcd.config.types import Secret

pytestmark = pytest.mark.anyio


def written(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


def everything(running: Snapshot) -> Snapshot:
    return (
        Draft(running)
        .put(4, ProxySet(name='a "quoted" one', password=Secret("hush"), carried=(("Extra", '"x"'),)))
        .remove(ProxySet, 0)
        .put_inactive("ProxySet", 9, Inert((("ProxyName", '"z"'),)))
        .put_any("StaticRouteTable", 2, Inert((("Gateway", "10.0.0.1"),)))
        .set(NtpParams(server="time", offset=-3600))
        .set(ManagerParams(managers=("1.1.1.1", *("0.0.0.0",) * 4), activities=("pvc", "it's")))
        .carry("MediaChannels", "30")
        .finish()
    )


async def test_running_and_saved_survive(tmp_path: Path) -> None:
    it = store(tmp_path)
    await it.change(everything, save=True)
    saved = it.running
    await it.change(lambda running: Draft(running).put(5, ProxySet(name="later")).finish())
    again = store(tmp_path)
    assert again.saved == saved
    assert again.running == it.running
    assert (again.epoch, again.save_needed, again.digest) == (2, True, it.digest)
    assert again.running.rows(ProxySet)[4].password.reveal() == "hush"
    assert b"hush" not in written(tmp_path)


async def test_a_reset_without_saving_goes_back(tmp_path: Path) -> None:
    it = store(tmp_path)
    await it.change(everything, save=True)
    await it.change(lambda running: Draft(running).put(5, ProxySet(name="later")).finish())
    await it.revert()
    again = store(tmp_path)
    assert again.running == again.saved == it.saved
    assert not again.save_needed


async def test_a_torn_tail_is_dropped_at_every_byte(tmp_path: Path) -> None:
    it = store(tmp_path)
    await it.change(everything, save=True)
    saved = it.running
    whole = (tmp_path / "1.journal").read_bytes()
    await it.change(lambda running: Draft(running).put(5, ProxySet(name="later")).finish())
    longer = (tmp_path / "1.journal").read_bytes()
    for cut in range(len(whole), len(longer)):
        (tmp_path / "1.journal").write_bytes(longer[:cut])
        again = store(tmp_path)
        assert again.running == again.saved == saved
        assert (tmp_path / "1.journal").stat().st_size == len(whole)
    flipped = bytearray(longer)
    flipped[-1] ^= 1
    (tmp_path / "1.journal").write_bytes(flipped)
    assert store(tmp_path).running == saved


async def test_a_long_journal_becomes_a_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Journal, "LEAST", 2000)
    it = store(tmp_path)
    for index in range(1, 200):
        await it.change(
            lambda running, i=index: Draft(running).put(i, ProxySet(name=f"p{i}")).finish(),
            save=index % 7 == 0,
        )
        if index % 40 == 0:
            again = store(tmp_path)
            assert (again.running, again.saved, again.epoch) == (it.running, it.saved, it.epoch)
    names = os.listdir(tmp_path)
    assert len(names) == 4  # two generations, each a checkpoint and a journal
    newest = max(int(name.split(".")[0]) for name in names)
    assert newest > 3
    (tmp_path / f"{newest}.checkpoint").write_bytes(b"torn")
    again = store(tmp_path)
    assert (again.running, again.saved, again.digest) == (it.running, it.saved, it.digest)


async def test_a_crash_between_a_new_journal_and_its_checkpoint(tmp_path: Path) -> None:
    it = store(tmp_path)
    await it.change(everything)
    it._disk._journal.turn()
    await it.change(lambda running: Draft(running).put(5, ProxySet(name="later")).finish(), save=True)
    again = store(tmp_path)
    assert again.running == again.saved == it.running


async def test_a_disk_that_refuses_leaves_the_device_as_it_was(tmp_path: Path) -> None:
    it = store(tmp_path)
    before = it.running

    def full(*records: object) -> None:
        raise OSError(28, "No space left on device")

    it._disk._journal.append = full  # type: ignore[method-assign]
    with pytest.raises(Conflict, match="Cannot write the configuration to disk: No space left on device"):
        await it.change(everything)
    assert it.running is before
    assert not it.save_needed


async def test_what_newer_software_does_not_know_is_told_and_left_out(tmp_path: Path) -> None:
    it = store(tmp_path)
    await it.change(everything, save=True)
    told: list[str] = []
    smaller = Schema([kind for kind in DECLARED if kind is not NtpParams])
    again = store(tmp_path, schema=smaller, told=told.append)
    assert again.running.rows(ProxySet) == it.running.rows(ProxySet)
    assert told == [
        "Cannot take over from the stored configuration: NTPServerIP -1: no such parameter any more",
        "Cannot take over from the stored configuration: NTPServerUTCOffset -1: no such parameter any more",
    ]


async def test_a_checkpoint_that_comes_late_is_that_of_its_own_moment(tmp_path: Path) -> None:
    waiting: list[Any] = []
    it = store(tmp_path, spawn=waiting.append)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, "big", True)
        for index in range(1, 4):
            await it.change(lambda running, i=index: Draft(running).put(i, ProxySet(name=f"p{i}")).finish())
    assert store(tmp_path).running == it.running  # none is written yet
    for work in (waiting[1], waiting[0], waiting[2]):
        await work
        assert store(tmp_path).running == it.running


async def test_when_no_copy_is_whole_it_is_told_and_nothing_is_written_over(tmp_path: Path) -> None:
    await store(tmp_path).change(everything, save=True)
    (tmp_path / "1.checkpoint").write_bytes(b"rotten")
    (tmp_path / "notes.txt").write_bytes(b"somebody else's")
    before = (tmp_path / "1.journal").read_bytes()
    told: list[str] = []
    it = store(tmp_path, told=told.append)
    assert told == [
        "Cannot read the stored configuration: the device begins as a new one, the files are kept"
    ]
    assert it.running == Schema(DECLARED).factory()
    assert (tmp_path / "1.journal").read_bytes() == before
    assert (tmp_path / "1.checkpoint").read_bytes() == b"rotten"
    await it.change(everything)
    assert store(tmp_path).running == it.running
