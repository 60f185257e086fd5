"""Alarms: the price of a raise beside that of the commit it needs, of a page, of a notification.

Goals: a page of full tables under 5 ms; memory flat over 100,000 raises; a raise at most twice the bare
commit. Run by `make bench`; read ratios, not numbers."""

import sqlite3
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from sbcd.base.clock import Clock
from sbcd.rooms.alarms import Alarms, Journal, Severity, alarm_type
from sbcd.rooms.alarms.api import detail, page
from sbcd.rooms.alarms.notices import Device, as_json, line, trap

LOST = alarm_type("acProxyConnectionLost")
TEXT = "Proxy Set Alarm Proxy Set 8 (PS_PABX): Proxy lost. looking for another proxy"
COMMITS = 300
ROUNDS = 3


def each(what: Callable[[int], object], times: int) -> float:
    """Microseconds of one."""
    begun = time.perf_counter()
    for number in range(times):
        what(number)
    return (time.perf_counter() - begun) / times * 1e6


def bare(path: Path) -> Callable[[int], object]:
    """One synced commit of one row, as the journal's setting has it."""
    base = sqlite3.connect(path, isolation_level=None)
    base.execute("PRAGMA journal_mode = WAL")
    base.execute("PRAGMA synchronous = FULL")
    base.execute("CREATE TABLE history (id INTEGER PRIMARY KEY, text TEXT)")

    def commit(number: int) -> None:
        base.execute("BEGIN")
        base.execute("INSERT INTO history VALUES (?, ?)", (number + 1 + time.monotonic_ns(), TEXT * 3))
        base.execute("COMMIT")

    return commit


def durable() -> None:
    with tempfile.TemporaryDirectory() as folder:
        commit = bare(Path(folder) / "bare.db")
        alarms = Alarms(Clock(), Journal(Path(folder) / "alarms.db", "boot"))
        for _ in range(ROUNDS):
            base = each(commit, COMMITS)
            raised = each(lambda n: alarms.raise_(LOST, f"s{n}", f"{TEXT} {time.monotonic_ns()}"), COMMITS)
            print(f"raise with journal {raised:8.0f} us, bare commit {base:8.0f} us: {raised / base:.2f} x")
        alarms.close()


def pages() -> None:
    alarms = Alarms(Clock())
    alarms.limit(3000, 2000)
    for number in range(3000):
        alarms.raise_(LOST, f"s{number}", TEXT)
    for name, rows in (("active", alarms.active), ("history", alarms.history)):
        middle = str(list(rows)[len(rows) // 2])
        taken = each(lambda _: page(rows, {"after": middle, "limit": "20"}, name), 500)  # noqa: B023
        print(f"page of {len(rows)} {name} rows {taken / 1000:.3f} ms (goal: 5)")
    newest = next(reversed(alarms.active.values()))
    device = Device("gate", "", "", "4711")
    for name, make in (
        ("detail", lambda _: detail(newest, "active", None)),
        ("trap", lambda _: trap(newest, Severity.MAJOR, device)),
        ("line", lambda _: line(newest)),
        ("JSON", lambda _: as_json(newest, device)),
    ):
        print(f"{name:8} {each(make, 2000):8.1f} us")


def memory() -> None:
    alarms = Alarms(Clock())
    for number in range(10_000):
        alarms.raise_(LOST, f"s{number}", TEXT)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    begun = time.perf_counter()
    for number in range(10_000, 110_000):
        alarms.raise_(LOST, f"s{number}", TEXT)
    took = time.perf_counter() - begun
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"100,000 raises in memory: {took:.1f} s (traced), {(after - before) / 1e6:+.2f} MB")


if __name__ == "__main__":
    durable()
    pages()
    memory()
