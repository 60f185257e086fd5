"""KPIs: the price of a list, of closing an interval, of a fact, and of 500 IP groups in memory.

Goals: a list of 100 parameters at least 0.5 of a constant answer of the same size on the same server; closing
an interval of 500 IP groups with 120 parameters each blocks no request for more than 10 ms; `interval=all`
under 20 ms. Rounds are interleaved; read ratios, not numbers."""

import asyncio
import gc
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from live import free_port
from sbcd.rooms.calls import facts as told
from sbcd.rooms.calls import kpis
from sbcd.rooms.calls.facts import Reason, Way
from sbcd.rooms.kpi import History, Intervals, Meters, Named, read
from sbcd.rooms.kpi.api import Tree, routes
from sbcd.rooms.kpi.past import Past

GROUPS = 500
INTERVALS = 200
ROUNDS = 5
SECONDS = 1.0
CONNECTIONS = 8

SERVER = """
import asyncio, sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from bench_kpi import loaded, busy
from sbcd.base.spool import Spool
from sbcd.edge.http import Application, Listeners
from sbcd.rooms.kpi import History
from sbcd.rooms.kpi.api import Tree as Kpis, routes
from sbcd.web.dispatch import Tree
from sbcd.web.route import Level, Operation, Query, Response, Route, User
from datetime import UTC
async def who(authorization, address):
    return User("Admin", Level.MONITOR, address)
async def main():
    meters = loaded(groups=100)
    kpis = routes(Kpis(meters, History(":memory:", "1", meters.catalogue), lambda: UTC, set))
    body = b"x" * int(sys.argv[3])
    async def constant(request):
        return Response(200, body)
    async def short(request):
        return Response(200, body[: int(sys.argv[4])])
    tree = Tree(who, lambda: None)
    def fixed(run):
        return Operation(Level.MONITOR, run, "", query=(Query("kpi", ""),))
    tree.add([*kpis, Route("/fixed/sbc/callStats/ipGroup", get=fixed(constant)),
              Route("/fixed/sbc/callStats/global", get=fixed(short))])
    listeners = Listeners(Application(tree, lambda: Spool(Path("/tmp"))))
    await listeners.listen("127.0.0.1", int(sys.argv[1]))
    await asyncio.Event().wait()
import uvloop
uvloop.run(main())
"""


def busy(meters: Meters, groups: int) -> None:
    """Calls with media on every group: every gauge that can move has moved."""
    for group in range(groups):
        for way in Way:
            at = (0.0, group, way, group, 0, 0)
            meters.observe(told.Attempted(*at))
            meters.observe(told.Rang(*at, 1.0))
            meters.observe(told.Answered(*at, 2.0, 1.0))
            meters.observe(told.StreamsChanged(*at, 0, 1, 0))
            meters.observe(measured(group, way))
            meters.observe(told.RegisterAttempted(*at))
            meters.observe(told.DialogAttempted(*at, "SUBSCRIBE"))
            meters.observe(told.DialogAttempted(*at, "OPTIONS"))
            meters.observe(told.Attempted(*at))
            meters.observe(told.Failed(*at, Reason.BUSY, 486))
            meters.observe(told.Ended(*at, 10.0, False, "BYE"))


def measured(group: int, way: Way) -> told.MediaMeasured:
    more = {
        "jitter_in": 3.0,
        "jitter_out": 3.0,
        "delay": 20.0,
        "mos_in": 4.1,
        "mos_out": 4.0,
        "coder": "PCMA",
    }
    return told.MediaMeasured(
        0.0, group, way, group, 0, 0, 0, 5.0, 250, 250, 40000, 40000, 1, lost_out=1, **more
    )


def loaded(groups: int = GROUPS, monotonic: Callable[[], float] = time.monotonic) -> Meters:
    meters = Meters(read(), kpis.feeds(lambda *_: ()), monotonic)
    meters.configured("ipGroup", {index: Named(f"IP group {index}") for index in range(groups)})
    meters.configured("srd", {0: Named("DefaultSRD")})
    meters.configured("cpMediaRealm", {0: Named("DefaultRealm")})
    busy(meters, groups)
    return meters


def used(server: "subprocess.Popen[bytes]") -> float:
    """Seconds of processor time of the server so far."""
    fields = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rate(server: "subprocess.Popen[bytes]", port: int, path: str) -> float:
    """Answers in a second of the server's processor time, over some kept connections: what else this machine
    does changes it little."""
    request = f"GET /api/v1{path} HTTP/1.1\r\nHost: device\r\nAuthorization: Basic x\r\n\r\n".encode()
    doors = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
    size = done = 0
    begun, spent = time.perf_counter(), used(server)
    while time.perf_counter() - begun < SECONDS:
        for door in doors:
            door.sendall(request)
        for door in doors:
            answer = door.recv(65536)
            while not size or len(answer) < size:
                if not size and b"\r\n\r\n" in answer:
                    head, _, _ = answer.partition(b"\r\n\r\n")
                    size = len(head) + 4 + int(head.lower().split(b"content-length: ")[1].split(b"\r")[0])
                    continue
                answer += door.recv(65536)
        done += len(doors)
    for door in doors:
        door.close()
    return done / max(used(server) - spent, 0.01)


