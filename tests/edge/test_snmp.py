"""Notifications read by a real snmptrapd, and the agent asked by the net-snmp tools."""

import asyncio
import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sbcd.edge.snmp import Asking, Community, Manager, Snmp, UsmUser, Varbind
from sbcd.rooms.alarms import Alarm, Severity, alarm_type
from sbcd.rooms.alarms.notices import COLD_START, Device, standard, trap

ENGINE = bytes.fromhex("8000138b0434373131")
OVOC = UsmUser("ovoc", 2, 3, "authpass1", "privpass1")
TRAPUSER = Community("trapuser")
PREFIX = ".1.3.6.1.4.1.5003.9.10.1.21"
LOST = Alarm(
    7,
    alarm_type("acProxyConnectionLost"),
    "Board#1/ProxyConnection#8",
    Severity.MAJOR,
    "Proxy Set 8 (main): no server answers",
    ("first", "second", ""),
    datetime(2026, 3, 1, 23, 0, 5, 678_000, tzinfo=UTC),
    4200,
    Severity.MAJOR,
)


def free(kind: socket.SocketKind = socket.SOCK_DGRAM) -> int:
    with socket.socket(type=kind) as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def snmp(objects: Callable[[], Sequence[tuple[tuple[int, ...], str, int | bytes | str]]] = tuple) -> Snmp:
    return Snmp(ENGINE, 7, objects, lambda: None)


CONF = """
authCommunity log trapuser
createUser -e 0x8000138b0434373131 ovoc SHA authpass1 AES privpass1
createUser ovoc SHA authpass1 AES privpass1
authUser log ovoc
"""


@dataclass
class Seen:
    """What a snmptrapd wrote: one mapping of OID to text for each notification."""

    file: Path

    def traps(self, expected: int) -> list[dict[str, str]]:
        for _ in range(300):
            lines = [line for line in self.file.read_text().splitlines() if line.startswith(".1.3")]
            if len(lines) >= expected:
                break
            time.sleep(0.05)
        return [dict(part.split(" = ", 1) for part in line.split("\t")) for line in lines]


@contextmanager
def snmptrapd(folder: Path, port: int) -> Iterator[Seen]:
    program = shutil.which("snmptrapd", path="/usr/sbin:/usr/bin")
    if program is None:
        pytest.skip("snmptrapd is not installed")
    folder.mkdir(exist_ok=True)
    (folder / "conf").write_text(CONF)
    output = folder / "out"
    with output.open("w") as out:
        child = subprocess.Popen(
            [program, "-f", "-Lo", "-On", "-C", "-c", folder / "conf", "-m", "", f"udp:127.0.0.1:{port}"],
            stdout=out,
            stderr=out,
            env=os.environ | {"SNMP_PERSISTENT_DIR": str(folder / "kept")},
        )
    try:
        for _ in range(100):
            if "NET-SNMP version" in output.read_text():
                break
            time.sleep(0.05)
        yield Seen(output)
    finally:
        child.terminate()
        child.wait(10)


async def settled(sender: Snmp) -> None:
    for _ in range(1000):
        await asyncio.sleep(0.02)
        if not any(box._waiting for box in sender._inside._boxes.values()):
            return


async def told(
    managers: Sequence[Manager], notices: Sequence[Sequence[Varbind]]
) -> tuple[dict[str, str], int]:
    sender = snmp()
    await sender.configure(managers)
    for varbinds in notices:
        sender.send(varbinds)
    await settled(sender)
    found = sender.trouble, sender.lost
    await sender.close()
    return found


RAISE = trap(LOST, Severity.CRITICAL, Device("gate", "", "", "4711"))
CLEAR = trap(replace(LOST, id=8, severity=Severity.CLEARED), Severity.CLEARED, Device("gate", "", "", "4711"))


