"""Auxiliary files: a load counts when it was read and taken by all; otherwise nothing has changed (R8)."""

import asyncio
from pathlib import Path

import pytest

from sbcd.base.clock import Clock
from sbcd.base.errors import Conflict, Invalid
from sbcd.base.vault import Vault
from sbcd.rooms.auxfiles import KINDS, AuxFiles, cpt, dialplan, show

TONES = cpt.write(cpt.Tones((cpt.Tone(2, 425, 0, 12, 0, ((100, 400),)),), description="test"))
PLAN = b"[ PLAN1 ]\n1,lan\n"


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def files(tmp_path: Path) -> AuxFiles:
    return AuxFiles(Vault(tmp_path), Clock())


def load(files: AuxFiles, kind: str, data: bytes, name: str = "x.dat"):
    return asyncio.run(files.load(kind, name, data))


def test_a_load_is_kept_and_its_version_grows(files: AuxFiles, tmp_path: Path) -> None:
    assert load(files, "cpt", TONES, "tones.dat").version == 1
    assert load(files, "cpt", TONES).version == 2
    again = AuxFiles(Vault(tmp_path), Clock())
    assert again.loaded == files.loaded
    assert again.content("cpt") == cpt.read(TONES)
    assert again.data("cpt") == TONES
    assert sorted(tree(tmp_path)) == ["cpt.2", "index.json"]


@pytest.mark.parametrize("kind", [kind.id for kind in KINDS])
def test_an_empty_file_is_refused(files: AuxFiles, kind: str) -> None:
    with pytest.raises(Invalid, match="empty"):
        load(files, kind, b"")


@pytest.mark.parametrize(
    ("kind", "data", "reason"),
    [
        ("cpt", PLAN, "at least"),
        ("dialplan", TONES, "byte 4 is zero|zero"),
        ("usersInfo", b"\xff\xfe", "not UTF-8"),
        ("prt", TONES, "belongs to /files/cpt"),
        ("amd", b"\xa5\xa5\xa5\xa5\0\0\0\x07\0\0\xff\xff", "says that it has"),
    ],
)
def test_a_refused_file_changes_nothing(files: AuxFiles, tmp_path: Path, kind, data, reason) -> None:
    load(files, "cpt", TONES)
    before = tree(tmp_path)
    with pytest.raises(Invalid, match=reason):
        load(files, kind, data)
    assert tree(tmp_path) == before


def test_who_refuses_a_file_keeps_the_old_one_everywhere(files: AuxFiles, tmp_path: Path) -> None:
    """R28: the load is answered only when everybody runs with it."""
    told: list[object] = []

    async def first(kind: str, content: object) -> None:
        told.append(content)

    async def second(kind: str, content: object) -> None:
        if content == {"NEW": (dialplan.Rule("2", "b"),)}:
            raise Conflict("the call engine is away")

    files.tell(first)
    files.tell(second)
    load(files, "dialplan", PLAN)
    before = tree(tmp_path)
    with pytest.raises(Conflict):
        load(files, "dialplan", b"[ NEW ]\n2,b\n")
    old = {"PLAN1": (dialplan.Rule("1", "lan"),)}
    assert told == [old, {"NEW": (dialplan.Rule("2", "b"),)}, old]
    assert files.content("dialplan") == old
    assert tree(tmp_path) == before


def test_a_package_replaces_all_files(files: AuxFiles, tmp_path: Path) -> None:
    load(files, "dialplan", PLAN)
    AuxFiles.check({"CPT.dat": TONES})
    files.install({"CPT.dat": TONES})
    assert dict(files.members()) == {"CPT.dat": TONES}
    assert sorted(tree(tmp_path)) == ["cpt.1", "index.json"]
    with pytest.raises(Invalid, match=r"CPT\.dat: "):
        AuxFiles.check({"CPT.dat": TONES[:-1]})


def test_the_table_of_loaded_files(files: AuxFiles) -> None:
    load(files, "cpt", TONES, "tones.dat")
    lines = show(files).splitlines()
    assert lines[0].split() == ["File", "Version", "Loaded", "at", "Name", "Content"]
    assert lines[1].startswith("cpt")
    assert lines[1].endswith("1 tones, 0 ringing patterns, test")
    assert lines[2].split() == ["prt", "-"]


def test_a_file_that_this_version_cannot_read_keeps_nobody_from_starting(
    files: AuxFiles, tmp_path: Path
) -> None:
    load(files, "dialplan", PLAN)
    (tmp_path / "dialplan.1").write_bytes(b"of another version")
    again = AuxFiles(Vault(tmp_path), Clock())
    assert (again.content("dialplan"), again.loaded["dialplan"].version) == (None, 1)


def test_who_wants_to_know_is_told_of_loads_that_count(tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    files = AuxFiles(Vault(tmp_path), Clock(), lambda kind, file: told.append((kind, file.version)))
    load(files, "dialplan", PLAN)
    with pytest.raises(Invalid):
        load(files, "dialplan", b"")
    load(files, "dialplan", PLAN)
    assert told == [("dialplan", 1), ("dialplan", 2)]
