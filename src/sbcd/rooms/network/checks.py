"""What must hold between rows of the network tables, beyond names and references.

One rule: only what the device couldn't carry out is a problem; rows without an address are not in use."""

import ipaddress
from collections.abc import Iterator
from itertools import combinations

from sbcd.base.errors import Problem
from sbcd.config.snapshot import Change, Snapshot
from sbcd.rooms.network.tables import (
    ApplicationTypes,
    DeviceTable,
    InterfaceTable,
    NATTranslation,
    Tagging,
)

Network = ipaddress.IPv4Interface | ipaddress.IPv6Interface

OAMP = {
    ApplicationTypes.OAMP,
    ApplicationTypes.OAMP_MEDIA,
    ApplicationTypes.OAMP_CONTROL,
    ApplicationTypes.ALL,
}


def problems(change: Change) -> Iterator[Problem]:
    """Every problem of the new configuration that the change brings with it."""
    if change.touches(InterfaceTable):
        yield from _interfaces(change.new)
    if change.touches(DeviceTable):
        yield from _devices(change.new)
    for index, (_, row) in change.changed(NATTranslation).items():
        if row is not None:
            yield from _translation(index, row)


def _problem(what: str, index: int, column: str) -> Problem:
    return Problem(what, None, "InterfaceTable", index, column)


def _interfaces(new: Snapshot) -> Iterator[Problem]:
    used: dict[int, Network] = {}
    for index, row in new.rows(InterfaceTable).items():
        address = ipaddress.ip_address(row.ip_address or "0.0.0.0")  # noqa: S104 - none
        if address.is_unspecified:
            continue
        if row.prefix_length > address.max_prefixlen:
            what = f"a prefix of {row.prefix_length} bits is longer than the address"
            yield _problem(what, index, "PrefixLength")
            continue
        used[index] = ipaddress.ip_interface(f"{address}/{row.prefix_length}")
        yield from _gateway(index, row, used[index])
    yield from _distinct(used)
    managed = [index for index in used if new.rows(InterfaceTable)[index].application_types in OAMP]
    if len(managed) > 1:
        what = f"interface {managed[0]} is for OAMP already, and only one may be"
        yield _problem(what, managed[1], "ApplicationTypes")
    if used and not managed:
        yield Problem("one interface must be for OAMP", None, "InterfaceTable")


def _gateway(index: int, row: InterfaceTable, own: Network) -> Iterator[Problem]:
    if row.gateway and not ipaddress.ip_address(row.gateway).is_unspecified:
        gateway = ipaddress.ip_address(row.gateway)
        if gateway.version == own.version and gateway not in own.network:
            yield _problem(f"{gateway} is not in the subnet {own.network}", index, "Gateway")


def _distinct(used: dict[int, Network]) -> Iterator[Problem]:
    for (one, mine), (other, theirs) in combinations(used.items(), 2):
        if mine.ip == theirs.ip:
            yield _problem(f"{theirs.ip} is also the address of interface {one}", other, "IPAddress")
        elif mine.ip.is_loopback and theirs.ip.is_loopback:
            continue  # a laptop has one loopback network, and room for many interfaces in it
        elif mine.version == theirs.version and mine.network.overlaps(theirs.network):
            what = f"the subnet {theirs.network} overlaps that of interface {one}, {mine.network}"
            yield _problem(what, other, "IPAddress")


def _devices(new: Snapshot) -> Iterator[Problem]:
    tagged: dict[tuple[str, int], int] = {}
    for index, row in new.rows(DeviceTable).items():
        if row.tagging is not Tagging.TAGGED or not row.underlying_interface:
            continue
        first = tagged.setdefault((row.underlying_interface, row.vlan_id), index)
        if first != index:
            what = f"VLAN {row.vlan_id} of {row.underlying_interface} is also that of row {first}"
            yield Problem(what, None, "DeviceTable", index, "VlanID")


def _translation(index: int, row: NATTranslation) -> Iterator[Problem]:
    ranges = (
        ("SourceEndPort", row.source_start_port, row.source_end_port),
        ("TargetEndPort", row.target_start_port, row.target_end_port),
    )
    for column, start, end in ranges:
        if any(port and not 1 <= int(port) <= 65535 for port in (start, end)):
            yield Problem("ports are in 1-65535", None, "NATTranslation", index, column)
        elif start and end and int(end) < int(start):
            yield Problem(f"{end} is less than {start}", None, "NATTranslation", index, column)
