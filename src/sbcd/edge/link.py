"""The link between two programs of one machine: a Unix socket with length-framed messages.

One rule: a message arrives whole or the link is closed; a peer that does not read is not waited for."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from pathlib import Path
from typing import cast

MOST = 256 << 20  # bytes of one message
HIGH = 8 << 20  # bytes that wait for a slow reader before writers hold back
_HEAD = struct.Struct(">I")


class Link(asyncio.Protocol):
    """One end."""

    def __init__(self, heard: Callable[[Link, bytes], None], lost: Callable[[Link], None]) -> None:
        self._heard = heard
        self._lost = lost
        self._transport: asyncio.Transport | None = None
        self._held = bytearray()
        self.full = False  # the reader is slow: hold back what can wait
        self.drained: Callable[[], None] = lambda: None
        self.opened: Callable[[], None] = lambda: None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(HIGH)
        self.opened()

    def data_received(self, data: bytes) -> None:
        held = self._held
        held += data
        at = 0
        while len(held) - at >= _HEAD.size:
            (length,) = _HEAD.unpack_from(held, at)
            if length > MOST:
                self.close()
                return
            end = at + _HEAD.size + length
            if len(held) < end:
                break
            message = bytes(held[at + _HEAD.size : end])
            at = end
            self._heard(self, message)
        del held[:at]

    def say(self, message: bytes) -> None:
        """Sends one message; on a closed link it is dropped."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(_HEAD.pack(len(message)) + message)

    def pause_writing(self) -> None:
        self.full = True

    def resume_writing(self) -> None:
        self.full = False
        self.drained()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._lost(self)

    def close(self) -> None:
        """Ends it."""
        if self._transport is not None:
            self._transport.close()

    @property
    def open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()


async def serve(path: Path, made: Callable[[], Link]) -> asyncio.Server:
    """Listens; whoever may enter the folder may connect."""
    path.unlink(missing_ok=True)  # noqa: ASYNC240  (one call, at the start)
    server = await asyncio.get_running_loop().create_unix_server(made, str(path))
    path.chmod(0o600)  # noqa: ASYNC240
    return server


async def connect(path: Path, made: Callable[[], Link]) -> Link:
    """Connects. Raises OSError."""
    _, link = await asyncio.get_running_loop().create_unix_connection(made, str(path))
    return link
