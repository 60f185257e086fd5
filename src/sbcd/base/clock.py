"""The only file that reads a clock. Everything else is given a `Clock`, or the time itself as `now`."""

import time
from datetime import UTC, datetime


class Clock:
    """The machine's clocks, counted from the start of the device."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def wall(self) -> datetime:
        """Now, as an aware UTC datetime."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        return time.monotonic()

    def uptime(self) -> int:
        """Hundredths of a second since the device started (R13: systemUpTime)."""
        return int((time.monotonic() - self._started) * 100)
