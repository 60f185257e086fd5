"""Call progress tones: the loadable binary form and its source form, read and written.

One rule: a file that does not add up (length, byte sum, counts) is refused, never read half.
The layout was derived from public files: big-endian 32-bit words behind a wrapper of 0x31C bytes."""

import configparser
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from sbcd.base.errors import Invalid

MOST_TONES = 32
"""Tones that a device takes."""
MOST_PATTERNS = 16
WRAPPER = 0x31C
KIND = 199
_MAGICS = {0xA5A5A5A5: 1, 0xBD56BD56: 1, 0xAAAA0003: 3}
_WORDS_OF_TONE = {1: 9, 3: 148}
_WORDS_OF_PATTERN = 14


@dataclass(frozen=True, slots=True)
class Tone:
    """A tone: frequencies in Hz, levels in -dBm, cadence as (on, off) pairs in units of 10 ms."""

    type: int
    low: int
    high: int
    low_level: int
    high_level: int
    cadence: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Ring:
    """A distinctive ringing pattern: frequency in Hz, cadence in units of 10 ms."""

    type: int
    frequency: int
    cadence: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Tones:
    """What a call progress tones file holds."""

    tones: tuple[Tone, ...]
    rings: tuple[Ring, ...] = ()
    vendor: str = ""
    description: str = ""
    made: str = ""


