"""Session descriptions (RFC 8866) and what offer and answer do to them (RFC 3264).

One rule: lossless. Only lines that are asked for are understood, only lines that are set are changed."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal, Self, cast

import msgspec

from sbcd.sip.grammar import Malformed

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
DIRECTIONS: Final = ("sendrecv", "sendonly", "recvonly", "inactive")
REVERSED: Final[dict[Direction, Direction]] = {
    "sendrecv": "sendrecv",
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "inactive": "inactive",
}
MOST_BYTES: Final = 64 * 1024
MOST_STREAMS: Final = 64
LINE: Final = re.compile(r"[a-z]=[^\r\n\0]*")
# m=<media> <port>[/<number of ports>] <proto> <fmt> ...
M_LINE: Final = re.compile(r"m=(\S+) (\d{1,5})(?:/(\d{1,5}))? (\S+)((?: \S+)+) *")
# c=<nettype> <addrtype> <connection-address>[/ttl][/count]
C_LINE: Final = re.compile(r"c=IN (IP[46]) ([^\s/]+)(?:/\S*)? *", re.IGNORECASE)
# a=rtcp:<port> [<nettype> <addrtype> <address>] (RFC 3605)
RTCP: Final = re.compile(r"a=rtcp:(\d{1,5})(?: IN IP[46] (\S+))? *", re.IGNORECASE)
RTPMAP: Final = re.compile(r"a=rtpmap:(\d{1,3}) ([^/\s]+)(?:/(\d+))?", re.IGNORECASE)
# RFC 3551 table 4 and 5, what is still met
STATIC: Final = {"0": "PCMU", "3": "GSM", "4": "G723", "8": "PCMA", "9": "G722", "13": "CN", "15": "G728"} | {
    "18": "G729",
    "26": "JPEG",
    "31": "H261",
    "34": "H263",
}


class Place(msgspec.Struct, frozen=True):
    """Where a stream is received: address and the ports of RTP and RTCP (the same with rtcp-mux)."""

    host: str
    port: int
    rtcp: int

    @property
    def addrtype(self) -> str:
        return "IP6" if ":" in self.host else "IP4"


class Stream(msgspec.Struct, frozen=True):
    """One m= section: the parts of its m= line, and the lines below it. Port 0: the stream is refused."""

    kind: str
    port: int
    proto: str
    formats: tuple[str, ...]
    lines: tuple[str, ...]
    count: str = ""

    @classmethod
    def parse(cls, lines: Sequence[str]) -> Self:
        match = M_LINE.fullmatch(lines[0])
        if match is None or int(match[2]) > 65535:
            raise Malformed(f"SDP: {lines[0][:60]!r} is not a stream")
        return cls(
            match[1], int(match[2]), match[4], tuple(match[5].split()), tuple(lines[1:]), match[3] or ""
        )

    def write(self) -> list[str]:
        count = f"/{self.count}" if self.count else ""
        return [f"m={self.kind} {self.port}{count} {self.proto} {' '.join(self.formats)}", *self.lines]

    def attribute(self, name: str) -> str | None:
        """The first value of `a=name:value`, nothing for a flag, None when it is not there."""
        return next(iter(self.attributes(name)), None)

    def attributes(self, name: str) -> list[str]:
        """Every value of `a=name:value`; a flag gives one empty text."""
        return _attributes(self.lines, name)

    @property
    def direction(self) -> Direction | None:
        """What the stream itself says; None: the session's holds."""
        return _direction(self.lines)

    @property
    def mux(self) -> bool:
        """RTP and RTCP on one port (RFC 5761)."""
        return "a=rtcp-mux" in self.lines

    @property
    def secure(self) -> bool:
        """Whether the profile is one of SRTP."""
        return "SAVP" in self.proto.upper()

    @property
    def codecs(self) -> dict[str, str]:
        """Names by format, in order of preference, in capitals: `{"0": "PCMU", "101": "CN"}`."""
        named = {m[1]: m[2].upper() for line in self.lines if (m := RTPMAP.match(line))}
        return {one: named.get(one) or STATIC.get(one, one) for one in self.formats}

    def without(self, wanted: Callable[[str], bool]) -> Self:
        """Without the lines for which this is true."""
        return msgspec.structs.replace(self, lines=tuple(line for line in self.lines if not wanted(line)))

    def adding(self, *lines: str) -> Self:
        return msgspec.structs.replace(self, lines=(*self.lines, *lines))

    def limited(self, formats: Sequence[str]) -> Self:
        """Only these formats, in this order; their rtpmap, fmtp and rtcp-fb lines go with them."""
        gone = set(self.formats) - set(formats)
        kept = self.without(
            lambda line: (
                line.partition(":")[0] in {"a=rtpmap", "a=fmtp", "a=rtcp-fb"}
                and line.partition(":")[2].split(" ")[0] in gone
            )
        )
        return msgspec.structs.replace(kept, formats=tuple(formats))

    def directed(self, direction: Direction) -> Self:
        return self.without(lambda line: line[2:] in DIRECTIONS and line[0] == "a").adding(f"a={direction}")

    def placed(self, place: Place | None, own_line: bool = True) -> Self:
        """Received there instead: port, c= (when `own_line`), a=rtcp when it is not the port after. None
        refuses the stream."""
        moved = self.without(lambda line: line.startswith(("c=", "a=rtcp:")))
        if place is None:
            return msgspec.structs.replace(moved, port=0, count="")
        lines = list(moved.lines)
        if own_line:
            at = 1 if lines and lines[0].startswith("i=") else 0
            lines.insert(at, f"c=IN {place.addrtype} {place.host}")
        if place.rtcp not in {place.port + 1, place.port}:
            lines.append(f"a=rtcp:{place.rtcp}")
        return msgspec.structs.replace(moved, port=place.port, lines=tuple(lines))


