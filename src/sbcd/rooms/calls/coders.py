"""Coders of session descriptions: which are kept, in which order, and the offers the device makes.

One rule: pure functions over descriptions; the device does not transcode, so nothing is ever offered to one
side that the other has not said it can do (ADR 0080)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from sbcd.sip.sdp import REVERSED, Direction, Sdp, Stream

AUDIO: Final = {
    1: ("PCMA", 8000, 8),
    2: ("PCMU", 8000, 0),
    3: ("G729", 8000, 18),
    7: ("CLEARMODE", 8000, -1),
    12: ("EVRC", 8000, -1),
    19: ("ILBC", 8000, -1),
    20: ("G722", 8000, 9),
    35: ("SILK", 8000, -1),
    36: ("SILK", 16000, -1),
    40: ("OPUS", 48000, -1),
}
"""Coder numbers of AudioCoders and AllowedAudioCoders: name and clock rate in SDP, static payload type."""
EVENTS: Final = "TELEPHONE-EVENT"
COMPANIONS: Final = frozenset({EVENTS, "CN", "RED", "ULPFEC"})
"""Formats that are no coders of their own: they stay as long as a coder does."""
SHARED: Final = frozenset({"SILK"})
"""Names of which several clock rates are several coders."""
FIRST_DYNAMIC: Final = 96
ILBC_20_MS: Final = 39  # rate number: 15.2 kbit/s, frames of 20 ms (RFC 3952); 34 is 13.33, 30 ms
NEVER: Final = 2


class Coder(msgspec.Struct, frozen=True):
    """A coder of an Audio Coders Group. `payload` -1: the usual one; `ptime` in ms; `parameters`: fmtp."""

    name: str  # as in SDP, in capitals; "SILK/16000" where the clock rate tells coders apart
    clock: int
    payload: int = -1
    ptime: int = 20
    silence: bool = False
    parameters: str = ""


class Shape(msgspec.Struct, frozen=True):
    """What an IP Profile makes of descriptions that come from its peer or go there."""

    allowed: tuple[str, ...] = ()  # coder names, first the best; none: all
    restricts: bool = False
    prefers: bool = False
    video: tuple[str, ...] = ()  # allowed names of video coders; none: all
    restricts_video: bool = False
    prefers_video: bool = False
    kinds: tuple[str, ...] = ()  # of streams; none: all
    events: int = 0  # of telephone events 0 as they are, 1 always there, 2 never
    events_payload: int = 96
    silence: int = 0  # silence suppression 0 as it is, 2 never
    redundancy: int = 0  # RED (RFC 2198) 0 as it is, 2 never
    hold: int = 0  # HoldFormat


def number(index: int) -> str:
    """The name of a coder number; '' when there is none."""
    if index not in AUDIO:
        return ""
    name, clock, _ = AUDIO[index]
    return f"{name}/{clock}" if name in SHARED else name


def names(stream: Stream) -> dict[str, str]:
    """Coder names of a stream by format, in its order."""
    clocks = {}
    for value in stream.attributes("rtpmap"):
        payload, _, rest = value.partition(" ")
        clocks[payload] = rest.strip().split("/")
    found = {}
    for one, name in stream.codecs.items():
        parts = clocks.get(one, ())
        found[one] = f"{name}/{parts[1]}" if name in SHARED and len(parts) > 1 else name
    return found


def shaped(sdp: Sdp, shape: Shape) -> Sdp:
    """A description with what its shape does not allow taken out; a stream of which nothing is left is
    refused (port 0)."""
    return sdp.each(lambda stream: _shaped(stream, shape))


def _shaped(stream: Stream, shape: Shape) -> Stream:
    if not stream.port:
        return stream
    if shape.kinds and stream.kind.lower() not in shape.kinds:
        return stream.placed(None)
    if "RTP" not in stream.proto.upper():
        return stream
    found = names(stream)
    if stream.kind == "video" and shape.video:
        allowed = shape.video
        kept = [one for one in stream.formats if not shape.restricts_video or found[one] in allowed]
    elif stream.kind == "audio":
        allowed = shape.allowed if shape.prefers else ()
        kept = [one for one in stream.formats if _stays(found[one], shape)]
    else:
        return stream
    if allowed and (stream.kind == "audio" or shape.prefers_video):
        place = {name: at for at, name in enumerate(allowed)}
        kept.sort(key=lambda one: place.get(found[one], len(place)))
    if not any(found[one] not in COMPANIONS for one in kept):
        return stream.placed(None)
    limited = stream.limited(kept) if tuple(kept) != stream.formats else stream
    return _silenced(limited, found) if shape.silence == NEVER and stream.kind == "audio" else limited


def _stays(name: str, shape: Shape) -> bool:
    if name in COMPANIONS:
        if name == "RED" and shape.redundancy == NEVER:
            return False
        return not (name == EVENTS and shape.events == NEVER) and not (name == "CN" and shape.silence)
    return not shape.restricts or name in shape.allowed


def _silenced(stream: Stream, found: dict[str, str]) -> Stream:
    """Without silence suppression: no comfort noise, G.729 without annex B."""
    lines = [
        line
        for line in stream.lines
        if not (line.startswith("a=fmtp:") and "annexb=" in line.lower()) and "a=silenceSupp:" not in line
    ]
    lines += [f"a=fmtp:{one} annexb=no" for one in stream.formats if found.get(one) == "G729"]
    return msgspec.structs.replace(stream, lines=tuple(lines))


def with_events(sdp: Sdp, payload: int) -> Sdp:
    """With telephone events in every audio stream that has none (RFC 4733)."""

    def added(stream: Stream) -> Stream:
        if stream.kind != "audio" or not stream.port or EVENTS in names(stream).values():
            return stream
        free = next(
            (
                str(one)
                for one in (payload, *range(FIRST_DYNAMIC, 128))
                if FIRST_DYNAMIC <= one < 128 and str(one) not in stream.formats
            ),
            "",
        )
        if not free:
            return stream
        more = stream.adding(f"a=rtpmap:{free} telephone-event/8000", f"a=fmtp:{free} 0-15")
        return msgspec.structs.replace(more, formats=(*stream.formats, free))

    return sdp.each(added)


def common(answer: Sdp, offer: Sdp) -> Sdp:
    """An answer without what was not offered: formats that a device in between had added to the offer."""
    streams = []
    for at, stream in enumerate(answer.streams):
        asked = offer.streams[at] if at < len(offer.streams) else None
        if asked is None or not stream.port or stream.kind != "audio":
            streams.append(stream)
            continue
        offered = set(names(asked).values())
        found = names(stream)
        kept = [one for one in stream.formats if found[one] in offered]
        if not any(found[one] not in COMPANIONS for one in kept):
            streams.append(stream.placed(None))
        else:
            streams.append(stream.limited(kept) if tuple(kept) != stream.formats else stream)
    return msgspec.structs.replace(answer, streams=tuple(streams))


def kept_streams(sdp: Sdp, before: Sdp) -> Sdp:
    """An offer with every stream that was told before (RFC 3264 8), those it lacks refused."""
    missing = before.streams[len(sdp.streams) :]
    refused = tuple(stream.placed(None) for stream in missing)
    return msgspec.structs.replace(sdp, streams=(*sdp.streams, *refused)) if missing else sdp


def cut(answer: Sdp, offer: Sdp) -> Sdp:
    """An answer with as many streams as were offered."""
    count = len(offer.streams)
    return msgspec.structs.replace(answer, streams=answer.streams[:count]) if count else answer


def speechless(before: Sdp, after: Sdp) -> bool:
    """Whether what was taken out left no stream that lived before."""
    return any(stream.port for stream in before.streams) and not any(stream.port for stream in after.streams)


def made(coders: Sequence[Coder], host: str, events: int, direction: Direction = "sendrecv") -> bytes:
    """An offer of the device's own for an INVITE that came without one. `host` 0.0.0.0: the relay puts its
    own place there."""
    stream = Stream("audio", 9, "RTP/AVP", (), (f"a=ptime:{coders[0].ptime}",) if coders else ())
    taken: set[int] = {one.payload for one in coders if one.payload >= 0} | {events}
    formats, lines = [], list(stream.lines)
    for coder in coders:
        name, _, _ = coder.name.partition("/")
        usual = next((p for n, c, p in AUDIO.values() if (n, c) == (name, coder.clock)), -1)
        payload = usual if usual >= 0 else coder.payload
        if payload < 0:
            payload = next(one for one in range(FIRST_DYNAMIC, 128) if one not in taken)
            taken.add(payload)
        spelled = {"OPUS": "opus/48000/2", "ILBC": f"iLBC/{coder.clock}"}.get(name, f"{name}/{coder.clock}")
        formats.append(str(payload))
        lines.append(f"a=rtpmap:{payload} {spelled}")
        if name == "G729":
            lines.append(f"a=fmtp:{payload} annexb={'yes' if coder.silence else 'no'}")
        if coder.parameters:
            lines.append(f"a=fmtp:{payload} {coder.parameters}")
    if any(coder.silence and coder.clock == 8000 and coder.name != "G729" for coder in coders):
        formats.append("13")
    lines += [f"a=rtpmap:{events} telephone-event/8000", f"a=fmtp:{events} 0-15", f"a={direction}"]
    whole = msgspec.structs.replace(stream, formats=(*formats, str(events)), lines=tuple(lines))
    head = ("v=0", f"o=- 1 1 IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0")
    return bytes(Sdp(head, (whole,)))


# --- hold -----------------------------------------------------------------------------------------

SEND_ONLY, SEND_ONLY_0, INACTIVE, INACTIVE_0, NOT_HELD = 1, 2, 3, 4, 5


def held_as(sdp: Sdp, form: int) -> Sdp:
    """An offer that holds, in the form that a peer understands (SBCRemoteHoldFormat); others stay."""
    if form not in {SEND_ONLY, SEND_ONLY_0, INACTIVE, INACTIVE_0} or not sdp.held:
        return sdp
    held = sdp.directed("sendonly" if form in {SEND_ONLY, SEND_ONLY_0} else "inactive")
    if form not in {SEND_ONLY_0, INACTIVE_0}:
        return held
    nowhere = ("c=IN IP4 0.0.0.0", "c=IN IP6 ::")

    def cleared(line: str) -> str:
        return line if not line.startswith("c=") else nowhere["IP6" in line]

    lines = tuple(cleared(line) for line in held.lines)
    moved = held.each(
        lambda stream: msgspec.structs.replace(stream, lines=tuple(cleared(line) for line in stream.lines))
    )
    return msgspec.structs.replace(moved, lines=lines)


def answering_hold(answer: Sdp, offer: Sdp) -> Sdp:
    """An answer whose directions fit what was offered (RFC 3264 6.1), however the hold was passed."""
    if not offer.held:
        return answer
    streams = []
    for at, stream in enumerate(answer.streams):
        asked = offer.direction(at) if at < len(offer.streams) else "sendrecv"
        streams.append(stream.directed(REVERSED[asked]) if stream.port else stream)
    lines = tuple(line for line in answer.lines if line[2:] not in REVERSED)
    return msgspec.structs.replace(answer, lines=lines, streams=tuple(streams))


def ordered(coders: Iterable[Coder], allowed: Sequence[str]) -> tuple[Coder, ...]:
    """Coders in the order of an allowed list; those it does not name stay behind (SBCPreferencesMode 1)."""
    place = {name: at for at, name in enumerate(allowed)}
    return tuple(sorted(coders, key=lambda coder: place.get(coder.name, len(place))))
