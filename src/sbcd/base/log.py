"""The log: lines to stderr, and the newest of them kept in memory for the debug file.

One rule: a line is one line. What a peer sent cannot forge a second one; secrets never come here (R34)."""

import logging
import sys
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TextIO

KEPT = 5000
"""So many newest lines stay readable (about 1 MB at most lines' length)."""

LONGEST = 2000
"""Characters of one line; a traceback counts as one line and is cut later."""

Reader = Callable[[int, str], None]


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        text = record.getMessage()
        if record.exc_info:
            text = f"{text}: {self.formatException(record.exc_info)}"
        text = "".join(sign if sign.isprintable() else "\\n" if sign == "\n" else "?" for sign in text)
        stamp = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return f"{stamp} {record.levelname.lower()} {record.name}: {text[: LONGEST * 4]}"


class Ring(logging.Handler):
    """The newest lines, and those who read along (syslog)."""

    def __init__(self, most: int = KEPT) -> None:
        super().__init__()
        self._lines: deque[str] = deque(maxlen=most)
        self._readers: list[Reader] = []
        self.setFormatter(_Lines())

    def emit(self, record: logging.LogRecord) -> None:
        line = self.format(record)
        self._lines.append(line)
        for reader in self._readers:
            reader(record.levelno, line)

    def lines(self) -> list[str]:
        """Oldest first."""
        return list(self._lines)

    def tell(self, reader: Reader) -> None:
        """`reader` gets every further line with its level (`logging.INFO` ...); it must not block or log."""
        self._readers.append(reader)


def start(stream: TextIO = sys.stderr, level: int = logging.INFO) -> Ring:
    """Sends everything that is logged to `stream` and into the ring that is returned."""
    ring = Ring()
    lines = logging.StreamHandler(stream)
    lines.setFormatter(_Lines())
    root = logging.getLogger()
    root.handlers = [lines, ring]
    root.setLevel(level)
    return ring
