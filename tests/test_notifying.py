"""The configuration decides who hears of an alarm; what it holds in secret is heard by nobody (R28, R34)."""

import asyncio
import io
import json
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sbcd.base import log
from sbcd.base.clock import Clock
from sbcd.base.errors import Conflict
from sbcd.base.vault import Vault
from sbcd.config.draft import Draft
from sbcd.config.snapshot import Change, Snapshot
from sbcd.config.table import Params, Row
from sbcd.config.types import Address, Secret
from sbcd.notifying import Identity, Notifying, follow
from sbcd.rooms.alarms import Alarms, Severity, alarm_type
from sbcd.rooms.alarms.customization import AlarmSettings, Customized, Original
from sbcd.rooms.alarms.outlets import (
    InformParams,
    NatParams,
    SnmpIdentityParams,
    SyslogForm,
    SyslogProtocol,
    SyslogStreamParams,
    SyslogTLSContext,
    WebhookParams,
)
from sbcd.rooms.alarms.reporting import SnmpParams, SyslogParams, TrapParams
from sbcd.rooms.alarms.tables import AuthProtocol, PrivProtocol, SNMPUsers
from sbcd.rooms.system.tables import SystemParams
from sbcd.rooms.tls.tables import TLSContexts

PROXY = alarm_type("acProxyConnectionLost")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LOCAL = Address("127.0.0.1")
IDENTITY = Identity(lambda: "4711", "0.1", lambda: "127.0.0.1")


def configured(*values: Params | tuple[int, Row], base: Snapshot | None = None) -> Snapshot:
    draft = Draft(base or Snapshot.empty())
    for value in values:
        if isinstance(value, tuple):
            draft.put(*value)
        else:
            draft.set(value)
    return draft.finish()


def manager(port: int, user: str = "", used: bool = True) -> TrapParams:
    return TrapParams(
        used=(used, *(False,) * 4),
        managers=(LOCAL, *(Address("0.0.0.0"),) * 4),
        ports=(port, *(162,) * 4),
        users=(user, *("",) * 4),
    )


def receiver() -> socket.socket:
    door = socket.socket(type=socket.SOCK_DGRAM)
    door.bind(("127.0.0.1", 0))
    door.settimeout(3)
    return door


def living(
    tmp_path: Path, talk: Callable[[Notifying, Alarms], Awaitable[Any]], identity: Identity = IDENTITY
) -> Any:
    async def transcript() -> Any:
        alarms = Alarms(Clock())
        notifying = Notifying(alarms, Clock(), Vault(tmp_path), identity)
        try:
            return await talk(notifying, alarms)
        finally:
            await notifying.close()

    return asyncio.run(transcript())


async def datagram(door: socket.socket) -> bytes:
    """The next one, however busy the machine is."""
    door.setblocking(False)
    return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(door, 65536), 15)


async def go(notifying: Notifying, old: Snapshot, new: Snapshot) -> None:
    change = Change(old, new)
    assert not list(notifying.check(change))
    await notifying.apply(change)


def test_a_new_manager_hears_of_the_next_alarm_and_a_removed_one_of_none(tmp_path: Path) -> None:
    """R28: the destinations count when the change is answered."""
    with receiver() as door:
        port = door.getsockname()[1]
        some = configured(manager(port), SystemParams(sys_name="gate"))
        found: list[bytes] = []

        async def talk(notifying: Notifying, alarms: Alarms) -> None:
            await go(notifying, Snapshot.empty(), Snapshot.empty())
            alarms.raise_(PROXY, "Board#1/ProxyConnection#0", "before anybody listened")
            await go(notifying, Snapshot.empty(), some)
            notifying.cold_start()
            alarms.raise_(PROXY, "Board#1/ProxyConnection#1", "heard")
            found.extend([await datagram(door), await datagram(door)])
            await go(notifying, some, Snapshot.empty())
            alarms.raise_(PROXY, "Board#1/ProxyConnection#2", "nobody listens any more")

        living(tmp_path, talk)
        cold, heard = found
        assert b"trapuser" in cold
        assert b"heard" in heard
        assert b"gate" in heard
        assert b"4711" in heard
        door.setblocking(False)
        with pytest.raises(BlockingIOError):
            door.recv(65536)


