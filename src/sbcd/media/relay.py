"""Decides where a packet goes and counts it: one `Side` faces one leg of one stream.

One rule: no socket here. A side is told what came from where and says whether it may pass; the other side
says whereto."""

from collections.abc import Mapping
from typing import Final

from sbcd.media.contract import Count, Nat
from sbcd.media.rtp import HEAD, Source, is_rtcp, reports, sent_at

Address = tuple[str, int]
RELATCH_PACKETS: Final = 3  # in a row from one new source (NewRtpStreamPackets)
RELATCH_AFTER: Final = 0.2  # seconds of silence of the latched source


class Side:
    """What faces one leg of one stream: whereto to send, whom to hear, what came.

    `place` is what its description said. The first RTP packet latches its source, which is then the target:
    symmetric RTP through NAT, unless `nat` is "off": then it is what the description said, wherever packets
    come from. With "force" nothing is sent until one came. `strict` never lets go; `dynamic` takes a new
    source that sends several packets while the old one is silent."""

    __slots__ = (
        "_new",
        "_new_count",
        "_past_lost",
        "_source",
        "_stamped",
        "codec",
        "jitter_there",
        "last",
        "latched",
        "latched_rtcp",
        "lost_there",
        "nat",
        "octets",
        "packets",
        "place",
        "place_rtcp",
        "plain",
        "rates",
        "refused",
        "round_trip",
        "rtcp",
        "strict",
        "worst",
    )

    def __init__(self, plain: bool = True) -> None:
        self.plain = plain  # RTP; otherwise (T.38 over UDPTL) packets are only passed and counted
        self.strict = False
        self.nat: Nat = "auto"
        self.place: Address | None = None
        self.place_rtcp: Address | None = None
        self.latched: Address | None = None
        self.latched_rtcp: Address | None = None
        self.rates: Mapping[int, int] = {}  # clock rates by payload type; 0 for telephone events
        self.last: float | None = None  # when the last packet passed
        self.packets = self.octets = self.refused = self.rtcp = 0
        self.codec = -1  # payload type of the first packet
        self.worst = 0.0  # jitter of sources that went, in seconds
        self.lost_there: int | None = None
        self.jitter_there: float | None = None
        self.round_trip: float | None = None
        self._source: Source | None = None
        self._past_lost = 0
        self._new: Address | None = None
        self._new_count = 0
        self._stamped: dict[int, float] = {}  # sender reports passed on to this leg, to measure round trips

    def settle(self, place: Address | None, place_rtcp: Address | None, strict: bool) -> None:
        """A description of the leg: a new place forgets what was latched."""
        if place != self.place:
            self.latched = self.latched_rtcp = None
        self.place, self.place_rtcp, self.strict = place, place_rtcp, strict

    @property
    def target(self) -> Address | None:
        """Whereto RTP goes; None: nowhere yet."""
        if self.nat == "force":
            return self.latched
        if self.nat == "off" and self.place is not None:
            return self.place
        return self.latched or self.place

    @property
    def target_rtcp(self) -> Address | None:
        if self.nat == "force":
            return self.latched_rtcp
        if self.nat == "off" and self.place_rtcp is not None:
            return self.place_rtcp
        return self.latched_rtcp or self.place_rtcp

    def take(self, data: bytes, source: Address, now: float) -> bool:
        """A packet came to the RTP port; whether it is to be passed on."""
        if source != self.latched and not self._latch(source, now):
            self.refused += 1
            return False
        self.last = now
        self.packets += 1
        self.octets += len(data)
        if not self.plain or len(data) < 8 or data[0] >> 6 != 2:
            return True
        kind = data[1] & 0x7F
        if is_rtcp(data):
            self.packets -= 1
            self.octets -= len(data)
            self._report(data, now)
            return True
        if len(data) < 12:
            return True
        self.octets -= 12
        _, _, sequence, stamp, ssrc = HEAD.unpack_from(data)
        known = self._source
        if known is None or known.ssrc != ssrc:
            known = self._begin(ssrc, sequence, kind)
        known.take(sequence, stamp, now, self.rates.get(kind, 8000))
        return True

    def take_rtcp(self, data: bytes, source: Address, now: float) -> bool:
        """A packet came to the RTCP port: it passes from the host that RTP comes from, or as long as none
        came from the host the description told."""
        host = (self.latched or self.place or source)[0]
        if source != self.latched_rtcp:
            if source[0] != host or (self.strict and self.latched_rtcp is not None):
                self.refused += 1
                return False
            self.latched_rtcp = source
        self._report(data, now)
        return True

    def passed_rtcp(self, data: bytes, now: float) -> None:
        """RTCP of the other leg goes to this one: remember when, so that its echo tells the round trip."""
        stamp = sent_at(data)
        if stamp is not None:
            if len(self._stamped) >= 8:
                del self._stamped[next(iter(self._stamped))]
            self._stamped[stamp] = now

    def count(self) -> Count:
        lost = self._past_lost + (self._source.lost if self._source else 0)
        return Count(
            self.packets,
            self.octets,
            lost,
            round(max(self.worst, self._now_jitter()) * 1000, 3),
            self.refused,
            self.rtcp,
            self.lost_there,
            self.jitter_there,
            self.round_trip,
        )

    def _latch(self, source: Address, now: float) -> bool:
        if self.latched is None:
            self.latched = source
            return True
        if self.strict:
            return False
        if source != self._new:
            self._new, self._new_count = source, 0
        self._new_count += 1
        if self._new_count < RELATCH_PACKETS or now - (self.last or 0.0) < RELATCH_AFTER:
            return False
        self.latched, self.latched_rtcp = source, None
        self._new = None
        return True

    def _begin(self, ssrc: int, sequence: int, kind: int) -> Source:
        if self._source is not None:
            self._past_lost += self._source.lost
            self.worst = max(self.worst, self._now_jitter())
        if self.codec < 0:
            self.codec = kind
        self._source = Source(ssrc, sequence)
        return self._source

    def _now_jitter(self) -> float:
        return self._source.jitter / (self.rates.get(self.codec) or 8000) if self._source else 0.0

    def _report(self, data: bytes, now: float) -> None:
        self.rtcp += 1
        for report in reports(data):
            self.lost_there = max(0, report.lost)
            self.jitter_there = round(report.jitter / (self.rates.get(self.codec) or 8000) * 1000, 3)
            if (sent := self._stamped.get(report.last)) is not None:
                trip = (now - sent - report.delay / 65536) * 1000
                self.round_trip = round(trip, 3) if 0 <= trip < 60_000 else self.round_trip
