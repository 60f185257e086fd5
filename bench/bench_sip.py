"""What SIP costs: microseconds a message for reading, judging, writing, and a call through the endpoint.

Baseline of the same run: the standard library's header parser (email) on the same head; it neither judges nor
understands a header. Run: python bench/bench_sip.py"""

import email.parser
import itertools
import time
from collections.abc import Callable

from sbcd.sip.dialog import Dialog
from sbcd.sip.endpoint import Endpoint
from sbcd.sip.events import Flow, ResponseReceived, Send
from sbcd.sip.message import Request, parse, reply, request
from sbcd.sip.sdp import Place, Sdp
from sbcd.sip.validity import request_flaw

SDP = (
    b"v=0\r\no=a 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8 0 101\r\n"
    + (b"a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n")
)
INVITE = (
    b"INVITE sip:+15551234@10.0.0.1:5060 SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK-12345-1-0;rport\r\n"
    b'From: "Alice" <sip:+15550000@10.0.0.2:5060>;tag=12345SIPpTag001\r\n'
    b"To: <sip:+15551234@10.0.0.1:5060>\r\nCall-ID: 1-12345@10.0.0.2\r\nCSeq: 1 INVITE\r\n"
    b"Contact: <sip:alice@10.0.0.2:5060>\r\nMax-Forwards: 70\r\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS\r\n"
    b"Supported: timer,100rel\r\nUser-Agent: bench\r\nContent-Type: application/sdp\r\n"
    b"Content-Length: %d\r\n\r\n" % len(SDP)
) + SDP
UAC, UAS = ("10.0.0.2", 5060), ("10.0.0.1", 5060)
OUT, IN = Flow(1, "udp", UAC, UAS), Flow(1, "udp", UAS, UAC)


def cost(act: Callable[[], object], times: int = 3000, rounds: int = 15) -> float:
    """Microseconds of CPU for one `act`, the best of some rounds."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(times):
            act()
        best = min(best, time.process_time() - start)
    return best / times * 1e6


def judged() -> str:
    read = parse(INVITE)
    assert isinstance(read, Request)
    return request_flaw(read)


class Pair:
    """Two endpoints on one wire in virtual time; `call` is a whole one, 7 messages."""

    def __init__(self) -> None:
        count = itertools.count()
        self.now = 0.0
        self.one = Endpoint(lambda: f"1x{next(count)}")
        self.two = Endpoint(lambda: f"2x{next(count)}")
        self.calls = itertools.count()

    def call(self) -> None:
        self.now += 0.001
        now, one, two, number = self.now, self.one, self.two, next(self.calls)
        headers = {"From": f"<sip:a{number}@10.0.0.2>;tag=t{number}", "To": "<sip:b@10.0.0.1>"}
        headers |= {"Call-ID": f"call-{number}", "CSeq": "1 INVITE", "Contact": "<sip:a@10.0.0.2>"}
        txn, out = one.request(request("INVITE", "sip:b@10.0.0.1", headers, SDP, "application/sdp"), OUT, now)
        asked = two.receive(out[0].data, IN, now)[-1]
        for status in (100, 180, 200):
            contact = {"Contact": "<sip:b@10.0.0.1>"} if status > 100 else {}
            said = reply(
                asked.request, status, headers=contact, tag=asked.txn.tag, body=SDP if status == 200 else b""
            )
            heard = one.receive(two.respond(asked.txn, said, now)[0].data, OUT, now)
        answered = heard[0]
        assert isinstance(answered, ResponseReceived)
        dialog = Dialog.made(txn.request, answered.response)
        two.receive(one.acknowledge(txn, dialog.ack(1), OUT, now)[0].data, IN, now)
        _, out = one.request(dialog.request("BYE"), OUT, now)
        asked = two.receive(out[0].data, IN, now)[-1]
        send = two.respond(asked.txn, reply(asked.request, 200, tag=asked.txn.tag), now)[0]
        assert isinstance(send, Send)
        one.receive(send.data, OUT, now)
        for end in (one, two):
            if (due := end.deadline) is not None and due <= now:
                end.expire(now)


def main() -> None:
    head = INVITE.partition(b"\r\n\r\n")[0].decode().partition("\r\n")[2]
    read = parse(INVITE)
    assert isinstance(read, Request)
    base = cost(lambda: email.parser.HeaderParser().parsestr(head))
    print(f"{'email.parser, the head alone':44}{base:8.1f} us   1.00")
    pair = Pair()
    rows: dict[str, Callable[[], object]] = {
        "read an INVITE": lambda: parse(INVITE),
        "read and judge it (Via, From, To, CSeq, URI)": judged,
        "write it": lambda: bytes(read),
        "write a 180 to it": lambda: bytes(reply(read, 180, tag="x")),
        "read, move and write its SDP": lambda: bytes(Sdp.parse(SDP).moved([Place("10.0.0.3", 6000, 6001)])),
        "a call through two endpoints, 14 messages": pair.call,
    }
    for name, act in rows.items():
        took = cost(act, 1000 if "call" in name else 3000)
        print(f"{name:44}{took:8.1f} us{took / base:7.2f}")
    print(f"a message through one endpoint: {cost(pair.call, 1000) / 14:.1f} us")


if __name__ == "__main__":
    main()
