"""Coders of session descriptions: kept, ordered, added, and offers of the device's own (ADR 0080)."""

import pytest

from sbcd.rooms.calls.coders import (
    Coder,
    Shape,
    answering_hold,
    common,
    cut,
    held_as,
    kept_streams,
    made,
    names,
    number,
    ordered,
    shaped,
    speechless,
    with_events,
)
from sbcd.sip.sdp import Sdp

HEAD = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
TEAMS = (
    "m=audio 4000 RTP/AVP 104 9 103 111 18 0 8 97 101 13\r\n"
    "a=rtpmap:104 SILK/16000\r\na=rtpmap:9 G722/8000\r\na=rtpmap:103 SILK/8000\r\n"
    "a=rtpmap:111 opus/48000/2\r\na=rtpmap:18 G729/8000\r\na=fmtp:18 annexb=yes\r\n"
    "a=rtpmap:97 RED/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=rtpmap:13 CN/8000\r\n"
)
VIDEO = "m=video 4002 RTP/AVP 122\r\na=rtpmap:122 H264/90000\r\n"


def sdp(*streams: str) -> Sdp:
    return Sdp.parse((HEAD + "".join(streams)).encode())


def formats(one: Sdp) -> list[str]:
    return [" ".join([stream.kind, str(stream.port), *stream.formats]) for stream in one.streams]


def test_names() -> None:
    found = names(sdp(TEAMS).streams[0])
    assert list(found.values())[:6] == ["SILK/16000", "G722", "SILK/8000", "OPUS", "G729", "PCMU"]
    assert [number(one) for one in (1, 2, 3, 20, 35, 36, 40, 250)] == [
        "PCMA",
        "PCMU",
        "G729",
        "G722",
        "SILK/8000",
        "SILK/16000",
        "OPUS",
        "",
    ]


@pytest.mark.parametrize(
    ("shape", "kept"),
    [
        (Shape(), "104 9 103 111 18 0 8 97 101 13"),
        (Shape(allowed=("PCMA", "PCMU"), restricts=True), "0 8 97 101 13"),
        (Shape(allowed=("PCMA", "PCMU"), prefers=True), "8 0 104 9 103 111 18 97 101 13"),
        (Shape(allowed=("PCMA", "PCMU"), restricts=True, prefers=True), "8 0 97 101 13"),
        (Shape(allowed=("SILK/8000",), restricts=True), "103 97 101 13"),
        (Shape(allowed=("PCMU",), restricts=True, events=2, silence=2), "0 97"),
        (Shape(events=2), "104 9 103 111 18 0 8 97 13"),
        (Shape(redundancy=2), "104 9 103 111 18 0 8 101 13"),
    ],
)
def test_what_stays(shape: Shape, kept: str) -> None:
    assert formats(shaped(sdp(TEAMS), shape)) == [f"audio 4000 {kept}"]


def test_lines_go_with_their_format() -> None:
    text = bytes(shaped(sdp(TEAMS), Shape(allowed=("PCMU",), restricts=True))).decode()
    assert "SILK" not in text
    assert "annexb" not in text
    assert "telephone-event" in text


def test_a_stream_of_which_nothing_is_left_is_refused() -> None:
    before = sdp(TEAMS, VIDEO)
    after = shaped(before, Shape(allowed=("EVRC",), restricts=True))
    assert [stream.port for stream in after.streams] == [0, 4002]
    assert not speechless(before, after)
    audio = sdp(TEAMS)
    assert speechless(audio, shaped(audio, Shape(allowed=("EVRC",), restricts=True)))


def test_video_coders() -> None:
    both = sdp(TEAMS, VIDEO.replace("122\r", "122 123\r") + "a=rtpmap:123 VP8/90000\r\n")

    def video(shape: Shape) -> str:
        return formats(shaped(both, shape))[1]

    assert video(Shape(video=("VP8",), restricts_video=True)) == "video 4002 123"
    assert video(Shape(video=("VP8",), prefers_video=True)) == "video 4002 123 122"
    assert video(Shape(video=("AV1",), restricts_video=True)) == "video 0 122 123"
    assert video(Shape(allowed=("PCMU",), restricts=True)) == "video 4002 122 123"