@pytest.mark.parametrize("inform", [False, True], ids=["trap", "inform"])
@pytest.mark.parametrize("who", [TRAPUSER, OVOC], ids=["v2c", "v3"])
def test_a_real_snmptrapd_reads_a_raise_and_a_clear(
    tmp_path: Path, who: Community | UsmUser, inform: bool
) -> None:
    """All 16 objects, whichever way."""
    port = free()
    with snmptrapd(tmp_path, port) as seen:
        manager = Manager("127.0.0.1", port, who, inform)
        trouble, lost = asyncio.run(told([manager], [RAISE, CLEAR]))
        raised, cleared = seen.traps(2)
    assert (trouble, lost) == ({}, 0)
    assert raised == {
        ".1.3.6.1.2.1.1.3.0": "Timeticks: (4200) 0:00:42.00",
        ".1.3.6.1.6.3.1.1.4.1.0": f"OID: {PREFIX}.2.0.94",
        f"{PREFIX}.1.1.0": "INTEGER: 93",
        f"{PREFIX}.1.2.0": 'STRING: "Proxy Set 8 (main): no server answers"',
        f"{PREFIX}.1.3.0": 'STRING: "Board#1/ProxyConnection#8"',
        f"{PREFIX}.1.4.0": "INTEGER: 4",
        f"{PREFIX}.1.5.0": "INTEGER: 7",
        f"{PREFIX}.1.6.0": "INTEGER: 1",
        f"{PREFIX}.1.7.0": "INTEGER: 6",
        f"{PREFIX}.1.8.0": 'STRING: "first"',
        f"{PREFIX}.1.9.0": 'STRING: "second"',
        f"{PREFIX}.1.10.0": '""',
        f"{PREFIX}.1.11.0": "Hex-STRING: 07 EA 03 01 17 00 05 06 2B 00 00 ",
        f"{PREFIX}.1.12.0": "INTEGER: 5",
        f"{PREFIX}.1.13.0": 'STRING: "gate"',
        f"{PREFIX}.1.14.0": '""',
        f"{PREFIX}.1.15.0": '""',
        f"{PREFIX}.1.16.0": 'STRING: "4711"',
    }
    differences = {f"{PREFIX}.1.4.0": "INTEGER: 0", f"{PREFIX}.1.5.0": "INTEGER: 8"}
    assert cleared == raised | differences | {f"{PREFIX}.1.12.0": "INTEGER: 0"}


def test_cold_start_is_a_notification_without_objects(tmp_path: Path) -> None:
    port = free()
    with snmptrapd(tmp_path, port) as seen:
        asyncio.run(told([Manager("127.0.0.1", port, TRAPUSER)], [standard(COLD_START, 12)]))
        (found,) = seen.traps(1)
    assert found[".1.3.6.1.6.3.1.1.4.1.0"] == "OID: .1.3.6.1.6.3.1.1.5.1"


def test_an_inform_is_repeated_until_the_manager_is_there(tmp_path: Path) -> None:
    port = free()

    async def transcript() -> None:
        sender = snmp()
        await sender.configure([Manager("127.0.0.1", port, TRAPUSER, True, 0.3, 15)])
        sender.send(RAISE)
        await asyncio.sleep(0.5)
        with snmptrapd(tmp_path, port) as seen:
            for _ in range(100):
                await asyncio.sleep(0.05)
                if seen.traps(0):
                    break
            assert len(seen.traps(1)) == 1
        await sender.close()

    asyncio.run(transcript())


def test_a_manager_that_is_not_there_stops_nobody_and_is_named(tmp_path: Path) -> None:
    """Every manager has a queue of its own; sending never waits."""
    port = free()
    dead = Manager("127.0.0.1", free(), TRAPUSER, True, 0.1, 1)
    with snmptrapd(tmp_path, port) as seen:

        async def transcript() -> tuple[dict[str, str], float]:
            sender = snmp()
            await sender.configure([dead, Manager("127.0.0.1", port, TRAPUSER)])
            started = time.perf_counter()
            for _ in range(20):
                sender.send(RAISE)
            took = time.perf_counter() - started
            trouble: dict[str, str] = {}
            for _ in range(500):
                await asyncio.sleep(0.02)
                if trouble := sender.trouble:
                    break
            await sender.close()
            return trouble, took

        trouble, took = asyncio.run(transcript())
        assert len(seen.traps(20)) == 20
    assert list(trouble) == [f"127.0.0.1:{dead.port}"]
    assert took < 0.1


