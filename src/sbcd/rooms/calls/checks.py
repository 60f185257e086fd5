"""What must hold between rows of the tables of the calls, and what the device works out by itself.

One rule: the end of a media realm is always start + sessions x UdpPortSpacing - 1, whoever said what."""

from collections.abc import Iterator
from itertools import pairwise

from sbcd.base.errors import Problem
from sbcd.config.draft import Draft
from sbcd.config.snapshot import Change, Snapshot
from sbcd.rooms.calls.tables.core import SIPInterface
from sbcd.rooms.calls.tables.media import CpMediaRealm
from sbcd.rooms.calls.tables.rules import IP2IPRouting
from sbcd.rooms.calls.tables.settings import PortParams
from sbcd.rooms.calls.tables.words import AltRouteOptions

LAST_PORT = 65535


def problems(change: Change) -> Iterator[Problem]:
    """Every problem of the new configuration that the change brings with it."""
    if change.touches(SIPInterface, CpMediaRealm):
        yield from _ports(change.new)
    yield from _first_rule(change)


async def ends(change: Change) -> Snapshot:
    """The new configuration with the last port of every touched media realm (Store.prepare)."""
    spacing = change.new.params(PortParams).udp_port_spacing
    whole = spacing != change.old.params(PortParams).udp_port_spacing
    realms = change.new.rows(CpMediaRealm)
    draft = Draft(change.new)
    for index in realms if whole else change.changed(CpMediaRealm):
        row = realms.get(index)
        if row is not None and row.port_range_start > 0 and row.legs > 0:
            end = min(row.port_range_start + row.legs * spacing - 1, LAST_PORT + 1)
            draft.put(index, row.but(port_range_end=end if end <= LAST_PORT else -1))
    return draft.finish()


def _ports(new: Snapshot) -> Iterator[Problem]:
    ranges: dict[str, list[tuple[int, int, int]]] = {}
    spacing = new.params(PortParams).udp_port_spacing
    for index, row in new.rows(CpMediaRealm).items():
        if row.port_range_start <= 0 or row.legs <= 0:
            continue
        last = row.port_range_start + row.legs * spacing - 1
        if last > LAST_PORT:
            what = f"{row.legs} sessions of {spacing} ports from {row.port_range_start} go beyond {LAST_PORT}"
            yield Problem(what, None, "CpMediaRealm", index, "MediaSessionLeg")
            continue
        for interface in {row.ipv4_interface, row.ipv6_interface} - {"", "None"}:
            ranges.setdefault(interface, []).append((row.port_range_start, last, index))
    for taken in ranges.values():
        for (_, before, one), (start, _, other) in pairwise(sorted(taken)):
            if start <= before:
                what = f"port {start} is also one of media realm {one}, on the same interface"
                yield Problem(what, None, "CpMediaRealm", other, "PortRangeStart")
    yield from _signalling(new, ranges)


def _signalling(new: Snapshot, ranges: dict[str, list[tuple[int, int, int]]]) -> Iterator[Problem]:
    taken: dict[tuple[str, str, int], int] = {}
    for index, row in new.rows(SIPInterface).items():
        doors = (
            ("UDPPort", "udp", row.udp_port),
            ("TCPPort", "tcp", row.tcp_port),
            ("TLSPort", "tcp", row.tls_port),
        )
        for column, transport, port in doors:
            if not port or not row.network_interface:
                continue
            first = taken.setdefault((row.network_interface, transport, port), index)
            if first != index or (column == "TLSPort" and port == row.tcp_port):
                what = f"port {port} of {row.network_interface} is also that of SIP interface {first}"
                yield Problem(what, None, "SIPInterface", index, column)
            for start, last, realm in ranges.get(row.network_interface, ()) if transport == "udp" else ():
                if start <= port <= last:
                    what = f"port {port} is one of media realm {realm}, on the same interface"
                    yield Problem(what, None, "SIPInterface", index, column)


def _first_rule(change: Change) -> Iterator[Problem]:
    """An alternative route, or a member of a fork, belongs to the rule above it; the first has none."""
    main = AltRouteOptions.ROUTE_ROW
    touched = change.changed(IP2IPRouting).values()
    if all(new is not None and new.alt_route_options is main for _, new in touched):
        return  # a rule that stands for itself harms nobody; looking for the first one costs a sort
    rules = change.new.rows(IP2IPRouting)
    first = next(iter(rules), None)
    if first is not None and rules[first].alt_route_options is not main:
        what = "the first rule cannot be an alternative of the one above"
        yield Problem(what, None, "IP2IPRouting", first, "AltRouteOptions")
