"""One anchored call: its legs, and for each stream a half that faces each of them.

One rule: a half owns its two sockets and the port pair they are bound to."""

import errno
import socket
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import Final

import msgspec

from sbcd.edge.srtp import KeptShield, Shield
from sbcd.media.contract import Count, Nat, Offer
from sbcd.media.ports import Ports
from sbcd.media.relay import Address, Side
from sbcd.sip.sdp import RTPMAP, STATIC, Place, Sdp, Stream

EXPEDITED: Final = 46 << 2  # DSCP EF (RFC 3246)
ICE: Final = ("a=candidate:", "a=ice-", "a=remote-candidates:", "a=end-of-candidates")
UNMAPPED: Final = {9: 8000, 14: 90000, 26: 90000, 31: 90000, 34: 90000}  # RFC 3551; all else 8000


class KeptSide(msgspec.Struct, frozen=True):
    """One side of one stream, as it can be put back after the relay was started anew."""

    realm: str
    port: int
    place: tuple[str, int] | None
    place_rtcp: tuple[str, int] | None
    strict: bool
    rates: dict[int, int]
    expects: bool
    plain: bool
    shield: KeptShield | None = None
    nat: Nat = "auto"


class Kept(msgspec.Struct, frozen=True):
    """One call, as it can be put back."""

    call: str
    legs: tuple[str, str]
    silence: float
    versions: tuple[int, int]
    streams: tuple[tuple[KeptSide | None, KeptSide | None], ...]


class Half:
    """One side of one stream with its two sockets."""

    __slots__ = ("expects", "names", "other", "pair", "ports", "rtcp", "rtp", "shield", "side")

    def __init__(self, ports: Ports, pair: int, rtp: socket.socket, rtcp: socket.socket) -> None:
        self.side = Side()
        self.ports = ports
        self.pair = pair
        self.rtp = rtp
        self.rtcp = rtcp
        self.other: Half | None = None
        self.expects = False  # the leg said that it sends
        self.names: dict[int, str] = {}  # codecs by payload type
        self.shield = Shield()

    @property
    def codec(self) -> str:
        """The codec of the first packet, nothing before."""
        return self.names.get(self.side.codec, "")

    def place(self, mux: bool) -> Place:
        realm = self.ports.realm
        return Place(realm.public or realm.host, self.pair, self.pair if mux else self.pair + 1)


class Call:
    """One anchored call: two legs, and for each stream a half that faces each."""

    __slots__ = ("bodies", "legs", "name", "silence", "silent", "started", "streams", "versions")

    def __init__(self, name: str, legs: tuple[str, str], now: float) -> None:
        self.name = name
        self.legs = legs
        self.streams: list[list[Half | None]] = []
        self.silence = 0.0
        self.silent = [False, False]
        self.started = now
        self.versions = [0, 0]
        self.bodies = [b"", b""]  # what was last told to each leg, to know whether the version rises

    def halves(self) -> Iterator[Half]:
        return (half for pair in self.streams for half in pair if half is not None)


def kept(call: Call) -> Kept:
    """A call as it can be put back."""

    def one(half: Half | None) -> KeptSide | None:
        if half is None:
            return None
        side = half.side
        return KeptSide(
            half.ports.realm.name,
            half.pair,
            side.target and side.target[:2],
            side.target_rtcp and side.target_rtcp[:2],
            side.strict,
            dict(side.rates),
            half.expects,
            side.plain,
            half.shield.kept(),
            side.nat,
        )

    streams = tuple((one(pair[0]), one(pair[1])) for pair in call.streams)
    return Kept(call.name, call.legs, call.silence, (call.versions[0], call.versions[1]), streams)


def leg_of(call: Call, leg: str, other: str) -> int:
    """Which leg spoke. A name that is new (another fork answers) takes the place of who is not `other`."""
    if leg in call.legs:
        return call.legs.index(leg)
    at = 0 if other == call.legs[1] else 1
    call.legs = (leg, call.legs[1]) if at == 0 else (call.legs[0], leg)
    return at


def renew(call: Call, leg: int, other: str) -> None:
    """`leg` makes its offer to somebody else than before (another route): who was asked first is forgotten,
    his address, his counters, and the keys he was told."""
    if other in call.legs:
        return
    call.legs = (call.legs[0], other) if leg == 0 else (other, call.legs[1])
    for pair in call.streams:
        if (half := pair[1 - leg]) is not None:
            half.side, half.shield, half.expects = Side(), Shield(), False


