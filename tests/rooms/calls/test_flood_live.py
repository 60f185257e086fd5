"""A flood of a stranger starves nobody: calls of a peer are set up while it lasts."""

import socket
import statistics
import threading
import time
from pathlib import Path

import pytest

from live import Live
from phone import Phone, trunks
from sbcd.sip.message import reply

FLOOD = """INVITE sip:1@{0} SIP/2.0\r
Via: SIP/2.0/UDP 127.0.0.66:{1};branch=z9hG4bKf{2}\r
From: <sip:f@x>;tag={2}\r
To: <sip:1@{0}>\r
Call-ID: flood-{2}\r
CSeq: 1 INVITE\r
Contact: <sip:f@127.0.0.66>\r
Max-Forwards: 70\r
Content-Length: 0\r
\r
"""


def flooding(to: tuple[str, int], over: threading.Event, sent: list[int]) -> None:
    """As fast as it goes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind(("127.0.0.66", 0))
        port, number = door.getsockname()[1], 0
        while not over.is_set():
            for _ in range(20):
                number += 1
                door.sendto(FLOOD.format(to[0], port, number).encode(), to)
            time.sleep(0.005)  # 4,000 a second: two cores are shared with what is flooded
        sent.append(number)


def refused(device: Live, number: int) -> float:
    """Seconds of a call that the called refuses."""
    with Phone() as alice, Phone() as bob:
        answer = device.put_file("/files/ini/incremental", trunks(alice, bob))
        assert answer.status_code == 200, answer.text
        begun = time.monotonic()
        alice.invite(device.sip, f"10{number}", "2000")
        bob.say(reply(bob.hear("INVITE"), 486, tag="b"))
        alice.hear("486")
        return time.monotonic() - begun


@pytest.mark.long
def test_a_flood_of_a_stranger_starves_nobody(tmp_path: Path) -> None:
    with Live(tmp_path / "state") as device:
        quiet = statistics.median(refused(device, number) for number in range(10))
        over, sent = threading.Event(), []
        flood = threading.Thread(target=flooding, args=(device.sip, over, sent))
        flood.start()
        try:
            time.sleep(2)
            loud = [refused(device, number) for number in range(10, 30)]
        finally:
            over.set()
            flood.join()
        median = statistics.median(loud)
        print(f"median {quiet * 1000:.1f} ms alone, {median * 1000:.1f} ms in {sent[0]} INVITEs")
        assert median < 0.5
        told = device.put_file("/files/cliScript/incremental", b"show voip ids blacklist active\n").json()
        assert "127.0.0.66" in told["output"]