def test_changed_destinations_count_at_once(tmp_path: Path) -> None:
    """R28: when configure returned, the next notification goes to the new manager and not to the old."""
    one, two = free(), free()
    with snmptrapd(tmp_path / "one", one) as first, snmptrapd(tmp_path / "two", two) as second:

        async def transcript() -> None:
            sender = snmp()
            await sender.configure([Manager("127.0.0.1", one, TRAPUSER)])
            sender.send(RAISE)
            await settled(sender)
            await sender.configure([Manager("127.0.0.1", two, OVOC)])
            sender.send(CLEAR)
            await settled(sender)
            await sender.configure([])
            sender.send(RAISE)
            await sender.close()

        asyncio.run(transcript())
        assert [found[f"{PREFIX}.1.5.0"] for found in first.traps(1)] == ["INTEGER: 7"]
        assert [found[f"{PREFIX}.1.5.0"] for found in second.traps(1)] == ["INTEGER: 8"]


def test_secrets_are_in_no_repr() -> None:
    """R34."""
    shown = repr(Manager("127.0.0.1", 162, OVOC)) + repr(Manager("127.0.0.1", 162, TRAPUSER))
    assert not any(secret in shown for secret in ("authpass1", "privpass1", "trapuser"))


# ---- the agent ----

TREE: list[tuple[tuple[int, ...], str, int | bytes | str]] = [
    ((1, 3, 6, 1, 2, 1, 1, 1, 0), "octets", b"an SBC"),
    ((1, 3, 6, 1, 2, 1, 1, 3, 0), "ticks", 4200),
    ((1, 3, 6, 1, 4, 1, 5003, 11, 1, 1, 1, 1, 1, 7), "integer", 7),
]


async def asked(*arguments: str, port: int, patience: str = "5") -> str:
    program = shutil.which(arguments[0])
    if program is None:
        pytest.skip(f"{arguments[0]} is not installed")
    child = await asyncio.create_subprocess_exec(
        program, *arguments[1:-1], "-On", "-t", patience, "-r", "1", f"127.0.0.1:{port}", arguments[-1],
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env=os.environ | {"MIBS": ""},
    )  # fmt: skip
    return (await child.communicate())[0].decode()


def with_agent(
    talk: Callable[[int], Awaitable[list[str]]], trusted: frozenset[str] = frozenset()
) -> tuple[list[str], int]:
    """The answers of a talk with an agent, and how often it told that somebody was refused."""
    refusals: list[int] = []

    async def transcript() -> list[str]:
        agent = Snmp(ENGINE, 7, lambda: TREE, lambda: refusals.append(1))
        port = free()
        await agent.configure([], Asking("127.0.0.1", port, (Community("public"), OVOC), trusted))
        try:
            return await talk(port)
        finally:
            await agent.close()

    return asyncio.run(transcript()), len(refusals)


V2 = ("-v2c", "-c", "public")
V3 = ("-v3", "-u", "ovoc", "-l", "authPriv", "-a", "SHA", "-A", "authpass1", "-x", "AES", "-X", "privpass1")


def test_the_agent_is_read_by_v2c_and_v3() -> None:
    async def talk(port: int) -> list[str]:
        return [
            await asked("snmpget", *V2, "1.3.6.1.2.1.1.1.0", port=port),
            await asked("snmpget", *V3, "1.3.6.1.2.1.1.3.0", port=port),
            await asked("snmpwalk", *V2, "1.3.6.1", port=port),
            await asked("snmpbulkwalk", *V3, "1.3.6.1.4.1", port=port),
            await asked("snmpget", *V2, "1.3.6.1.2.1.1.2.0", port=port),
        ]

    (one, two, walk, bulk, none), refused = with_agent(talk)
    assert one == '.1.3.6.1.2.1.1.1.0 = STRING: "an SBC"\n'
    assert two == ".1.3.6.1.2.1.1.3.0 = Timeticks: (4200) 0:00:42.00\n"
    assert len(walk.splitlines()) == 4  # the last says that the MIB ends there
    assert bulk.splitlines()[0] == ".1.3.6.1.4.1.5003.11.1.1.1.1.1.7 = INTEGER: 7"
    assert "No Such Instance" in none
    assert refused == 0