def join(pair: Sequence[Half | None]) -> None:
    """Let both halves of a stream know each other."""
    one, two = pair
    if one is not None:
        one.other = two
    if two is not None:
        two.other = one


def heard(pair: Sequence[Half | None], leg: int, stream: Stream, offer: Offer | None) -> None:
    """The media security of a description of `leg`. Raises NotAcceptable."""
    near, far = pair[leg], pair[1 - leg]
    if near is None or far is None:
        return
    if offer is not None:
        near.shield.wanted, far.shield.wanted = offer.near_security, offer.far_security
        near.shield.mki, far.shield.mki = offer.near_mki, offer.far_mki
    if not _through(near, far):
        near.shield.heard(stream, answer=offer is None)


def told(near: Half | None, far: Half | None, stream: Stream, offer: bool) -> Stream:
    """A stream of `near` as `far` gets it: with our keys, or without any."""
    if near is None or far is None or _through(near, far) or "RTP" not in stream.proto.upper():
        return stream
    if offer:
        return far.shield.offering(stream, stream.secure) if stream.port else stream
    return far.shield.answering(stream)


def _through(near: Half, far: Half) -> bool:
    """Keys pass through: nobody insists on anything."""
    return near.shield.wanted == far.shield.wanted == "as-is"


def rates(stream: Stream) -> dict[int, int]:
    """Clock rates by payload type; telephone events have none, their time stamps stand still."""
    found = {int(name): UNMAPPED.get(int(name), 8000) for name in stream.formats if name in STATIC}
    for line in stream.lines:
        if (match := RTPMAP.match(line)) and match[3]:
            found[int(match[1])] = 0 if match[2].lower() == "telephone-event" else int(match[3])
    return found


def codecs(stream: Stream) -> dict[int, str]:
    """Codec names by payload type."""
    return {int(kind): name for kind, name in stream.codecs.items() if kind.isascii() and kind.isdigit()}


def addresses(place: Place) -> tuple[Address | None, Address | None]:
    """Whereto RTP and RTCP go; nowhere when the host is no address or says hold."""
    try:
        host = ip_address(place.host)
    except ValueError:
        return None, None  # a name: wait for what comes and answer there
    if host.is_unspecified or host.is_multicast:
        return None, None
    return (place.host, place.port), (place.host, place.rtcp)


def bound(host: str, pair: int) -> tuple[socket.socket, socket.socket] | None:
    """Sockets on a port pair, or None when somebody else has one of them. Raises LookupError when it is not
    the port that is wrong."""
    made: list[socket.socket] = []
    try:
        for port in (pair, pair + 1):
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            one = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            made.append(one)
            level, option = (
                (socket.IPPROTO_IPV6, socket.IPV6_TCLASS)
                if ":" in host
                else (socket.IPPROTO_IP, socket.IP_TOS)
            )
            one.setsockopt(level, option, EXPEDITED)
            one.bind((host, port))
    except OSError as error:
        for one in made:
            one.close()
        if error.errno in {errno.EADDRINUSE, errno.EACCES}:
            return None
        raise LookupError(f"cannot bind {host}: {error.strerror}") from error
    return made[0], made[1]


def cannot_bind(host: str) -> str:
    """Why this address cannot be used at all, or nothing."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as one:
            one.bind((host, 0))
    except OSError as error:
        return f"{host} cannot be used: {error.strerror or error}"
    return ""


def without_ice(sdp: Sdp) -> Sdp:
    """Candidates lead past an anchor, so they go."""
    plain = sdp.each(lambda stream: stream.without(lambda line: line.startswith(ICE)))
    return msgspec.structs.replace(
        plain, lines=tuple(line for line in plain.lines if not line.startswith(ICE))
    )


def summed(halves: Sequence[Half | None]) -> Count:
    """What one leg sent, over all its streams."""
    counts = [half.side.count() for half in halves if half is not None]
    codec = next((half.codec for half in halves if half is not None and half.codec), "")
    if not counts:
        return Count()
    first = counts[0]
    return Count(
        sum(count.packets for count in counts),
        sum(count.octets for count in counts),
        sum(count.lost for count in counts),
        max(count.jitter for count in counts),
        sum(count.refused for count in counts),
        sum(count.rtcp for count in counts),
        first.lost_there,
        first.jitter_there,
        first.round_trip,
        codec,
        len(counts),
    )
