"""The telephones of test calls: what they send is RTP, what they get is counted."""

import asyncio
import itertools
import socket

from sbcd.edge.voice import EVERY, Voices
from sbcd.media.tones import PCMA, Talk


def listening() -> socket.socket:
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.bind(("127.0.0.1", 0))
    door.settimeout(5)
    return door


def heard(door: socket.socket, count: int) -> list[bytes]:
    return [door.recv(2048) for _ in range(count)]


def run(test) -> None:
    asyncio.run(test())


def test_what_is_sent_is_rtp() -> None:
    """RFC 3550: version 2, sequence by one, timestamp by 160; an event keeps its timestamp (RFC 4733)."""

    async def test() -> None:
        voices = Voices()
        with listening() as door:
            port = voices.open("127.0.0.1")
            voices.talk(port, door.getsockname(), Talk(PCMA, 101, "7"))
            await asyncio.sleep(EVERY * 20)
            sent, _ = voices.counts(port)
            packets = heard(door, min(sent, 12))
            voices.close(port)
        assert sent > 5
        assert {packet[0] for packet in packets} == {0x80}
        numbers = [int.from_bytes(packet[2:4], "big") for packet in packets]
        assert [(n - numbers[0]) & 0xFFFF for n in numbers] == list(range(len(numbers)))
        events = [packet for packet in packets if packet[1] & 0x7F == 101]
        assert len({packet[4:8] for packet in events}) == 1
        assert events[0][1] == 0x80 | 101, "marked"
        assert {packet[12] for packet in events} == {7}
        silence = [packet for packet in packets if packet[1] & 0x7F == PCMA]
        stamps = [int.from_bytes(packet[4:8], "big") for packet in silence]
        assert all((b - a) & 0xFFFFFFFF == 160 for a, b in itertools.pairwise(stamps))
        assert len({packet[8:12] for packet in packets}) == 1, "one source"

    run(test)


def test_what_comes_is_counted_if_it_is_rtp() -> None:
    async def test() -> None:
        voices = Voices()
        with listening() as door:
            port = voices.open("127.0.0.1")
            voices.talk(port, door.getsockname(), Talk())
            for data in (bytes([0x80]) + bytes(171), bytes([0x80]) + bytes(11), b"no", b"\x00" * 40):
                door.sendto(data, ("127.0.0.1", port))
            await asyncio.sleep(EVERY * 4)
            assert voices.counts(port)[1] == 2
            voices.close(port)
        assert voices.counts(port) == (0, 0)

    run(test)


def test_nobody_talks_no_timer_runs() -> None:
    async def test() -> None:
        voices = Voices()
        assert voices.open("192.0.2.1") == 0, "no address of ours"
        port = voices.open("127.0.0.1")
        assert voices._timer is None
        voices.talk(port, ("127.0.0.1", 9), Talk())
        assert voices._timer is not None
        voices.close(port)
        await asyncio.sleep(EVERY * 3)
        assert voices._timer is None
        voices.talk(port, ("127.0.0.1", 9), Talk())
        assert voices._timer is None, "it has hung up"

    run(test)
