"""What a change of one row costs at 100 to 20,000 rows, and what a full load and a start cost.

Goals: one row under 3 ms and flat within 1.5, a full load of 20,000 rows under 0.5 s (reader, checks, store
and disk). Read the ratios, not the numbers: flat is against the smallest configuration of the same run."""

import argparse
import asyncio
import gc
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


def over_http(sizes: list[int], turns: int) -> None:
    """The same over HTTP on a whole device with its engine: everything that follows has followed (R28)."""
    changes = {
        "a label": lambda turn: f"UpLabelName = 'label-{turn}'\n".encode(),
        "a peer (IPGroup)": lambda turn: row(turn, turn),
    }
    print(f"whole device, one row, median ms at {', '.join(map(str, sizes))} rows (flat: last to first)")
    found: dict[str, list[float]] = {what: [] for what in changes}
    with (
        tempfile.TemporaryDirectory() as folder,
        Live(Path(folder) / "state") as live,
        requests.Session() as session,
    ):
        session.auth = ADMIN
        put = partial(session.put, f"{live.api}/files/ini/incremental", timeout=120)
        for count in sizes:
            put(files={"file": ("i", groups(count))}).raise_for_status()
            time.sleep(3)  # the checkpoint after a large load is written beside the work
            for what, change in changes.items():
                taken = []
                for turn in range(turns):
                    began = time.perf_counter()
                    put(files={"file": ("i", change(turn))}).raise_for_status()
                    taken.append(time.perf_counter() - began)
                found[what].append(statistics.median(taken) * 1000)
    for what, medians in found.items():
        print(f"{what:<18} {' '.join(f'{m:>8.1f}' for m in medians)}   {medians[-1] / medians[0]:.1f}")


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
    over_http(options.sizes, min(options.turns, 30))


if __name__ == "__main__":
    main()
