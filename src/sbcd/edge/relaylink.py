"""The engine's end of the media relay: starts the relay process, asks it, starts it again when it dies.

One rule: every question gets exactly one reply; what the relay died over is refused with 503. The calls it
held are put back into the next one, on their old ports."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import Callable
from typing import Final

import msgspec

from sbcd.edge.frames import Frames, FrameTooLong, framed
from sbcd.edge.relayd import Restored
from sbcd.media.contract import (
    Anchored,
    Answer,
    Back,
    Command,
    Delete,
    Event,
    Lost,
    Offer,
    Realms,
    Refused,
    Reply,
)

AGAIN: Final = (0.05, 0.2, 1.0, 5.0)  # seconds before the next start, by how often it died at once
STEADY: Final = 30.0  # a relay that lived so long may be started at once again
NOTHING: Final = msgspec.Raw(b"\xc0")  # nil
MOST_WAITING: Final = 4 * 1024 * 1024  # bytes the relay has not read; then it is as good as dead


class Again(msgspec.Struct, frozen=True, tag="restore"):
    """`relayd.Restore` with the calls as they came: nobody here looks into them."""

    calls: tuple[msgspec.Raw, ...]


class Question(msgspec.Struct, frozen=True, array_like=True):
    """`relayd.Down` as it is written here."""

    number: int
    command: Command | Again


class Told(msgspec.Struct, frozen=True, array_like=True):
    """`relayd.Up` as it is read here."""

    number: int
    message: Reply | Event | Restored
    kept: msgspec.Raw = NOTHING


class RelayLink:
    """A `media.contract.Relay`. `told` takes its events."""

    def __init__(self, told: Callable[[Event], None]) -> None:
        self._told = told
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Told).decode
        self._writer: asyncio.StreamWriter | None = None
        self._number = 0
        self._asked: dict[int, tuple[Command, Callable[[Reply], None]]] = {}
        self._restoring = 0
        self._realms: Realms | None = None
        self._kept: dict[str, msgspec.Raw] = {}
        self._keeper: asyncio.Task[None] | None = None
        self._up = asyncio.Event()
        self.pid = 0

    async def start(self) -> None:
        """Start the process and wait until it serves."""
        self._keeper = asyncio.get_running_loop().create_task(self._keep())
        await self._up.wait()

    async def stop(self) -> None:
        """End the process; questions that are open are refused."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
            self._keeper = None

    def ask(self, command: Command, then: Callable[[Reply], None]) -> None:
        """See `media.contract.Relay`."""
        writer = self._writer
        if writer is None or writer.transport.get_write_buffer_size() > MOST_WAITING:
            if isinstance(command, Delete):
                self._kept.pop(command.call, None)
            then(Refused("the media relay is down", 503))
            return
        self._number += 1
        self._asked[self._number] = (command, then)
        writer.write(framed(self._encode(Question(self._number, command))))

    # -- the process

    async def _keep(self) -> None:
        died = 0
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            reason = "it ended"
            try:
                await self._run()
            except (OSError, FrameTooLong, msgspec.MsgspecError) as error:
                reason = str(error)
            self._writer = None
            self._up.clear()
            self._refuse()
            died = 0 if loop.time() - started > STEADY else died + 1
            self._told(Lost(f"The media relay is gone: {reason}"))
            await asyncio.sleep(AGAIN[min(died, len(AGAIN) - 1)])

    async def _run(self) -> None:
        """One life of the process."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "sbcd.edge.relayd",
                str(theirs.fileno()),
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
            )
        self.pid = process.pid
        reader, self._writer = await asyncio.open_unix_connection(sock=ours)
        try:
            self._put_back()
            frames = Frames()
            while data := await reader.read(65536):
                for frame in frames.feed(data):
                    self._take(self._decode(frame))
        finally:
            self._writer.close()
            self._writer = None
            self._refuse()
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _put_back(self) -> None:
        """Realms and calls of the life before."""
        assert self._writer is not None
        if self._realms is not None:
            self._number += 1
            self._writer.write(framed(self._encode(Question(self._number, self._realms))))
        self._number += 1
        self._restoring = self._number
        self._writer.write(framed(self._encode(Question(self._number, Again(tuple(self._kept.values()))))))

    def _take(self, up: Told) -> None:
        message = up.message
        if isinstance(message, Restored):
            for name in message.gone:
                self._kept.pop(name, None)
            first = not self._up.is_set() and not self._kept and not message.gone
            self._up.set()
            if not first:
                self._told(Back(len(self._kept), message.gone))
            return
        if up.number == 0:
            if not isinstance(message, Reply):
                self._told(message)
            return
        asked = self._asked.pop(up.number, None)
        if asked is None or not isinstance(message, Reply):
            return
        command, then = asked
        if isinstance(message, Anchored) and isinstance(command, Offer | Answer):
            self._kept[command.call] = up.kept.copy()  # not the whole frame
        if isinstance(command, Delete):
            self._kept.pop(command.call, None)
        if isinstance(command, Realms) and not isinstance(message, Refused):
            self._realms = command
        then(message)

    def _refuse(self) -> None:
        asked, self._asked = self._asked, {}
        for _, then in asked.values():
            then(Refused("the media relay is down", 503))
