"""A question to a time server on this machine."""

import asyncio
import hashlib
import socket
import struct
import threading
from collections.abc import Callable

import pytest

from sbcd.edge.ntp import ask

KEY = (7, "s3cret")


def signed(packet: bytes, number: int, secret: bytes) -> bytes:
    """As RFC 5905 has it: the number of the key, and MD5 over key and packet."""
    return packet + struct.pack("!I", number) + hashlib.md5(secret + packet).digest()


def serve(
    stratum: int, sign: Callable[[bytes, bytes], bytes] = lambda packet, question: packet
) -> tuple[socket.socket, threading.Thread]:
    """A server that answers one question; its time is that of the question. `sign` makes what it sends of its
    packet and the question."""
    door = socket.socket(type=socket.SOCK_DGRAM)
    door.bind(("127.0.0.1", 0))
    door.settimeout(5)

    def answer() -> None:
        question, who = door.recvfrom(1024)
        sent = question[40:48]
        packet = struct.pack("!BBBb11I", 0x24, stratum, 6, -20, 0, 0, 0, *[0] * 8)[:24] + sent * 3
        door.sendto(packet[:24] + b"another!" * 3, who)  # an answer to nobody's question
        door.sendto(sign(packet, question), who)

    thread = threading.Thread(target=answer)
    thread.start()
    return door, thread


def asked(
    stratum: int,
    sign: Callable[[bytes, bytes], bytes] = lambda packet, question: packet,
    key: tuple[int, str] | None = None,
) -> tuple[float, float, int]:
    door, thread = serve(stratum, sign)
    try:
        return asyncio.run(ask("127.0.0.1", asyncio.to_thread, door.getsockname()[1], key))
    finally:
        thread.join()
        door.close()


def test_a_server_that_answers() -> None:
    offset, delay, stratum = asked(2)
    assert stratum == 2
    assert abs(offset) < 1
    assert 0 <= delay < 1


def test_a_server_without_time_of_its_own_is_none() -> None:
    with pytest.raises(OSError, match="no time"):
        asked(16)


def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sbcd.edge.ntp.TIMEOUT", 0.2)
    with pytest.raises(OSError, match=r"\w"):
        asyncio.run(ask("127.0.0.1", asyncio.to_thread, 9))


def test_question_and_answer_are_signed() -> None:
    def sign(packet: bytes, question: bytes) -> bytes:
        assert question == signed(question[:48], 7, b"s3cret")
        return signed(packet, 7, b"s3cret")

    assert asked(2, sign, KEY)[2] == 2


@pytest.mark.parametrize(
    ("sign", "why"),
    [
        (lambda packet, question: packet, "not signed"),
        (lambda packet, question: signed(packet, 7, b"another"), "not signed"),
        (lambda packet, question: signed(packet, 8, b"s3cret"), "not signed"),
        (lambda packet, question: packet + bytes(4), "does not accept the key"),
    ],
)
def test_an_answer_that_does_not_prove_the_key_is_none(
    sign: Callable[[bytes, bytes], bytes], why: str
) -> None:
    with pytest.raises(OSError, match=why) as refused:
        asked(2, sign, KEY)
    assert "s3cret" not in str(refused.value)
