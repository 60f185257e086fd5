"""One SIP listener, and one TCP or TLS connection behind it.

One rule: a connection that sends what is no SIP, nothing at all, or does not read, is closed; what waited on
it is told broken."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections import deque
from typing import TYPE_CHECKING, NamedTuple, cast

from sbcd.sip.events import Flow, Send, Transport
from sbcd.sip.grammar import Malformed
from sbcd.sip.stream import PONG, Framer

if TYPE_CHECKING:
    from sbcd.edge.sip import Doors

MOST_PEERS = 4096  # whose flows a UDP listener knows by heart
MOST_WAITING = 1 << 20  # bytes queued towards one peer
CONNECT_SECONDS = 5.0
FIRST_MESSAGE_SECONDS = 30.0  # a connection that says nothing useful is closed
IDLE_SECONDS = 3600.0
SILENT_PEER = 30_000  # milliseconds without TCP acknowledgement: half-open connections end


class Listen(NamedTuple):
    """A door that shall be there."""

    interface: int
    name: str
    transport: Transport
    host: str
    port: int
    public: str = ""  # the host in our Via and Contact, when it is not `host`
    context: int = 0
    mutual: bool = False
    keepalive: bool = False  # TCP keep-alives, also of connections opened from here

    @property
    def place(self) -> tuple[str, str, int]:
        return ("udp" if self.transport == "udp" else "tcp", self.host, self.port)

    @property
    def local(self) -> tuple[str, int]:
        return (self.public or self.host, self.port)


class Door:
    """One listener."""

    __slots__ = ("_flows", "listen", "server", "socket")

    def __init__(self, listen: Listen, held: socket.socket) -> None:
        self.listen = listen
        self.socket = held
        self.server: asyncio.Server | None = None
        self._flows: dict[tuple[str, int], Flow] = {}

    def follow(self, listen: Listen) -> None:
        """The same socket with new attributes."""
        self.listen = listen
        self._flows = {}

    def flow(self, remote: tuple[str, int]) -> Flow:
        """From where a datagram came; the same value for the same peer."""
        flow = self._flows.get(remote)
        if flow is None:
            if len(self._flows) >= MOST_PEERS:
                self._flows = {}
            flow = Flow(self.listen.interface, "udp", self.listen.local, remote)
            self._flows[remote] = flow
        return flow

    @property
    def kind(self) -> tuple[str, int, bool]:
        """What makes it another listener though the socket stays."""
        return (self.listen.transport, self.listen.context, self.listen.mutual)

    async def stop(self) -> None:
        """Stops listening; the socket stays bound."""
        if self.listen.transport == "udp":
            asyncio.get_running_loop().remove_reader(self.socket.fileno())
        elif self.server is not None:
            self.server.close()
            self.server = None


class Connection(asyncio.Protocol):
    """One TCP or TLS connection, accepted or opened."""

    def __init__(
        self, doors: Doors, door: Door, *, incoming: bool, remote: tuple[str, int] = ("", 0)
    ) -> None:
        self.doors = doors
        self.door = door
        self.incoming = incoming
        self.remote = remote
        self.number = 0
        self.closing = False
        self.task: asyncio.Task[None] | None = None
        self._framer = Framer()
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[Send] = deque()
        self._size = 0
        self._timer: asyncio.TimerHandle | None = None
        self._secured = ""
        self._until = 0.0
        self._useful = False

    @property
    def flow(self) -> Flow:
        """The flow of what comes in here."""
        listen = self.door.listen
        return Flow(listen.interface, listen.transport, listen.local, self.remote, self.number, self._secured)

    @property
    def name(self) -> tuple[str, int] | None:
        """Our own address of the connection; None before it is there."""
        if self._transport is None:
            return None
        host, port = self._transport.get_extra_info("sockname")[:2]
        return (host, port)

    async def connect(self, flow: Flow) -> None:
        """Opens the connection; what waits is sent or told broken."""
        listen = self.door.listen
        tls = self.doors.contexts.client(listen.context, verify=False) if listen.transport == "tls" else None
        self._secured = flow.host
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await asyncio.get_running_loop().create_connection(
                    lambda: self,
                    *flow.remote[:2],
                    local_addr=(listen.host, 0),
                    ssl=tls,
                    server_hostname=flow.host or flow.remote[0] if tls else None,
                )
        except (OSError, ssl.SSLError, TimeoutError) as error:
            self.closing = True
            self.doors.forget(self, str(error) or "no answer to the connection request")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if self.incoming:
            self.doors.handshakes.made(transport.get_extra_info("ssl_object"))
            self.remote = tuple(transport.get_extra_info("peername")[:2])
            if self.doors.crowded(self.remote[0]):
                self.doors.counters.dropped += 1
                self._transport.abort()
                return
            self.doors.adopt(self)
        self._transport.set_write_buffer_limits(MOST_WAITING)
        with contextlib.suppress(OSError, AttributeError):
            sock = transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, self.door.listen.keepalive)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENT_PEER)
        now = asyncio.get_running_loop().time()
        self._until = now + (FIRST_MESSAGE_SECONDS if self.incoming else IDLE_SECONDS)
        self._watch()
        while self._waiting:
            self._transport.write(self._waiting.popleft().data)

    def data_received(self, data: bytes) -> None:
        flow = self.flow
        if self._useful:
            self._until = asyncio.get_running_loop().time() + IDLE_SECONDS
        try:
            for message in self._framer.feed(data):
                self.doors.counters.packets += 1
                self._useful = True
                self.doors.receive(message, flow)
            if self._framer.pongs:
                self.send(Send(flow, PONG * self._framer.pongs))
                self._framer.pongs = 0
        except Malformed:
            self.doors.counters.strange += 1
            self.close()
        self.doors.drained()

    def send(self, send: Send) -> None:
        """Writes, or keeps until the connection is there."""
        if self._transport is None:
            self._size += len(send.data)
            if self._size > MOST_WAITING:
                self.doors.failed(send)
                return
            self._waiting.append(send)
        elif self._transport.get_write_buffer_size() > MOST_WAITING:
            self.close("the peer does not read")
        else:
            self._transport.write(send.data)

    def unsent(self) -> list[Send]:
        """What never left."""
        waiting, self._waiting = list(self._waiting), deque()
        return waiting

    def connection_lost(self, exc: Exception | None) -> None:
        self.closing = True
        if self._timer is not None:
            self._timer.cancel()
        self.doors.forget(self, str(exc) if exc else "connection closed by the peer")

    def close(self, reason: str = "") -> None:
        """Ends the connection now."""
        self.closing = True
        if self._transport is not None:
            self._transport.abort()
        self.doors.forget(self, reason or "connection closed")

    def _watch(self) -> None:
        """Closes the connection when nothing useful came for too long; one timer, however much comes."""
        loop = asyncio.get_running_loop()
        left = self._until - loop.time()
        if left <= 0:
            self.close("idle")
        else:
            self._timer = loop.call_later(left, self._watch)
