"""The state directory: the only way to write what must survive.

One rule: a file is the old one or the new one, never something between, also after a power cut."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


class Vault:
    """A directory tree, mode 0700, whose files are replaced atomically. Names are relative, `/`-separated."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def path(self, name: str) -> Path:
        """Where `name` lies, its folder made. For those who keep a file open (SQLite, sockets)."""
        path = self.root / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def room(self, name: str) -> "Vault":
        """A part of the tree as a vault of its own."""
        return Vault(self.root / name)

    def read(self, name: str) -> bytes | None:
        """The bytes of a file, or None when there is none."""
        try:
            return (self.root / name).read_bytes()
        except FileNotFoundError:
            return None

    def replace(self, name: str, content: bytes | Iterable[bytes]) -> None:
        """Writes a file (0600) beside its place, syncs it, and renames it there."""
        path = self.path(name)
        handle, temporary = tempfile.mkstemp(prefix=".new-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                for chunk in (content,) if isinstance(content, bytes) else content:
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            self.install(Path(temporary), name)
        except BaseException:  # whatever stopped the writing, no half file stays behind
            Path(temporary).unlink(missing_ok=True)
            raise

    def install(self, complete: Path, name: str) -> None:
        """Moves a complete, synced file of the same file system to its place."""
        path = self.path(name)
        complete.replace(path)
        self._sync(path.parent)

    def remove(self, name: str) -> None:
        """Removes a file; one that is not there is fine."""
        path = self.root / name
        path.unlink(missing_ok=True)
        if path.parent.exists():
            self._sync(path.parent)

    def names(self, folder: str = "") -> list[str]:
        """The files of a folder (not of those below), sorted, without half-written ones."""
        place = self.root / folder
        if not place.is_dir():
            return []
        return sorted(p.name for p in place.iterdir() if p.is_file() and not p.name.startswith(".new-"))

    @staticmethod
    def _sync(folder: Path) -> None:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
