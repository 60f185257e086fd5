"""Messages: read, looked at, changed, written."""

import pytest

from sbcd.sip.content import Message
from sbcd.sip.grammar import Malformed
from sbcd.sip.message import MOST_HEAD, Request, parse, reply, request
from sip.playbook import invite

VIA = "SIP/2.0/UDP a;branch=z9hG4bK1"
BASE = f"OPTIONS sip:b@h SIP/2.0\r\nv: {VIA}\r\nX-One: 1\r\nx-one: 2\r\nSUBJECT:  hi \r\n".encode()


def test_headers_are_found_by_any_name():
    read = parse(BASE + b"\r\n")
    assert (read.get("Via"), read.get("V"), read.get("via")) == (VIA, VIA, VIA)
    assert read.all("x-ONE") == ["1", "2"]
    assert (read.get("subject"), read.get("Nothing", "none"), read.has("s"), read.has("y")) == (
        "hi",
        "none",
        True,
        False,
    )


def test_a_changed_copy_leaves_the_original():
    read = parse(BASE + b"\r\n")
    other = read.but(
        {"Subject": None, "x-one": "3", "New": ["a", "b"]}, method="INFO", uri="sip:c@h", body=b"x"
    )
    assert bytes(other).decode().split("\r\n") == [
        "INFO sip:c@h SIP/2.0",
        "Via: SIP/2.0/UDP a;branch=z9hG4bK1",
        "X-One: 3",
        "New: a",
        "New: b",
        "Content-Length: 1",
        "",
        "x",
    ]
    assert read.all("X-One") == ["1", "2"]
    assert read.get("Subject") == "hi"
    answer = reply(read, 200).but({"Allow": "INVITE"}, status=486, reason="Busy")
    assert bytes(answer).startswith(b"SIP/2.0 486 Busy\r\n")


@pytest.mark.parametrize("value", ["a\r\nInjected: x", "a\nb", "a\rb"])
def test_a_line_break_cannot_be_written(value):
    with pytest.raises(ValueError, match="line break"):
        bytes(request("INVITE", "sip:b@h", {"Subject": value}))
    with pytest.raises(ValueError, match="line break"):
        bytes(request("INVITE", f"sip:b@h {value}"))


@pytest.mark.parametrize(
    ("data", "flaw"),
    [
        (BASE[:-2], "the head does not end"),
        (BASE + b"l: 5\r\n\r\nabc", "Content-Length is 5 but the body has 3 bytes"),
        (BASE + b"l: x\r\n\r\n", "Content-Length 'x' is not one number"),
        (BASE + b"l: 1\r\nContent-Length: 2\r\n\r\nab", "Content-Length '1, 2' is not one number"),
        (BASE + b"X: a\nb: c\r\n\r\n", "a line break or a NUL stands alone"),
        (BASE + b"X: \0\r\n\r\n", "a line break or a NUL stands alone"),
        (BASE + b"no header\r\n\r\n", "'no header' is not a header"),
        (BASE + b"a b: c\r\n\r\n", "'a b: c' is not a header"),
        (BASE + b"Call-ID: 1\r\ni: 2\r\n\r\n", "More than one Call-ID header"),
    ],
)
def test_what_is_wrong_is_told(data, flaw):
    assert parse(data).flaw == flaw


def test_content_length_cuts_and_may_be_told_twice():
    assert parse(BASE + b"l: 2\r\nl: 2\r\n\r\nabcd").body == b"ab"
    assert parse(b"\r\n\r\n" + BASE + b"\r\nabcd").body == b"abcd"


@pytest.mark.parametrize(
    "data", [b"", b"GET / HTTP/1.1\r\n\r\n", b"SIP/2.0 99 X\r\n\r\n", b"SIP/2.0 700 X\r\n\r\n"]
)
def test_what_is_no_sip_at_all(data):
    with pytest.raises(Malformed):
        parse(data)


def test_limits():
    with pytest.raises(Malformed, match="more than"):
        parse(BASE + b"X: " + b"y" * MOST_HEAD)
    with pytest.raises(Malformed, match="lines are more"):
        parse(BASE + b"X: y\r\n" * 300 + b"\r\n")


def test_numbers_and_missing_headers():
    read = parse(BASE + b"Expires: 60;x\r\nRSeq: 9999999999\r\nMin-SE: x\r\n\r\n")
    assert read.number("Expires") == 60
    assert read.number("Max-Forwards") is None
    for name in ("RSeq", "Min-SE"):
        with pytest.raises(Malformed):
            read.number(name)
    for look in (lambda: read.from_, lambda: read.to, lambda: read.cseq, lambda: read.call_id):
        with pytest.raises(Malformed, match=r"no .* header"):
            look()
    assert read.contact is None
    assert read.valued("Event") is None
    assert isinstance(read, Message)


def test_a_reply_copies_what_it_must():
    """RFC 3261 8.2.6."""
    asked = invite(**{"Record-Route": "<sip:p;lr>", "Via": "SIP/2.0/UDP a;branch=z9hG4bK1", "Timestamp": "7"})
    trying, ok = reply(asked, 100, tag="t"), reply(asked, 200, tag="t")
    assert (trying.to.tag, trying.get("Timestamp"), trying.has("Record-Route")) == (None, "7", False)
    assert (ok.to.tag, ok.get("Record-Route"), ok.reason) == ("t", "<sip:p;lr>", "OK")
    assert reply(asked, 499).reason == "Bad Request"
    inside = asked.but({"To": "<sip:b@h>;tag=mine"})
    assert reply(inside, 200, tag="t").to.tag == "mine"
    plain = asked.but({"To": "sip:b@h;x=1"})
    assert str(reply(plain, 200, tag="t").to) == "<sip:b@h>;x=1;tag=t"
    assert isinstance(asked, Request)
    assert not asked.inside


def test_odd_but_legal_beginnings():
    assert parse(b"sip/2.0 180 Ringing\r\n\r\n").status == 180
    assert parse(b"SIP/2.0 180\r\n\r\n").reason == ""
    assert parse(b"INVITE sip:a@b sip/2.0\r\n\r\n").flaw == ""
    assert repr(parse(BASE + b"\r\n")) == "<OPTIONS sip:b@h>"
    assert repr(parse(b"SIP/2.0 180 X\r\nCSeq: 1 INVITE\r\n\r\n")) == "<180 X for 1 INVITE>"
    made = request("MESSAGE", "sip:a@b", [("X", "1"), ("X", "2")], b"hi", "text/plain")
    assert (made.all("X"), made.content_type) == (["1", "2"], "text/plain")
