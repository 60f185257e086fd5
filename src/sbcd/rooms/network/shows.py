"""`show network interface`, `show network route`, `show network physical-port`: the network as configured."""

from collections.abc import Callable, Sequence

from sbcd.config.show import Show, columns
from sbcd.config.snapshot import Snapshot
from sbcd.config.types import kebab
from sbcd.rooms.network.tables import DeviceTable, InterfaceTable, PhysicalPortsTable, StaticRouteTable


def shows(running: Callable[[], Snapshot]) -> list[Show]:
    def interface(words: Sequence[str]) -> str:
        heads = ("Index", "Application", "Mode", "IP Address", "Prefix", "Gateway", "VLAN", "Name")
        now, rows = running(), []
        for index, row in now.rows(InterfaceTable).items():
            device = now.find(DeviceTable, row.underlying_device)
            vlan = device[1].vlan_id if device else "-"
            application, mode = kebab(row.application_types.name), kebab(row.mode.name)
            address = (row.ip_address, row.prefix_length, row.gateway)
            rows.append((index, application, mode, *address, vlan, row.name))
        return columns(heads, rows)

    def route(words: Sequence[str]) -> str:
        rows = [
            (index, f"{row.destination}/{row.prefix_length}", row.gateway, row.device)
            for index, row in running().rows(StaticRouteTable).items()
        ]
        return columns(("Index", "Destination", "Gateway", "Device"), rows)

    def port(words: Sequence[str]) -> str:
        rows = [
            (index, row.name, "enabled" if row.mode else "disabled", kebab(row.speed_duplex.name), row.group)
            for index, row in running().rows(PhysicalPortsTable).items()
        ]
        return columns(("Index", "Port", "Mode", "Speed", "Group"), rows)

    return [
        Show("network interface", "The IP interfaces.", interface),
        Show("network route", "The static routes.", route),
        Show("network physical-port", "The Ethernet ports.", port),
    ]
