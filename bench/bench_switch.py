"""What a call costs the switch itself, without sockets: processor time and memory, in virtual time.

Classification, routing and manipulation are on, facts and records are made and thrown away.
Run: python bench/bench_switch.py [calls]"""

import gc
import os
import re
import sys
import time
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "rooms" / "calls"))

from playbook import ALICE, BOB, OURS, SDP, Hands, plan

from sbcd.engine import COLLECT, Dice
from sbcd.rooms.calls.plan import Manipulation, Match, RoutingRule
from sbcd.sip.events import Flow

FROM_ALICE, FROM_BOB = Flow(0, "udp", OURS, ALICE), Flow(0, "udp", OURS, BOB)
WITH_SDP = b"Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n" % len(SDP) + SDP
WITHOUT = b"Content-Length: 0\r\n\r\n"


class Bench:
    """A switch, and the time it took."""

    def __init__(self) -> None:
        base = plan()
        rules = (
            RoutingRule(-2, "options", Match(request=6), dest_type=1, address="internal"),
            RoutingRule(-1, "emergency", Match(dest_user="11[0,2]#"), ip_group=0),
            *base.routing,
        )
        number = Manipulation(
            0, "plus", Match(dest_user="0"), source=0, dest=1, uri=1, remove_left=1, prefix="+49"
        )
        hands = Hands(msgspec.structs.replace(base, outbound=(number,), routing=rules))
        self.switch = hands.switch
        self.switch.unique = self.switch.endpoint.unique = Dice().unique
        self.switch.tell = self.switch.record = lambda told: None
        self.now, self.spent = 100.0, 0.0

    def hear(self, data: bytes, flow: Flow) -> list[bytes]:
        begun = time.process_time()
        sends = self.switch.receive(data, flow, self.now)
        self.spent += time.process_time() - begun
        return [send.data for send in sends]

    def wait(self, seconds: float) -> None:
        self.now += seconds
        begun = time.process_time()
        self.switch.expire(self.now)
        self.spent += time.process_time() - begun

    def call(self, number: int, end: bool = True) -> None:
        """INVITE, 180, 200, ACK, and BYE when it ends."""
        name = b"%d" % number
        (out,) = self.hear(
            b"INVITE sip:0" + name + b"@127.0.9.9 SIP/2.0\r\n"
            b"Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKa" + name + b"\r\n"
            b'From: "Alice" <sip:1000@127.0.0.1>;tag=t' + name + b"\r\nTo: <sip:0" + name + b"@127.0.9.9>\r\n"
            b"Call-ID: c" + name + b"@x\r\nCSeq: 1 INVITE\r\nContact: <sip:1000@127.0.0.1:5070>\r\n"
            b"Max-Forwards: 70\r\nSubject: Performance Test\r\n" + WITH_SDP,
            FROM_ALICE,
        )
        self.hear(answer(b"180 Ringing", out, WITHOUT), FROM_BOB)
        sent = self.hear(answer(b"200 OK", out, WITH_SDP), FROM_BOB)
        ok = next(data for data in sent if data.startswith(b"SIP/2.0 200"))
        self.hear(within(ok, b"ACK", 1), FROM_ALICE)
        if end:
            sent = self.hear(within(ok, b"BYE", 2), FROM_ALICE)
            bye = next(data for data in sent if data.startswith(b"BYE"))
            self.hear(answer(b"200 OK", bye, WITHOUT), FROM_BOB)


def header(data: bytes, name: bytes) -> bytes:
    found = re.search(rb"^" + name + rb": (.*?)\r$", data, re.MULTILINE)
    assert found is not None
    return found[1]


def answer(status: bytes, heard: bytes, rest: bytes) -> bytes:
    """Bob's response."""
    names = (b"Via", b"From", b"To", b"Call-ID", b"CSeq")
    lines = [name + b": " + header(heard, name) for name in names]
    if b";tag=" not in lines[2]:
        lines[2] += b";tag=b"
    contact = b"Contact: <sip:b@127.0.0.2:5080>\r\n"
    return b"SIP/2.0 " + status + b"\r\n" + b"\r\n".join(lines) + b"\r\n" + contact + rest


def within(heard: bytes, method: bytes, number: int) -> bytes:
    """Alice's request in the dialog."""
    call = header(heard, b"Call-ID")
    return (
        method + b" " + header(heard, b"Contact")[1:-1] + b" SIP/2.0\r\n"
        b"Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK" + method + call + b"\r\n"
        b"From: "
        + header(heard, b"From")
        + b"\r\nTo: "
        + header(heard, b"To")
        + b"\r\nCall-ID: "
        + call
        + b"\r\n"
        b"CSeq: %d " % number + method + b"\r\nMax-Forwards: 70\r\n" + WITHOUT
    )


def resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    gc.set_threshold(*COLLECT)
    bench = Bench()
    for number in range(500):
        bench.call(number, end=False)
    bench.wait(100)
    before = resident()
    for number in range(500, 500 + calls):
        bench.call(number, end=False)
        bench.wait(0.01)
    bench.wait(100)
    print(f"a held call: {(resident() - before) / calls / 1000:.1f} kB ({len(bench.switch.calls)} held)")
    best = float("inf")
    for _ in range(3):
        bench = Bench()
        for number in range(calls):
            bench.call(number)
            bench.wait(0.001)
        best = min(best, bench.spent / calls)
    print(f"a call: {best * 1e6:.0f} us of processor time, {1 / best:.0f} calls/s per core without sockets")


if __name__ == "__main__":
    main()
