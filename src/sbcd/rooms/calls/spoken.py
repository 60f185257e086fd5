"""The session descriptions of test calls: one stream of G.711, with telephone events where the peer has them.

One rule: what is agreed is read from the peer's description alone; ours is never changed afterwards but for
its direction."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from sbcd.media.tones import PCMA, PCMU, Talk
from sbcd.sip.grammar import Malformed
from sbcd.sip.sdp import REVERSED, Sdp, Stream

EVENTS = 101
CODERS = {"PCMA": PCMA, "PCMU": PCMU}


class Agreed(NamedTuple):
    """Where the peer listens, what it takes, and whether it wants to hear us now."""

    to: tuple[str, int]
    payload: int
    events: int
    hears: bool
    at: int  # which of its streams it is


def offer(host: str, port: int, session: int) -> bytes:
    """Our own description."""
    kind = "IP6" if ":" in host else "IP4"
    lines = (
        "v=0",
        f"o=- {session} 1 IN {kind} {host}",
        "s=-",
        f"c=IN {kind} {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {PCMA} {PCMU} {EVENTS}",
        f"a=rtpmap:{PCMA} PCMA/8000",
        f"a=rtpmap:{PCMU} PCMU/8000",
        f"a=rtpmap:{EVENTS} telephone-event/8000",
        f"a=fmtp:{EVENTS} 0-15",
        "a=ptime:20",
        "a=sendrecv",
    )
    return ("\r\n".join(lines) + "\r\n").encode()


def agreed(body: bytes) -> Agreed | None:
    """What a peer's description has for us; None when nothing fits."""
    try:
        sdp = Sdp.parse(body)
        for at, stream in enumerate(sdp.streams):
            place = sdp.place(at)
            if place is None or stream.kind != "audio" or stream.secure:
                continue
            codecs = stream.codecs
            payload = next((CODERS[name] for name in codecs.values() if name in CODERS), None)
            if payload is None:
                continue
            events = next((int(one) for one, name in codecs.items() if name == "TELEPHONE-EVENT"), -1)
            hears = sdp.direction(at) in {"sendrecv", "recvonly"}
            return Agreed((place.host, place.port), payload, events, hears, at)
    except (Malformed, ValueError):
        pass
    return None


def answer(body: bytes, found: Agreed, host: str, port: int, session: int) -> bytes:
    """Our answer to a description of which `found` fits: that stream is taken, the others are not."""
    asked = Sdp.parse(body)
    ours = Sdp.parse(offer(host, port, session))
    wanted = [str(found.payload), *([str(found.events)] if found.events >= 0 else [])]
    stream = ours.streams[0]
    if found.events not in {-1, EVENTS}:
        stream = renumbered(stream, found.events)
    stream = stream.limited(wanted).directed(REVERSED[asked.direction(found.at)])
    taken = [
        stream if at == found.at else msgspec.structs.replace(other.placed(None), lines=())
        for at, other in enumerate(asked.streams)
    ]
    return bytes(msgspec.structs.replace(ours, streams=tuple(taken)))


def renumbered(stream: Stream, events: int) -> Stream:
    """With the peer's payload type for telephone events."""
    lines = tuple(line.replace(f":{EVENTS} ", f":{events} ") for line in stream.lines)
    formats = tuple(str(events) if one == str(EVENTS) else one for one in stream.formats)
    return msgspec.structs.replace(stream, lines=lines, formats=formats)


def talk(found: Agreed, said: Talk) -> Talk:
    """What is played to this peer."""
    return msgspec.structs.replace(said, payload=found.payload, events=found.events)


__all__ = ["Agreed", "agreed", "answer", "offer", "talk"]
