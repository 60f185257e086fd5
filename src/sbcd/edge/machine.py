"""What the machine itself knows: its MAC address, its serial number. Read and kept, never invented."""

import hashlib
import secrets
import socket
from pathlib import Path

from sbcd.base.vault import Vault

INTERFACES = Path("/sys/class/net")


def mac_address() -> str:
    """Twelve lower-case hex digits of the first interface that has any; empty when there is none."""
    places = sorted(INTERFACES.glob("*/address")) if INTERFACES.is_dir() else []
    found = (place.read_text().strip().replace(":", "").lower() for place in places)
    return next((digits for digits in found if len(digits) == 12 and digits.strip("0")), "")


def serial_number(vault: Vault) -> str:
    """Fourteen decimal digits: made of the machine and the place of the state once, then kept."""
    kept = vault.read("identity")
    if kept is not None:
        return kept.decode("ascii", "replace").strip()
    place = Path("/etc/machine-id")
    machine = place.read_text().strip() if place.exists() else secrets.token_hex(16)
    digest = hashlib.blake2b(f"{machine} {vault.root.resolve()}".encode()).digest()
    serial = str(10**13 + int.from_bytes(digest) % (9 * 10**13))
    vault.replace("identity", serial.encode())
    return serial


def boot_id() -> str:
    """What names this run of the machine; empty where the kernel does not say."""
    place = Path("/proc/sys/kernel/random/boot_id")
    return place.read_text().strip() if place.exists() else ""


def usage(state: Path) -> tuple[float, float, float]:
    """Percent in use: processor (since the last look), memory, the disk that holds `state`."""
    import psutil

    return psutil.cpu_percent(), psutil.virtual_memory().percent, psutil.disk_usage(str(state)).percent


def link_index(name: str) -> int:
    """The kernel's number of a link; 0 when it is gone."""
    try:
        return socket.if_nametoindex(name)
    except OSError:
        return 0


def links() -> dict[str, bool]:
    """Which network links are up, without the loopback."""
    import psutil

    return {name: found.isup for name, found in psutil.net_if_stats().items() if name != "lo"}
