"""What goes into a debug file: logs, configuration, state, machine and the stacks of whatever runs.

One rule: each part is gathered by itself, so that one that cannot be had hides no other."""

from __future__ import annotations

import io
import platform
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import psutil

from sbcd import __version__
from sbcd.base import log
from sbcd.rooms.auxfiles import show
from sbcd.rooms.debugfile import Part
from sbcd.stacks import tasks, threads

if TYPE_CHECKING:
    from sbcd.device import Device

TAIL = 256 * 1024
"""Bytes of the call records that go into a debug file."""


def parts(
    *,
    log: Callable[[], list[str]],
    ini: Callable[[], bytes],
    answers: Mapping[str, Callable[[], object]],
    others: Mapping[str, Part],
) -> dict[str, Part]:
    """Members of the archive; `answers` become JSON, `others` are given as they are."""

    def as_json(tell: Callable[[], object]) -> Part:
        return lambda: msgspec.json.format(msgspec.json.encode(tell(), enc_hook=str), indent=1)

    return {
        "log.txt": lambda: "\n".join(log()).encode(),
        "configuration.ini": ini,
        **{f"{name}.json": as_json(tell) for name, tell in answers.items()},
        "threads.txt": threads,
        "tasks.txt": tasks,
        "versions.txt": versions,
        "system.json": as_json(system),
        **others,
    }


def of(device: Device) -> dict[str, Part]:
    """The members of a debug file of this device."""
    calling, files = device.calling, device.files

    def shown(words: str) -> Part:
        return lambda: calling.told(words)

    def inside(what: str) -> Part:
        async def told() -> bytes:
            return (await calling.room.inside(what)).encode()

        return told

    return parts(
        log=device.ring.lines,
        ini=device.configuration.text,
        answers={
            "status": device.status,
            "alarms-active": lambda: list(device.alarms.active.values()),
            "alarms-history": lambda: list(device.alarms.history.values()),
        },
        others={
            "calls.txt": shown("voip calls active"),
            "proxy-sets.txt": shown("voip proxy sets status"),
            "calls-statistics.txt": shown("voip calls statistics"),
            "engine.json": calling.state,
            **{f"engine-{what}.txt": inside(what) for what in ("log", "threads", "tasks")},
            "cdr.txt": lambda: tail(device.vault.path("log/cdr.log")),
            "kpi.txt": device.kpis.text,
            "auxiliary-files.txt": lambda: show(files.aux).encode(),
            "license.txt": lambda: files.license.description().encode(),
            "software.json": lambda: msgspec.json.encode(files.software.slots),
            "device.log": lambda: log.kept(device.vault.path("log/device.log")),
            "engine.log": lambda: log.kept(device.vault.path("log/engine.log")),
        },
    )


def tail(path: Path) -> bytes:
    """The newest whole lines of a file."""
    with path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - TAIL))
        lines = file.read()
    return lines if size <= TAIL else lines.partition(b"\n")[2]


def versions() -> bytes:
    """The device, Python, and every package beside them."""
    from importlib.metadata import distributions  # here, for the start does not need it

    lines = sorted({f"{found.metadata['Name']} {found.version}" for found in distributions()})
    return "\n".join([f"sbcd {__version__}", f"Python {sys.version}", *lines]).encode()


def system() -> dict[str, object]:
    """What the machine is and how it is doing."""
    mine = psutil.Process()
    return {
        "platform": platform.platform(),
        "processors": psutil.cpu_count(),
        "load": psutil.getloadavg(),
        "memory": psutil.virtual_memory()._asdict(),
        "disk": psutil.disk_usage("/")._asdict(),
        "interfaces": {name: [a.address for a in held] for name, held in psutil.net_if_addrs().items()},
        "process": {"rss": mine.memory_info().rss, "threads": mine.num_threads(), "files": mine.num_fds()},
    }
