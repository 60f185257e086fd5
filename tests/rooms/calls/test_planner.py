"""Real configurations become plans that the engine understands, and travel to it unharmed."""

from pathlib import Path

import msgspec
import pytest

from sbcd.config import ini, loading
from sbcd.config.catalogue import catalogue
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Snapshot
from sbcd.declared import DECLARED
from sbcd.rooms.calls.amending import EMPTY, Amendment, amended, whole
from sbcd.rooms.calls.matching import Asked
from sbcd.rooms.calls.planner import Around, planned
from sbcd.rooms.calls.routing import Router

FOLDER = Path(__file__).parents[3] / ".." / "shared" / "samples"
SAMPLES = sorted(FOLDER.glob("*.ini"))
AROUND = Around({"eth0": ("10.20.0.1", ""), "eth1": ("10.30.0.1", "2001:db8::1")}, contexts={"default": 0})


def loaded(file: Path) -> Snapshot:
    schema = Schema(DECLARED)
    return loading.full(schema, ini.read(file.read_bytes(), schema, catalogue()))


@pytest.mark.skipif(not SAMPLES, reason="the samples are not in the repository")
@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.name[:12])
def test_what_real_devices_hold_becomes_a_plan(file: Path) -> None:
    made = planned(loaded(file), AROUND)
    Router(made)
    heard = msgspec.msgpack.decode(msgspec.msgpack.encode(whole(made)), type=Amendment)
    assert amended(EMPTY, heard) == made


@pytest.mark.skipif(not SAMPLES, reason="the samples are not in the repository")
def test_teams_and_a_trunk() -> None:
    """Sample 09: calls of the trunk go to Teams, whose servers are asked by TLS; all on loopback."""
    made = planned(loaded(next(file for file in SAMPLES if file.name.startswith("09"))), AROUND)
    router = Router(made)
    trunk = next(row for row in made.ip_groups if "Trunk" in row.name)
    teams = next(row for row in made.ip_groups if "Teams" in row.name)

    class Living:
        def usable(self, group: object) -> bool:
            return True

        def chance(self) -> float:
            return 0.0

        def turn(self, set_index: int, of: int) -> int:
            return 0

    for source, dest in ((trunk, teams),):
        turn = next(iter(router.routes(Asked("INVITE", dest_user="+27111231000"), source, Living())))
        assert turn[0].group == dest
    teams_set = next(row for row in made.proxy_sets if row.index == teams.proxy_set)
    assert [server.transport for server in teams_set.servers] == ["tls"] * 3
    assert teams_set.keep_alive
    assert {row.ipv4 for row in made.interfaces} <= {"127.20.0.1", "127.30.0.1"}
    assert all(row.address.startswith(("127.", "")) for row in made.classification)