class Sdp(msgspec.Struct, frozen=True):
    """A session description: its session lines and its streams."""

    lines: tuple[str, ...]
    streams: tuple[Stream, ...] = ()

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Raises Malformed, which deserves 400 (cannot be read) or 488."""
        if len(body) > MOST_BYTES:
            raise Malformed(f"SDP: {len(body)} bytes are more than {MOST_BYTES}")
        text = body.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
        lines = text.rstrip("\n").split("\n")
        if lines[0].strip() != "v=0":
            raise Malformed("SDP: it does not begin with v=0")
        for line in lines:
            if LINE.fullmatch(line) is None:
                raise Malformed(f"SDP: {line[:60]!r} is not a line")
        starts = [at for at, line in enumerate(lines) if line.startswith("m=")]
        if len(starts) > MOST_STREAMS:
            raise Malformed(f"SDP: {len(starts)} streams are more than {MOST_STREAMS}")
        ends = [*starts[1:], len(lines)][: len(starts)]
        streams = tuple(Stream.parse(lines[a:b]) for a, b in zip(starts, ends, strict=True))
        parsed = cls(tuple(lines[: starts[0] if starts else len(lines)]), streams)
        if not any(line.startswith("o=") for line in parsed.lines):
            raise Malformed("SDP: no o= line")
        for at, stream in enumerate(streams):
            if stream.port and parsed.host(at) is None:
                raise Malformed(f"SDP: stream {at + 1} has no address")
        return parsed

    def __bytes__(self) -> bytes:
        lines = [*self.lines, *(line for stream in self.streams for line in stream.write())]
        return ("\r\n".join(lines) + "\r\n").encode("utf-8", "surrogateescape")

    # -- reading

    def host(self, at: int) -> str | None:
        """The address of a stream: its own c= line or the session's."""
        for line in (*self.streams[at].lines, *self.lines):
            if line.startswith("c=") and (match := C_LINE.fullmatch(line)):
                return match[2]
        return None

    def place(self, at: int) -> Place | None:
        """Where a stream wants to receive; None when it is refused. On hold in the old way (c=0.0.0.0) the
        host is `0.0.0.0`."""
        stream, host = self.streams[at], self.host(at)
        if not stream.port or host is None:
            return None
        if stream.mux:
            return Place(host, stream.port, stream.port)
        rtcp = next((int(m[1]) for line in stream.lines if (m := RTCP.fullmatch(line))), stream.port + 1)
        return Place(host, stream.port, min(rtcp, 65535))

    def direction(self, at: int) -> Direction:
        """From the sender's side: `sendonly` sends to us only (RFC 3264 5.1)."""
        if self.host(at) in {"0.0.0.0", "::"}:  # noqa: S104 - the hold of RFC 2543
            return "inactive" if self._said(at) == "inactive" else "sendonly"
        return self._said(at)

    def _said(self, at: int) -> Direction:
        return self.streams[at].direction or _direction(self.lines) or "sendrecv"

    @property
    def held(self) -> bool:
        """Whether the sender puts every stream on hold: none that it wants to receive."""
        live = [at for at, stream in enumerate(self.streams) if stream.port]
        return bool(live) and all(self.direction(at) in {"sendonly", "inactive"} for at in live)

    @property
    def origin(self) -> tuple[str, str, int]:
        """User, session id and version of the o= line."""
        parts = next(line for line in self.lines if line.startswith("o="))[2:].split()
        version = parts[2] if len(parts) > 2 else "0"
        return parts[0] if parts else "-", parts[1] if len(parts) > 1 else "0", _number(version)

    # -- changing

    def from_(self, host: str, session: str, version: int, user: str = "-", name: str = "") -> Self:
        """With an o= line (and s= when `name` is given) that tells our address instead of the peer's."""
        kind = "IP6" if ":" in host else "IP4"
        lines = []
        for line in self.lines:
            if line.startswith("o="):
                line = f"o={user} {session} {version} IN {kind} {host}"
            elif name and line.startswith("s="):
                line = f"s={name}"
            lines.append(line)
        return msgspec.structs.replace(self, lines=tuple(lines))

    def moved(self, places: Iterable[Place | None]) -> Self:
        """Every stream received where `places` says, in order; None refuses a stream. The session's c= line
        tells the first place, streams elsewhere have their own."""
        wanted = list(places)
        if len(wanted) != len(self.streams):
            raise ValueError(f"{len(wanted)} places for {len(self.streams)} streams")
        first = next((place for place in wanted if place is not None), None)
        lines = [line for line in self.lines if not line.startswith("c=")]
        if first is not None:
            at = max(i for i, line in enumerate(lines) if line[0] in "vosiuep") + 1
            lines.insert(at, f"c=IN {first.addrtype} {first.host}")
        streams = tuple(
            stream.placed(place, place is not None and first is not None and place.host != first.host)
            for stream, place in zip(self.streams, wanted, strict=True)
        )
        return msgspec.structs.replace(self, lines=tuple(lines), streams=streams)

    def changed(self, at: int, stream: Stream) -> Self:
        streams = (*self.streams[:at], stream, *self.streams[at + 1 :])
        return msgspec.structs.replace(self, streams=streams)

    def each(self, change: Callable[[Stream], Stream]) -> Self:
        return msgspec.structs.replace(self, streams=tuple(change(stream) for stream in self.streams))

    def directed(self, direction: Direction) -> Self:
        """Every live stream in this direction: hold is `sendonly`, resume `sendrecv`."""
        lines = tuple(line for line in self.lines if line[2:] not in DIRECTIONS)
        moved = self.each(lambda stream: stream.directed(direction) if stream.port else stream)
        return msgspec.structs.replace(moved, lines=lines)


def answers(offer: Sdp, answer: Sdp) -> str:
    """What is wrong with an answer to an offer (RFC 3264 6), or nothing."""
    if len(offer.streams) != len(answer.streams):
        return f"the answer has {len(answer.streams)} streams, the offer {len(offer.streams)}"
    for at, (asked, given) in enumerate(zip(offer.streams, answer.streams, strict=True)):
        if asked.kind != given.kind:
            return f"stream {at + 1} is {given.kind} in the answer, {asked.kind} in the offer"
        if given.port and not asked.port:
            return f"stream {at + 1} is accepted but was not offered"
    return ""


def refused(offer: Sdp) -> Sdp:
    """The answer that takes no stream at all."""
    return offer.each(lambda stream: stream.placed(None))


def _attributes(lines: Iterable[str], name: str) -> list[str]:
    flag, start = f"a={name}", f"a={name}:"
    return [line[len(start) :] for line in lines if line.startswith(start) or line == flag]


def _direction(lines: Iterable[str]) -> Direction | None:
    for line in lines:
        if line[:2] == "a=" and line[2:].strip() in DIRECTIONS:
            return cast("Direction", line[2:].strip())
    return None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
