"""The SIP doors: UDP, TCP and TLS listeners, the connections behind them, and sending.

One rule: binding happens first and tells at once what is in use; a door opens only at `commit`, and what did
not change is not touched. Everything from outside is bounded: datagrams, buffers, connections."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable, Iterable
from typing import Protocol

from sbcd.edge.handshakes import Handshakes
from sbcd.edge.stream import Connection, Door, Listen
from sbcd.sip.events import Flow, Send

Receive = Callable[[bytes, Flow], None]
Broken = Callable[[Flow], None]
Failed = Callable[[Send], None]
BATCH = 64  # datagrams read before others get their turn
MOST_DATAGRAM = 65535
MOST_CONNECTIONS = 5000
MOST_FROM_ONE = 1000  # connections of one address
HANDSHAKE_SECONDS = 5.0
BUFFER = 4 << 20


class Contexts(Protocol):
    """Where TLS comes from; see `edge.tls`."""

    def listener(self, index: int = 0, *, mutual: bool = False) -> ssl.SSLContext:
        """The context a listener is given; it makes each connection with the newest certificate."""
        ...

    def client(self, index: int, *, verify: bool) -> ssl.SSLContext:
        """The context of one outgoing connection."""
        ...


class Counters:
    """What came in since somebody looked."""

    __slots__ = ("dropped", "packets", "strange", "tls_attempted", "tls_refused")

    def __init__(self) -> None:
        self.packets = self.strange = self.dropped = self.tls_attempted = self.tls_refused = 0


def bound(listen: Listen) -> socket.socket:
    """The socket of a door, bound. Raises OSError."""
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    kind = socket.SOCK_DGRAM if listen.transport == "udp" else socket.SOCK_STREAM
    found = socket.socket(family, kind)
    try:
        if kind == socket.SOCK_STREAM:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:
            for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                found.setsockopt(socket.SOL_SOCKET, option, BUFFER)
        if family == socket.AF_INET6:
            found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        found.bind((listen.host, listen.port))
        found.setblocking(False)
    except BaseException:
        found.close()
        raise
    return found


class Doors:
    """All listeners and connections of the engine."""

    def __init__(self, receive: Receive, broken: Broken, failed: Failed, contexts: Contexts) -> None:
        self.receive = receive
        self.broken = broken
        self.failed = failed
        self.contexts = contexts
        self.drained: Callable[[], None] = lambda: None  # all that had come was received
        self.counters = Counters()
        self.handshakes = Handshakes(self.counters, HANDSHAKE_SECONDS + 0.5)
        self._open: dict[tuple[str, str, int], Door] = {}
        self._next: dict[tuple[str, str, int], Door] | None = None
        self._missing: set[tuple[str, str, int]] = set()
        self._missing_next: set[tuple[str, str, int]] = set()
        self._datagram: dict[tuple[int, bool], Door] = {}
        self._stream: dict[tuple[int, str, bool], Door] = {}
        self.connections: dict[int, Connection] = {}
        self._reuse: dict[tuple[int, str, tuple[str, int]], Connection] = {}
        self._numbers = 0

    # --- change of the listeners ---

    def prepare(self, wanted: Iterable[Listen], *, lenient: bool = False) -> list[str]:
        """Binds what is new. Tells what is in the way; then nothing is prepared, unless `lenient`: then the
        rest is. What could not be bound before is tried again, and not told again."""
        self.abort()
        found: dict[tuple[str, str, int], Door] = {}
        problems = []
        self._missing_next = set()
        for listen in wanted:
            name = f"SIP Interface {listen.interface} ({listen.name})"
            port = f"{listen.transport.upper()} port {listen.port} of {listen.host}"
            if listen.place in found:
                problems.append(f"{name}: {port} is used by another SIP Interface")
                continue
            held = self._open.get(listen.place)
            try:
                found[listen.place] = Door(listen, held.socket if held else bound(listen))
            except OSError as error:
                why = (
                    "is in use" if error.errno == errno.EADDRINUSE else f"cannot be opened: {error.strerror}"
                )
                problems.append(f"{name}: {port} {why}")
        self._next = found
        if problems and not lenient:
            self.abort()
        return problems

    def abort(self) -> None:
        """Closes what was bound for nothing."""
        for place, door in (self._next or {}).items():
            if place not in self._open:
                door.socket.close()
        self._next = None

    async def commit(self) -> None:
        """Opens what is new, closes what is gone; the rest gets its new attributes."""
        if self._next is None:
            return
        found, self._next = self._next, None
        self._missing = self._missing_next
        for place, door in list(self._open.items()):
            if place not in found:
                await self._close(door)
        for place, door in found.items():
            held = self._open.get(place)
            if held is None or held.kind != door.kind:
                if held is not None:
                    await held.stop()
                await self._attach(door)
            else:
                held.follow(door.listen)
                found[place] = held
        self._open = found
        self._datagram = {
            (d.listen.interface, ":" in d.listen.host): d
            for d in reversed(found.values())
            if d.listen.transport == "udp"
        }
        self._stream = {
            (d.listen.interface, d.listen.transport, ":" in d.listen.host): d for d in found.values()
        }

    async def _attach(self, door: Door) -> None:
        loop = asyncio.get_running_loop()
        if door.listen.transport == "udp":
            loop.add_reader(door.socket.fileno(), self._readable, door)
            return
        context = None
        if door.listen.transport == "tls":
            context = self.contexts.listener(door.listen.context, mutual=door.listen.mutual)
            self.handshakes.watch(context)
        door.server = await loop.create_server(
            lambda: Connection(self, door, incoming=True),
            sock=door.socket.dup(),
            backlog=1024,
            ssl=context,
            ssl_handshake_timeout=HANDSHAKE_SECONDS if context else None,
        )

    async def _close(self, door: Door) -> None:
        await door.stop()
        door.socket.close()
        for connection in [c for c in self.connections.values() if c.door is door]:
            connection.close()

    async def close(self) -> None:
        """Closes everything."""
        self.abort()
        for door in self._open.values():
            await self._close(door)
        self._open, self._datagram, self._stream = {}, {}, {}

    def _readable(self, door: Door) -> None:
        for _ in range(BATCH):
            try:
                data, remote = door.socket.recvfrom(MOST_DATAGRAM)
            except (BlockingIOError, InterruptedError):
                break
            except OSError:
                continue  # an ICMP error of an earlier datagram
            self.counters.packets += 1
            self.receive(data, door.flow((remote[0], remote[1])))
        self.drained()

    def local(self, interface: int, transport: str, v6: bool) -> tuple[str, int] | None:
        """What stands in our Via and Contact there, or None when there is no such door."""
        if transport == "udp":
            door = self._datagram.get((interface, v6))
        else:
            door = self._stream.get((interface, transport, v6))
        return door.listen.local if door is not None else None

    def send(self, send: Send) -> None:
        """Sends, or tells `failed` (at once or later)."""
        flow = send.flow
        if flow.transport == "udp":
            self._send_datagram(send)
            return
        connection = self.connections.get(flow.connection) if flow.connection else None
        if connection is None or connection.closing:
            connection = self._reuse.get((flow.interface, flow.transport, flow.remote))
        if connection is None or connection.closing:
            connection = self._connect(flow)
        if connection is None:
            self.failed(send)
        else:
            connection.send(send)

    def _send_datagram(self, send: Send) -> None:
        door = self._datagram.get((send.flow.interface, ":" in send.flow.remote[0]))
        if door is None:
            self.failed(send)
            return
        try:
            door.socket.sendto(send.data, send.flow.remote)
        except (BlockingIOError, InterruptedError):
            self.counters.dropped += 1  # the buffer is full: as good as lost on the way
        except OSError:
            self.failed(send)

    def _connect(self, flow: Flow) -> Connection | None:
        door = self._stream.get((flow.interface, flow.transport, ":" in flow.remote[0]))
        if door is None or len(self.connections) >= MOST_CONNECTIONS:
            return None
        connection = Connection(self, door, incoming=False, remote=flow.remote)
        self.adopt(connection)
        connection.task = asyncio.get_running_loop().create_task(connection.connect(flow))
        return connection

    # --- connections ---

    def adopt(self, connection: Connection) -> None:
        """Takes a connection into the tables."""
        self._numbers += 1
        connection.number = self._numbers
        self.connections[connection.number] = connection
        listen = connection.door.listen
        self._reuse.setdefault((listen.interface, listen.transport, connection.remote), connection)

    def crowded(self, host: str) -> bool:
        """Whether one more connection of this address is too many."""
        if len(self.connections) >= MOST_CONNECTIONS:
            return True
        if len(self.connections) < MOST_FROM_ONE:
            return False
        return sum(1 for c in self.connections.values() if c.remote[0] == host) >= MOST_FROM_ONE

    def forget(self, connection: Connection, reason: str) -> None:
        """A connection is gone: whoever used it is told."""
        if self.connections.pop(connection.number, None) is None:
            return
        listen = connection.door.listen
        key = (listen.interface, listen.transport, connection.remote)
        if self._reuse.get(key) is connection:
            del self._reuse[key]
        for send in connection.unsent():
            self.failed(send)
        self.broken(connection.flow)


def ours(doors: Doors, flow: Flow) -> tuple[str, int]:
    """Our address in the packets of a flow; behind a NAT what stands in `flow.local` is another."""
    if flow.transport == "udp":
        door = doors._datagram.get((flow.interface, ":" in flow.remote[0]))
        return (door.listen.host, flow.local[1]) if door is not None else flow.local
    connection = doors.connections.get(flow.connection)
    if connection is None:
        connection = doors._reuse.get((flow.interface, flow.transport, flow.remote))
    return (connection.name if connection is not None else None) or flow.local
