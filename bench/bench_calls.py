"""What a call costs: the engine of sbcd beside sippy's b2bua_simple and Kamailio, in one run; and how late a
call gets, what it keeps of the memory, and what its media wait for.

Each carries the same SIPp load (INVITE, 180, 200, ACK, BYE) at rising rates; what counts is the processor
time of its process per call: calls per second of one core = 1 / that. A rate counts when no call failed and
nothing was sent again (sippy, which loses some at every rate, is taken at its best). A process that is woken
for each message works with cold caches, so each candidate has its own rates up to what it carries.
Classification, routing, manipulation, facts and records are on; no media realm, as the others relay none.
Run: bench_calls.py [seconds for each rate] [--alone]; `--alone` runs all of it in real time (SCHED_RR, as
root), so that what others do on the machine does not count: only then delays tell about the engine.

sippy needs an interpreter that has it: SBCD_SIPPY_PYTHON=/path/to/python (pip install sippy==2.5.0)."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import bench_media
import msgspec

from sbcd.edge.link import Link, connect
from sbcd.rooms.calls import contract
from sbcd.rooms.calls.amending import whole
from sbcd.rooms.calls.plan import (
    Interface,
    IpGroup,
    Manipulation,
    Match,
    Plan,
    ProxySet,
    RoutingRule,
    Server,
    Srd,
    Timers,
)

SECONDS = 6
RATES = {"sbcd": (200, 600, 1000, 1400), "kamailio": (200, 600, 1000, 1500), "sippy": (60, 120, 180)}
HELD, HELD_RATE = 3000, 300  # calls that are held when memory is looked at, and how fast they come
SETTLED = 40.0  # seconds until the transactions of the last of them are over
SCENARIO = Path(__file__).parent.parent / "tests" / "sipp" / "uac_call.xml"
DEVICE, CALLER, CALLED = "127.0.40.1", "127.0.40.2", "127.0.40.3"
TIMED = (  # where SIPp's clock starts and stops
    ('<send retrans="500">', '<send retrans="500" start_rtd="1">'),
    ('<recv response="180"', '<recv response="180" rtd="1"'),
)
TICKS = os.sysconf("SC_CLK_TCK")
PLAN = Plan(
    interfaces=(Interface(0, "SIP", DEVICE, "", 5060, 0, 0, 0),),
    srds=(Srd(0, "Default"),),
    proxy_sets=(
        ProxySet(0, "Trunk", 0, 0, -1, (Server(CALLER, 5080, "udp"),)),
        ProxySet(1, "PBX", 0, 0, -1, (Server(CALLED, 5090, "udp"),), hot_swap=True),
    ),
    ip_groups=(IpGroup(0, "Trunk", 0, 0, 0), IpGroup(1, "PBX", 0, 0, 1)),
    routing=(
        RoutingRule(0, "Options", Match(request=6), dest_type=1, address="internal"),
        RoutingRule(1, "Emergency", Match(dest_user="11[0,2]#"), ip_group=0),
        RoutingRule(2, "To PBX", Match(dest_user="[0-9]"), source=0, ip_group=1),
        RoutingRule(3, "To trunk", Match(), source=1, ip_group=0),
    ),
    outbound=(
        Manipulation(0, "Plus", Match(dest_user="0"), source=0, dest=1, uri=1, remove_left=1, prefix="+49"),
    ),
    timers=Timers(cdr_level=1),
)
KAMAILIO = """
listen=udp:{0}:5060
children=1
log_stderror=yes
debug=1
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "maxfwd.so"
loadmodule "dialog.so"
loadmodule "topoh.so"
modparam("rr", "append_fromtag", 1)
modparam("dialog", "db_mode", 0)
modparam("topoh", "mask_key", "bench")
request_route {{
  if (!mf_process_maxfwd_header("10")) {{ exit; }}
  if (has_totag()) {{ if (!loose_route()) {{ if (is_method("ACK")) {{ exit; }} }} t_relay(); exit; }}
  if (is_method("CANCEL")) {{ t_relay(); exit; }}
  record_route();
  dlg_manage();
  $rU = "+49" + $(rU{{s.substr,1,0}});
  $du = "sip:{1}:5090";
  t_relay();
}}
"""


def spent(pid: int) -> float:
    """Seconds of processor time of a process and its children that live."""
    total = 0
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            fields = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(name) == pid or int(fields[1]) == pid:
            total += int(fields[11]) + int(fields[12])
    return total / TICKS


def resident(pid: int) -> int:
    """Bytes of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def phone() -> Iterator[None]:
    """Somebody who answers at CALLED."""
    command = ["sipp", "-nostdin", "-sn", "uas", "-i", CALLED, "-p", "5090"]
    called = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.3)
    try:
        yield
    finally:
        called.kill()
        called.wait()


