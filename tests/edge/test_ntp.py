"""A question to a time server on this machine."""

import asyncio
import socket
import struct
import threading

import pytest

from sbcd.edge.ntp import ask


def serve(stratum: int) -> tuple[socket.socket, threading.Thread]:
    """A server that answers one question; its time is that of the question."""
    door = socket.socket(type=socket.SOCK_DGRAM)
    door.bind(("127.0.0.1", 0))
    door.settimeout(5)

    def answer() -> None:
        question, who = door.recvfrom(1024)
        sent = question[40:48]
        door.sendto(struct.pack("!BBBb11I", 0x24, stratum, 6, -20, 0, 0, 0, *[0] * 8)[:24] + sent * 3, who)

    thread = threading.Thread(target=answer)
    thread.start()
    return door, thread


def asked(stratum: int) -> tuple[float, float, int]:
    door, thread = serve(stratum)
    try:
        return asyncio.run(ask("127.0.0.1", asyncio.to_thread, door.getsockname()[1]))
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
