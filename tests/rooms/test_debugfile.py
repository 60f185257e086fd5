"""The debug file: jobs that outlive the process, parts that may fail, secrets that stay away (R24, R34)."""

import asyncio
import io
import tarfile
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from sbcd.base.clock import Clock
from sbcd.base.errors import Conflict, NotFound
from sbcd.base.vault import Vault
from sbcd.rooms.debugfile import KEPT, DebugFiles, Wish


class Work:
    """The debug files of a device whose background work runs when the test says."""

    def __init__(self, folder: Path) -> None:
        self.waiting: list[Awaitable[None]] = []
        self.count = 0
        self.core: bytes | Path = b"core"
        self.full = False
        self.files = DebugFiles(
            Vault(folder),
            Clock(),
            {"log.txt": lambda: b"a line $1$gQ== end", "calls.txt": self.calls, "gone.txt": self.gone},
            core_dumps=lambda: {"core/1": lambda: self.core},
            token=self.token,
            start=self.waiting.append,
            aside=self.aside,
        )

    async def aside(self, work: Callable[[], None]) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        work()

    def token(self) -> str:
        self.count += 1
        return f"id{self.count}"

    async def calls(self) -> bytes:
        return b"none"

    def gone(self) -> bytes:
        raise RuntimeError("no such process")

    def run(self) -> None:
        async def all_() -> None:
            while self.waiting:
                await self.waiting.pop(0)

        asyncio.run(all_())


def unpack(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {info.name: tar.extractfile(info).read() for info in tar}


def test_a_file_is_made_beside_and_has_its_parts(tmp_path: Path) -> None:
    work = Work(tmp_path)
    job = work.files.create(core=False)
    assert not work.files.find("id1").ready
    assert work.files.newest() is None
    work.run()
    assert work.files.newest() is job
    assert unpack(work.files.data(job)) == {
        "debug/log.txt": b"a line (removed) end",
        "debug/calls.txt": b"none",
        "debug/gone.txt": b"not available: no such process",
    }


def test_a_core_dump_comes_only_when_asked_for(tmp_path: Path) -> None:
    work = Work(tmp_path)
    job = work.files.create(core=True)
    work.run()
    assert unpack(work.files.data(job))["debug/core/1"] == b"core"


def test_a_large_core_dump_is_never_in_memory(tmp_path: Path) -> None:
    work = Work(tmp_path / "files")
    work.core = tmp_path / "core"
    with work.core.open("wb") as file:
        file.truncate(300 << 20)
    tracemalloc.start()
    job = work.files.create(core=True)
    work.run()
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()
    with tarfile.open(fileobj=io.BytesIO(work.files.data(job))) as tar:
        assert tar.getmember("debug/core/1").size == 300 << 20


def test_a_file_that_cannot_be_written_is_forgotten_and_holds_up_no_other(tmp_path: Path) -> None:
    work = Work(tmp_path)
    for _ in range(KEPT):
        work.files.create(core=False)
    work.full = True
    for making in work.waiting:
        with pytest.raises(OSError, match="No space"):
            asyncio.run(making)  # type: ignore[arg-type]
    work.waiting.clear()
    with pytest.raises(NotFound):
        work.files.find("id1")
    work.full = False
    work.files.create(core=False)
    work.run()
    assert work.files.newest() is not None
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".new-")]


def test_a_wish_that_cannot_be_noted_is_none(tmp_path: Path) -> None:
    work = Work(tmp_path / "files")
    (tmp_path / "files" / "jobs.json").mkdir()  # nothing can be written there
    with pytest.raises(OSError, match=r"."):
        work.files.create(core=False)
    assert (work.files.asked(), work.waiting) == (None, [])


def test_a_job_outlives_the_process(tmp_path: Path) -> None:
    before = Work(tmp_path)
    before.files.create(core=False)
    before.waiting.pop().close()
    after = Work(tmp_path)
    assert not after.files.find("id1").ready
    after.files.create(core=False)  # while the device starts
    after.files.resume()
    assert len(after.waiting) == 2
    after.run()
    assert Work(tmp_path).files.find("id1").ready


def test_the_oldest_files_go_and_too_many_at_once_are_a_conflict(tmp_path: Path) -> None:
    work = Work(tmp_path)
    for _ in range(KEPT):
        work.files.create(core=False)
    with pytest.raises(Conflict, match="being made already"):
        work.files.create(core=False)
    work.run()
    work.files.create(core=False)
    work.run()
    with pytest.raises(NotFound, match="'id1'"):
        work.files.find("id1")
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        *(f"id{n}.tar.gz" for n in range(2, 7)),
        "jobs.json",
    ]


@pytest.mark.parametrize(
    ("body", "core"),
    [("{}", False), ('{"attachCoreDump":true}', True), ('{"attachCoreDump":"true"}', True)],
)
def test_the_wish_for_a_core_dump(body: str, core: bool) -> None:
    assert msgspec.json.decode(body, type=Wish).core is core


@pytest.mark.parametrize("body", ['{"attachCoreDump":"maybe"}', '{"attachCoreDump":3}', '{"core":true}'])
def test_a_wrong_wish_is_refused(body: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=Wish)
