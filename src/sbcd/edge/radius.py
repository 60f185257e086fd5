"""RADIUS logins: Access-Request with PAP or MS-CHAPv2, and what came back (RFC 2865, 2548, 3579).

One rule: an answer counts only when the shared secret signed it. Packets are pyrad's; the sockets are ours,
because a port where nobody listens must be known at once and a time-out must be the configured one."""

import asyncio
import hmac
import logging
import secrets
import struct
from dataclasses import dataclass

from pyrad.dictionary import Dictionary
from pyrad.packet import AccessAccept, AccessChallenge, AccessReject, AuthPacket, PacketError

from sbcd.base.signon import (
    BUSY,
    MOST_AT_ONCE,
    Accepted,
    Answer,
    RadiusServer,
    RadiusSettings,
    Rejected,
    Silent,
)
from sbcd.edge import mschap

USER_NAME, USER_PASSWORD, SERVICE_TYPE, NAS_IDENTIFIER, NAS_PORT_TYPE = 1, 2, 6, 32, 61
MESSAGE_AUTHENTICATOR = 80
MICROSOFT = 311
CHALLENGE, RESPONSE, SUCCESS = (MICROSOFT, 11), (MICROSOFT, 25), (MICROSOFT, 26)
ADMINISTRATIVE, VIRTUAL = (6).to_bytes(4, "big"), (5).to_bytes(4, "big")
LONGEST_PASSWORD = 128

NO_NAMES = Dictionary()
"""Attributes go by their numbers; with a dictionary pyrad opens those of vendors."""

_log = logging.getLogger("sbcd.radius")


@dataclass(frozen=True, slots=True)
class Question:
    """An Access-Request; `proof` is what the server must say when it accepts (MS-CHAPv2), or None (PAP)."""

    packet: AuthPacket
    data: bytes
    proof: bytes | None = None

    def answered(self, data: bytes, settings: RadiusSettings) -> Answer | None:
        """What a datagram says, None when it is no answer to this (another question's, forged, damaged)."""
        try:
            reply = self.packet.CreateReply(packet=data)
            if not self.packet.VerifyReply(reply):
                return None
        except (PacketError, ValueError, struct.error):
            return None
        if reply.code == AccessAccept:
            return Accepted(_level(reply, settings)) if self._proven(reply) else None
        return Rejected() if reply.code in {AccessReject, AccessChallenge} else None

    def _proven(self, reply: AuthPacket) -> bool:
        """Whether who accepted knows the password (RFC 2548, 2.3.3: an identifier, then the proof)."""
        if self.proof is None:
            return True
        said = reply.get(SUCCESS, [b""])[0]
        return hmac.compare_digest(said[1 : 1 + len(self.proof)].upper(), self.proof)


def question(name: str, password: str, secret: bytes, nas: str, *, chap: bool = False) -> Question:
    """Asks whether the password is the user's: hidden by the secret (PAP), or proven (MS-CHAPv2).

    The Message-Authenticator comes first (the Blast-RADIUS attack)."""
    packet = AuthPacket(id=secrets.randbelow(256), secret=secret, message_authenticator=True, dict=NO_NAMES)
    packet[MESSAGE_AUTHENTICATOR] = [bytes(16)]
    packet[USER_NAME] = [name.encode()]
    proof = None
    if chap:
        challenge, peer = secrets.token_bytes(16), secrets.token_bytes(16)
        proven = mschap.response(challenge, peer, name, password)
        packet[CHALLENGE] = [challenge]
        packet[RESPONSE] = [bytes(2) + peer + bytes(8) + proven]  # identifier, flags, ..., reserved, ...
        proof = mschap.proof(challenge, peer, name, password)
    else:
        packet[USER_PASSWORD] = [packet.PwCrypt(password)]
    packet[SERVICE_TYPE] = [ADMINISTRATIVE]
    packet[NAS_IDENTIFIER] = [nas.encode()]
    packet[NAS_PORT_TYPE] = [VIRTUAL]
    return Question(packet, packet.RequestPacket(), proof)


def _level(reply: AuthPacket, settings: RadiusSettings) -> int | None:
    """The level in the vendor attribute (RFC 2865, 5.26), None when there is none."""
    (value, *_) = reply.get((settings.vendor, settings.attribute), [b""])
    return int.from_bytes(value, "big") if len(value) == 4 else None


class _Wire(asyncio.DatagramProtocol):
    """One question's socket; what is not its answer is dropped."""

    def __init__(self, asked: Question, settings: RadiusSettings) -> None:
        self._asked, self._settings = asked, settings
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: object) -> None:
        found = self._asked.answered(data, self._settings)
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
        self._waiting = 0

    async def ask(self, name: str, password: str) -> Answer:
        if not 0 < len(name.encode()) <= 253 or len(password.encode()) > LONGEST_PASSWORD:
            return Rejected()
        if self._waiting >= MOST_AT_ONCE:
            return BUSY
        self._waiting += 1
        try:
            return await self._in_turn(name, password)
        finally:
            self._waiting -= 1

    async def _in_turn(self, name: str, password: str) -> Answer:
        """The first server that answers decides."""
        why = "no server is configured"
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
        asked = question(name, password, server.secret.encode(), self._nas, chap=self._settings.chap)
        loop = asyncio.get_running_loop()
        transport, wire = await loop.create_datagram_endpoint(
            lambda: _Wire(asked, self._settings), remote_addr=(server.host, server.port)
        )
        try:
            for _ in range(self._settings.retries + 1):
                transport.sendto(asked.data)
                done, _pending = await asyncio.wait({wire.answer}, timeout=self._settings.timeout)
                if done:
                    return wire.answer.result()
        finally:
            transport.close()
        return Silent(f"nothing came within {self._settings.timeout:g} seconds")
