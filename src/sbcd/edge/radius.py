"""RADIUS logins: Access-Request with PAP, and what came back (RFC 2865, RFC 3579).

One rule: an answer counts only when the shared secret signed it. Every question carries a
Message-Authenticator, and an answer that has one must have the right one (the Blast-RADIUS attack)."""

import asyncio
import hashlib
import hmac
import logging
import secrets
import struct
from collections.abc import Iterator

from sbcd.base.signon import Accepted, Answer, RadiusServer, RadiusSettings, Rejected, Silent

REQUEST, ACCEPT, REJECT, CHALLENGE = 1, 2, 3, 11
USER_NAME, USER_PASSWORD, SERVICE_TYPE, VENDOR, NAS_IDENTIFIER, NAS_PORT_TYPE = 1, 2, 6, 26, 32, 61
MESSAGE_AUTHENTICATOR = 80
ADMINISTRATIVE, VIRTUAL = 6, 5
HEAD = struct.Struct("!BBH16s")
LONGEST = 4096
LONGEST_PASSWORD = 128
MOST_AT_ONCE = 16

_log = logging.getLogger("sbcd.radius")


def question(identifier: int, name: str, password: str, secret: bytes, nas: str) -> bytes:
    """An Access-Request. The random authenticator is bytes 4 to 20."""
    authenticator = secrets.token_bytes(16)
    attributes = [
        (MESSAGE_AUTHENTICATOR, bytes(16)),
        (USER_NAME, name.encode()),
        (USER_PASSWORD, hidden(password.encode(), secret, authenticator)),
        (SERVICE_TYPE, ADMINISTRATIVE.to_bytes(4, "big")),
        (NAS_IDENTIFIER, nas.encode()),
        (NAS_PORT_TYPE, VIRTUAL.to_bytes(4, "big")),
    ]
    body = b"".join(bytes([kind, len(value) + 2]) + value for kind, value in attributes)
    packet = HEAD.pack(REQUEST, identifier, HEAD.size + len(body), authenticator) + body
    signature = hmac.digest(secret, packet, "md5")
    return packet[: HEAD.size + 2] + signature + packet[HEAD.size + 18 :]


def hidden(password: bytes, secret: bytes, authenticator: bytes) -> bytes:
    """The password as PAP sends it (RFC 2865, 5.2)."""
    padded = password + bytes(-len(password) % 16) if password else bytes(16)
    found, last = b"", authenticator
    for at in range(0, len(padded), 16):
        mask = hashlib.md5(secret + last, usedforsecurity=False).digest()
        last = bytes(a ^ b for a, b in zip(padded[at : at + 16], mask, strict=True))
        found += last
    return found


def attributes(packet: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Kind, place of the value, value. `ValueError`: a length is wrong."""
    at = HEAD.size
    while at < len(packet):
        size = packet[at + 1] if at + 1 < len(packet) else 0
        if size < 2 or at + size > len(packet):
            raise ValueError("an attribute is longer than its packet")
        yield packet[at], at + 2, packet[at + 2 : at + size]
        at += size


def answered(packet: bytes, asked: bytes, secret: bytes, settings: RadiusSettings) -> Answer | None:
    """What an answer to `asked` says, None when it isn't one (another question's, forged, damaged)."""
    if not HEAD.size <= len(packet) <= LONGEST:
        return None
    code, identifier, size, signature = HEAD.unpack_from(packet)
    if identifier != asked[1] or size != len(packet):
        return None
    sealed = packet[:4] + asked[4:20] + packet[20:]
    made = hashlib.md5(sealed + secret, usedforsecurity=False).digest()
    if not hmac.compare_digest(made, signature):
        return None
    level = None
    try:
        for kind, at, value in attributes(packet):
            if kind == MESSAGE_AUTHENTICATOR:
                blank = sealed[:at] + bytes(len(value)) + sealed[at + len(value) :]
                if not hmac.compare_digest(hmac.digest(secret, blank, "md5"), value):
                    return None
            elif kind == VENDOR:
                level = _level(value, settings) if level is None else level
    except ValueError:
        return None
    if code == ACCEPT:
        return Accepted(level)
    return Rejected() if code in {REJECT, CHALLENGE} else None


def _level(value: bytes, settings: RadiusSettings) -> int | None:
    """The level in a vendor attribute, when it holds one (RFC 2865, 5.26)."""
    if len(value) < 6 or int.from_bytes(value[:4], "big") != settings.vendor:
        return None
    at = 4
    while at + 2 <= len(value):
        kind, size = value[at], value[at + 1]
        if size < 2:
            return None
        if kind == settings.attribute and size == 6 and at + 6 <= len(value):
            return int.from_bytes(value[at + 2 : at + 6], "big")
        at += size
    return None


class _Wire(asyncio.DatagramProtocol):
    """One question's socket; what is not its answer is dropped."""

    def __init__(self, asked: bytes, secret: bytes, settings: RadiusSettings) -> None:
        self._asked, self._secret, self._settings = asked, secret, settings
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: object) -> None:
        found = answered(data, self._asked, self._secret, self._settings)
        if found is not None and not self.answer.done():
            self.answer.set_result(found)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there: no need to wait."""
        if not self.answer.done():
            self.answer.set_result(Silent(f"it is not reachable: {exc.__class__.__name__}"))


class Radius:
    """The RADIUS servers, asked in turn until one answers."""

    def __init__(self, settings: RadiusSettings, nas: str) -> None:
        """`nas` is the name the device gives itself (NAS-Identifier)."""
        self._settings, self._nas = settings, nas
        self._room = asyncio.Semaphore(MOST_AT_ONCE)

    async def ask(self, name: str, password: str) -> Answer:
        if not 0 < len(name.encode()) <= 253 or len(password.encode()) > LONGEST_PASSWORD:
            return Rejected()
        why = "no server is configured"
        async with self._room:
            for server in self._settings.servers:
                try:
                    answer = await self._ask(server, name, password)
                except OSError as error:
                    answer = Silent(f"it is not reachable: {error.strerror or error.__class__.__name__}")
                if not isinstance(answer, Silent):
                    return answer
                why = answer.why
                _log.warning("RADIUS server %s:%d does not answer: %s", server.host, server.port, why)
        return Silent(why)

    async def _ask(self, server: RadiusServer, name: str, password: str) -> Answer:
        """One server, with its repetitions; the same packet, so that it recognizes them (RFC 2865, 2.5)."""
        secret = server.secret.encode()
        asked = question(secrets.randbelow(256), name, password, secret, self._nas)
        loop = asyncio.get_running_loop()
        transport, wire = await loop.create_datagram_endpoint(
            lambda: _Wire(asked, secret, self._settings), remote_addr=(server.host, server.port)
        )
        try:
            for _ in range(self._settings.retries + 1):
                transport.sendto(asked)
                done, _pending = await asyncio.wait({wire.answer}, timeout=self._settings.timeout)
                if done:
                    return wire.answer.result()
        finally:
            transport.close()
        return Silent(f"nothing came within {self._settings.timeout:g} seconds")
