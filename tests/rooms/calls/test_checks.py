"""Ports that must not be given twice, and what the device works out by itself."""

import asyncio

import pytest

from sbcd.config.draft import Draft
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Change, Snapshot
from sbcd.config.table import Params, Row
from sbcd.declared import DECLARED
from sbcd.rooms.calls.checks import ends, problems
from sbcd.rooms.calls.tables.core import SIPInterface
from sbcd.rooms.calls.tables.media import CpMediaRealm
from sbcd.rooms.calls.tables.rules import IP2IPRouting
from sbcd.rooms.calls.tables.settings import PortParams
from sbcd.rooms.calls.tables.words import AltRouteOptions

FACTORY = Schema(DECLARED).factory()


def changed(*edits: tuple[int, Row] | Params) -> Change:
    draft = Draft(FACTORY)
    for edit in edits:
        if isinstance(edit, tuple):
            draft.put(*edit)
        else:
            draft.set(edit)
    return Change(FACTORY, draft.finish())


def realm(start: int, legs: int, interface: str = "O+M+C") -> CpMediaRealm:
    return CpMediaRealm(name=f"r{start}", ipv4_interface=interface, port_range_start=start, legs=legs)


def sip(**ports: int) -> SIPInterface:
    return SIPInterface(name="s", network_interface="O+M+C", **ports)


def test_the_factory_is_sound_and_complete() -> None:
    whole = Change(Snapshot.empty(), FACTORY)
    assert list(problems(whole)) == []
    assert asyncio.run(ends(whole)) == FACTORY


@pytest.mark.parametrize(
    ("edits", "why"),
    [
        ([(1, realm(10000, 100))], None),
        ([(1, realm(6000, 100, "other"))], None),
        ([(1, realm(-1, -1))], None),
        (
            [(1, realm(9999, 1))],
            "CpMediaRealm 1 PortRangeStart: port 9999 is also one of media realm 0, on the same interface",
        ),
        (
            [(1, realm(60000, 2000))],
            "CpMediaRealm 1 MediaSessionLeg: 2000 sessions of 4 ports from 60000 go beyond 65535",
        ),
        ([(1, sip(udp_port=5070, tcp_port=5070, tls_port=5071))], None),
        ([(1, sip(udp_port=0, tcp_port=0, tls_port=0))], None),
        (
            [(1, sip(udp_port=5060, tcp_port=0, tls_port=0))],
            "SIPInterface 1 UDPPort: port 5060 of O+M+C is also that of SIP interface 0",
        ),
        (
            [(1, sip(udp_port=0, tcp_port=5070, tls_port=5070))],
            "SIPInterface 1 TLSPort: port 5070 of O+M+C is also that of SIP interface 1",
        ),
        (
            [(1, sip(udp_port=6100, tcp_port=0, tls_port=0))],
            "SIPInterface 1 UDPPort: port 6100 is one of media realm 0, on the same interface",
        ),
    ],
)
def test_ports(edits: list[tuple[int, Row]], why: str | None) -> None:
    assert [str(problem) for problem in problems(changed(*edits))] == ([] if why is None else [why])


def test_the_end_of_a_realm_is_worked_out() -> None:
    """start + sessions x UdpPortSpacing - 1, as in every export of a real device."""
    new = asyncio.run(ends(changed((1, realm(16400, 100)))))
    assert new.rows(CpMediaRealm)[1].port_range_end == 16799
    new = asyncio.run(ends(changed(PortParams(udp_port_spacing=10))))
    assert new.rows(CpMediaRealm)[0].port_range_end == 15999


def test_the_first_routing_rule_is_no_alternative() -> None:
    """Alternatives stand directly below their rule."""
    main, other = IP2IPRouting(), IP2IPRouting(alt_route_options=AltRouteOptions.ALT_ROUTE_IGNORE_INPUTS)
    assert list(problems(changed((3, main), (4, other)))) == []
    assert [str(problem) for problem in problems(changed((3, other), (4, main)))] == [
        "IP2IPRouting 3 AltRouteOptions: the first rule cannot be an alternative of the one above"
    ]
