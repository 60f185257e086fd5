"""What the relay adds: two-way G.711 calls, 50 packets a second each way, delay of every packet.

Baseline of the same run: the same packets over loopback without the relay; then with the relay, and with SRTP
on one leg. The goal is 200 calls with less than 5 ms added at p99 and no loss; on a machine that does other
things the relay's own CPU time tells more. Run: python bench/bench_media.py [calls] [seconds]"""

import asyncio
import select
import socket
import struct
import sys
import time
from pathlib import Path

from pylibsrtp import Policy, Session

from sbcd.edge.relaylink import RelayLink
from sbcd.media.contract import Anchored, Answer, Offer, Query, Realm, Realms, Reply
from sbcd.media.sdes import Crypto, Security
from sbcd.sip.sdp import Sdp

HOST = "127.0.0.1"
PACKET = struct.Struct(">BBHIId")
SILENCE = bytes(152)
KEY = Crypto(1, "AES_CM_128_HMAC_SHA1_80", bytes(30))
SDP = "v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\nm=audio {1} RTP/AVP 0\r\n"


async def asked(link: RelayLink, command: Realms | Offer | Answer | Query) -> Reply:
    future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
    link.ask(command, future.set_result)
    return await future


def opened() -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    one.bind((HOST, 0))
    one.setblocking(False)
    return one


async def anchored(
    link: RelayLink, calls: int, one: socket.socket, two: socket.socket, security: Security
) -> list[tuple[int, int]]:
    """Anchor the calls; for each the ports that `one` and `two` send to."""
    assert not getattr(await asked(link, Realms((Realm("r", HOST, 20000, 60000),))), "reason", "")
    ports = []
    for number in range(calls):
        name = f"{security}{number}"
        said = [SDP.format(HOST, side.getsockname()[1]).encode() for side in (one, two)]
        if security == "srtp":
            said[1] = said[1].replace(b"RTP/AVP", b"RTP/SAVP") + f"a=crypto:{KEY}\r\n".encode()
        offered = await asked(link, Offer(name, "a", "b", said[0], "r", "r", far_security=security))
        answered = await asked(link, Answer(name, "b", "a", said[1]))
        assert isinstance(offered, Anchored)
        assert isinstance(answered, Anchored)
        ports.append((Sdp.parse(answered.sdp).streams[0].port, Sdp.parse(offered.sdp).streams[0].port))
    return ports


def talk(
    one: socket.socket, two: socket.socket, ports: list[tuple[int, int]], seconds: float, secure: bool = False
) -> tuple[list[float], int]:
    """Send both ways on every call, each at its own phase of the 20 ms; delays in ms, and what was lost.
    With `secure` what `two` sends is sealed, and what it gets is only counted."""
    seal = Session(Policy(KEY.key, Policy.SSRC_ANY_OUTBOUND)).protect if secure else bytes
    sealed = 0
    poll, delays, sent = select.epoll(), [], 0
    known = {side.fileno(): side for side in (one, two)}
    for fd in known:
        poll.register(fd, select.EPOLLIN)
    begin = time.perf_counter()
    gap, number, total = 0.02 / len(ports), 0, int(seconds * 50) * len(ports)
    while True:
        now = time.perf_counter()
        while number < total and begin + number * gap <= now:
            turn, call = divmod(number, len(ports))
            packet = PACKET.pack(0x80, 0, turn & 0xFFFF, turn * 160, call, time.perf_counter()) + SILENCE
            one.sendto(packet, (HOST, ports[call][0]))
            two.sendto(seal(packet), (HOST, ports[call][1]))
            sent += 2
            number += 1
        for fd, _ in poll.poll(0.0005):
            for _ in range(64):
                try:
                    data = known[fd].recv(2048)
                except BlockingIOError:
                    break
                if secure and fd == two.fileno():
                    sealed += 1
                else:
                    delays.append((time.perf_counter() - PACKET.unpack_from(data)[5]) * 1000)
        got = len(delays) + sealed
        if number >= total and (got >= sent or now - begin > seconds + 1):
            return delays, sent - got


def line(name: str, delays: list[float], lost: int) -> float:
    """Print one row; the p99."""
    delays.sort()
    middle, high, worst = (delays[int(len(delays) * part) - 1] for part in (0.5, 0.99, 1))
    print(
        f"{name:18}{len(delays):8} packets{lost:6} lost p50{middle:8.3f} p99{high:8.3f} most{worst:8.2f} ms"
    )
    return high


def busy(pid: int) -> float:
    """CPU seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


async def main(calls: int, seconds: float) -> float:
    """Milliseconds that the relay adds at p99 to plain RTP."""
    one, two = opened(), opened()
    straight = [(two.getsockname()[1], one.getsockname()[1])] * calls
    base = line("without the relay", *await asyncio.to_thread(talk, one, two, straight, seconds))
    link = RelayLink(lambda event: None)
    await link.start()
    added = []
    kinds: tuple[Security, ...] = ("rtp", "srtp")
    cores: dict[Security, float] = {}
    try:
        for kind in kinds:
            ports = await anchored(link, calls, one, two, kind)
            before = busy(link.pid)
            talked = await asyncio.to_thread(talk, one, two, ports, seconds, kind == "srtp")
            used = busy(link.pid) - before
            high = line(f"{calls} calls, {kind}", *talked)
            each = used / (calls * 100 * seconds) * 1e6
            added.append(high - base)
            print(
                f"  added at p99 {high - base:.3f} ms; {used / seconds:.0%} of a core, {each:.1f} us a packet"
            )
            cores[kind] = 1e6 / (each * 100)
        share = cores["srtp"] / cores["rtp"]
        print(
            f"calls per core: RTP {cores['rtp']:.0f}, SRTP on one leg {cores['srtp']:.0f} ({share:.2f} of it)"
        )
    finally:
        await link.stop()
        one.close()
        two.close()
    return added[0]


if __name__ == "__main__":
    asyncio.run(main(*(int(value) for value in (*sys.argv[1:3], *("200", "8")[len(sys.argv) - 1 :]))))