def test_a_cold_start_is_told_before_everything_else(tmp_path: Path) -> None:
    """Managers forget what they knew of a device that says so: once, and ahead of its alarms."""
    with receiver() as door:
        some = configured(manager(door.getsockname()[1]))

        async def talk(notifying: Notifying, alarms: Alarms) -> None:
            await go(notifying, Snapshot.empty(), some)
            alarms.raise_(PROXY, "Board#1/ProxyConnection#1", "first")
            await go(notifying, some, configured(SystemParams(sys_name="gate"), base=some))
            alarms.raise_(PROXY, "Board#1/ProxyConnection#2", "second")
            cold, first, second = [await datagram(door) for _ in range(3)]
            assert bytes([43, 6, 1, 6, 3, 1, 1, 5, 1]) in cold
            assert b"first" in first
            assert b"second" in second

        living(tmp_path, talk)


def test_signs_of_life(tmp_path: Path) -> None:
    """SendKeepAliveTrap: acKeepAlive to a port of its own, after nine tenths of the NAT's time; it stands in
    no table and takes no number."""
    with receiver() as door, receiver() as signs:
        alive = SnmpParams(keep_alive_trap=True, keep_alive_trap_port=signs.getsockname()[1])
        some = configured(manager(door.getsockname()[1]), alive, NatParams(binding=10))
        clock = Going()

        async def talk(notifying: Notifying, alarms: Alarms) -> None:
            notifying._clock = clock
            await go(notifying, Snapshot.empty(), some)
            await datagram(door)  # coldStart
            alarms.raise_(PROXY, "Board#1/ProxyConnection#1", "heard")
            assert b"heard" in await datagram(door)
            for second, told in ((0.0, True), (8.9, False), (9.0, True), (9.1, False)):
                clock.now = second
                notifying.tick(NOON)
                if told:
                    sign = await datagram(signs)
                    assert b"Keep alive" in sign
                    assert b"trapuser" in sign
            await asyncio.sleep(0.2)
            assert alarms.version == 2
            await go(notifying, some, configured(manager(door.getsockname()[1]), NatParams(binding=10)))
            clock.now = 100.0
            notifying.tick(NOON)
            alarms.raise_(PROXY, "Board#1/ProxyConnection#2", "still")
            assert b"still" in await datagram(door)

        living(tmp_path, talk)
        for quiet in (door, signs):
            quiet.setblocking(False)
            with pytest.raises(BlockingIOError):
                quiet.recv(65536)


