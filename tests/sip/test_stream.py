"""Framing of SIP over TCP and TLS."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbcd.sip.grammar import Malformed
from sbcd.sip.stream import MOST_BODY, Framer

ONE = b"OPTIONS sip:a@b SIP/2.0\r\nVia: x\r\nContent-Length: 4\r\n\r\nbody"
TWO = b"SIP/2.0 200 OK\r\nl :  0 \r\n\r\n"


def test_messages_and_pings_are_told_apart():
    """RFC 5626 3.5.1: a double CRLF asks for a CRLF."""
    framer = Framer()
    assert framer.feed(b"\r\n\r\n" + ONE + TWO + b"\r\n\r\n") == [ONE, TWO]
    assert framer.pongs == 2
    assert framer.feed(b"\r\n" + TWO) == [TWO]
    assert framer.waiting == 0


def test_half_a_ping_waits():
    framer = Framer()
    assert framer.feed(b"\r\n\r") == []
    assert framer.feed(b"\n\n\r" + TWO) == [TWO]
    assert framer.pongs == 1


@given(st.lists(st.sampled_from([ONE, TWO]), max_size=4), st.lists(st.integers(1, 40), max_size=40))
def test_where_the_stream_is_cut_does_not_matter(messages, cuts):
    framer, stream, found, at = Framer(), b"".join(messages), [], 0
    for cut in cuts:
        found += framer.feed(stream[at : at + cut])
        at += cut
    assert found + framer.feed(stream[at:]) == messages


@pytest.mark.parametrize(
    "head",
    [
        b"OPTIONS sip:a@b SIP/2.0\r\nVia: x\r\n\r\n",
        b"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n",
        b"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: -4\r\n\r\n",
        b"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: %d\r\n\r\n" % (MOST_BODY + 1),
        b"x" * 40_000,
    ],
)
def test_what_cannot_be_framed_ends_the_connection(head):
    with pytest.raises(Malformed):
        Framer().feed(head)


@given(st.binary(max_size=200))
def test_garbage_never_crashes(data):
    framer = Framer()
    with contextlib.suppress(Malformed):
        framer.feed(data)
    assert framer.waiting <= len(data)
