"""Lines to a collector: a plain socket reads the octets, a real rsyslogd the meaning."""

import asyncio
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sbcd.edge.syslog import Collector, Line, Syslog, Transport, form

WHEN = datetime(2026, 3, 1, 23, 0, 5, 678_000, tzinfo=UTC)
TEXT = "RAISE-ALARM: acProxyConnectionLost; Textual Description: lost; Severity Major."


def free(kind: socket.SocketKind) -> int:
    with socket.socket(type=kind) as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def test_the_devices_form() -> None:
    line = Line(3, TEXT, WHEN, 17)
    assert form(line, Collector("127.0.0.1", facility=16, device="gate 1")) == (
        f"<131>Mar  1 23:00:05 gate-1 [S=17] {TEXT} [Time:01-03@23:00:05.678]".encode()
    )


def test_rfc_5424() -> None:
    line = Line(5, "ä", WHEN, 1)
    assert form(line, Collector("127.0.0.1", facility=23, rfc5424=True, device="")) == (
        "<189>1 2026-03-01T23:00:05.678Z - sbcd - - - [S=1] ä".encode()
    )


def test_datagrams_and_the_level() -> None:
    async def sent(port: int) -> None:
        syslog = Syslog()
        await syslog.to(Collector("127.0.0.1", port, level=5))
        syslog.send(3, TEXT, WHEN)
        syslog.send(6, "too fine", WHEN)
        syslog.send(5, "x" * 9000, WHEN)
        await syslog.close()
        syslog.send(3, "nobody listens", WHEN)

    with socket.socket(type=socket.SOCK_DGRAM) as door:
        door.bind(("127.0.0.1", 0))
        door.settimeout(5)
        asyncio.run(sent(door.getsockname()[1]))
        first, second = door.recv(65536), door.recv(65536)
        assert TEXT.encode() in first
        assert len(second) == 2048
        door.setblocking(False)
        with pytest.raises(BlockingIOError):
            door.recv(65536)


def test_a_stream_counts_octets_and_comes_back_after_the_collector_does() -> None:
    async def transcript() -> list[bytes]:
        came: list[bytes] = []

        async def collect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            size = int(await reader.readuntil(b" "))
            came.append(await reader.readexactly(size))
            writer.close()  # after each line, so that the next needs a new connection

        server = await asyncio.start_server(collect, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        syslog = Syslog()
        await syslog.to(Collector("127.0.0.1", port, Transport.TCP, rfc5424=True))
        for number in range(3):
            syslog.send(3, f"line {number}", WHEN)
            for _ in range(1000):
                await asyncio.sleep(0.01)
                if len(came) > number and (syslog._stream is None or syslog._stream.is_closing()):
                    break
        await syslog.close()
        server.close()
        await server.wait_closed()
        return came

    came = asyncio.run(transcript())
    assert [line.rsplit(b"] ", 1)[1] for line in came] == [b"line 0", b"line 1", b"line 2"]


def test_a_collector_that_is_not_there_costs_nothing_and_says_why() -> None:
    async def transcript() -> str | None:
        syslog = Syslog()
        await syslog.to(Collector("127.0.0.1", free(socket.SOCK_STREAM), Transport.TCP))
        for _ in range(3000):
            syslog.send(3, TEXT, WHEN)
        for _ in range(500):
            await asyncio.sleep(0.01)
            if syslog.trouble:
                break
        trouble = syslog.trouble
        await syslog.close()
        return trouble

    assert asyncio.run(transcript())


RSYSLOG = """
module(load="imudp")
module(load="imtcp" {tls})
{certificates}
input(type="imudp" address="127.0.0.1" port="{udp}")
input(type="imtcp" address="127.0.0.1" port="{tcp}")
template(name="seen" type="string" string="%pri-text%|%hostname%|%protocol-version%|%msg%\\n")
action(type="omfile" file="{file}" template="seen")
"""


@contextmanager
def rsyslogd(folder: Path, udp: int, tcp: int) -> Iterator[Path]:
    """A real collector with its lines in a file."""
    program = shutil.which("rsyslogd") or "/usr/sbin/rsyslogd"
    if not Path(program).exists():
        pytest.skip("rsyslogd is not installed")
    file, config = folder / "lines", folder / "rsyslog.conf"
    config.write_text(RSYSLOG.format(udp=udp, tcp=tcp, file=file, tls="", certificates=""))
    child = subprocess.Popen([program, "-n", "-f", config, "-i", folder / "pid"], stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with socket.socket() as door:
                if door.connect_ex(("127.0.0.1", tcp)) == 0:
                    break
            time.sleep(0.05)
        yield file
    finally:
        child.terminate()
        child.wait(10)


@pytest.mark.parametrize("rfc5424", [False, True], ids=["bsd", "rfc5424"])
@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
def test_a_real_rsyslogd_reads_the_lines(tmp_path: Path, transport: Transport, rfc5424: bool) -> None:
    udp, tcp = free(socket.SOCK_DGRAM), free(socket.SOCK_STREAM)

    async def sent() -> None:
        syslog = Syslog()
        port = udp if transport is Transport.UDP else tcp
        await syslog.to(Collector("127.0.0.1", port, transport, 17, 7, rfc5424, "gate"))
        syslog.send(3, TEXT, WHEN)
        syslog.send(5, "CLEAR-ALARM: second", WHEN)
        await syslog.close()

    with rsyslogd(tmp_path, udp, tcp) as file:
        asyncio.run(sent())
        for _ in range(300):
            lines = file.read_text().splitlines() if file.exists() else []
            if len(lines) >= 2:
                break
            time.sleep(0.05)
    assert len(lines) == 2
    level, host, version, text = lines[0].split("|", 3)
    assert (level, host, version) == ("local1.err", "gate", "1" if rfc5424 else "0")
    assert TEXT in text
    assert lines[1].startswith("local1.notice|gate|")


def test_tls_checks_who_the_collector_is(tmp_path: Path) -> None:
    """RFC 5425: a line goes to a collector that proves its name, to no other."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", tmp_path / "key", "-out", tmp_path / "cert"],
        check=True, capture_output=True,
    )  # fmt: skip

    async def transcript(trusted: bool) -> list[bytes]:
        came: list[bytes] = []

        async def collect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            came.append(await reader.readexactly(int(await reader.readuntil(b" "))))
            writer.close()

        secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        secure.load_cert_chain(tmp_path / "cert", tmp_path / "key")
        server = await asyncio.start_server(collect, "127.0.0.1", 0, ssl=secure)
        port = server.sockets[0].getsockname()[1]
        roots = tmp_path / "cert" if trusted else None
        syslog = Syslog(lambda context: ssl.create_default_context(cafile=roots))
        await syslog.to(Collector("localhost", port, Transport.TLS))
        syslog.send(3, TEXT, WHEN)
        for _ in range(1000):
            await asyncio.sleep(0.01)
            if came or syslog.trouble:
                break
        assert trusted or "CERTIFICATE_VERIFY_FAILED" in (syslog.trouble or "")
        await syslog.close()
        server.close()
        await asyncio.sleep(0.05)
        return came

    assert len(asyncio.run(transcript(trusted=True))) == 1
    assert asyncio.run(transcript(trusted=False)) == []
