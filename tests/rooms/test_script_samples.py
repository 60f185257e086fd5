"""Real INI files as scripts: what is loaded, written as a script and read by a fresh device is the same."""

import re
import time
from pathlib import Path

import pytest

from live import Live
from sbcd.config import ini, ini_writer, loading
from sbcd.config.catalogue import catalogue
from sbcd.config.cli import Grammar, Session, omitted, write
from sbcd.config.draft import Draft
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Snapshot
from sbcd.config.table import Row
from sbcd.declared import DECLARED

SAMPLES = Path(__file__).parents[2] / ".." / "shared" / "samples"
NAMES = sorted(path.name for path in SAMPLES.glob("*.ini")) or ["none"]
SCHEMA = Schema(DECLARED)
GRAMMAR = Grammar(SCHEMA)


def loaded(name: str) -> Snapshot:
    if name == "none":
        pytest.skip("the sample files are not here")
    return loading.full(SCHEMA, ini.read((SAMPLES / name).read_bytes(), SCHEMA, catalogue()))


def sayable(snapshot: Snapshot) -> Snapshot:
    """The configuration without what a script cannot say (R27), which `omitted` lists."""
    draft = Draft(snapshot)
    for name in snapshot.table_names():
        if name not in SCHEMA.tables:
            draft.clear(name)
        for index in snapshot.inactive(name):
            draft.remove(name, index)
        for index, row in snapshot.any_rows(name).items():
            if isinstance(row, Row) and row.carried:
                draft.put(index, row.but(carried=()))
    for carried in snapshot.scalars().values():
        draft.carry(carried.name, None)
    return draft.finish()


@pytest.mark.parametrize("name", NAMES)
def test_a_real_file_survives_the_way_through_a_script(name: str) -> None:
    first = loaded(name)
    session = Session(GRAMMAR, SCHEMA.factory())
    for number, line in enumerate(write(GRAMMAR, first).splitlines(), 1):
        session.take(number, line)
    session.end()
    text = ini_writer.write(session.base, SCHEMA, catalogue(), [])
    assert text == ini_writer.write(sayable(first), SCHEMA, catalogue(), [])
    assert not omitted(session.base, SCHEMA.tables)


@pytest.mark.parametrize("name", NAMES[:1])
def test_what_does_not_survive_is_listed(name: str) -> None:
    gone = omitted(loaded(name), SCHEMA.tables)
    assert "GwRoutingPolicy" in gone
    assert "ENABLEMSPRESENCE" in gone


def _on_a_device(live: Live, path: str, content: bytes) -> None:
    asked = time.monotonic()
    answer = live.put_file(path, content)
    assert answer.status_code == 200, answer.text
    live.wait_reset(asked)


def _meaning(text: str) -> str:
    """What an export says without what a script cannot say."""
    snapshot = loading.full(SCHEMA, ini.read(text.encode(), SCHEMA, catalogue()))
    return ini_writer.write(sayable(snapshot), SCHEMA, catalogue(), []).decode()


QUICK = ("01_", "11_", "none")


@pytest.mark.parametrize(
    "name", [name if name.startswith(QUICK) else pytest.param(name, marks=pytest.mark.long) for name in NAMES]
)
def test_a_real_file_through_two_devices(name: str, tmp_path: Path) -> None:
    """Loaded as INI, downloaded as script, loaded as script by a device that had nothing: the INI files of
    both are equal but for what the answer lists (R25, R27). The users of the file have unknown passwords."""
    loaded(name)
    users = re.compile(rb"\[ *WebUsers *\].*?\[ *\\WebUsers *\]", re.S)
    with Live(tmp_path / "first") as first:
        _on_a_device(first, "/files/ini", users.sub(b"", (SAMPLES / name).read_bytes()))
        script, before = first.get("/files/cliScript"), first.get("/files/ini").text
    with Live(tmp_path / "second") as second:
        _on_a_device(second, "/files/cliScript", script.content)
        after = second.get("/files/ini").text
        assert second.get("/files/cliScript").content == script.content
        assert "X-Not-In-Script" not in second.get("/files/cliScript").headers
    assert _meaning(after) == _meaning(before)
    gone = set(script.headers.get("X-Not-In-Script", "").split(", ")) - {""}
    assert (_lines(before) == _lines(after)) == (not gone)


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith(";")]
