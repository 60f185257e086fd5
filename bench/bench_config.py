"""What a change of one row costs at 100 to 20,000 rows, and what a full load and a start cost.

Goals: one row under 3 ms and flat within 1.5, a full load of 20,000 rows under 0.5 s (reader, checks, store
and disk). Read the ratios, not the numbers: flat is against the smallest configuration of the same run."""

import argparse
import asyncio
import contextlib
import gc
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import requests

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from live import ADMIN, Live
from sbcd.base.appender import Appender
from sbcd.base.vault import Vault
from sbcd.config import ini, loading
from sbcd.config.catalogue import catalogue
from sbcd.config.journal import Journal
from sbcd.config.schema import Schema
from sbcd.config.store import Store
from sbcd.declared import DECLARED
from sbcd.rooms.configuration import Configuration
from sbcd.web.route import Level, User

BY = User("bench", Level.SECURITY_ADMINISTRATOR, "127.0.0.1")
SCHEMA = Schema(DECLARED)
GROUPS = (
    "[ IPGroup ]\r\nFORMAT Index = Type, Name, ProxySetName, SRDName, SIPGroupName, ContactUser, "
    "ClassifyByProxySet, InboundManSet, OutboundManSet;\r\n"
)
GROUP = 'IPGroup {0} = 0, "group-{0}", "ProxySet_0", "DefaultSRD", "{1}.example", "", 1, -1, -1;\r\n'


def groups(count: int) -> bytes:
    rows = "".join(GROUP.format(index, f"host-{index}") for index in range(count))
    return f";Software Version: bench\r\n\r\n{GROUPS}{rows}\r\n[ \\IPGroup ]\r\n".encode()


def row(index: int, turn: int) -> bytes:
    return f"{GROUPS}{GROUP.format(index, f'turn-{turn}')}[ \\IPGroup ]\r\n".encode()


async def thread(work: Callable[[], Any]) -> Any:
    return await asyncio.get_running_loop().run_in_executor(None, work)


def device(folder: Path) -> tuple[Store, Configuration]:
    vault = Vault(folder)
    journal = Journal(vault, lambda name, size: Appender(vault.path(name), size), SCHEMA)
    store = Store(SCHEMA, journal, asyncio.Lock(), offload=thread, spawn=asyncio.ensure_future)
    return store, Configuration(store, thread)


async def one_row(folder: Path, count: int, turns: int) -> tuple[list[float], float, float]:
    """Seconds of each change of one row, of the full load, and of a start with it."""
    store, configuration = device(folder)
    await store.start()
    data = groups(count)
    began = time.perf_counter()
    await configuration.replace(data, BY)
    full = time.perf_counter() - began
    taken = []
    for turn in range(turns):
        text = row(turn * 7919 % count, turn)
        began = time.perf_counter()
        await configuration.merge(text, BY)
        taken.append(time.perf_counter() - began)
    assert store.epoch == turns + 1
    began = time.perf_counter()
    again, _ = device(folder)
    start = time.perf_counter() - began
    assert again.running == store.running
    return taken, full, start


def steps(count: int) -> str:
    """Where the time of a full load goes."""
    data = groups(count)
    began = time.perf_counter()
    loaded = ini.read(data, SCHEMA, catalogue())
    read = time.perf_counter() - began
    loading.full(SCHEMA, loaded)
    merged = time.perf_counter() - began - read
    return f"reading {read:.3f} s, new snapshot {merged:.3f} s"


PEERS = {
    "ProxySet": ("ProxyName, SRDName, ProxyKeepAliveTime", '"p{0}", "DefaultSRD", {1}'),
    "ProxyIp": ("ProxySetId, ProxyIpIndex, IpAddress", '"{0}", 0, "10.{1}.0.1:5060"'),
    "IPGroup": (
        "Type, Name, ProxySetName, SRDName, SIPGroupName",
        '0, "g{0}", "p{0}", "DefaultSRD", "h{1}.x"',
    ),
    "IP2IPRouting": (
        "RouteName, RoutingPolicyName, SrcIPGroupName, DestUsernamePrefix, DestType, DestIPGroupName",
        '"r{0}", "Default_SBCRoutingPolicy", "g{0}", "49{1}", 0, "g{0}"',
    ),
}
"""Columns and cells of a row, by its index and the turn."""


