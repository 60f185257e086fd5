"""Seen messages: what is covered, the capture file (read by tshark), HEP packets, the ladder."""

import shutil
import subprocess
from pathlib import Path

import pytest

from sbcd.sip import hep
from sbcd.sip.grammar import Malformed
from sbcd.sip.ladder import ladder
from sbcd.sip.pcap import checksum, pcap
from sbcd.sip.seen import Seen, call_id, covered

US, ALICE, BOB = ("10.0.0.9", 5060), ("10.0.0.1", 5070), ("10.0.0.2", 5061)
AT = 1_700_000_000.25


def message(start: str, number: str = "1 INVITE", body: str = "", name: str = "c1@a") -> bytes:
    kind = "Content-Type: application/sdp\r\n" if body else ""
    return (
        f"{start}\r\nVia: SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK1\r\nFrom: <sip:1000@a>;tag=1\r\n"
        f"To: <sip:2000@b>\r\nCall-ID: {name}\r\nCSeq: {number}\r\n"
        f"{kind}Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


SDP = "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"
INVITE = message("INVITE sip:2000@b SIP/2.0", body=SDP)
CALL = (
    Seen(AT, True, "udp", US, ALICE, INVITE, "c1@a"),
    Seen(AT + 0.001, False, "tls", US, BOB, message("INVITE sip:2000@b SIP/2.0", name="x"), "x"),
    Seen(AT + 0.5, False, "tls", US, BOB, message("INVITE sip:2000@b SIP/2.0", name="x"), "x"),
    Seen(AT + 0.6, True, "tls", US, BOB, message("SIP/2.0 180 Ringing", name="x"), "x"),
    Seen(AT + 0.601, False, "udp", US, ALICE, message("SIP/2.0 180 Ringing"), "c1@a"),
    Seen(AT + 3, True, "udp", US, ALICE, message("CANCEL sip:2000@b SIP/2.0", "1 CANCEL"), "c1@a"),
)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (INVITE, "c1@a"),
        (b"OPTIONS sip:x SIP/2.0\r\ni:short\r\n\r\n", "short"),
        (b"OPTIONS sip:x SIP/2.0\r\nCALL-ID \t: odd one \r\n\r\n", "odd one"),
        (b"garbage", ""),
        (b"", ""),
    ],
)
def test_the_call_id_is_found_without_reading_the_message(data: bytes, name: str) -> None:
    assert call_id(data) == name


def test_r34_keys_and_digest_answers_are_covered_and_no_length_changes() -> None:
    data = (
        b"REGISTER sip:x SIP/2.0\r\n"
        b'Authorization: Digest username="a", nonce="abcdef0123", response="0123456789abcdef"\r\n'
        b'Proxy-Authorization: Digest username="a",response=fedcba9876543210\r\n\r\n'
        b"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20\r\n"
    )
    hidden = covered(data)
    assert len(hidden) == len(data)
    assert b'0123456789abcdef"' not in hidden.replace(b'nonce="abcdef0123"', b"")
    assert b"fedcba" not in hidden
    assert b"d0Rm" not in hidden
    assert b'nonce="abcdef0123"' in hidden
    assert b"|2^20" in hidden
    assert covered(INVITE) is INVITE, "the usual message is not touched"


def test_the_ladder_of_a_call() -> None:
    lines = ladder(CALL).splitlines()
    assert "10.0.0.1:5070" in lines[0]
    assert lines[0].index("10.0.0.1") < lines[0].index("device") < lines[0].index("10.0.0.2")
    assert lines[0].startswith("2023-11-14 (UTC)")
    body = [line[19:] for line in lines[1:]]
    assert [line[:17].split() for line in lines[1:3]] == [["1", "22:13:20.250"], ["2", "22:13:20.251"]]
    words = [line.replace("-", " ").replace("|", " ").split() for line in body]
    assert words == [
        ["INVITE", "(1)", "SDP", ">"],
        ["INVITE", "(1)", "tls", ">"],
        ["INVITE", "(1)", "tls", "again", ">"],
        ["<", "180", "INVITE", "tls"],
        ["<", "180", "INVITE"],
        ["CANCEL", "(1)", ">"],
    ]
    assert len({line.rindex("|") for line in lines[1:]}) == 1, "the posts stand straight"


def test_with_full_the_messages_stand_below_and_nothing_confuses_a_terminal() -> None:
    odd = Seen(AT, True, "udp", US, ALICE, b"INVITE sip:x SIP/2.0\r\nSubject: \x1b[31m\r\n\r\n", "")
    text = ladder([odd], full=True)
    assert "--- 1  22:13:20.250  10.0.0.1:5070 -> 10.0.0.9:5060 UDP" in text
    assert "\x1b" not in text
    assert "not SIP" in ladder([Seen(AT, True, "udp", US, ALICE, b"\0\0", "")])
    assert ladder([]) == "no messages\n"


