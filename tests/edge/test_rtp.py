"""The relay process: descriptions in and out, packets through, silence, death and return."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from typing import ClassVar

import pytest

from media.test_relay import rtp
from sbcd.edge.frames import Frames, FrameTooLong, framed
from sbcd.edge.relaylink import RelayLink
from sbcd.media.contract import (
    Anchored,
    Answer,
    Back,
    Counted,
    Delete,
    Done,
    Heard,
    Lost,
    Offer,
    Query,
    Realm,
    Realms,
    Refused,
    Silent,
)
from sbcd.sip.sdp import Sdp

SDP = """v=0
o=- 1 1 IN IP4 {host}
s=-
c=IN IP4 {host}
t=0 0
m=audio {port} RTP/AVP 0
a=rtpmap:0 PCMU/8000
a=candidate:1 1 UDP 1 10.0.0.1 9 typ host
"""


def free_pair() -> int:
    """A port pair that nobody has just now."""
    for _ in range(50):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1] & ~1
        try:
            for tried in range(port, port + 8):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
                    one.bind(("127.0.0.1", tried))
        except OSError:
            continue
        return port
    raise AssertionError("no free ports")


class Peer:
    """A phone: one RTP socket."""

    made: ClassVar[list] = []

    def __init__(self, host="127.0.0.1"):
        self.made.append(self)
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.settimeout(2)
        self.port = self.socket.getsockname()[1]
        self.sdp = SDP.format(host=host, port=self.port).replace("\n", "\r\n").encode()
        if ":" in host:
            self.sdp = self.sdp.replace(b"IP4", b"IP6")

    async def receive(self):
        return await asyncio.to_thread(self.socket.recvfrom, 2048)


async def asked(link, command):
    future = asyncio.get_running_loop().create_future()
    link.ask(command, future.set_result)
    return await asyncio.wait_for(future, 5)


def relayed(test):
    """Run a test with a link to a real relay process that has one realm of two pairs."""

    def run():
        async def inner():
            events = asyncio.Queue()
            link = RelayLink(events.put_nowait)
            await asyncio.wait_for(link.start(), 10)
            try:
                port = free_pair()
                assert await asked(link, Realms((Realm("r", "127.0.0.1", port, port + 7),))) == Done()
                await test(link, events, port)
            finally:
                await link.stop()
                for peer in Peer.made:
                    peer.socket.close()
                Peer.made.clear()

        asyncio.run(inner())

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


async def anchor(link, one, two, **extra):
    """A call between two phones; where each sends to."""
    offered = await asked(link, Offer("c1", "a", "b", one.sdp, "r", "r", **extra))
    answered = await asked(link, Answer("c1", "b", "a", two.sdp))
    assert isinstance(offered, Anchored)
    assert isinstance(answered, Anchored)
    return Sdp.parse(answered.sdp).place(0), Sdp.parse(offered.sdp).place(0)


@relayed
async def test_packets_go_both_ways_and_are_counted(link, events, port):
    one, two = Peer(), Peer()
    to_one, to_two = await anchor(link, one, two)
    assert {to_one.port, to_two.port} <= set(range(port, port + 8))
    for n in range(5):
        one.socket.sendto(rtp(n), (to_one.host, to_one.port))
        assert (await two.receive()) == (rtp(n), ("127.0.0.1", to_two.port))
    two.socket.sendto(rtp(77), (to_two.host, to_two.port))
    assert (await one.receive())[0] == rtp(77)
    counted = await asked(link, Delete("c1"))
    assert (counted.legs["a"].packets, counted.legs["a"].octets, counted.legs["b"].packets) == (5, 800, 1)
    assert counted.legs["a"].codec == "PCMU"
    assert await asked(link, Delete("c1")) == Counted({})
    total = await asked(link, Query())
    assert (total.legs["in"].packets, total.calls) == (6, 0)


@relayed
async def test_what_is_told_hides_the_peer(link, events, port):
    offered = await asked(link, Offer("c1", "a", "b", Peer("127.0.0.9").sdp, "r", "r"))
    assert b"127.0.0.9" not in offered.sdp
    assert b"candidate" not in offered.sdp
    again = await asked(link, Offer("c1", "a", "b", Peer("127.0.0.9").sdp, "r", "r"))
    assert again.sdp == offered.sdp  # nothing new for the other leg: the version stays (RFC 3264 8)
    held = await asked(link, Offer("c1", "a", "b", Peer("127.0.0.9").sdp + b"a=sendonly\r\n", "r", "r"))
    assert Sdp.parse(held.sdp).origin[2] == Sdp.parse(offered.sdp).origin[2] + 1
    assert Sdp.parse(held.sdp).held


@relayed
async def test_refusals(link, events, port):
    sdp = Peer().sdp
    assert (await asked(link, Offer("c", "a", "b", b"nonsense", "r", "r"))).status == 400
    assert (await asked(link, Offer("c", "a", "b", sdp, "r", "nowhere"))).status == 503
    assert (await asked(link, Answer("none", "b", "a", sdp))).status == 481
    assert (await asked(link, Offer("1", "a", "b", sdp, "r", "r"))).sdp
    assert (await asked(link, Offer("2", "a", "b", sdp, "r", "r"))).sdp
    assert (await asked(link, Offer("3", "a", "b", sdp, "r", "r"))) == Refused(
        "media realm 'r' has no free ports", 503
    )
    assert (await asked(link, Answer("1", "b", "a", sdp + b"m=video 9 RTP/AVP 34\r\n"))).status == 488
    await asked(link, Delete("1"))
    assert (await asked(link, Offer("3", "a", "b", sdp, "r", "r"))).sdp
    refused = await asked(link, Realms((Realm("x", "192.0.2.77", 6000, 6010),)))
    assert "192.0.2.77 cannot be used" in refused.reason


@relayed
async def test_silence_is_told_once_and_its_end(link, events, port):
    one, two = Peer(), Peer()
    to_one, _ = await anchor(link, one, two, silence=0.6)
    told = [await asyncio.wait_for(events.get(), 5) for _ in range(2)]
    assert {(type(event), event.leg) for event in told} == {(Silent, "a"), (Silent, "b")}
    one.socket.sendto(rtp(1), (to_one.host, to_one.port))
    assert await asyncio.wait_for(events.get(), 5) == Heard("c1", "a")


@relayed
async def test_a_relay_that_was_killed_comes_back_with_its_calls(link, events, port):
    one, two = Peer(), Peer()
    to_one, to_two = await anchor(link, one, two)
    os.kill(link.pid, signal.SIGKILL)
    assert isinstance(await asyncio.wait_for(events.get(), 5), Lost)
    assert (await asked(link, Query())).status == 503
    assert await asyncio.wait_for(events.get(), 10) == Back(1)
    one.socket.sendto(rtp(1), (to_one.host, to_one.port))
    assert (await two.receive())[1] == ("127.0.0.1", to_two.port)
    assert (await asked(link, Delete("c1"))).legs["a"].packets == 1


@relayed
async def test_ipv6_to_ipv4(link, events, port):
    realms = (Realm("r", "127.0.0.1", port, port + 7), Realm("six", "::1", port, port + 7))
    if not socket.has_ipv6 or await asked(link, Realms(realms)) != Done():
        pytest.skip("no IPv6 loopback")
    one, two = Peer("::1"), Peer()
    offered = await asked(link, Offer("c1", "a", "b", one.sdp, "six", "r"))
    answered = await asked(link, Answer("c1", "b", "a", two.sdp))
    assert Sdp.parse(offered.sdp).place(0).host == "127.0.0.1"
    to_one = Sdp.parse(answered.sdp).place(0)
    assert to_one.host == "::1"
    one.socket.sendto(rtp(1), (to_one.host, to_one.port))
    assert (await two.receive())[0] == rtp(1)
    two.socket.sendto(rtp(2), ("127.0.0.1", Sdp.parse(offered.sdp).place(0).port))
    assert (await one.receive())[0] == rtp(2)


def test_the_relay_ends_when_its_engine_is_gone():
    ours, theirs = socket.socketpair()
    with theirs:
        fd = theirs.fileno()
        command = [sys.executable, "-m", "sbcd.edge.relayd", str(fd)]
        process = subprocess.Popen(command, pass_fds=[fd])
    ours.close()
    assert process.wait(10) == 0


def test_a_frame_nobody_could_mean_ends_the_stream():
    frames = Frames()
    assert frames.feed(framed(b"one") + framed(b"")[:2]) == [b"one"]
    assert frames.feed(framed(b"")[2:] + framed(b"two")) == [b"", b"two"]
    with pytest.raises(FrameTooLong):
        frames.feed(b"\xff\xff\xff\xff")