def size_of(port: int, path: str) -> int:
    import requests

    return len(requests.get(f"http://127.0.0.1:{port}/api/v1{path}", timeout=5).content)


def serve(port: int, *sizes: int) -> "subprocess.Popen[bytes]":
    here = str(Path(__file__).parent)
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(port), here, *map(str, sizes)])
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.05)
    return server


LISTS = ("/sbc/callStats/ipGroup?kpi=attemptedCallsInTotal", "/sbc/callStats/global")


def lists() -> None:
    port = free_port()
    server = serve(port, 1, 1)
    sizes = [size_of(port, f"/kpi/current{path}") for path in LISTS]
    server.terminate()
    server.wait()
    server = serve(port, *sizes)
    try:
        for path, size in zip(LISTS, sizes, strict=True):
            pairs = [
                (rate(server, port, f"/kpi/current{path}"), rate(server, port, f"/fixed{path}"))
                for _ in range(ROUNDS)
            ]
            ours, fixed = (statistics.median(column) for column in zip(*pairs, strict=True))
            print(
                f"list {path}: {size} bytes, {ours:.0f}/s, constant {fixed:.0f}/s, ratio {ours / fixed:.2f}"
            )
    finally:
        server.terminate()
        server.wait()


def facts() -> None:
    meters = loaded(10)
    at = (0.0, 1, Way.OUT, 1, 0, 0)
    samples = (told.Attempted(*at), told.Answered(*at, 2.0, 1.0), told.Ended(*at, 9.0, False, "BYE"))
    for fact in (*samples, told.Failed(*at, Reason.BUSY, 486), measured(1, Way.OUT)):
        begun = time.perf_counter()
        for _ in range(5000):
            meters.observe(fact)
        print(f"fact {type(fact).__name__}: {(time.perf_counter() - begun) / 5000 * 1e6:.1f} us")


def memory() -> None:
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    meters = loaded()
    gc.collect()
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    moved = sum(len(e.gauges) + len(e.totals) for some in meters._entities.values() for e in some.values())
    print(f"memory: {used / 1e6:.1f} MB for {GROUPS} IP groups, {moved} meters")


async def closing(folder: Path) -> None:
    """The longest time that the loop was late while an interval was closed, collected and written."""
    offset = 0.0
    meters = loaded(monotonic=lambda: time.monotonic() + offset)
    history = History(folder / "history.sqlite", "1", meters.catalogue)
    start, begun = time.time(), time.monotonic()

    def wall() -> datetime:
        return datetime.fromtimestamp(start + time.monotonic() - begun + offset, UTC)

    def aside(job: Callable[[], None]) -> None:
        threading.Thread(target=job).start()

    intervals = Intervals(meters, history, wall(), lambda: time.monotonic() + offset, aside, length=60)
    late: list[float] = []

    async def watch() -> None:
        while True:
            due = time.perf_counter() + 0.001
            await asyncio.sleep(0.001)
            late.append(time.perf_counter() - due)

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0.3)
    idle = max(late)
    ticks: list[float] = []
    for _ in range(3):
        busy(meters, GROUPS)
        await asyncio.sleep(0.05)
        late.clear()
        ticks.clear()
        offset += 60
        intervals.tick(wall())
        for _ in range(110):
            used = time.thread_time()  # whatever else this machine does
            intervals.collect()
            ticks.append(time.thread_time() - used)
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
        print(
            f"closing: longest part {max(ticks) * 1e3:.1f} ms, loop late by at most {max(late) * 1e3:.1f} ms"
            f" (idle {idle * 1e3:.1f} ms), interval {history.newest()} kept"
        )
    watching.cancel()
    print(f"disk: {size(folder) / 1e6:.1f} MB after {history.newest()} intervals")


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def everything(folder: Path) -> None:
    """`interval=all` with as many intervals as are kept."""
    from sbcd.rooms.kpi.history import Interval, line

    meters = loaded(1)
    history = History(folder / "all.sqlite", "1", meters.catalogue)
    place = meters.catalogue.places["sbc/callStats/ipGroup"]
    for id in range(1, INTERVALS + 1):
        row = line(place.path, 0, [id] * len(place.history), [0] * len(place.slots))
        history.add(Interval(id, id * 60.0, id * 60.0 + 60), [row])
    past = Past(meters, history)
    times = []
    for _ in range(50):
        begun = time.perf_counter()
        found = past.values(place, 0, place.history["attemptedcallsin"], "all")
        times.append(time.perf_counter() - begun)
    assert len(found) == INTERVALS
    middle, most = statistics.median(times) * 1e3, max(times) * 1e3
    print(f"interval=all over {INTERVALS}: {middle:.2f} ms, max {most:.2f} ms")
    assert routes(Tree(meters, history, lambda: UTC, set))


if __name__ == "__main__":
    facts()
    memory()
    with tempfile.TemporaryDirectory() as place:
        everything(Path(place))
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(closing(Path(place)))
    lists()