class Going(Clock):
    """A clock that goes when it is told to."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


def test_lines_of_alarms_and_of_the_log_reach_the_collector(tmp_path: Path) -> None:
    ring = log.start(io.StringIO())
    with receiver() as door:
        params = SyslogParams(enabled=True, server=LOCAL, port=door.getsockname()[1], level=6)
        new = configured(params, SyslogStreamParams(form=SyslogForm.RFC_5424))

        async def talk(notifying: Notifying, alarms: Alarms) -> None:
            follow(ring, notifying)
            await go(notifying, Snapshot.empty(), new)
            alarms.raise_(PROXY, "Board#1/ProxyConnection#1", "lost")
            logging.getLogger("sbcd.tls").warning("a certificate is odd")
            logging.getLogger("sbcd.tls").debug("too fine")
            logging.getLogger("sbcd.activity.local").info("kept here")
            alarms.clear(PROXY, "Board#1/ProxyConnection#1", "found")
            lines.extend([(await datagram(door)).decode() for _ in range(3)])

        lines: list[str] = []
        living(tmp_path, talk)
    assert lines[0].startswith("<131>1 ")
    assert "RAISE-ALARM: acProxyConnectionLost; Textual Description: lost; Severity Major" in lines[0]
    assert lines[1].startswith("<132>1 ")
    assert lines[1].endswith("sbcd.tls: a certificate is odd")
    assert lines[2].startswith("<133>1 ")
    assert "CLEAR-ALARM: " in lines[2]
    assert any("kept here" in line for line in ring.lines())


def test_severities_of_the_operators_choice_apply_at_once(tmp_path: Path) -> None:
    rules: list[tuple[int, Row]] = [
        (1, AlarmSettings(name="acProxyConnectionLost", entity="a", customized=Customized.SUPPRESSED)),
        (
            2,
            AlarmSettings(
                name="acProxyConnectionLost", original=Original.MAJOR, customized=Customized.WARNING
            ),
        ),
        (3, AlarmSettings(name="acProxyConnectionLost", customized=Customized.CRITICAL)),
    ]

    async def talk(notifying: Notifying, alarms: Alarms) -> list[tuple[str, Severity]]:
        await go(notifying, Snapshot.empty(), Snapshot.empty())
        for source in ("a", "b"):
            alarms.raise_(PROXY, source, "lost")
        alarms.raise_(PROXY, "c", "one is down", Severity.MINOR)
        await go(notifying, Snapshot.empty(), configured(*rules))
        return [(row.source, row.severity) for row in alarms.active.values()]

    assert living(tmp_path, talk) == [("b", Severity.WARNING), ("c", Severity.CRITICAL)]


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (
            [(0, AlarmSettings(name="acNoSuch", customized=Customized.MINOR))],
            "AlarmSettings 0 Name: there is no alarm",
        ),
        ([manager(162, "nobody")], "SNMPManagerTrapUser_0: there is no SNMPv3 user 'nobody'"),
        (
            [(0, SNMPUsers(name="u", auth_protocol=AuthProtocol.SHA_1, auth_key=Secret("s3cret")))],
            "SNMPUsers 0 AuthKey: needs at least 8 characters",
        ),
        (
            [
                (
                    0,
                    SNMPUsers(
                        name="u", auth_protocol=AuthProtocol.SHA_1, auth_key=Secret(":".join(["aa"] * 16))
                    ),
                )
            ],
            "SNMPUsers 0 AuthKey: a localized key of this protocol has 20 octets",
        ),
        (
            [(0, SNMPUsers(name="u", priv_protocol=PrivProtocol.AES_128, priv_key=Secret("s3cret-long")))],
            "SNMPUsers 0 PrivProtocol: encryption needs a signature",
        ),
    ],
)
def test_what_could_not_work_is_a_problem(tmp_path: Path, values: list[Any], problem: str) -> None:
    async def talk(notifying: Notifying, _alarms: Alarms) -> list[str]:
        return [str(found) for found in notifying.check(Change(Snapshot.empty(), configured(*values)))]

    (told,) = living(tmp_path, talk)
    assert told.startswith(problem)
    assert "s3cret" not in told


def test_the_agent_is_off_unless_told_and_a_taken_port_is_a_conflict(tmp_path: Path) -> None:
    with receiver() as taken:
        port = taken.getsockname()[1]
        off = configured(SnmpParams(read_only_communities=(Secret("public"), *(Secret(),) * 4), port=port))
        on = configured(SnmpIdentityParams(agent=True), base=off)

        async def talk(notifying: Notifying, _alarms: Alarms) -> None:
            await go(notifying, Snapshot.empty(), off)
            with pytest.raises(Conflict, match=f"port {port}"):
                await go(notifying, off, on)

        living(tmp_path, talk)


def test_a_reach_of_its_own(tmp_path: Path) -> None:
    """In loopback mode an address of the configuration is one of this machine."""
    with receiver() as door:
        some = configured(manager(door.getsockname()[1]).but(managers=(Address("10.0.0.9"), *(LOCAL,) * 4)))

        async def talk(notifying: Notifying, alarms: Alarms) -> None:
            await go(notifying, Snapshot.empty(), some)
            alarms.raise_(PROXY, "x", "heard")
            assert b"heard" in [await datagram(door) for _ in range(2)][1]

        living(tmp_path, talk, Identity(lambda: "1", "0", lambda: "127.0.0.1", lambda host: "127.0.0.1"))


async def collect_posts(bodies: list[bytes]) -> tuple[asyncio.Server, int]:
    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        size = next(
            int(line.split(b":")[1]) for line in head.splitlines() if b"content-length" in line.lower()
        )
        bodies.append(await reader.readexactly(size))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(receive, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


def test_ten_secrets_stay_secrets(tmp_path: Path) -> None:
    """R34: planted in the configuration, in no log line, datagram, post, alarm or error."""
    secrets = [f"pl4nted-{number}" for number in range(10)]
    hidden = [Secret(text) for text in secrets]
    stream = io.StringIO()
    ring = log.start(stream)
    logging.getLogger().setLevel(logging.DEBUG)
    heard: list[bytes] = []
    with receiver() as lines, receiver() as traps:
        users: list[tuple[int, Row]] = [
            (
                index,
                SNMPUsers(
                    name=f"user{index}",
                    auth_protocol=AuthProtocol.SHA_256,
                    priv_protocol=PrivProtocol.AES_128,
                    auth_key=hidden[2 * index],
                    priv_key=hidden[2 * index + 1],
                ),
            )
            for index in range(3)
        ]
        new_params: list[Params] = [
            SnmpParams(
                trap_community=hidden[6],
                read_only_communities=(hidden[7], *(Secret(),) * 4),
                read_write_communities=(hidden[8], *(Secret(),) * 4),
            ),
            manager(traps.getsockname()[1], "user0"),
            InformParams(retries=0, timeout=1),
            SyslogParams(enabled=True, server=LOCAL, port=lines.getsockname()[1], level=7),
        ]

        async def talk(notifying: Notifying, alarms: Alarms) -> None:
            follow(ring, notifying)
            server, port = await collect_posts(heard)
            hook = WebhookParams(url=f"http://127.0.0.1:{port}/", token=hidden[9])
            new = configured(*new_params, *users, hook)
            await go(notifying, Snapshot.empty(), new)
            alarms.raise_(PROXY, "Board#1/ProxyConnection#1", "lost")
            logging.getLogger("sbcd.test").info("%s %r", new.params(SnmpParams), new.rows(SNMPUsers)[0])
            for _ in range(500):
                if heard:
                    break
                await asyncio.sleep(0.02)
            heard.extend([await datagram(traps), await datagram(lines)])
            await asyncio.sleep(0.2)
            server.close()

        living(tmp_path, talk)
        logging.getLogger().setLevel(logging.WARNING)
        for door in (lines, traps):
            door.setblocking(False)
            try:
                while True:
                    heard.append(door.recv(65536))
            except BlockingIOError:
                pass
    assert json.loads(heard[0])["name"] == "acProxyConnectionLost"
    assert len(heard) >= 3
    shown = b"\n".join(heard) + stream.getvalue().encode() + "\n".join(ring.lines()).encode()
    assert not [secret for secret in secrets if secret.encode() in shown]


def test_starts_are_counted(tmp_path: Path) -> None:
    """RFC 3414: snmpEngineBoots grows with each start that uses SNMP."""

    async def talk(notifying: Notifying, _alarms: Alarms) -> None:
        await go(notifying, Snapshot.empty(), configured(manager(9)))

    for _ in range(2):
        living(tmp_path, talk)
    assert (tmp_path / "boots").read_bytes() == b"2"


def test_the_tls_context_of_collector_and_hook(tmp_path: Path) -> None:
    asked: list[int] = []

    def client(index: int) -> ssl.SSLContext:
        asked.append(index)
        return ssl.create_default_context()

    async def transcript() -> list[str]:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        rows: list[tuple[int, Row]] = [
            (2, TLSContexts(name="lan")),
            (0, SyslogTLSContext(context="lan")),
        ]
        hook = WebhookParams(url=f"https://127.0.0.1:{port}/", context="lan")
        lines = SyslogParams(enabled=True, server=LOCAL, port=port)
        new = configured(lines, SyslogStreamParams(protocol=SyslogProtocol.TLS), hook, *rows)
        alarms = Alarms(Clock())
        notifying = Notifying(alarms, Clock(), Vault(tmp_path), IDENTITY, client=client)
        await go(notifying, Snapshot.empty(), new)
        notifying.line(40, "now error sbcd.test: a line")
        alarms.raise_(PROXY, "x", "lost")
        for _ in range(500):
            if len(asked) >= 2:
                break
            await asyncio.sleep(0.02)
        unknown = configured(WebhookParams(url=hook.url, context="wan"), base=new)
        told = [str(problem) for problem in notifying.check(Change(new, unknown))]
        await notifying.close()
        return told

    assert asyncio.run(transcript()) == ["SbcdAlarmWebhookTLSContext: there is no TLS context 'wan'"]
    assert set(asked) == {2}
