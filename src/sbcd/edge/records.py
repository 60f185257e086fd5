"""Append-only, rotated text files: the records of calls.

One rule: a line that was written is in the file before the engine goes on to the next second; a full disk
loses records and is counted, it does not stop calls."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

MOST_BYTES = 10_000_000
MOST_FILES = 10


class Records:
    """The newest file is `<name>`, older ones `<name>.1` to `<name>.9`."""

    def __init__(
        self, path: Path, head: str, most_bytes: int = MOST_BYTES, most_files: int = MOST_FILES
    ) -> None:
        self.path = path
        self.failures = 0
        self._head = head
        self._most_bytes = most_bytes
        self._most_files = most_files
        self._file: TextIO | None = None
        self._size = 0
        self._lines: list[str] = []

    def add(self, line: str) -> None:
        """One more record; written by the next `flush`."""
        self._lines.append(line)

    def flush(self) -> None:
        """Writes what waits."""
        if not self._lines:
            return
        lines, self._lines = self._lines, []
        text = "\n".join(lines) + "\n"
        try:
            if self._file is None or self._size > self._most_bytes:
                self._turn()
            assert self._file is not None
            self._file.write(text)
            self._file.flush()
            self._size += len(text)
        except OSError:
            self.failures += len(lines)

    def _turn(self) -> None:
        """Opens the newest file, after moving a full one aside."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.path.exists() and self.path.stat().st_size > self._most_bytes:
            for number in range(self._most_files - 1, 0, -1):
                older = self._numbered(number - 1)
                if older.exists():
                    older.replace(self._numbered(number))
        fresh = not self.path.exists()
        self._file = self.path.open("a", encoding="utf-8", errors="replace")
        self._size = self.path.stat().st_size
        if fresh:
            self._file.write(self._head + "\n")

    def _numbered(self, number: int) -> Path:
        return self.path if number == 0 else self.path.with_name(f"{self.path.name}.{number}")

    def close(self) -> None:
        """Writes the rest."""
        self.flush()
        if self._file is not None:
            self._file.close()
            self._file = None
