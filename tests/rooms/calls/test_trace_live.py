"""The trace of a running device: off without a trace, on by a parameter, bounded, sent on by HEP."""

import socket
import time
from collections.abc import Iterator

import pytest

from live import MONITOR, Live
from phone import Phone, trunks
from sbcd.sip import hep
from sbcd.sip.message import reply


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with Live(tmp_path_factory.mktemp("trace") / "state") as running:
        yield running


@pytest.fixture(scope="module")
def collector() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        one.settimeout(5)
        yield one


def configure(device: Live, text: bytes) -> None:
    answer = device.put_file("/files/ini/incremental", text)
    assert answer.status_code == 200, answer.text


def call(device: Live, caller: str) -> None:
    """A call that is refused by the called."""
    with Phone() as alice, Phone() as bob:
        configure(device, trunks(alice, bob))
        alice.invite(device.sip, caller, "2000")
        invite = bob.hear("INVITE")
        bob.say(reply(invite, 486, tag="b"))
        alice.hear("486")


def sessions(device: Live) -> dict[str, dict]:
    told = device.get("/calls/trace").json()
    return {one["caller"]: one for one in told["calls"]}


def test_off_there_is_nothing(device: Live) -> None:
    call(device, "4711")
    assert device.get("/calls/trace").json() == {"on": False, "calls": []}
    answer = device.get("/calls/trace/1")
    assert answer.status_code == 404
    assert "SbcdCallTrace" in answer.json()["description"]


def test_on_the_ladder_has_both_legs_and_the_messages(device: Live) -> None:
    configure(device, b"[SIP Params]\nSbcdCallTrace = 1\n")
    call(device, "4712")
    told = sessions(device)["4712"]
    assert (told["callee"], told["method"]) == ("2000", "INVITE")
    assert told["messages"] >= 5
    text = device.get(f"/calls/trace/{told['session']}").text
    lines = [line for line in text.splitlines() if "again" not in line]
    bare = [line[19:].translate(str.maketrans("-<>|", "    ")).split() for line in lines]
    arrows = [[word for word in row if word != "(1)"] for row in bare]
    assert [row for row in arrows[1:] if row != ["100", "INVITE"]] == [
        ["INVITE", "SDP"],
        ["INVITE", "SDP"],
        ["486", "INVITE"],
        ["ACK"],
        ["486", "INVITE"],
    ]
    full = device.get(f"/calls/trace/{told['session']}?full=1").text
    assert "INVITE sip:2000@" in full
    assert device.get(f"/calls/trace/{told['session']}", auth=MONITOR).status_code == 403


def test_the_capture_file_comes_with_its_type(device: Live) -> None:
    session = sessions(device)["4712"]["session"]
    answer = device.get(f"/calls/trace/{session}/pcap")
    assert answer.headers["content-type"] == "application/vnd.tcpdump.pcap"
    assert answer.content[:4] == bytes.fromhex("d4c3b2a1")
    assert answer.content.count(b"INVITE sip:2000@") == 2
    assert len(device.get("/calls/trace/all/pcap").content) >= len(answer.content)
    for wrong in ("0", "999999", "x", "-1"):
        assert device.get(f"/calls/trace/{wrong}").status_code == 404


def test_the_cli_shows_it(device: Live) -> None:
    session = sessions(device)["4712"]["session"]
    script = f"show voip calls trace\nshow voip calls trace {session}\n".encode()
    answer = device.put_file("/files/cliScript/incremental", script)
    output = answer.json()["output"]
    assert "Callee" in output
    assert "device" in output


def test_what_comes_over_tcp_stands_there_with_its_addresses(device: Live) -> None:
    with socket.create_connection(device.sip, timeout=5) as door:
        mine = "{}:{}".format(*door.getsockname())
        ours = "{}:{}".format(*device.sip)
        door.sendall(
            f"OPTIONS sip:{device.sip[0]} SIP/2.0\r\nVia: SIP/2.0/TCP {mine};branch=z9hG4bKtcp\r\n"
            "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: over-tcp\r\nCSeq: 1 OPTIONS\r\n"
            "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n".encode()
        )
        assert door.recv(4096).startswith(b"SIP/2.0 ")
    text = device.get("/calls/trace/all?full=1").text
    assert f"{mine} -> {ours} TCP" in text
    assert f"{ours} -> {mine} TCP" in text


def test_messages_go_to_the_collector_with_their_session(device: Live, collector: socket.socket) -> None:
    port = collector.getsockname()[1]
    configure(
        device,
        f"[SIP Params]\nSbcdHepCollectorIP = 127.0.0.1\nSbcdHepCollectorPort = {port}\n"
        "SbcdHepAgentId = 77\nSbcdHepKey = k\n".encode(),
    )
    call(device, "4713")
    found = []
    end = time.monotonic() + 5
    while time.monotonic() < end and len(found) < 5:
        one = hep.read(collector.recv(65535))
        if b"sip:4713@" in one[hep.PAYLOAD]:
            found.append(one)
    session = sessions(device)["4713"]["session"]
    assert {one[hep.CORRELATION].decode().split("-")[1] for one in found} == {str(session)}, "both legs"
    assert {one[hep.AGENT] for one in found} == {(77).to_bytes(4, "big")}
    assert {one[hep.KEY] for one in found} == {b"k"}
    assert abs(int.from_bytes(found[0][hep.SECONDS], "big") - time.time()) < 60
    assert socket.inet_ntoa(found[0][hep.DEST4]) == device.sip[0]


def test_off_again_nothing_is_left(device: Live) -> None:
    configure(device, b"[SIP Params]\nSbcdCallTrace = 0\nSbcdHepCollectorIP = 0.0.0.0\n")
    assert device.get("/calls/trace").json() == {"on": False, "calls": []}
