"""The media relay as a process of its own: `python -m sbcd.edge.relayd FD`, FD a Unix stream socket.

One rule: RTP is never relayed in the process that does SIP. When the engine is gone, so is this."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
from typing import Final

import msgspec
import uvloop

from sbcd.base.clock import Clock
from sbcd.edge.frames import Frames, framed
from sbcd.edge.rtp import RtpRelay
from sbcd.edge.rtpcall import Kept
from sbcd.media.contract import Anchored, Command, Delete, Done, Event, Refused, Reply

TICK: Final = 0.5
_log = logging.getLogger("sbcd.relay")


class Restore(msgspec.Struct, frozen=True, tag="restore"):
    """Put these calls back. Answer: Restored."""

    calls: tuple[Kept, ...]


class Restored(msgspec.Struct, frozen=True, tag="restored"):
    """Those that could not be put back."""

    gone: tuple[str, ...]


class Down(msgspec.Struct, frozen=True, array_like=True):
    number: int
    command: Command | Restore


class Up(msgspec.Struct, frozen=True, array_like=True):
    """The answer to command `number`, or an event with number 0. `kept` is the call as it is now."""

    number: int
    message: Reply | Event | Restored
    kept: Kept | None = None


class Server:
    """Commands from the engine to the relay, answers and events back."""

    def __init__(self, loop: asyncio.AbstractEventLoop, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Down).decode
        self.relay = RtpRelay(loop, Clock().monotonic, lambda event: self._send(Up(0, event)))

    def _send(self, up: Up) -> None:
        self._writer.write(framed(self._encode(up)))

    def take(self, frame: bytes) -> None:
        down = self._decode(frame)
        command = down.command
        if isinstance(command, Restore):
            gone = tuple(call.call for call in command.calls if not self.relay.restore(call))
            self._send(Up(down.number, Restored(gone)))
            return
        reply = self._handled(command)
        kept = None
        if isinstance(reply, Anchored) and not isinstance(command, Delete):
            kept = self.relay.kept(getattr(command, "call", ""))
        self._send(Up(down.number, reply, kept))

    def _handled(self, command: Command) -> Reply:
        """The reply; a mistake of ours costs one call its media, not all of them."""
        try:
            return self.relay.handle(command)
        except Exception as error:
            _log.exception("Cannot carry out %s", type(command).__name__)
            return Refused(f"the relay failed: {type(error).__name__}", 500)


async def serve(fd: int) -> None:
    """Until the other end closes."""
    loop = asyncio.get_running_loop()
    reader, writer = await asyncio.open_unix_connection(sock=socket.socket(fileno=fd))
    server = Server(loop, writer)
    stop = asyncio.ensure_future(_read(reader, server))
    loop.add_signal_handler(signal.SIGTERM, stop.cancel)
    loop.add_signal_handler(signal.SIGINT, lambda: None)  # the engine decides when
    try:
        while not stop.done():
            await asyncio.wait([stop], timeout=TICK)
            server.relay.tick()
    finally:
        server.relay.close()
        writer.close()


async def _read(reader: asyncio.StreamReader, server: Server) -> None:
    frames = Frames()
    while data := await reader.read(65536):
        for frame in frames.feed(data):
            server.take(frame)
        await server._writer.drain()


def _prefer() -> None:
    """A packet that waits is heard: run before all that is not real time, as far as it is allowed. The kernel
    keeps a twentieth of the time for the others (sched_rt_runtime_us)."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except OSError:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, -10)


def main() -> None:
    _prefer()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)  # a full collection is a gap in every stream
    uvloop.run(serve(int(sys.argv[1])))


if __name__ == "__main__":
    main()

__all__ = ["Done", "Refused", "Restore", "Restored", "Server", "main", "serve"]
