"""Real INI files as scripts: what is loaded, written as a script and read by a fresh device is the same."""

from pathlib import Path

import pytest

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
    assert "ENABLEUSERINFOUSAGE" in gone
