"""What the machine itself knows: its MAC address, its addresses. Read, never invented."""

import socket

import psutil


def mac_address() -> str | None:
    """Twelve lower-case hex digits of the first interface that has one, or None."""
    for name, addresses in sorted(psutil.net_if_addrs().items()):
        for address in addresses:
            digits = address.address.replace(":", "").lower()
            if name != "lo" and address.family == psutil.AF_LINK and digits.strip("0"):
                return digits
    return None


def interface_of(address: str) -> tuple[str, str] | None:
    """Name and subnet mask of the interface that has this IPv4 address, or None."""
    for name, addresses in psutil.net_if_addrs().items():
        for known in addresses:
            if known.family == socket.AF_INET and known.address == address:
                return name, known.netmask or ""
    return None
