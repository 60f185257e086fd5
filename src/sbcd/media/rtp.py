"""RTP and RTCP packets as far as a relay looks into them, and the statistics of RFC 3550 appendix A.

One rule: a packet is never changed here and never trusted; what cannot be read counts as nothing."""

from collections.abc import Iterator
from struct import Struct
from typing import Final, NamedTuple

HEAD: Final = Struct(">BBHII")
BLOCK: Final = Struct(">IIIIII")
DROPOUT: Final = 3000  # A.1: a jump of more is a restart of the sender
MISORDER: Final = 100


class Report(NamedTuple):
    """One report block of a sender or receiver report."""

    sender: int
    source: int
    lost: int  # may be negative: duplicates
    jitter: int  # in units of the media clock
    last: int  # middle 32 bits of the NTP time of the last sender report, 0 without
    delay: int  # since then, in 1/65536 seconds


def is_rtcp(data: bytes) -> bool:
    """Whether a packet on a muxed port is RTCP (RFC 5761 4)."""
    return len(data) >= 8 and data[0] >> 6 == 2 and 192 <= data[1] <= 223


def reports(data: bytes) -> Iterator[Report]:
    """The report blocks of a compound packet (6.4), at most 31 for each part of it."""
    at = 0
    while at + 8 <= len(data) and data[at] >> 6 == 2:
        end = at + 4 * (int.from_bytes(data[at + 2 : at + 4], "big") + 1)
        if data[at + 1] in {200, 201}:
            sender = int.from_bytes(data[at + 4 : at + 8], "big")
            start = at + (28 if data[at + 1] == 200 else 8)
            for _ in range(data[at] & 31):
                if start + 24 > min(end, len(data)):
                    return
                source, loss, _, jitter, last, delay = BLOCK.unpack_from(data, start)
                lost = loss & 0xFFFFFF
                yield Report(sender, source, lost - (1 << 24 if lost >> 23 else 0), jitter, last, delay)
                start += 24
        at = end


def sent_at(data: bytes) -> int | None:
    """The middle 32 bits of the NTP time of a sender report that leads a compound packet, or None."""
    if len(data) >= 28 and data[0] >> 6 == 2 and data[1] == 200:
        return int.from_bytes(data[10:14], "big")
    return None


class Source:
    """What came of one synchronisation source: A.1 (sequence), A.3 (loss), A.8 (jitter)."""

    __slots__ = ("_bad", "_base", "_cycles", "_most", "_transit", "before", "jitter", "received", "ssrc")

    def __init__(self, ssrc: int, sequence: int) -> None:
        self.ssrc = ssrc
        self.before = 0  # lost before the sender restarted its numbers
        self.jitter = 0.0  # in units of the media clock
        self._transit: float | None = None
        self._begin(sequence)

    def _begin(self, sequence: int) -> None:
        self._base = self._most = sequence
        self._cycles = 0
        self._bad = -1
        self.received = 0

    def take(self, sequence: int, stamp: int, now: float, rate: int) -> None:
        """One packet that came at `now`; `rate` is that of the media clock, 0 leaves the jitter alone."""
        delta = (sequence - self._most) & 0xFFFF
        if delta < DROPOUT:
            if sequence < self._most:
                self._cycles += 1 << 16
            self._most = sequence
        elif delta <= (1 << 16) - MISORDER:
            if sequence != self._bad:
                self._bad = (sequence + 1) & 0xFFFF
                return
            before = self.lost
            self._begin(sequence)
            self.before = before
        self.received += 1
        if rate:
            transit = now * rate - stamp
            if self._transit is not None:
                moved = abs(transit - self._transit)
                if moved < rate * 10:  # a new time base is no jitter
                    self.jitter += (moved - self.jitter) / 16
            self._transit = transit

    @property
    def lost(self) -> int:
        """Never negative."""
        return self.before + max(0, self._cycles + self._most - self._base + 1 - self.received)
