"""A file that only grows, of which nothing acknowledged is ever lost.

One rule: `append` returns when the bytes are on the disk; when it fails, the file is as it was before."""

import os
from pathlib import Path


class Appender:
    """An append-only file (0600), made when it is not there, cut to `size` bytes when one is given."""

    def __init__(self, path: Path, size: int | None = None) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if size is not None:
            os.ftruncate(self._file, size)
        self.size = os.lseek(self._file, 0, os.SEEK_END)
        os.fsync(self._file)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def append(self, data: bytes) -> None:
        """Writes and syncs. OSError when the disk refuses, with nothing left behind."""
        try:
            done = 0
            while done < len(data):
                done += os.pwrite(self._file, data[done:], self.size + done)
            os.fdatasync(self._file)
        except OSError:
            os.ftruncate(self._file, self.size)
            raise
        self.size += len(data)

    def close(self) -> None:
        """Gives the file back; it must not be used after."""
        os.close(self._file)
