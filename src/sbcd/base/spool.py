"""Where an upload waits while it arrives: in memory while small, in the state directory beyond that.

One rule: what is not taken away is gone after `discard`, so a broken-off upload leaves nothing (R8)."""

import os
import tempfile
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

IN_MEMORY = 1 << 20
"""Bytes up to which an upload stays in memory."""
BUFFER = 256 << 10
"""Bytes that are written to disk at once."""


class Spool:
    """Bytes written once, then read; on the file system of the state directory: a rename installs them."""

    def __init__(self, folder: Path, in_memory: int = IN_MEMORY) -> None:
        self.size = 0
        self._folder = folder
        self._most = in_memory
        self._file: BinaryIO = BytesIO()
        self._path: Path | None = None

    def write(self, content: bytes | bytearray | memoryview) -> None:
        self.size += len(content)
        if self._path is None and self.size > self._most:
            self._to_disk()
        self._file.write(content)

    def read(self) -> bytes:
        """Everything that was written."""
        if self._path is None:
            return self._file.getvalue() if isinstance(self._file, BytesIO) else b""
        self._file.flush()
        return self._path.read_bytes()

    def path(self) -> Path:
        """The content as a complete, synced file."""
        if self._path is None:
            self._to_disk()
        assert self._path is not None
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._path

    def discard(self) -> None:
        """Closes and removes it; a file that was moved away is somebody else's by now."""
        self._file.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _to_disk(self) -> None:
        written = self.read()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix="upload-", dir=self._folder)
        self._file = os.fdopen(handle, "w+b", buffering=BUFFER)
        self._path = Path(name)
        self._file.write(written)
