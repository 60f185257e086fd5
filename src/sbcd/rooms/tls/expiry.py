"""How grave it is that a certificate ends soon, and when to look again.

One rule: pure; `now` is given. Minor from TLSExpiryCheckStart days before the end, Major from a week before,
Critical once it has ended (the certificate rule of the alarm acCertificateExpiryAlarm)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sbcd.rooms.alarms import Severity

WEEK, DAY = timedelta(days=7), timedelta(days=1)


def judged(index: int, end: datetime, now: datetime, start: timedelta) -> tuple[Severity, str] | None:
    """Severity and text for TLS context `index`, None while all is well. `start` 0: only once ended."""
    left, whose = end - now, f"The certificate of TLS context {index}"
    if left <= timedelta(0):
        days = -left // DAY
        return Severity.CRITICAL, f"{whose} has expired {f'{days} days ago' if days else 'today'}"
    if left > start:
        return None
    if left <= DAY:
        return Severity.MAJOR, f"{whose} will expire in less than a day"
    if left <= WEEK:
        return Severity.MAJOR, f"{whose} will expire in less than a week"
    return Severity.MINOR, f"{whose} will expire in {left // DAY} days"


def next_look(ends: Iterable[datetime], now: datetime, period: timedelta) -> datetime:
    """When to judge again: after the period, or earlier when a certificate gets a graver severity before."""
    turns = (end - before for end in ends for before in (WEEK, DAY, timedelta(0)))
    return min([turn for turn in turns if turn > now] + [now + period])