def peers(kind: str, rows: list[tuple[int, int]]) -> str:
    columns, form = PEERS[kind]
    told = "".join(f"{kind} {index} = {form.format(index, 5 + turn % 200)};\n" for index, turn in rows)
    return f"[ {kind} ]\nFORMAT Index = {columns};\n{told}[ \\{kind} ]\n"


def spent(pids: list[int]) -> float:
    """Processor seconds of these processes so far."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(found[11]) + int(found[12]) for found in fields) / os.sysconf("SC_CLK_TCK")


def engine_of(state: Path) -> int:
    """The process of the call engine."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if b"sbcd.engine" in words and str(state).encode() in words:
                    return int(entry.name)
    raise RuntimeError("there is no engine")


def over_http(sizes: list[int], turns: int) -> None:
    """The same over HTTP on a whole device with its engine: everything that follows has followed (R28).

    Processor time, of device and engine together, tells what it costs whatever else goes on here."""
    kinds = {"a label": lambda index, turn: f"UpLabelName = 'label-{turn}'\n"}
    kinds |= {kind: lambda index, turn, kind=kind: peers(kind, [(index, turn)]) for kind in PEERS}
    told = ", ".join(map(str, sizes))
    print(f"whole device, one row; median ms (processor ms) at {told} rows; flat: last to first")
    found: dict[str, list[tuple[float, float]]] = {what: [] for what in kinds}
    with (
        tempfile.TemporaryDirectory() as folder,
        Live(Path(folder) / "state") as live,
        requests.Session() as session,
    ):
        session.auth = ADMIN
        put = partial(session.put, f"{live.api}/files/ini/incremental", timeout=120)
        assert live.process is not None
        pids = [live.process.pid, engine_of(live.state)]
        for count in sizes:
            each = range(1, count // len(PEERS) + 1)
            whole = "".join(peers(kind, [(index, index) for index in each]) for kind in PEERS)
            put(files={"file": ("i", whole)}).raise_for_status()
            time.sleep(4)  # the checkpoint after a large load is written beside the work
            for what, change in kinds.items():
                taken, before = [], spent(pids)
                for turn in range(turns):
                    text = change(1 + turn * 7919 % len(each), 100 + turn)
                    began = time.perf_counter()
                    put(files={"file": ("i", text)}).raise_for_status()
                    taken.append(time.perf_counter() - began)
                found[what].append((statistics.median(taken) * 1000, (spent(pids) - before) / turns * 1000))
    for what, pairs in found.items():
        told = " ".join(f"{median:>7.1f} ({cpu:>4.1f})" for median, cpu in pairs)
        print(f"{what:<13} {told}   {pairs[-1][0] / pairs[0][0]:.1f} ({pairs[-1][1] / pairs[0][1]:.1f})")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000, 5000, 20000])
    parser.add_argument("--turns", type=int, default=200)
    options = parser.parse_args()
    first = 0.0
    gc.set_threshold(100_000, 20, 20)  # as `sbcd run`
    catalogue()
    print("rows    one row: median ms   p99 ms   flat    full load s   start s")
    for count in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            taken, full, start = asyncio.run(one_row(Path(folder), count, options.turns))
        median = statistics.median(taken) * 1000
        first = first or median
        worst = sorted(taken)[int(len(taken) * 0.99)] * 1000
        print(f"{count:<7} {median:>18.2f} {worst:>8.2f} {median / first:>6.2f} {full:>14.3f} {start:>9.3f}")
    print(f"of the full load of {options.sizes[-1]} rows: {steps(options.sizes[-1])}")
    over_http(options.sizes, min(options.turns, 60))


if __name__ == "__main__":
    main()