def test_nothing_can_be_set() -> None:
    async def talk(port: int) -> list[str]:
        program = shutil.which("snmpset")
        if program is None:
            pytest.skip("snmpset is not installed")
        child = await asyncio.create_subprocess_exec(
            program, *V2, "-t", "1", f"127.0.0.1:{port}", "1.3.6.1.2.1.1.1.0", "s", "x",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env=os.environ | {"MIBS": ""},
        )  # fmt: skip
        return [(await child.communicate())[0].decode()]

    (answer,), _ = with_agent(talk)
    assert "notWritable" in answer


def test_wrong_credentials_get_no_answer_and_are_told() -> None:
    async def talk(port: int) -> list[str]:
        wrong = (*V3[:8], "wrongpass1", *V3[9:])
        return [
            await asked("snmpget", "-v2c", "-c", "guess", "1.3.6.1.2.1.1.1.0", port=port, patience="0.5"),
            await asked("snmpget", *wrong, "1.3.6.1.2.1.1.1.0", port=port),
        ]

    (community, user), refused = with_agent(talk)
    assert "Timeout" in community
    assert "an SBC" not in user
    assert refused >= 2


def test_who_is_not_trusted_gets_no_answer() -> None:
    async def talk(port: int, patience: str = "5") -> list[str]:
        return [await asked("snmpget", *V2, "1.3.6.1.2.1.1.1.0", port=port, patience=patience)]

    assert "an SBC" in with_agent(talk, frozenset({"127.0.0.1"}))[0][0]
    (answer,), refused = with_agent(lambda port: talk(port, "0.5"), frozenset({"127.0.0.9"}))
    assert "Timeout" in answer
    assert refused == 0


def test_a_port_in_use_is_said_and_the_old_agent_stays() -> None:
    async def transcript() -> str:
        agent = Snmp(ENGINE, 7, lambda: TREE, lambda: None)
        port = free()
        await agent.configure([], Asking("127.0.0.1", port, (Community("public"),)))
        with socket.socket(type=socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            with pytest.raises(OSError, match="in use"):
                await agent.configure([], Asking("127.0.0.1", taken.getsockname()[1], (Community("public"),)))
        found = await asked("snmpget", *V2, "1.3.6.1.2.1.1.1.0", port=port)
        await agent.configure([], None)
        with socket.socket(type=socket.SOCK_DGRAM) as door:
            door.bind(("127.0.0.1", port))
        await agent.close()
        return found

    assert "an SBC" in asyncio.run(transcript())


def test_garbage_neither_stops_nor_fools_the_agent() -> None:
    chance = random.Random(5)

    async def talk(port: int) -> list[str]:
        with socket.socket(type=socket.SOCK_DGRAM) as door:
            question = bytes.fromhex(
                "302602010104067075626c6963a01902047fffffff0201000201003 00b300906052b060102010500".replace(
                    " ", ""
                )
            )
            for number in range(500):
                noise = bytearray(question if number % 2 else chance.randbytes(chance.randrange(200)))
                for _ in range(3):
                    if noise:
                        noise[chance.randrange(len(noise))] = chance.randrange(256)
                door.sendto(noise, ("127.0.0.1", port))
                if number % 20 == 0:
                    await asyncio.sleep(0.01)
        return [await asked("snmpget", *V2, "1.3.6.1.2.1.1.1.0", port=port, patience="20")]

    assert "an SBC" in with_agent(talk)[0][0]
