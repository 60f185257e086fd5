"""What the operating system says of this machine: CPUs, memory, partitions, network ports.

One rule: readings are as they are; what cannot be read is left out."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

NETWORK = Path("/proc/net/dev")
# the columns of /proc/net/dev as the KPIs call them; "" is not shown
COLUMNS = (
    "bytesIn",
    "packetsIn",
    "",
    "droppedIn",
    "fifoErrorIn",
    "frameErrorIn",
    "compressedIn",
    "multicastIn",
    "bytesOut",
    "packetsOut",
    "",
    "droppedOut",
    "fifoErrorOut",
    "collisions",
    "carrierErrorsOut",
    "compressedOut",
)


class Instruments:
    """Reads when asked; `state` is the directory whose partition matters most."""

    def __init__(self, state: Path) -> None:
        self._state = state
        psutil.cpu_percent(percpu=True)  # the first reading begins the measuring

    def cpus(self) -> Sequence[float]:
        """Percent busy since the last call, each CPU."""
        return [min(max(busy, 0.0), 100.0) for busy in psutil.cpu_percent(percpu=True)]

    def memory(self) -> float | None:
        """Percent of the main memory in use."""
        return float(psutil.virtual_memory().percent)

    def partitions(self) -> Mapping[str, tuple[float, int]]:
        """Percent and bytes in use, by mount point; the one with the state directory is always there."""
        mounts = [part.mountpoint for part in psutil.disk_partitions() if part.fstype not in {"", "squashfs"}]
        found = {mount: usage for mount in mounts if (usage := _usage(mount)) is not None}
        own = None if found else _usage(str(self._state))
        return found if own is None else {str(self._state): own}

    def ports(self) -> Mapping[str, Mapping[str, int]]:
        """Totals by interface, without the loopback one unless there is no other."""
        found = _linux(NETWORK.read_text()) if NETWORK.exists() else _elsewhere()
        real = {name: totals for name, totals in found.items() if name != "lo"}
        return real or found


def _usage(place: str) -> tuple[float, int] | None:
    """Percent and bytes in use of a directory's partition; None when it cannot be asked."""
    if not Path(place).is_dir():  # containers mount single files
        return None
    try:
        usage = psutil.disk_usage(place)
    except OSError:
        return None
    return float(usage.percent), usage.used


def _linux(text: str) -> dict[str, dict[str, int]]:
    """Two lines of heads, then `name: 16 numbers` each."""
    found = {}
    for line in text.splitlines()[2:]:
        name, _, numbers = line.rpartition(":")
        pairs = zip(COLUMNS, map(int, numbers.split()), strict=False)
        found[name.strip()] = {base: number for base, number in pairs if base}
    return found


def _elsewhere() -> dict[str, dict[str, int]]:
    return {
        name: {
            "bytesIn": its.bytes_recv,
            "packetsIn": its.packets_recv,
            "droppedIn": its.dropin,
            "bytesOut": its.bytes_sent,
            "packetsOut": its.packets_sent,
            "droppedOut": its.dropout,
        }
        for name, its in psutil.net_io_counters(pernic=True).items()
    }