def test_streams_that_were_told_before_stay() -> None:
    """RFC 3264 8: an offer never has fewer streams; the answer to it has as many as were asked for."""
    whole, audio = sdp(TEAMS, VIDEO), sdp(TEAMS)
    again = kept_streams(audio, whole)
    assert [stream.port for stream in again.streams] == [4000, 0]
    assert kept_streams(whole, audio) == whole
    assert cut(again, audio) == audio


def test_kinds_of_streams() -> None:
    after = shaped(sdp(TEAMS, VIDEO), Shape(kinds=("audio",)))
    assert [stream.port for stream in after.streams] == [4000, 0]


def test_no_silence_suppression() -> None:
    text = bytes(shaped(sdp(TEAMS), Shape(silence=2))).decode()
    assert "CN/8000" not in text
    assert "a=fmtp:18 annexb=no" in text
    assert "annexb=yes" not in text


def test_events_are_added_once() -> None:
    bare = sdp("m=audio 4000 RTP/AVP 0\r\n")
    more = with_events(bare, 101)
    assert formats(more) == ["audio 4000 0 101"]
    assert "a=rtpmap:101 telephone-event/8000" in bytes(more).decode()
    assert with_events(more, 96) == more
    taken = with_events(sdp("m=audio 4000 RTP/AVP 101\r\na=rtpmap:101 opus/48000/2\r\n"), 101)
    assert formats(taken) == ["audio 4000 101 96"]


def test_an_answer_has_only_what_was_offered() -> None:
    offer = sdp("m=audio 4000 RTP/AVP 0 8\r\n")
    answer = sdp("m=audio 5000 RTP/AVP 8 96\r\na=rtpmap:96 telephone-event/8000\r\n")
    assert formats(common(answer, offer)) == ["audio 5000 8"]
    assert formats(common(sdp("m=audio 5000 RTP/AVP 18\r\n"), offer)) == ["audio 0 18"]


def test_an_offer_of_the_devices_own() -> None:
    coders = (
        Coder("G729", 8000, silence=True),
        Coder("SILK/8000", 8000, 103),
        Coder("OPUS", 48000, 111, parameters="useinbandfec=1"),
        Coder("ILBC", 8000, parameters="mode=30"),
    )
    one = Sdp.parse(made(coders, "192.0.2.9", 101))
    assert formats(one) == ["audio 9 18 103 111 96 101"]
    text = bytes(one).decode()
    for line in (
        "a=ptime:20",
        "a=rtpmap:18 G729/8000",
        "a=fmtp:18 annexb=yes",
        "a=rtpmap:103 SILK/8000",
        "a=rtpmap:111 opus/48000/2",
        "a=fmtp:111 useinbandfec=1",
        "a=rtpmap:96 iLBC/8000",
        "a=fmtp:96 mode=30",
        "a=rtpmap:101 telephone-event/8000",
    ):
        assert f"{line}\r\n" in text
    assert "m=audio 9 RTP/AVP 0 13 101\r\n" in made((Coder("PCMU", 8000, silence=True),), "::", 101).decode()


def test_order_of_the_devices_own() -> None:
    coders = (Coder("G729", 8000), Coder("PCMU", 8000), Coder("PCMA", 8000))
    assert [one.name for one in ordered(coders, ("PCMA", "PCMU"))] == ["PCMA", "PCMU", "G729"]


@pytest.mark.parametrize(
    ("form", "direction", "host"),
    [
        (0, "sendonly", "192.0.2.1"),
        (1, "sendonly", "192.0.2.1"),
        (2, "sendonly", "0.0.0.0"),
        (3, "inactive", "192.0.2.1"),
        (4, "inactive", "0.0.0.0"),
    ],
)
def test_hold(form: int, direction: str, host: str) -> None:
    offer = sdp("m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n")
    held = held_as(offer, form)
    assert f"a={direction}" in bytes(held).decode()
    assert held.host(0) == host
    assert held_as(sdp("m=audio 4000 RTP/AVP 0\r\n"), form) == sdp("m=audio 4000 RTP/AVP 0\r\n")


def test_the_answer_to_a_hold_fits_the_offer() -> None:
    """RFC 3264 6.1: sendonly is answered by recvonly, inactive by inactive."""
    offer = sdp("m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n")
    answer = sdp("m=audio 5000 RTP/AVP 0\r\na=inactive\r\n")
    assert answering_hold(answer, offer).direction(0) == "recvonly"
    assert answering_hold(answer, answer).direction(0) == "inactive"
    assert answering_hold(answer, sdp("m=audio 4000 RTP/AVP 0\r\n")) == answer
