"""The telephones of test calls: sockets that play a tone or digits and count what comes.

One rule: few of them (they live in the process of the calls), one timer for all, and none when none talks."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct

from sbcd.media.tones import FRAME, Talk, frame

EVERY = 0.02
MOST_READ = 8  # packets of one telephone in one beat: more than twice what it should get
_HEAD = struct.Struct(">BBHII")


class Voice:
    """One telephone."""

    def __init__(self, door: socket.socket) -> None:
        self.door = door
        self.to: tuple[str, int] | None = None
        self.talk = Talk()
        self.number = self.sent = self.got = 0
        self.source = random.getrandbits(32)  # RFC 3550 5.1: all three begin anywhere
        self.sequence = random.getrandbits(16)
        self.clock = random.getrandbits(32)

    def beat(self) -> None:
        """20 ms: one packet goes, those that came are counted."""
        for _ in range(MOST_READ):
            try:
                data = self.door.recv(2048)
            except OSError:
                break
            self.got += len(data) >= 12 and data[0] >> 6 == 2
        if self.to is None:
            return
        one = frame(self.talk, self.number)
        stamp = self.clock + (self.number - one.behind) * FRAME & 0xFFFFFFFF
        head = _HEAD.pack(0x80, one.marker << 7 | one.kind, self.sequence, stamp, self.source)
        with contextlib.suppress(OSError):  # nobody there yet
            self.door.sendto(head + one.data, self.to)
            self.sent += 1
        self.number += 1
        self.sequence = self.sequence + 1 & 0xFFFF


class Voices:
    """All of them, by their port."""

    def __init__(self) -> None:
        self._there: dict[int, Voice] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0

    def open(self, host: str) -> int:
        """A new telephone that listens on `host`: its port, 0 when there is no such address here."""
        door = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            door.bind((host, 0))
        except OSError:
            door.close()
            return 0
        door.setblocking(False)
        port: int = door.getsockname()[1]
        self._there[port] = Voice(door)
        return port

    def talk(self, port: int, to: tuple[str, int], talk: Talk) -> None:
        """It talks to `to` from now on (or goes on, elsewhere)."""
        voice = self._there.get(port)
        if voice is None:
            return
        voice.to, voice.talk = to, talk
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._due = loop.time() + EVERY
            self._timer = loop.call_at(self._due, self._beat)

    def counts(self, port: int) -> tuple[int, int]:
        """Packets sent and received."""
        voice = self._there.get(port)
        return (voice.sent, voice.got) if voice is not None else (0, 0)

    def close(self, port: int) -> None:
        """It hangs up."""
        voice = self._there.pop(port, None)
        if voice is not None:
            voice.door.close()

    def _beat(self) -> None:
        self._timer = None
        for voice in self._there.values():
            voice.beat()
        if self._there:
            loop = asyncio.get_running_loop()
            self._due = max(self._due + EVERY, loop.time())  # late beats are not made up for
            self._timer = loop.call_at(self._due, self._beat)
