"""Session descriptions: read, moved, held, written back."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbcd.sip.grammar import Malformed
from sbcd.sip.sdp import Place, Sdp, answers, refused

OFFER = b"""v=0
o=alice 2890844526 2890844527 IN IP4 10.0.0.1
s=-
c=IN IP4 10.0.0.1
t=0 0
a=group:BUNDLE 0
m=audio 49170 RTP/AVP 0 8 101
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=rtcp:53020
a=ptime:20
m=video 51372 RTP/AVP 99
c=IN IP6 2001:db8::5
a=rtpmap:99 H264/90000
a=sendonly
m=image 0 udptl t38
""".replace(b"\n", b"\r\n")


def test_what_is_not_touched_comes_back_as_it_was():
    assert bytes(Sdp.parse(OFFER)) == OFFER
    assert bytes(Sdp.parse(OFFER.replace(b"\r\n", b"\n"))) == OFFER


def test_where_each_stream_is_received():
    sdp = Sdp.parse(OFFER)
    assert [sdp.place(at) for at in range(3)] == [
        Place("10.0.0.1", 49170, 53020),
        Place("2001:db8::5", 51372, 51373),
        None,
    ]
    assert [sdp.direction(at) for at in range(3)] == ["sendrecv", "sendonly", "sendrecv"]
    assert sdp.streams[0].codecs == {"0": "PCMU", "8": "PCMA", "101": "TELEPHONE-EVENT"}
    assert sdp.origin == ("alice", "2890844526", 2890844527)


def test_moved_to_our_ports_nothing_of_the_peer_is_left():
    moved = Sdp.parse(OFFER).moved([Place("192.0.2.9", 6000, 6001), Place("2001:db8::9", 6002, 6003), None])
    moved = moved.from_("192.0.2.9", "77", 1)
    assert bytes(moved).decode().split("\r\n")[:-1] == [
        "v=0",
        "o=- 77 1 IN IP4 192.0.2.9",
        "s=-",
        "c=IN IP4 192.0.2.9",
        "t=0 0",
        "a=group:BUNDLE 0",
        "m=audio 6000 RTP/AVP 0 8 101",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-15",
        "a=ptime:20",
        "m=video 6002 RTP/AVP 99",
        "c=IN IP6 2001:db8::9",
        "a=rtpmap:99 H264/90000",
        "a=sendonly",
        "m=image 0 udptl t38",
    ]
    places = [moved.place(at) for at in (0, 1)]
    assert places == [
        Place("192.0.2.9", 6000, 6001),
        Place("2001:db8::9", 6002, 6003),
    ]


def test_hold_and_resume():
    """RFC 3264 8.4, and the hold of RFC 2543 with c=0.0.0.0."""
    sdp = Sdp.parse(OFFER)
    assert not sdp.held
    assert sdp.directed("sendonly").held
    assert not sdp.directed("sendonly").directed("sendrecv").held
    old = Sdp.parse(OFFER.replace(b"10.0.0.1\r\nt=", b"0.0.0.0\r\nt="))
    assert old.direction(0) == "sendonly"
    assert old.held


def test_fewer_formats_take_their_lines_with_them():
    stream = Sdp.parse(OFFER).streams[0].limited(["8", "101"])
    assert stream.write()[:3] == [
        "m=audio 49170 RTP/AVP 8 101",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:101 telephone-event/8000",
    ]


def test_mux_and_secure():
    sdp = Sdp.parse(OFFER.replace(b"a=ptime:20", b"a=rtcp-mux").replace(b"RTP/AVP 0", b"RTP/SAVP 0"))
    assert sdp.place(0) == Place("10.0.0.1", 49170, 49170)
    assert sdp.streams[0].secure
    assert not sdp.streams[1].secure


def test_an_answer_must_fit_its_offer():
    """RFC 3264 6."""
    offer = Sdp.parse(OFFER)
    assert answers(offer, refused(offer)) == ""
    assert [stream.port for stream in refused(offer).streams] == [0, 0, 0]
    short = Sdp(offer.lines, offer.streams[:1])
    assert answers(offer, short) == "the answer has 1 streams, the offer 3"
    swapped = Sdp(offer.lines, offer.streams[::-1])
    assert answers(offer, swapped) == "stream 1 is image in the answer, audio in the offer"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"v=0", b"v=1", "does not begin with v=0"),
        (b"o=alice", b"x=alice", "no o= line"),
        (b"t=0 0", b"nonsense", "'nonsense' is not a line"),
        (b"49170", b"99999", "is not a stream"),
        (b"c=IN IP4 10.0.0.1\r\n", b"", "stream 1 has no address"),
        (b"m=image 0 udptl t38\r\n", b"m=audio 9 RTP/AVP 0\r\n" * 70, "72 streams are more than 64"),
    ],
)
def test_what_is_wrong_is_told(old, new, said):
    with pytest.raises(Malformed, match=said):
        Sdp.parse(OFFER.replace(old, new))


@given(st.lists(st.sampled_from([*OFFER.split(b"\r\n")[1:-1], b"m=", b"\xff", b"a=x\x00"]), max_size=30))
def test_garbage_never_crashes(lines):
    body = b"\r\n".join([b"v=0", *lines])
    try:
        sdp = Sdp.parse(body)
    except Malformed:
        return
    assert Sdp.parse(bytes(sdp)) == sdp
    _ = sdp.held, sdp.origin, bytes(sdp.directed("sendonly")), bytes(refused(sdp))
    bytes(sdp.moved([Place("192.0.2.1", 4000, 4001)] * len(sdp.streams)))


def test_small_things():
    sdp = Sdp.parse(OFFER.replace(b"s=-", b"s=secret").replace(b"a=ptime:20", b"a=ptime:20\r\na=x"))
    named = sdp.from_("2001:db8::1", "1", 2, name="call")
    assert named.lines[1:3] == ("o=- 1 2 IN IP6 2001:db8::1", "s=call")
    stream = sdp.streams[0]
    assert (stream.attribute("ptime"), stream.attribute("x"), stream.attribute("none")) == ("20", "", None)
    assert b"a=rtcp:6009" in bytes(sdp.moved([Place("192.0.2.9", 6000, 6009), None, None]))
    assert sdp.changed(2, sdp.streams[0]).streams[2] == sdp.streams[0]
    with pytest.raises(ValueError, match="1 places for 3 streams"):
        sdp.moved([None])
    taken = refused(sdp).changed(2, msgspec.structs.replace(sdp.streams[2], port=9))
    assert answers(sdp, taken) == "stream 3 is accepted but was not offered"
    with pytest.raises(Malformed, match="bytes are more"):
        Sdp.parse(b"v=0\r\n" + b"a=x\r\n" * 20_000)
    hold = Sdp.parse(OFFER.replace(b"10.0.0.1\r\nt=", b"0.0.0.0\r\nt=").replace(b"a=ptime:20", b"a=inactive"))
    assert hold.direction(0) == "inactive"