class Load:
    """A SIPp run: what was good, failed and sent again, and how long the 180 took (seconds, to the ms)."""

    def __init__(self, rate: int, calls: int, *, hold: int = 0, to: str = f"{DEVICE}:5060") -> None:
        scenario = SCENARIO.read_text()
        for plain, timed in TIMED:
            scenario = scenario.replace(plain, timed, 1)
        with tempfile.TemporaryDirectory() as folder, phone():
            Path(folder, "call.xml").write_text(scenario)
            command = ["sipp", "-nostdin", "-sf", "call.xml", "-i", CALLER, "-p", "5080", "-s", "0123"]
            command += ["-r", str(rate), "-m", str(calls), "-d", str(hold), "-l", "100000"]
            found = subprocess.run(
                [*command, "-trace_rtt", "-rtt_freq", "1", to],
                capture_output=True,
                timeout=calls / rate + hold / 1000 + 90,
                check=False,
                cwd=folder,
            ).stdout.decode(errors="replace")
            lines = next(Path(folder).glob("*_rtt.csv")).read_text().split()[1:]
        self.good = last(r"Successful call\s+\|\s+\d+\s+\|\s+(\d+)", found)
        self.bad = last(r"Failed call\s+\|\s+\d+\s+\|\s+(\d+)", found)
        self.repeated = sum(int(n) for n in re.findall(r"(?:INVITE|BYE) -+>\s+\d+\s+(\d+)", found)[-2:])
        self.rang = sorted(float(line.split(";")[1]) / 1000 for line in lines)

    @property
    def clean(self) -> bool:
        return not self.bad and not self.repeated

    def late(self, part: float) -> float:
        """Seconds that this part of the calls waited at most for the 180."""
        return self.rang[min(int(len(self.rang) * part), len(self.rang) - 1)]


def last(pattern: str, text: str) -> int:
    hits = re.findall(pattern, text)
    return int(hits[-1]) if hits else 0


async def commit(state: Path) -> None:
    """Gives an engine its plan, and takes its facts as the device does."""
    decode = msgspec.msgpack.Decoder(contract.Up).decode
    encode = msgspec.msgpack.encode
    answers: asyncio.Queue[contract.Up] = asyncio.Queue()

    def heard(link: Link, message: bytes) -> None:
        said = decode(message)
        if isinstance(said, contract.Facts):
            link.say(encode(contract.Acknowledge(said.boot, said.first + len(said.facts) - 1)))
        else:
            answers.put_nowait(said)

    link = None
    for _ in range(100):
        try:
            link = await connect(state / "run/engine.sock", lambda: Link(heard, lambda link: None))
            break
        except OSError:
            await asyncio.sleep(0.1)
    assert link is not None
    await answers.get()
    for command in (contract.Prepare(1, 1, whole(PLAN)), contract.Commit(2, 1)):
        link.say(encode(command))
        print("   ", await answers.get(), file=sys.stderr) if "-v" in sys.argv else await answers.get()
    await asyncio.sleep(3600)


@contextmanager
def sbcd() -> Iterator[int]:
    """The engine, with somebody who takes its facts."""
    with tempfile.TemporaryDirectory() as folder:
        engine = subprocess.Popen([sys.executable, "-m", "sbcd.engine", "--state", folder])
        device = subprocess.Popen([sys.executable, __file__, "--device", folder])
        time.sleep(2)
        try:
            yield engine.pid
        finally:
            for process in (device, engine):
                process.terminate()
                process.wait()


@contextmanager
def kamailio() -> Iterator[int]:
    """Kamailio with dialogs and topology hiding, one worker."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "k.cfg")
        config.write_text(KAMAILIO.format(DEVICE, CALLED))
        command = [
            "kamailio",
            "-f",
            str(config),
            "-DD",
            "-E",
            "-m",
            "256",
            "-M",
            "16",
            "-x",
            "tlsf",
            "-X",
            "tlsf",
        ]
        process = subprocess.Popen(
            [*command, "-Y", folder, "-P", f"{folder}/pid"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(2)
        try:
            yield process.pid
        finally:
            process.terminate()
            process.wait()


@contextmanager
def sippy() -> Iterator[int]:
    """sippy's b2bua_simple."""
    python = os.environ["SBCD_SIPPY_PYTHON"]
    program = Path(python).with_name("b2bua_simple")
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [python, str(program), "-f", "-l", DEVICE, "-n", f"{CALLED}:5090", "-L", f"{folder}/log"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "SIPLOG_LVL": "ERR", "SIPLOG_BEND": "none"},
        )
        time.sleep(2)
        try:
            yield process.pid
        finally:
            process.kill()
            process.wait()


