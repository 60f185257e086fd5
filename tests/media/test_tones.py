"""What a test call plays, frame by frame."""

import math

import pytest

from sbcd.media.tones import OFF, ON, PAUSE, PCMA, PCMU, SILENCE, Talk, alaw, frame, playable, tone, ulaw


def test_silence_when_nothing_is_asked_for() -> None:
    assert frame(Talk(PCMU), 7).data == SILENCE[PCMU]
    assert [frame(Talk(PCMA), n).marker for n in (0, 1)] == [True, False]


def test_digits_are_telephone_events_of_rfc_4733() -> None:
    """One timestamp, a growing duration, the end told three times, then a gap; then the next digit."""
    talk = Talk(PCMA, 101, "5#")
    events = [frame(talk, n) for n in range(ON + 2)]
    assert {one.kind for one in events} == {101}
    assert [one.data[0] for one in events] == [5] * 10
    assert [one.behind for one in events] == list(range(10)), "the same timestamp"
    assert [int.from_bytes(one.data[2:], "big") // 160 for one in events] == [1, 2, 3, 4, 5, 6, 7, 8, 8, 8]
    assert [bool(one.data[1] & 0x80) for one in events] == [False] * 7 + [True] * 3
    assert [one.marker for one in events] == [True] + [False] * 9
    assert frame(talk, ON + 2).kind == PCMA, "a gap"
    assert frame(talk, ON + OFF).data[0] == 11, "#"
    assert frame(talk, 2 * (ON + OFF) + PAUSE).data[0] == 5, "again from the beginning"


def test_a_peer_without_telephone_events_gets_silence() -> None:
    assert frame(Talk(PCMA, -1, "123"), 3).data == SILENCE[PCMA]


def test_a_tone_goes_before_digits_and_has_no_seam() -> None:
    talk = Talk(PCMU, 101, "1", 350, 440)
    assert frame(talk, 0).kind == PCMU
    assert frame(talk, 50).data == frame(talk, 0).data, "a second later it is where it was"
    assert len(set(tone(PCMU, 350, 440))) > 50


@pytest.mark.parametrize(("law", "zero", "most"), [(alaw, 0xD5, 0xAA), (ulaw, 0xFF, 0x80)])
def test_g711(law, zero: int, most: int) -> None:
    """ITU-T G.711: the ends of the scale; the sign is the first bit; louder is never quieter."""
    assert law(0) == zero
    assert law(32767) == most
    assert law(-32768) == most & 0x7F
    mask = 0x55 if law is alaw else 0x7F
    loud = [(law(int(10 ** (n / 20))) ^ mask) & 0x7F for n in range(90)]
    assert loud == sorted(loud)
    assert math.isclose(len(set(loud)), 65, abs_tol=25)


def test_only_a_keypad_can_be_played() -> None:
    assert playable("0123456789*#abcD")
    assert not playable("12E")
