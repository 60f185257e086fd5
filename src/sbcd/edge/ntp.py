"""Asking a time server (RFC 5905, client mode), in a thread. ntplib makes and reads the packets; the exchange
is ours, because the library neither signs questions nor looks whether an answer belongs to its question.

One rule: whatever goes wrong is an OSError with a sentence, in which no key stands."""

import hashlib
import hmac
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from sbcd.base.clock import Clock

TIMEOUT = 5.0
"""Seconds for one question."""
HEADER = 48
"""Octets of a packet without its signature."""

Offload = Callable[[Callable[[], Any]], Awaitable[Any]]
Key = tuple[int, str]
"""Number and secret of a key that the server knows as well."""


async def ask(
    server: str, offload: Offload, port: int = 123, key: Key | None = None
) -> tuple[float, float, int]:
    """(offset, delay, stratum) of a server; offset and delay in seconds. With a `key` the question is signed
    (MD5 over key and packet), and only an answer that is signed with it counts."""

    def question() -> tuple[float, float, int]:
        import ntplib

        clock = Clock()
        packet = ntplib.NTPPacket(
            version=4, mode=3, tx_timestamp=ntplib.system_to_ntp_time(clock.wall().timestamp())
        )
        asked = packet.to_data()
        answer = _exchange(server, port, asked, _signature(asked, key), clock)
        _judge(answer, key)
        found = ntplib.NTPStats()
        found.dest_timestamp = ntplib.system_to_ntp_time(clock.wall().timestamp())
        try:
            found.from_data(answer[:HEADER])
        except ntplib.NTPException as error:
            raise OSError("the answer is damaged") from error
        if not 0 < found.stratum < 16 or found.leap == 3:
            raise OSError("the server has no time itself")
        return float(found.offset), float(found.delay), int(found.stratum)

    told: tuple[float, float, int] = await offload(question)
    return told


def _exchange(server: str, port: int, asked: bytes, signature: bytes, clock: Clock) -> bytes:
    """The answer to a question: it repeats the time at which that was asked."""
    family, kind, protocol, _, place = socket.getaddrinfo(server, port, type=socket.SOCK_DGRAM)[0]
    until = clock.monotonic() + TIMEOUT
    with socket.socket(family, kind, protocol) as door:
        door.connect(place)
        door.send(asked + signature)
        while (left := until - clock.monotonic()) > 0:
            door.settimeout(left)
            try:
                answer = door.recv(1024)
            except TimeoutError:
                break
            if len(answer) >= HEADER and answer[24:32] == asked[40:48]:
                return answer
    raise OSError("no answer")


def _signature(packet: bytes, key: Key | None) -> bytes:
    """The number of the key and the digest (RFC 5905, 7.3)."""
    if key is None:
        return b""
    number, secret = key
    digest = hashlib.md5(secret.encode() + packet[:HEADER], usedforsecurity=False).digest()
    return number.to_bytes(4, "big") + digest


def _judge(answer: bytes, key: Key | None) -> None:
    if key is None:
        return
    signature = answer[HEADER:]
    if signature == bytes(4):
        raise OSError("the server does not accept the key")
    if not hmac.compare_digest(signature, _signature(answer, key)):
        raise OSError("the answer is not signed with the key")
