"""The trace of what is said in calls: kept in memory, sent to a capture collector.

One rule: switched off it is not there: the doors call the engine and the engine the doors, nobody is between
them. Switched on it never delays a message: what cannot be kept or sent is dropped and counted."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from sbcd.sip import hep
from sbcd.sip.events import Flow, Send
from sbcd.sip.seen import Seen, call_id, covered

if TYPE_CHECKING:
    from sbcd.edge.sip import Doors

MOST_SESSIONS = 20_000
OVERHEAD = 400  # bytes a kept message takes besides its own
FLUSH_AFTER = 0.05  # seconds; until then the session of a message is known, too
MOST_WAITING = 2_000  # messages on their way to the collector


class Collector(NamedTuple):
    """Where HEP goes."""

    host: str
    port: int
    agent: int
    key: str = ""


class Kept(NamedTuple):
    """A session in the memory."""

    session: int
    at: float
    messages: int
    first: bytes


class Tracing:
    """`follow` switches it on and off; `named` tells which Call-IDs belong to a session."""

    def __init__(
        self,
        doors: Doors,
        wall: Callable[[], float],
        boot: str,
        ours: Callable[[Doors, Flow], tuple[str, int]],
    ) -> None:
        """`ours` tells our own address on a flow."""
        self._doors, self._wall, self._boot, self._ours = doors, wall, boot, ours
        self._receive, self._send = doors.receive, doors.send
        self.on = False
        self.most = 0
        self.dropped = 0  # messages that went to no collector
        self._collector: Collector | None = None
        self._socket: socket.socket | None = None
        self._seen: deque[Seen] = deque()
        self._size = 0
        self._calls: OrderedDict[int, list[str]] = OrderedDict()
        self._sessions: dict[str, int] = {}
        self._waiting: list[Seen] = []
        self._timer: asyncio.TimerHandle | None = None

    def follow(self, most: int, collector: Collector | None) -> None:
        """Keeps so many bytes of messages (0: none) and tells the collector (None: nobody)."""
        if collector != self._collector:
            self._hang_up()
            self._collector = collector
            if collector is not None:
                family = socket.AF_INET6 if ":" in collector.host else socket.AF_INET
                self._socket = socket.socket(family, socket.SOCK_DGRAM)
                self._socket.setblocking(False)
        self.most = most
        self._trim()
        wanted = bool(most) or collector is not None
        if wanted != self.on:
            self.on = wanted
            # the doors look these up each time: so there is nothing in the way when it is off
            setattr(self._doors, "receive", self._heard if wanted else self._receive)  # noqa: B010
            if wanted:
                setattr(self._doors, "send", self._said)  # noqa: B010
            else:
                delattr(self._doors, "send")
                self._calls.clear()
                self._sessions.clear()

    def named(self, session: int, name: str) -> None:
        """This Call-ID is of that session."""
        if not self.on or name in self._sessions:
            return
        self._sessions[name] = session
        self._calls.setdefault(session, []).append(name)
        if len(self._calls) > MOST_SESSIONS:
            for old in self._calls.popitem(last=False)[1]:
                self._sessions.pop(old, None)

    # --- what passes ---

    def _heard(self, data: bytes, flow: Flow) -> None:
        self._keep(data, flow, True)
        self._receive(data, flow)

    def _said(self, send: Send) -> None:
        self._keep(send.data, send.flow, False)
        self._send(send)

    def _keep(self, data: bytes, flow: Flow, incoming: bool) -> None:
        if len(data) < 8:  # a keep-alive of the transport
            return
        local = self._ours(self._doors, flow)
        data = covered(data)
        seen = Seen(self._wall(), incoming, flow.transport, local, flow.remote[:2], data, call_id(data))
        if self.most:
            self._seen.append(seen)
            self._size += len(data) + OVERHEAD
            self._trim()
        if self._collector is not None:
            if len(self._waiting) >= MOST_WAITING:
                self.dropped += 1
                return
            self._waiting.append(seen)
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(FLUSH_AFTER, self._flush)

    def _trim(self) -> None:
        while self._size > self.most and self._seen:
            self._size -= len(self._seen.popleft().data) + OVERHEAD

    # --- the collector ---

    def _flush(self) -> None:
        self._timer = None
        waiting, self._waiting = self._waiting, []
        to, door = self._collector, self._socket
        if to is None or door is None:
            return
        key = to.key.encode()
        for seen in waiting:
            session = self._sessions.get(seen.call_id)
            correlation = f"{self._boot}-{session}".encode() if session is not None else b""
            packet = hep.packet(seen, to.agent, key, correlation)
            try:
                if packet is None:
                    raise OSError
                door.sendto(packet, (to.host, to.port))
            except OSError:
                self.dropped += 1

    def _hang_up(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._waiting = []
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def close(self) -> None:
        """Ends it."""
        with contextlib.suppress(OSError):
            self._flush()
        self.follow(0, None)

    # --- what is remembered ---

    def of(self, session: int) -> list[Seen]:
        """The messages of a session, in their order; all there are for 0."""
        if not session:
            return list(self._seen)
        names = set(self._calls.get(session, ()))
        return [one for one in self._seen if one.call_id in names]

    def kept(self) -> Iterator[Kept]:
        """The sessions of which there are messages, oldest first."""
        counts: dict[int, list[Seen]] = {}
        for one in self._seen:
            session = self._sessions.get(one.call_id)
            if session is not None:
                counts.setdefault(session, []).append(one)
        for session, seen in counts.items():
            yield Kept(session, seen[0].at, len(seen), seen[0].data)
