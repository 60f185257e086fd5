"""Call progress tones: the loadable form is read whole or refused, and comes from the source form."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbcd.base.errors import Invalid
from sbcd.rooms.auxfiles import cpt

SOURCE = """\
[NUMBER OF CALL PROGRESS TONES]
Number of Call Progress Tones=2
#two tones
[CALL PROGRESS TONE #0]
Tone Type=1
Low Freq [Hz]=350
High Freq [Hz]=440
Low Freq Level [-dBm]=14 (-14dbm)
High Freq Level [-dBm]=10
First Signal On Time [10msec]=500
First Signal Off Time [10msec]=0
[CALL PROGRESS TONE #1]
Tone Type=2
Low Freq [Hz]=400
High Freq [Hz]=450
Low Freq Level [-dBm]=14
High Freq Level [-dBm]=14
First Signal On Time [10msec]=37.5
First Signal Off Time [10msec]=20
Second Signal On Time [10msec]=40
Second Signal Off Time [10msec]=200
[NUMBER OF DISTINCTIVE RINGING PATTERNS]
Number of Ringing Patterns=1
[Ringing Pattern #0]
Ring Type=0
Freq [Hz]=20
First Ring On Time [10msec]=40
First Ring Off Time [10msec]=20
Second Ring On Time [10msec]=40
Second Ring Off Time [10msec]=200
"""
DIAL = cpt.Tone(1, 350, 440, 14, 10, ((500, 0),))
RINGBACK = cpt.Tone(2, 400, 450, 14, 14, ((37, 20), (40, 200)))
RING = cpt.Ring(0, 20, ((40, 20), (40, 200)))


def test_the_source_form_becomes_the_loadable_form_and_is_read_again() -> None:
    tones = cpt.read_source(SOURCE)
    assert tones.tones == (DIAL, RINGBACK)
    assert tones.rings == (RING,)
    assert cpt.read(cpt.write(tones)) == tones


def test_levels_are_stored_as_32_less_the_loss() -> None:
    words = cpt.write(cpt.Tones((DIAL,)))[cpt.WRAPPER + 4 :]
    assert [int.from_bytes(words[i : i + 4], "big") for i in range(0, 36, 4)] == [
        1,
        350,
        440,
        18,
        22,
        500,
        0,
        0,
        0,
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d[:500], "at least"),
        (lambda d: b"\x7fELF" + d[4:], "not a call progress tones file"),
        (lambda d: d[:4] + b"\0\0\0\x07" + d[8:], "type 7"),
        (lambda d: d[:-40], "says that it has"),
        (lambda d: d[:0x330] + b"\xff" + d[0x331:], "checksum"),
        (lambda d: b"", "at least"),
    ],
)
def test_what_does_not_add_up_is_refused(change, reason) -> None:
    data = cpt.write(cpt.read_source(SOURCE))
    with pytest.raises(Invalid, match=reason):
        cpt.read(change(data))


def test_more_tones_than_a_device_takes_are_refused() -> None:
    with pytest.raises(Invalid, match="33 tones"):
        cpt.read(cpt.write(cpt.Tones((DIAL,) * 33)))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("Freq [Hz]=350", "Freq [Hz]=35", "CALL PROGRESS TONE #0.*35 Hz"),
        ("Tones=2", "Tones=3", "says 3, the file holds 2"),
        ("Type=1", "Type=one", "tone type"),
        ("[CALL PROGRESS TONE #1]", "[CALL PROGRESS TONE #0]", "cannot be read"),
    ],
)
def test_a_wrong_source_is_refused_with_its_place(old, new, reason) -> None:
    with pytest.raises(Invalid, match=reason):
        cpt.read_source(SOURCE.replace(old, new))


@given(st.binary(max_size=2000))
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    head = cpt.write(cpt.read_source(SOURCE))[: cpt.WRAPPER]
    for candidate in (data, head + data):
        with contextlib.suppress(Invalid):
            cpt.read(candidate)


@given(st.text(max_size=400))
def test_no_text_crashes_the_source_reader(text: str) -> None:
    for candidate in (text, SOURCE + text):
        with contextlib.suppress(Invalid):
            cpt.read_source(candidate)
