"""The log: lines to stderr, and the newest of them kept for the debug file, in memory and in files that
outlive the process.

One rule: a line is one line. What a peer sent cannot forge a second one; secrets never come here (R34)."""

import logging
import logging.handlers
import os
import sys
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

KEPT = 5000
"""So many newest lines stay readable (about 1 MB at most lines' length)."""

LONGEST = 2000
"""Characters of one line; a traceback counts as one line and is cut later."""

MOST_BYTES, MOST_FILES = 2_000_000, 4
"""Bytes of a file of lines, and how many files there are of each."""

Reader = Callable[[int, str], None]


class _Lines(logging.Formatter):
    """A record's line is made once, for all who want it."""

    def format(self, record: logging.LogRecord) -> str:
        line: str | None = record.__dict__.get("line")
        if line is None:
            line = record.__dict__["line"] = self._line(record)
        return line

    def _line(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        text = record.getMessage()
        if record.exc_info:
            text = f"{text}: {self.formatException(record.exc_info)}"
        if not text.isprintable():
            text = "".join(s if s.isprintable() else "\\n" if s == "\n" else "?" for s in text)
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


class LinesInFiles(logging.handlers.RotatingFileHandler):
    """The newest lines are in the file, older ones in `<name>.1` and so on; for nobody else to read (0600).
    A disk that takes no line loses it: nobody waits, and nothing is logged about it."""

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        super().__init__(path, maxBytes=most_bytes, backupCount=MOST_FILES - 1, encoding="utf-8", delay=True)
        self.lost = 0
        self.setFormatter(_Lines())

    def _open(self) -> Any:
        return open(  # the handler closes it
            self.baseFilename,
            self.mode,
            encoding=self.encoding,
            errors="replace",
            opener=lambda path, flags: os.open(path, flags, 0o600),
        )

    def handleError(self, record: logging.LogRecord) -> None:  # the name of the library
        self.lost += 1


def keep(path: Path) -> LinesInFiles:
    """From now on lines go to this file as well."""
    kept = LinesInFiles(path)
    logging.getLogger().addHandler(kept)
    return kept


def kept(path: Path) -> bytes:
    """What a file and the older ones hold, oldest first."""
    older = [path.with_name(f"{path.name}.{number}") for number in range(MOST_FILES - 1, 0, -1)]
    return b"".join(one.read_bytes() for one in [*older, path] if one.exists())


def start(stream: TextIO = sys.stderr, level: int = logging.INFO) -> Ring:
    """Sends everything that is logged to `stream` and into the ring that is returned."""
    ring = Ring()
    lines = logging.StreamHandler(stream)
    lines.setFormatter(_Lines())
    root = logging.getLogger()
    root.handlers = [lines, ring]
    root.setLevel(level)
    return ring
