"""What must hold between interfaces, VLANs and translations."""

import pytest

from sbcd.config.draft import Draft
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Change, Snapshot
from sbcd.config.types import Address
from sbcd.declared import DECLARED
from sbcd.rooms.network.checks import problems
from sbcd.rooms.network.tables import (
    ApplicationTypes,
    DeviceTable,
    InterfaceTable,
    NATTranslation,
    Tagging,
)

FACTORY = Schema(DECLARED).factory()


def told(*rows: tuple[int, object]) -> list[str]:
    draft = Draft(FACTORY)
    for index, row in rows:
        draft.put(index, row)  # type: ignore[arg-type]
    return [str(problem) for problem in problems(Change(FACTORY, draft.finish()))]


def interface(
    address: str,
    prefix: int = 24,
    gateway: str = "0.0.0.0",
    what: ApplicationTypes = ApplicationTypes.MEDIA_CONTROL,
) -> InterfaceTable:
    return InterfaceTable(
        name="x",
        ip_address=Address(address),
        prefix_length=prefix,
        gateway=Address(gateway),
        application_types=what,
    )


def test_the_factory_is_sound() -> None:
    assert list(problems(Change(Snapshot.empty(), FACTORY))) == []


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (interface("192.0.2.1"), None),
        (interface("192.0.2.1", 24, "192.0.2.254"), None),
        (interface("127.0.0.2", 16), None),  # a laptop has one loopback network
        (interface("0.0.0.0", 99, "192.0.2.1", ApplicationTypes.ALL), None),  # not in use
        (interface("2001:db8::1", 64), None),
        (interface("127.0.0.1"), "InterfaceTable 1 IPAddress: 127.0.0.1 is also the address of interface 0"),
        (
            interface("192.0.2.1", 33),
            "InterfaceTable 1 PrefixLength: a prefix of 33 bits is longer than the address",
        ),
        (
            interface("192.0.2.1", 24, "192.0.3.1"),
            "InterfaceTable 1 Gateway: 192.0.3.1 is not in the subnet 192.0.2.0/24",
        ),
        (
            interface("192.0.2.1", what=ApplicationTypes.OAMP),
            "InterfaceTable 1 ApplicationTypes: interface 0 is for OAMP already, and only one may be",
        ),
    ],
)
def test_interfaces(row: InterfaceTable, why: str | None) -> None:
    assert told((1, row)) == ([] if why is None else [why])


def test_subnets_must_not_overlap() -> None:
    assert told((1, interface("10.1.0.1", 16)), (2, interface("10.1.2.1", 24))) == [
        "InterfaceTable 2 IPAddress: the subnet 10.1.2.0/24 overlaps that of interface 1, 10.1.0.0/16"
    ]


def test_somebody_must_be_able_to_manage_the_device() -> None:
    assert told((0, interface("192.0.2.1"))) == ["InterfaceTable: one interface must be for OAMP"]


def test_a_tagged_vlan_is_there_once_on_its_group() -> None:
    vlan = DeviceTable(underlying_interface="GROUP_1", vlan_id=7, name="a", tagging=Tagging.TAGGED)
    assert told((5, vlan), (6, vlan.but(name="b", underlying_interface="GROUP_2"))) == []
    assert told((5, vlan), (6, vlan.but(name="b"))) == [
        "DeviceTable 6 VlanID: VLAN 7 of GROUP_1 is also that of row 5"
    ]


@pytest.mark.parametrize(
    ("start", "end", "why"),
    [
        ("", "", None),
        ("1", "65535", None),
        ("7000", "6999", "6999 is less than 7000"),
        ("0", "", "ports are in 1-65535"),
        ("", "65536", "ports are in 1-65535"),
    ],
)
def test_ports_of_a_translation(start: str, end: str, why: str | None) -> None:
    row = NATTranslation(interface="O+M+C", source_start_port=start, source_end_port=end)
    assert told((0, row)) == ([] if why is None else [f"NATTranslation 0 SourceEndPort: {why}"])


def test_a_change_elsewhere_costs_nothing() -> None:
    assert list(problems(Change(FACTORY, FACTORY))) == []