class _Words:
    """Big-endian words taken one after another."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    def take(self, count: int) -> tuple[int, ...]:
        if count * 4 > len(self.data) - self.at:
            raise Invalid(f"the tones file ends at byte {len(self.data)}, inside a record at byte {self.at}")
        words = struct.unpack_from(f">{count}i", self.data, self.at)
        self.at += count * 4
        return words

    def left(self) -> int:
        return len(self.data) - self.at


def _text(data: bytes, at: int) -> str:
    return data[at : at + 256].split(b"\0")[0].decode("latin-1")


def _checked(data: bytes) -> int:
    """The format version of a file whose wrapper adds up."""
    if len(data) < WRAPPER + 8:
        raise Invalid(f"a tones file has at least {WRAPPER + 8} bytes, this one has {len(data)}")
    magic, kind, length, _, version = struct.unpack_from(">5I", data)
    if magic not in _MAGICS:
        raise Invalid(f"not a call progress tones file: it begins with 0x{magic:08X}")
    if kind != KIND:
        raise Invalid(f"the file is of type {kind}, call progress tones are of type {KIND}")
    if length != len(data) - 4:
        raise Invalid(f"the file says that it has {length + 4} bytes, it has {len(data)}")
    if version != _MAGICS[magic]:
        raise Invalid(f"format version {version} is not known")
    (told,) = struct.unpack_from(">I", data, len(data) - 4)
    if told != sum(data[:-4]) & 0xFFFFFFFF:
        raise Invalid("the checksum of the tones file is wrong: it was changed or broken off")
    return int(version)


def read(data: bytes) -> Tones:
    """The tones of a loadable (.dat) file; `Invalid` says what does not add up."""
    version = _checked(data)
    words = _Words(data[:-4], WRAPPER)
    (count,) = words.take(1)
    if not 0 <= count <= MOST_TONES:
        raise Invalid(f"{count} tones; a device takes 0-{MOST_TONES}")
    size = _WORDS_OF_TONE[version]
    tones = tuple(_tone(version, words.take(size)) for _ in range(count))
    rings: tuple[Ring, ...] = ()
    if words.left():
        (patterns,) = words.take(1)
        if not 0 <= patterns <= MOST_PATTERNS:
            raise Invalid(f"{patterns} ringing patterns; a device takes 0-{MOST_PATTERNS}")
        rings = tuple(_ring(words.take(_WORDS_OF_PATTERN)) for _ in range(patterns))
    if words.left():
        raise Invalid(f"{words.left()} bytes stand behind the last record")
    return Tones(tones, rings, _text(data, 0x14), _text(data, 0x11C), _text(data, 0x21C))


def _tone(version: int, words: tuple[int, ...]) -> Tone:
    if version == 1:
        pairs = ((words[5], words[6]), (words[7], words[8]))
        return Tone(words[0], words[1], words[2], 32 - words[3], 32 - words[4], _cadence(pairs))
    pairs3 = ((words[48], words[49]), (words[56], words[57]))
    return Tone(words[0], words[4], words[12], words[5], words[13], _cadence(pairs3))


def _ring(words: tuple[int, ...]) -> Ring:
    return Ring(words[0], words[1], _cadence(tuple((words[i], words[i + 1]) for i in range(2, 14, 3))))


def _cadence(pairs: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """The pairs up to the last one that sounds; the first always counts."""
    used = [pair for pair in pairs[1:] if pair != (0, 0)]
    return (pairs[0], *used)


def write(tones: Tones) -> bytes:
    """The loadable form, format version 1."""
    words: list[int] = [len(tones.tones)]
    for tone in tones.tones:
        (on1, off1), (on2, off2) = (*tone.cadence, (0, 0))[:2]
        words += [tone.type, tone.low, tone.high, 32 - tone.low_level, 32 - tone.high_level]
        words += [on1, off1, on2, off2]
    if tones.rings:
        words.append(len(tones.rings))
        for ring in tones.rings:
            padded = (*ring.cadence, *((0, 0),) * 4)[:4]
            words += [ring.type, ring.frequency]
            for number, (on, off) in enumerate(padded):
                words += [on, off, int(number + 1 < len(ring.cadence))]
    body = struct.pack(f">{len(words)}i", *words)
    head = struct.pack(">5I", 0xA5A5A5A5, KIND, WRAPPER + len(body), 1, 1)
    head += _field(tones.vendor) + struct.pack(">2I", 0, 4) + _field(tones.description) + _field(tones.made)
    data = head + body
    return data + struct.pack(">I", sum(data) & 0xFFFFFFFF)


def _field(text: str) -> bytes:
    return text.encode("latin-1", "replace")[:255].ljust(256, b"\0")


def read_source(text: str) -> Tones:
    """The tones of the source (.ini) form; `Invalid` names the section and the entry."""
    parser = configparser.ConfigParser(
        strict=True, interpolation=None, comment_prefixes=("#", ";"), delimiters=("=",)
    )
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise Invalid(f"the tones source cannot be read: {str(error).splitlines()[0]}") from error
    sections = {name.upper(): parser[name] for name in parser.sections()}
    tones = tuple(_source_tone(name, s) for name, s in _numbered(sections, "CALL PROGRESS TONE"))
    rings = tuple(_source_ring(name, s) for name, s in _numbered(sections, "RINGING PATTERN"))
    _counted(sections, "NUMBER OF CALL PROGRESS TONES", "number of call progress tones", len(tones))
    _counted(sections, "NUMBER OF DISTINCTIVE RINGING PATTERNS", "number of ringing patterns", len(rings))
    if len(tones) > MOST_TONES:
        raise Invalid(f"{len(tones)} tones; a device takes 0-{MOST_TONES}")
    return Tones(tones, rings)


_Sections = dict[str, configparser.SectionProxy]


def _numbered(sections: _Sections, title: str) -> Iterator[tuple[str, configparser.SectionProxy]]:
    number = 0
    while section := sections.get(f"{title} #{number}"):
        yield f"{title} #{number}", section
        number += 1


def _counted(sections: _Sections, title: str, key: str, found: int) -> None:
    section = sections.get(title)
    told = _number(title, section, key) if section is not None else found
    if told != found:
        raise Invalid(f"[{title}] says {told}, the file holds {found}")


def _number(name: str, section: configparser.SectionProxy, key: str, least: int = 0) -> int:
    """A whole number; a remark behind it and a fraction are dropped, as the vendor's converter does."""
    text = section.get(key, "0").split()[0:1]
    try:
        value = int(float(text[0])) if text else 0
    except (ValueError, OverflowError) as error:
        raise Invalid(f"[{name}] {key}: {text[0][:20]!r} is not a number") from error
    if not least <= value <= 65535:
        raise Invalid(f"[{name}] {key}: {value} is not in {least}-65535")
    return value


def _pairs(name: str, section: configparser.SectionProxy, what: str) -> tuple[tuple[int, int], ...]:
    found = tuple(
        (
            _number(name, section, f"{nth} {what} on time [10msec]"),
            _number(name, section, f"{nth} {what} off time [10msec]"),
        )
        for nth in ("first", "second", "third", "fourth")
    )
    return _cadence(found)


def _source_tone(name: str, section: configparser.SectionProxy) -> Tone:
    low, high = (_number(name, section, f"{which} freq [hz]") for which in ("low", "high"))
    for frequency in (low, high):
        if frequency and not 300 <= frequency <= 1980:
            raise Invalid(f"[{name}] {frequency} Hz is not in 300-1980")
    quiet, loud = (_number(name, section, f"{which} freq level [-dbm]") for which in ("low", "high"))
    return Tone(_number(name, section, "tone type"), low, high, quiet, loud, _pairs(name, section, "signal"))


def _source_ring(name: str, section: configparser.SectionProxy) -> Ring:
    kind, frequency = (_number(name, section, key) for key in ("ring type", "freq [hz]"))
    return Ring(kind, frequency, _pairs(name, section, "ring"))
