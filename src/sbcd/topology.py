"""What lies above and below the device: interfaces, peers and media realms by their TopologyLocation.

One rule: a place is drawn once, on the side its row says; UpLabelName and DownLabelName name the sides."""

from __future__ import annotations

import msgspec

from sbcd.config.show import Show, columns
from sbcd.config.snapshot import Snapshot
from sbcd.config.store import Store
from sbcd.rooms.calls.tables.core import SIPInterface
from sbcd.rooms.calls.tables.media import CpMediaRealm
from sbcd.rooms.calls.tables.peers import IPGroup
from sbcd.rooms.network.tables import InterfaceTable
from sbcd.rooms.system.tables import WebParams
from sbcd.web.route import Level, Operation, Request, Response, Route, answer

UP = 1


class Place(msgspec.Struct, frozen=True):
    """A row that lies on one side; `at`: what it is attached to."""

    kind: str  # "SIP Interface", "IP Group", "Media Realm"
    index: int
    name: str
    at: str


class Side(msgspec.Struct, frozen=True):
    """One side of the device."""

    label: str
    places: tuple[Place, ...]


class Topology(msgspec.Struct, frozen=True):
    """Both sides."""

    up: Side
    down: Side


def drawn(running: Snapshot) -> Topology:
    """The two sides of a configuration, IP interfaces told with what carries them."""
    found: list[tuple[int, Place]] = []
    for index, row in running.rows(SIPInterface).items():
        at = lying(running, row.network_interface)
        found.append((row.topology_location, Place("SIP Interface", index, row.name, at)))
    for index, group in running.rows(IPGroup).items():
        found.append((group.topology_location, Place("IP Group", index, group.name, group.proxy_set)))
    for index, realm in running.rows(CpMediaRealm).items():
        interfaces = (realm.ipv4_interface, realm.ipv6_interface)
        name = next((one for one in interfaces if one not in {"", "None"}), "")
        found.append((realm.topology_location, Place("Media Realm", index, realm.name, lying(running, name))))
    web = running.params(WebParams)
    return Topology(
        Side(web.up_label, tuple(place for side, place in found if side == UP)),
        Side(web.down_label, tuple(place for side, place in found if side != UP)),
    )


def lying(running: Snapshot, name: str) -> str:
    """An IP interface with the VLAN device that carries it: `eth0 (vlan 1)`."""
    found = running.find(InterfaceTable, name)
    return f"{name} ({found[1].underlying_device})" if found and found[1].underlying_device else name


def routes(store: Store) -> list[Route]:
    """GET /calls/topology (docs/adr/0089)."""

    async def handle(request: Request) -> Response:
        return answer(drawn(store.running))

    told = "What lies above and below the device"
    return [Route("/calls/topology", Operation(Level.ADMINISTRATOR, handle, told, gives=Topology, query=()))]


def shows(store: Store) -> list[Show]:
    """`show voip topology`."""

    def run(words: object) -> str:
        whole = drawn(store.running)
        rows = [
            (side.label, place.kind, place.index, place.name, place.at)
            for side in (whole.up, whole.down)
            for place in side.places
        ]
        return columns(("Side", "Kind", "Index", "Name", "At"), rows)

    return [Show("voip topology", "What lies above and below the device.", run)]
