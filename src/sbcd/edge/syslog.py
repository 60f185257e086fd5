"""Lines of the log to a collector, over UDP, TCP or TLS.

One rule: one message is one line. The form is the BSD one of the device (RFC 3164 with the sequence number)
or RFC 5424; streams are framed by counting octets (RFC 6587, RFC 5425)."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from sbcd.edge.outbox import Outbox

MOST_DATAGRAM = 2048
MOST_STREAM = 8192
CONNECT = 10.0
"""Seconds for a connection to the collector."""


class Transport(IntEnum):
    UDP = 0
    TCP = 1
    TLS = 2


@dataclass(frozen=True, slots=True)
class Collector:
    """Where lines go and in which form. `facility` 0-23; `level` is the lowest severity sent (7: all);
    `context` the TLS context, None for the roots of the system."""

    host: str
    port: int = 514
    transport: Transport = Transport.UDP
    facility: int = 16
    level: int = 7
    rfc5424: bool = False
    device: str = "-"
    context: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line with its syslog severity (0 emergency - 7 debug)."""

    severity: int
    text: str
    when: datetime
    number: int


def roots_of_the_system(_context: int | None = None) -> ssl.SSLContext:
    """A client that trusts whom the system trusts."""
    return ssl.create_default_context()


class Syslog:
    """The way to one collector; `to(None)` ends it. `tls` makes the context of a TLS connection."""

    def __init__(self, tls: Callable[[int | None], ssl.SSLContext] = roots_of_the_system) -> None:
        self._tls = tls
        self._collector: Collector | None = None
        self._outbox: Outbox[Line] | None = None
        self._stream: asyncio.StreamWriter | None = None
        self._datagrams: tuple[socket.socket, Any] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._number = 0

    @property
    def trouble(self) -> str | None:
        """Why the last line could not be sent."""
        return self._outbox.trouble if self._outbox else None

    async def to(self, collector: Collector | None) -> None:
        """From now on lines go there. Lines that wait for the old collector are given half a second."""
        if collector == self._collector:
            return
        await self.close()
        self._collector = collector
        if collector:
            self._outbox = Outbox(self._deliver, tries=None, longest=30.0)

    def send(self, severity: int, text: str, when: datetime) -> None:
        """Never waits; in the loop only."""
        if self._outbox and self._collector and severity <= self._collector.level:
            self._number = self._number % 2**31 + 1
            self._outbox.put(Line(severity, text, when, self._number))

    async def close(self) -> None:
        if self._outbox:
            await self._outbox.stop(grace=0.5)
        self._outbox = self._collector = None
        self._hang_up()

    async def _deliver(self, line: Line) -> None:
        collector = self._collector
        assert collector  # the outbox ends before the collector goes
        message = form(line, collector)
        try:
            if collector.transport is Transport.UDP:
                await self._datagram(collector, message[:MOST_DATAGRAM])
            else:
                writer = await self._connected(collector)
                message = message[:MOST_STREAM]
                writer.write(b"%d %s" % (len(message), message))
                await asyncio.wait_for(writer.drain(), CONNECT)
        except OSError:
            self._hang_up()
            raise

    async def _datagram(self, collector: Collector, message: bytes) -> None:
        loop = asyncio.get_running_loop()
        if self._datagrams is None:
            found = await loop.getaddrinfo(collector.host, collector.port, type=socket.SOCK_DGRAM)
            family, kind, protocol, _, address = found[0]
            door = socket.socket(family, kind, protocol)
            door.setblocking(False)
            self._datagrams = door, address
        door, address = self._datagrams
        try:
            door.sendto(message, address)
        except ConnectionError:  # an ICMP answer to an earlier line; datagrams are sent all the same
            door.sendto(message, address)
        except BlockingIOError:
            await asyncio.sleep(0.01)
            raise

    async def _connected(self, collector: Collector) -> asyncio.StreamWriter:
        if self._stream is None or self._stream.is_closing():
            secure = self._tls(collector.context) if collector.transport is Transport.TLS else None
            opening = asyncio.open_connection(collector.host, collector.port, ssl=secure)
            reader, writer = await asyncio.wait_for(opening, CONNECT)
            self._stream = writer
            self._watching = asyncio.get_running_loop().create_task(self._watch(reader, writer))
        return self._stream

    async def _watch(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Notices that the collector went away: without this a line written into the void counts as sent."""
        try:
            while await reader.read(4096):
                pass
        except OSError:
            pass
        writer.close()

    def _hang_up(self) -> None:
        if self._watching:
            self._watching.cancel()
        if self._stream:
            self._stream.close()
        if self._datagrams:
            self._datagrams[0].close()
        self._stream = self._datagrams = self._watching = None


def form(line: Line, collector: Collector) -> bytes:
    """The message as it is sent."""
    priority = collector.facility * 8 + line.severity
    name = _name(collector.device)
    if collector.rfc5424:
        stamp = line.when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return f"<{priority}>1 {stamp} {name} sbcd - - - [S={line.number}] {line.text}".encode()
    day = f"{line.when:%b} {line.when.day:2} {line.when:%H:%M:%S}"
    milliseconds = line.when.microsecond // 1000
    time = f"[Time:{line.when:%d-%m@%H:%M:%S}.{milliseconds:03}]"
    return f"<{priority}>{day} {name} [S={line.number}] {line.text} {time}".encode()


def _name(device: str) -> str:
    """A host name as the header takes it: visible ASCII without blanks."""
    return "".join(c if "!" <= c <= "~" else "-" for c in device)[:255] or "-"
