"""Alarms of the TLS contexts: certificates that end, halves that wait too long, files that cannot be used.

One rule: it looks and tells, and changes nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sbcd.rooms.alarms import Alarms, Severity, alarm_type
from sbcd.rooms.tls import expiry, model
from sbcd.rooms.tls.holdings import Holdings

EXPIRY = alarm_type("acCertificateExpiryAlarm")
MISMATCH = alarm_type("acTLSCertificateMismatchAlarm")
PATIENCE = timedelta(minutes=10)
"""How long a half may wait for the other before it is an alarm."""


class Watch:
    """Looks at what the contexts hold, now and then and after every change."""

    def __init__(self, holdings: Holdings, alarms: Alarms, wall: Callable[[], datetime]) -> None:
        self._holdings, self._alarms, self._wall = holdings, alarms, wall
        self._start, self._period = timedelta(days=60), timedelta(days=7)
        self._waiting: dict[int, datetime] = {}
        self._unusable: dict[int, str] = {}
        self._next = wall()
        holdings.tell(self._changed)

    def set_days(self, start: int, period: int) -> None:
        """TLSExpiryCheckStart and TLSExpiryCheckPeriod, in days."""
        self._start, self._period = timedelta(days=start), timedelta(days=period)
        self._next = self._wall()

    def unusable(self, index: int, why: str) -> None:
        """The file of a context could not be loaded at start."""
        self._unusable[index] = why
        text = f"The key and certificate of TLS context {index} cannot be used: {why}"
        self._alarms.raise_(MISMATCH, f"Board#1/TLSContext#{index}", text, severity=Severity.CRITICAL)

    def tick(self, now: datetime) -> None:
        """Once a minute is often enough."""
        for index, since in self._waiting.items():
            if now - since >= PATIENCE and index not in self._unusable:
                text = f"Mismatch between certificate and private key of TLS context {index}"
                self._alarms.raise_(MISMATCH, f"Board#1/TLSContext#{index}", text, severity=Severity.MINOR)
        if now >= self._next:
            self._look(now)

    def _changed(self, index: int) -> None:
        """A context holds something new: what was said of it may be wrong now."""
        held = dict(self._holdings.held()).get(index)
        if held and held.waiting and held.served:
            self._waiting.setdefault(index, self._wall())
        else:
            self._waiting.pop(index, None)
        self._unusable.pop(index, None)
        if index not in self._waiting:
            self._alarms.clear(MISMATCH, f"Board#1/TLSContext#{index}")
        self._judge(index, held.chain if held else "", self._wall())
        self._next = self._wall()

    def _look(self, now: datetime) -> None:
        ends = []
        for index, held in self._holdings.held():
            end = self._judge(index, held.chain, now)
            ends += [end] if end else []
        self._next = expiry.next_look(ends, now, self._period)

    def _judge(self, index: int, chain: str, now: datetime) -> datetime | None:
        source = f"Board#1/CertificateExpiry#{index}"
        end = model.load_chain(chain)[0].not_valid_after_utc if chain else None
        found = expiry.judged(index, end, now, self._start) if end else None
        if found is None:
            self._alarms.clear(EXPIRY, source)
        else:
            self._alarms.raise_(EXPIRY, source, found[1], severity=found[0])
        return end
