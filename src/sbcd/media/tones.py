"""What a test call plays: G.711 frames of a tone, of silence, and telephone events (RFC 4733), 20 ms each.

One rule: a frame is made from its number alone, so that what is played can be told without playing it."""

import math
import struct
from functools import lru_cache

import msgspec

FRAME = 160
"""Samples of 20 ms."""
PCMU, PCMA = 0, 8
SILENCE = {PCMU: b"\xff" * FRAME, PCMA: b"\xd5" * FRAME}
DIGITS = "0123456789*#ABCD"
ON, OFF, PAUSE = 8, 5, 50
"""Frames of a digit, between two digits, and before the string is played again."""
LEVEL = 0.25  # of full scale, each frequency
_EVENT = struct.Struct(">BBH")


class Talk(msgspec.Struct, frozen=True):
    """What is sent: the G.711 payload type, that of telephone events (-1: none), digits, and a tone of one or
    two frequencies in Hz (0: none). A tone goes before digits."""

    payload: int = PCMA
    events: int = -1
    digits: str = ""
    low: int = 0
    high: int = 0


class Frame(msgspec.Struct, frozen=True):
    """One packet: payload type, marker, how many frames ago its timestamp was, the bytes."""

    kind: int
    marker: bool
    behind: int
    data: bytes


def frame(talk: Talk, number: int) -> Frame:
    """The packet of frame `number` (from 0)."""
    if talk.low or talk.high:
        sound = tone(talk.payload, talk.low, talk.high)
        at = number * FRAME % len(sound)
        return Frame(talk.payload, number == 0, 0, sound[at : at + FRAME])
    if talk.digits and talk.events >= 0:
        place, at = divmod(number % (len(talk.digits) * (ON + OFF) + PAUSE), ON + OFF)
        if place < len(talk.digits) and at < ON + 2:  # the end is told three times
            span = FRAME * min(at + 1, ON)
            last = 0x80 if at >= ON - 1 else 0
            data = _EVENT.pack(DIGITS.index(talk.digits[place].upper()), last | 10, span)
            return Frame(talk.events, at == 0, at, data)
    return Frame(talk.payload, number == 0, 0, SILENCE[talk.payload])


@lru_cache(16)
def tone(payload: int, low: int, high: int) -> bytes:
    """A second of it: whole numbers of Hz fit into that without a seam."""
    write = alaw if payload == PCMA else ulaw
    parts = [one for one in (low, high) if one]
    return bytes(
        write(int(32767 * LEVEL * sum(math.sin(2 * math.pi * one * n / 8000) for one in parts)))
        for n in range(8000)
    )


def ulaw(sample: int) -> int:
    """G.711 mu-law of a 16-bit sample."""
    sign = 0x80 if sample < 0 else 0
    size = min(abs(sample), 32635) + 132
    exponent = size.bit_length() - 8
    return ~(sign | exponent << 4 | size >> (exponent + 3) & 0x0F) & 0xFF


def alaw(sample: int) -> int:
    """G.711 A-law of a 16-bit sample."""
    sign = 0 if sample < 0 else 0x80
    size = (~sample if sample < 0 else sample) >> 3
    exponent = max(size.bit_length() - 5, 0)
    fraction = size >> (exponent if exponent else 1) & 0x0F
    return (sign | exponent << 4 | fraction) ^ 0x55


def playable(digits: str) -> bool:
    """Whether every character is a telephone event of a keypad."""
    return all(one.upper() in DIGITS for one in digits)
