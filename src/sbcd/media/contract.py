"""What the call engine and a media relay say to each other: the commands of rtpengine's `ng` protocol
(offer, answer, delete, query) as values, so that rtpengine is a second driver of the same door.

One rule: a session description goes in, the one for the other side comes out; who asks never sees a port.
A call has two legs, named by the caller (a tag each); which leg an offer comes from does not matter."""

from collections.abc import Callable
from typing import Literal, Protocol, TypeAlias

import msgspec

from sbcd.media.sdes import PLAIN, Mki, Security

Nat = Literal["auto", "off", "force"]
"""Where a leg is sent its media: where its packets come from, and until one came where its description says
("auto"); always the latter ("off"); always the former, nothing before ("force")."""


class Realm(msgspec.Struct, frozen=True):
    """Where RTP is received: an address of ours and its ports `first` ... `last`, a pair every `spacing`.
    `public` is what session descriptions tell instead of `host` behind a NAT."""

    name: str
    host: str
    first: int
    last: int
    spacing: int = 2
    public: str = ""


class Realms(msgspec.Struct, frozen=True, tag="realms"):
    """All realms from now on; legs that are anchored stay where they are. Answer: Done, or Refused."""

    realms: tuple[Realm, ...]


class Offer(msgspec.Struct, frozen=True, tag="offer"):
    """The session description `sdp` came from `leg` (INVITE, re-INVITE, UPDATE, or a 2xx to an INVITE without
    one). `near` is the realm that faces this leg, `far` the one that faces the other leg.
    Answer: Anchored with the description for the other leg, or Refused."""

    call: str
    leg: str
    other: str
    sdp: bytes
    near: str
    far: str
    latch: str = "dynamic"  # or "strict" (InboundMediaLatchMode)
    silence: float = 0  # seconds without RTP from a leg that should send, after which it is told; 0 = never
    near_security: Security = "as-is"  # of this leg (SBCMediaSecurityBehaviour): "srtp" and "rtp" insist,
    far_security: Security = "as-is"  # "both" and "as-is" follow the other leg; two "as-is" pass keys through
    near_mki: Mki = PLAIN
    far_mki: Mki = PLAIN
    nat: Nat = "auto"  # of this leg


class Answer(msgspec.Struct, frozen=True, tag="answer"):
    """The session description `sdp` of `leg` answers the offer of `other`. May come again: a second answer
    (forking, early media) replaces the first. Answer: Anchored, or Refused."""

    call: str
    leg: str
    other: str
    sdp: bytes
    nat: Nat = "auto"


class Delete(msgspec.Struct, frozen=True, tag="delete"):
    """The call is over. Answer: Counted, with nothing in it when there is no such call."""

    call: str


class Query(msgspec.Struct, frozen=True, tag="query"):
    """How is it going? Answer: Counted; without `call` the totals of all calls since the start, as one
    leg named "in"."""

    call: str = ""


Command: TypeAlias = Realms | Offer | Answer | Delete | Query


class Done(msgspec.Struct, frozen=True, tag="done"):
    """So be it."""


class Anchored(msgspec.Struct, frozen=True, tag="anchored"):
    """The session description for the other leg."""

    sdp: bytes


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """Why not, and the SIP status it deserves: 400 the description cannot be read, 488 it does not fit,
    503 no ports left or no relay, 481 no such call,
    500 a mistake of the relay itself."""

    reason: str
    status: int


class Count(msgspec.Struct, frozen=True):
    """What one leg sent us, over all its streams. `lost` by sequence numbers (RFC 3550 A.3, never negative),
    `jitter` the worst stream's, in milliseconds (A.8); `refused` packets came from elsewhere (latching);
    `rtcp` packets are in none of the others. `lost_there` and `jitter_there` are what the leg last reported
    of what it receives from us (RTCP), None without a report; `round_trip` in milliseconds likewise."""

    packets: int = 0
    octets: int = 0
    lost: int = 0
    jitter: float = 0.0
    refused: int = 0
    rtcp: int = 0
    lost_there: int | None = None
    jitter_there: float | None = None
    round_trip: float | None = None
    codec: str = ""  # of the first stream, by its first packet: "PCMU"
    streams: int = 0


class Counted(msgspec.Struct, frozen=True, tag="counted"):
    """By leg."""

    legs: dict[str, Count]
    calls: int = 0  # that are anchored now; only in the answer to a Query without call


Reply: TypeAlias = Done | Anchored | Refused | Counted


class Silent(msgspec.Struct, frozen=True, tag="silent"):
    """No RTP came from this leg for so long (Offer.silence). Told once; again after it was heard."""

    call: str
    leg: str
    seconds: float


class Heard(msgspec.Struct, frozen=True, tag="heard"):
    """RTP comes again from a leg that was silent."""

    call: str
    leg: str


class Lost(msgspec.Struct, frozen=True, tag="lost"):
    """The relay is gone; it is started again and gets its calls back, ports and all."""

    reason: str


class Back(msgspec.Struct, frozen=True, tag="back"):
    """The relay works again; `calls` were put back, `gone` could not be."""

    calls: int
    gone: tuple[str, ...] = ()


Event: TypeAlias = Silent | Heard | Lost | Back


class Relay(Protocol):
    """The door. `then` gets the reply, later or at once; a relay that is down refuses with 503."""

    def ask(self, command: Command, then: Callable[[Reply], None]) -> None: ...
