"""What lies above and below the device: labels and TopologyLocation."""

from pathlib import Path

import pytest

from live import ADMIN, MONITOR, Live
from sbcd.config.draft import Draft
from sbcd.config.snapshot import Snapshot
from sbcd.rooms.calls.tables.core import SIPInterface
from sbcd.rooms.calls.tables.media import CpMediaRealm
from sbcd.rooms.calls.tables.peers import IPGroup
from sbcd.rooms.network.tables import InterfaceTable
from sbcd.rooms.system.tables import WebParams
from sbcd.topology import Place, drawn


def test_the_two_sides() -> None:
    running = (
        Draft(Snapshot.empty())
        .set(WebParams(up_label="TEAMS", down_label="PSTN"))
        .put(0, InterfaceTable(name="eth0", underlying_device="vlan 1"))
        .put(1, SIPInterface(name="SI_Teams", network_interface="eth0", topology_location=1))
        .put(0, SIPInterface(name="SI_Trunk", network_interface="eth9"))
        .put(4, IPGroup(name="IPG_Teams", proxy_set="PS_Teams", topology_location=1))
        .put(2, CpMediaRealm(name="MR_Trunk", ipv4_interface="eth0", ipv6_interface="None"))
        .finish()
    )
    whole = drawn(running)
    assert (whole.up.label, whole.down.label) == ("TEAMS", "PSTN")
    assert whole.up.places == (
        Place("SIP Interface", 1, "SI_Teams", "eth0 (vlan 1)"),
        Place("IP Group", 4, "IPG_Teams", "PS_Teams"),
    )
    assert whole.down.places == (
        Place("SIP Interface", 0, "SI_Trunk", "eth9"),
        Place("Media Realm", 2, "MR_Trunk", "eth0 (vlan 1)"),
    )


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    with Live(Path(tmp_path_factory.mktemp("topology")) / "state") as live:
        yield live


def test_it_is_asked_for(device: Live) -> None:
    """A Monitor may not see the configuration."""
    assert device.get("/calls/topology", auth=MONITOR).status_code == 403
    told = device.get("/calls/topology", auth=ADMIN).json()
    assert told["down"]["label"] == "LAN"
    assert {place["kind"] for place in told["down"]["places"]} == {"SIP Interface", "IP Group", "Media Realm"}
