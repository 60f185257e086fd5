"""Calls per second and core: the engine of sbcd beside sippy's b2bua_simple and Kamailio, in one run.

Each carries the same SIPp load (INVITE, 180, 200, ACK, BYE) at a fixed rate; what counts is the processor
time of its process per call: calls per second of one core = 1 / that. Classification, routing, manipulation,
facts and records are on; no media realm, as the others relay none. Run: bench_calls.py [rate] [seconds]

sippy needs an interpreter that has it: SBCD_SIPPY_PYTHON=/path/to/python (pip install sippy==2.5.0)."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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

RATE, SECONDS = 200, 10
SCENARIO = Path(__file__).parent.parent / "tests" / "sipp" / "uac_call.xml"
DEVICE, CALLER, CALLED = "127.0.40.1", "127.0.40.2", "127.0.40.3"
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


def load(rate: int, calls: int, hold: int = 0) -> tuple[int, int, int]:
    """(successful, failed, retransmitted) of a SIPp run through whoever listens at DEVICE."""
    base = ["sipp", "-nostdin"]
    uas = [*base, "-sn", "uas", "-i", CALLED, "-p", "5090"]
    called = subprocess.Popen(uas, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    uac = [*base, "-sf", str(SCENARIO), "-i", CALLER, "-p", "5080", "-s", "0123", "-r", str(rate)]
    time.sleep(0.3)
    try:
        found = subprocess.run(
            [*uac, "-m", str(calls), "-d", str(hold), "-l", "100000", f"{DEVICE}:5060"],
            capture_output=True,
            timeout=calls / rate + hold / 1000 + 90,
            check=False,
        ).stdout.decode(errors="replace")
    finally:
        called.kill()
        called.wait()

    def last(pattern: str) -> int:
        hits = re.findall(pattern, found)
        return int(hits[-1]) if hits else 0

    repeated = sum(int(n) for n in re.findall(r"(?:INVITE|BYE) -+>\s+\d+\s+(\d+)", found)[-2:])
    return (
        last(r"Successful call\s+\|\s+\d+\s+\|\s+(\d+)"),
        last(r"Failed call\s+\|\s+\d+\s+\|\s+(\d+)"),
        repeated,
    )


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


def main() -> None:
    if "--device" in sys.argv:
        asyncio.run(commit(Path(sys.argv[-1])))
        return
    if shutil.which("sipp") is None:
        print("bench_calls: sipp is not installed (apt: sip-tester)")
        return
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    rate, seconds = (*numbers, RATE, SECONDS)[:2] if len(numbers) > 1 else (RATE, SECONDS)
    candidates = {"sbcd": (sbcd, rate)}
    if shutil.which("kamailio"):
        candidates["kamailio"] = (kamailio, rate)
    if "SBCD_SIPPY_PYTHON" in os.environ:
        candidates["sippy"] = (sippy, min(rate, 60))
    per_core: dict[str, float] = {}
    for name, (candidate, speed) in candidates.items():
        with candidate() as pid:
            load(speed, speed)  # warm
            before = spent(pid)
            good, bad, repeated = load(speed, speed * seconds)
            cost = (spent(pid) - before) / max(good, 1)
        per_core[name] = 1 / cost if cost else 0.0
        print(
            f"{name:9} {speed} calls/s: {good} good, {bad} failed, {repeated} retransmitted, "
            f"{cost * 1e6:.0f} us/call, {per_core[name]:.0f} calls/s per core"
        )
    for name in ("sippy", "kamailio"):
        if per_core.get(name):
            print(f"sbcd / {name}: {per_core['sbcd'] / per_core[name]:.2f}")


if __name__ == "__main__":
    main()
