"""The machine under the device: CPUs, memory, partitions, network ports and licences as KPIs.

One rule: instruments are given by the roof and read every few seconds; what they cannot read is null, and
an index once given to a port or partition stays with its name until the device resets."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from sbcd.rooms.kpi import Meters, Named

CPU, MEMORY, STORAGE = "system/cpuStats/cpu", "system/systemStats/global", "system/storageStats/partition"
PORT, LICENSE = "network/portStats/port", "system/licenseStats/global"
PORT_COUNTERS = (
    "bytesIn",
    "packetsIn",
    "fifoErrorIn",
    "frameErrorIn",
    "droppedIn",
    "compressedIn",
    "multicastIn",
    "bytesOut",
    "packetsOut",
    "fifoErrorOut",
    "droppedOut",
    "collisions",
    "carrierErrorsOut",
    "compressedOut",
)
LICENSED = {
    "SBC": "licenseSbcSignalingUsage",
    "SBC-MEDIA": "licenseSbcMediaUsage",
    "FEU": "licenseFeuUsage",
    "CODER-TRANSCODING": "licenseTranscodingUsage",
    "SIPRec": "licenseSipRecUsage",
    "WebRTC": "licenseWebRTCUsage",
}
PATIENCE = 5.0  # seconds between two readings
MOST_PORTS = 64

Usage = Callable[[], Mapping[str, float | None]]


class Instruments(Protocol):
    """What the roof can read of the machine. Utilization in percent, storage in bytes."""

    def cpus(self) -> Sequence[float]: ...

    def memory(self) -> float | None: ...

    def partitions(self) -> Mapping[str, tuple[float, int]]:
        """By mount point: utilization and bytes in use."""
        ...

    def ports(self) -> Mapping[str, Mapping[str, int]]:
        """By interface name: totals of PORT_COUNTERS."""
        ...


class Machine:
    """Reads the instruments into the meters; `licensed` tells the used percent of each capacity."""

    def __init__(
        self, meters: Meters, instruments: Instruments, monotonic: Callable[[], float], licensed: Usage = dict
    ) -> None:
        self._meters = meters
        self._instruments = instruments
        self._monotonic = monotonic
        self._licensed = licensed
        self._next = 0.0
        self._indexes: dict[str, dict[str, int]] = {"partition": {}, "port": {}}
        self._before: dict[str, Mapping[str, int]] = {}
        places = meters.catalogue.places
        meters.feed(places[CPU], ["cpuUtilization"], False)
        meters.feed(places[MEMORY], ["memoryUtilization"], False)
        meters.feed(places[STORAGE], ["storageUtilization", "storageUsage"], False)
        meters.feed(places[PORT], PORT_COUNTERS, True)
        meters.feed(places[LICENSE], LICENSED.values(), False)
        self.read()

    def license(self, licensed: Usage) -> None:
        """Who tells the usage of the licence from now on."""
        self._licensed = licensed
        self._next = 0.0  # with the next tick, for nobody told it before

    def tick(self, now: datetime) -> None:
        """Reads everything when it is time."""
        if self._monotonic() >= self._next:
            self.read()

    def read(self) -> None:
        """Reads everything now."""
        self._next = self._monotonic() + PATIENCE
        cpus = self._instruments.cpus()
        self._meters.configured("cpu", {index: Named(f"CPU {index}") for index in range(len(cpus))})
        for index, busy in enumerate(cpus):
            self._meters.sample(CPU, index, "cpuUtilization", busy)
        self._meters.sample(MEMORY, 0, "memoryUtilization", self._instruments.memory())
        self._partitions(self._instruments.partitions())
        self._ports(self._instruments.ports())
        for name, share in self._licensed().items():
            self._meters.sample(LICENSE, 0, LICENSED[name], share)

    def _partitions(self, found: Mapping[str, tuple[float, int]]) -> None:
        for name, index in self._numbered("partition", found).items():
            share, used = found[name]
            self._meters.sample(STORAGE, index, "storageUtilization", share)
            self._meters.sample(STORAGE, index, "storageUsage", used / 1024)

    def _ports(self, found: Mapping[str, Mapping[str, int]]) -> None:
        for name, index in self._numbered("port", found).items():
            before = self._before.get(name, {})
            for base, total in found[name].items():
                self._meters.reading(PORT, index, base, total, before.get(base))
        self._before = dict(found)

    def _numbered(self, entity: str, names: Mapping[str, object]) -> dict[str, int]:
        """The index of every name that is there now; a new name gets a new one."""
        known = self._indexes[entity]
        for name in names:
            if name not in known and len(known) < MOST_PORTS:
                known[name] = len(known)
        here = {name: known[name] for name in names if name in known}
        self._meters.configured(entity, {index: Named(name) for name, index in here.items()})
        return here
