"""The KPIs of this device put together: what is fed by whom, where it is kept, who may read it.

One rule: counters and history live from one start of the device to its stop or reset; after a crash the
same boot goes on (R11: a reset is a restart)."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Protocol, TypeVar

from sbcd.base.clock import Clock
from sbcd.base.errors import Conflict
from sbcd.base.vault import Vault
from sbcd.calling import Calling
from sbcd.config.snapshot import Snapshot
from sbcd.config.table import Row
from sbcd.edge.instruments import Instruments
from sbcd.rooms.alarms import Alarms
from sbcd.rooms.calls import kpis as calls
from sbcd.rooms.calls.room import Calls
from sbcd.rooms.calls.standing import Sessions, levels
from sbcd.rooms.calls.tables.core import SRD
from sbcd.rooms.calls.tables.media import CpMediaRealm
from sbcd.rooms.calls.tables.peers import IPGroup
from sbcd.rooms.kpi import History, Intervals, Meters, read
from sbcd.rooms.kpi.api import Tree, routes
from sbcd.rooms.kpi.failures import Failures
from sbcd.rooms.kpi.metrics import Metrics
from sbcd.rooms.kpi.metrics import routes as metrics_routes
from sbcd.rooms.kpi.plots import Plots
from sbcd.rooms.kpi.profiles import Profiles
from sbcd.rooms.kpi.settings import Settings
from sbcd.rooms.kpi.thresholds import Thresholds
from sbcd.rooms.machine import Machine
from sbcd.rooms.system.local import LocalTime, local_time
from sbcd.web.route import Route

T = TypeVar("T")
KERNEL = Path("/proc/sys/kernel/random/boot_id")


class Process(Protocol):
    """What is needed of the process."""

    def spawn(self, work: Awaitable[None]) -> None: ...

    def offload(self, work: Callable[[], T]) -> Awaitable[T]: ...


NAMES: Mapping[str, type[Row]] = {"ipGroup": IPGroup, "srd": SRD, "cpMediaRealm": CpMediaRealm}


class Kpis:
    """Meters, history, thresholds and their pages."""

    def __init__(self, vault: Vault, clock: Clock, process: Process, alarms: Alarms) -> None:
        self._vault, self._process = vault, process
        self._zone: tzinfo = LocalTime()
        self._room: Calls | None = None
        catalogue, failures = read(), Failures()
        self.meters = Meters(catalogue, calls.feeds(failures), clock.monotonic)
        self.history = History(vault.path("kpi/history.sqlite"), boot(vault), catalogue)

        def aside(job: Callable[[], None]) -> None:
            process.spawn(process.offload(job))

        self.thresholds = Thresholds(self.meters, alarms, self.history.crossed())
        self.intervals = Intervals(
            self.meters,
            self.history,
            clock.wall(),
            clock.monotonic,
            aside,
            crossed=lambda: self.thresholds.crossed,
        )
        self.profiles = Profiles(self.meters, alarms, clock.monotonic)
        self.settings = Settings(
            self.meters, self.intervals, self.thresholds, self.profiles, failures, NAMES, self._followed
        )
        self.machine = Machine(self.meters, Instruments(vault.root), clock.monotonic)
        self._metrics = Metrics(self.meters)
        self._tree = Tree(self.meters, self.history, self.zone, failures.hidden)

    def join(self, calling: Calling, licensed: Callable[[], Mapping[str, float | None]]) -> None:
        """Calls move the meters, each fact once, also when a crash comes between; `licensed` tells the used
        percent of the licence's capacities."""
        mark = self.history.mark()
        reader = calling.reader
        reader.known(mark.engine, mark.taken)
        self.intervals.heard = lambda: (reader.boot, reader.taken)
        self.intervals.settled = calling.acknowledge
        self._room = calling.room
        calling.room.tell(self.meters.observe, self._renewed)
        self.machine.license(licensed)

    def _renewed(self) -> None:
        """An engine was found: a new one, or one that went on while this process began anew."""
        self.meters.emptied("sbc", "media")
        self._process.spawn(self._stand())

    async def _stand(self) -> None:
        """Takes over the levels of what is up in the engine."""
        assert self._room is not None
        try:
            users, calls = await self._room.users(), await self._room.calls()
        except Conflict:  # the engine ended meanwhile: the next one tells
            return
        self._room.sessions.stand(calls)
        running = self.settings.running
        groups = running.rows(IPGroup).items()
        srds = {index: srd for index, row in groups if (srd := running.index(SRD, row.srd)) >= 0}
        found = levels(calls, users, srds)
        for path, index, base, value in found:
            self.meters.level(path, index, base, value)

    def used(self) -> dict[str, int]:
        """How much of the licence's capacities is in use."""
        place = self.meters.catalogue.places["sbc/otherStats/global"]
        users = self.meters.value(place, 0, place.current["registeredusers"]) or 0
        there = self._room.sessions if self._room else Sessions()
        calls, media = there.active, there.anchored
        return {"SBC": calls, "SBC-MEDIA": media, "FEU": users}

    def zone(self) -> tzinfo:
        """The device's local time, for the intervals."""
        return self._zone

    def _followed(self, running: Snapshot) -> None:
        self._zone = local_time(running)

    def routes(self) -> list[Route]:
        """/kpi and below, and /metrics."""
        found = routes(self._tree) + Plots(self.meters, self.history).routes()
        return found + metrics_routes(self._metrics, lambda: self.settings.params)

    def text(self) -> bytes:
        """All current values, as /metrics tells them."""
        return "".join(self._metrics.lines(open=False)).encode()

    def tick(self, now: datetime) -> None:
        """Once a second."""
        self.machine.tick(now)
        self.intervals.forget(self.meters.bury())
        self.intervals.tick(now)
        self.thresholds.tick(now)
        self.profiles.tick(now)

    def collect(self, now: datetime) -> None:
        """Ten times a second."""
        self.intervals.collect()

    def close(self) -> None:
        """The device stops or resets: the next start is another boot."""
        self._vault.remove("run/boot")


def boot(vault: Vault) -> str:
    """Which start of the device this is: the same after a crash, another after a stop, reset or reboot."""
    kept = vault.read("run/boot")
    if kept is None:
        kept = secrets.token_hex(8).encode()
        vault.replace("run/boot", kept)
    kernel = KERNEL.read_text().strip() if KERNEL.exists() else ""
    return f"{kept.decode()} {kernel}"