def dissected(tmp_path: Path, seen: tuple[Seen, ...], *fields: str) -> list[list[str]]:
    """What tshark reads."""
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    file = tmp_path / "call.pcap"
    file.write_bytes(pcap(seen))
    command = ["tshark", "-r", str(file), "-T", "fields", *[word for name in fields for word in ("-e", name)]]
    checks = [
        "-o",
        "ip.check_checksum:TRUE",
        "-o",
        "udp.check_checksum:TRUE",
        "-o",
        "tcp.check_checksum:TRUE",
    ]
    # what stands on the port of TLS is plain here: the file says so nowhere, its reader must
    told = subprocess.run(
        [*command, *checks, "-d", "tcp.port==5061,sip"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return [line.split("\t") for line in told.stdout.splitlines()]


def test_tshark_reads_the_capture_file(tmp_path: Path) -> None:
    fields = (
        "frame.time_epoch",
        "ip.src",
        "ip.dst",
        "udp.srcport",
        "tcp.dstport",
        "sip.Method",
        "sip.Status-Code",
    )
    rows = dissected(tmp_path, CALL, *fields)
    assert rows[0] == ["1700000000.250000000", "10.0.0.1", "10.0.0.9", "5070", "", "INVITE", ""]
    assert rows[1][1:] == ["10.0.0.9", "10.0.0.2", "", "5061", "INVITE", ""]
    assert rows[3][1:] == ["10.0.0.2", "10.0.0.9", "", "5060", "", "180"]
    assert [row[5] or row[6] for row in rows] == ["INVITE", "INVITE", "INVITE", "180", "180", "CANCEL"]


def test_checksums_and_long_messages_are_right(tmp_path: Path) -> None:
    six = Seen(AT, True, "udp", ("::1", 5060), ("2001:db8::1", 5070), INVITE, "")
    long = Seen(AT, False, "tcp", US, ALICE, message("MESSAGE sip:x SIP/2.0", "1 MESSAGE", "x" * 50_000), "")
    names = ("ipv6.src", "ip.checksum.status", "udp.checksum.status", "tcp.checksum.status", "sip.Method")
    rows = dissected(tmp_path, (six, long), *names)
    assert rows[0] == ["2001:db8::1", "", "1", "", "INVITE"]
    assert [row[1] for row in rows[1:]] == ["1", "1"], "two segments"
    assert [row[3] for row in rows[1:]] == ["1", "1"]
    assert rows[-1][4] == "MESSAGE", "put together again"
    assert checksum(b"\x01") == 0xFEFF


def test_a_hep_packet_says_everything_of_its_message() -> None:
    """The chunks by their numbers in the HEP3 protocol."""
    data = hep.packet(CALL[0], 2001, b"secret", b"boot-7")
    assert data is not None
    assert data[:4] == b"HEP3"
    assert hep.read(data) == {
        1: b"\x02",
        2: b"\x11",
        3: bytes([10, 0, 0, 1]),
        4: bytes([10, 0, 0, 9]),
        7: (5070).to_bytes(2, "big"),
        8: (5060).to_bytes(2, "big"),
        9: (1_700_000_000).to_bytes(4, "big"),
        10: (250_000).to_bytes(4, "big"),
        11: b"\x01",
        12: (2001).to_bytes(4, "big"),
        14: b"secret",
        15: INVITE,
        17: b"boot-7",
    }
    tls = hep.read(hep.packet(CALL[1], 1) or b"")
    assert (tls[2], 14 in tls, 17 in tls) == (b"\x06", False, False)
    six = hep.read(hep.packet(Seen(AT, True, "udp", ("::1", 1), ("::2", 2), b"x" * 9, ""), 1) or b"")
    assert (six[1], six[5][-1], six[6][-1]) == (b"\x0a", 2, 1)


def test_what_fits_in_no_datagram_is_not_sent() -> None:
    assert hep.packet(Seen(AT, True, "udp", US, ALICE, b"x" * 65_500, ""), 1) is None


def test_no_packet_crashes_the_reader() -> None:
    data = hep.packet(CALL[0], 1) or b""
    for cut in range(len(data)):
        with pytest.raises(Malformed):
            hep.read(data[:cut])
    with pytest.raises(Malformed, match="longer than its packet"):
        hep.read(data[:10] + b"\0\0" + data[12:])