Candidate = Callable[[], AbstractContextManager[int]]


def climbed(name: str, candidate: Candidate, seconds: int) -> float:
    """Calls per second of one core, at the rate where they are most."""
    best = 0.0
    with candidate() as pid:
        Load(RATES[name][0], RATES[name][0])  # warm
        for rate in RATES[name]:
            before = spent(pid)
            load = Load(rate, rate * seconds)
            cost = (spent(pid) - before) / max(load.good, 1)
            counts = load.clean or name == "sippy"
            if counts and cost:
                best = max(best, 1 / cost)
            print(
                f"{name:9}{rate:5} calls/s: {load.good} good, {load.bad} failed, {load.repeated} repeated, "
                f"{cost * 1e6:.0f} us/call, {1 / cost if cost else 0:.0f} calls/s per core"
                f"{'' if counts else ' (does not count)'}",
                flush=True,
            )
    return best


def delayed(rate: int, seconds: int) -> float:
    """Seconds that the engine adds at p99 between INVITE and 180."""
    straight = Load(rate, rate * seconds, to=f"{CALLED}:5090")
    with sbcd():
        Load(rate, rate)  # warm
        through = Load(rate, rate * seconds)
    for name, load in (("straight", straight), ("through sbcd", through)):
        told = ", ".join(f"p{part:g} {load.late(part / 100) * 1000:.0f}" for part in (50, 90, 99, 99.9))
        print(
            f"180 after INVITE, {name}, {rate} calls/s: {told} ms; "
            f"{load.bad} failed, {load.repeated} repeated"
        )
    return through.late(0.99) - straight.late(0.99)


def kept() -> float:
    """Bytes of memory for each call that is held."""
    with sbcd() as pid:
        Load(HELD_RATE, HELD_RATE)  # warm
        time.sleep(SETTLED)
        before = resident(pid)
        hold = (HELD / HELD_RATE + SETTLED + 5) * 1000
        with ThreadPoolExecutor(1) as pool:
            held = pool.submit(Load, HELD_RATE, HELD, hold=int(hold))
            time.sleep(HELD / HELD_RATE + SETTLED)
            grown = (resident(pid) - before) / HELD
            load = held.result()
    print(f"{HELD} calls held: {grown / 1000:.1f} kB each; {load.bad} failed")
    return grown


def main() -> None:
    if "--device" in sys.argv:
        asyncio.run(commit(Path(sys.argv[-1])))
        return
    if shutil.which("sipp") is None:
        print("bench_calls: sipp is not installed (apt: sip-tester)")
        return
    if "--alone" in sys.argv:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(5))  # those that are started here inherit it
    seconds = next((int(word) for word in sys.argv[1:] if word.isdigit()), SECONDS)
    candidates: dict[str, Candidate] = {"sbcd": sbcd}
    if shutil.which("kamailio"):
        candidates["kamailio"] = kamailio
    if "SBCD_SIPPY_PYTHON" in os.environ:
        candidates["sippy"] = sippy
    per_core = {name: climbed(name, candidate, seconds) for name, candidate in candidates.items()}
    rows = [
        (f"calls/s per core, to {name}", per_core["sbcd"] / per_core[name], goal, True)
        for name, goal in (("sippy", 5.0), ("kamailio", 0.7))
        if per_core.get(name)
    ]
    half = max(int(per_core["sbcd"] / 2), 1)
    rows.append(
        (f"added INVITE latency p99 at {half} calls/s, ms", delayed(half, seconds) * 1000, 10.0, False)
    )
    rows.append(("memory of a held call, kB", kept() / 1000, 15.0, False))
    rows.append(("delay of RTP p99, 200 calls, ms", asyncio.run(bench_media.main(200, 8)), 5.0, False))
    for what, measured, goal, more in rows:
        reached = measured >= goal if more else measured < goal
        print(
            f"{what:50}{measured:8.2f}  goal {'>=' if more else '<'} {goal:g}: {'yes' if reached else 'NO'}"
        )


if __name__ == "__main__":
    main()
