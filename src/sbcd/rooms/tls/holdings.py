"""What every TLS context holds, in memory and in its file.

One rule: what is held is what the file says, and what the listeners were told of.
Files: `<index>/credentials` is in use; `left` is that of a row that is gone, for an undo or a reset to the
saved configuration; `damaged` is one that could not be used."""

from collections.abc import Callable

from sbcd.base.credentials import Credentials
from sbcd.base.errors import NotFound
from sbcd.base.vault import Vault

Check = Callable[[int, Credentials], None]


class Holdings:
    """Credentials by the index of their TLSContexts row."""

    def __init__(self, vault: Vault, check: Check) -> None:
        """`vault` is the room `tls`; `check` builds a context and raises `Invalid` when OpenSSL refuses."""
        self._vault = vault
        self.check = check
        self.names: dict[int, str] = {}
        self._held: dict[int, Credentials] = {}
        self._listeners: list[Callable[[int], None]] = []

    def tell(self, listener: Callable[[int], None]) -> None:
        """From now on `listener` is called with the index of every context whose file is new or gone."""
        self._listeners.append(listener)

    def of(self, index: int) -> Credentials:
        """What a context holds. `NotFound`: there is no such context."""
        if index not in self._held:
            raise NotFound(f"TLS context {index} does not exist")
        return self._held[index]

    def held(self) -> list[tuple[int, Credentials]]:
        """Every context and what it holds, by index."""
        return sorted(self._held.items())

    def keep(self, index: int, credentials: Credentials) -> None:
        """Checks, writes and tells. `Invalid`: OpenSSL refuses them, and nothing has changed (R8, R29)."""
        self.of(index)
        self.check(index, credentials)
        self.put(index, credentials)

    def put(self, index: int, credentials: Credentials) -> None:
        """Writes what was checked already, when it differs, and tells."""
        if self._held.get(index) != credentials:
            credentials.write(self._vault, index)
            self._held[index] = credentials
        for listener in self._listeners:
            listener(index)

    def found(self, index: int) -> Credentials | None:
        """What the files say of a context that had a row once. `ValueError`: the file is damaged."""
        if self._vault.read(f"{index}/credentials") is None and self._vault.read(f"{index}/left") is not None:
            self._move(index, "left", "credentials")
        self._held.pop(index, None)
        read = Credentials.read(self._vault, index)
        if read is not None:
            self._held[index] = read
        return read

    def fresh(self, index: int) -> None:
        """An index given anew begins with nothing."""
        self._vault.remove(f"{index}/credentials")
        self._vault.remove(f"{index}/left")
        self._held.pop(index, None)

    def leave(self, index: int) -> None:
        """A row is gone; its file steps aside."""
        self.names.pop(index, None)
        if self._held.pop(index, None) is not None:
            self._move(index, "credentials", "left")
        for listener in self._listeners:
            listener(index)

    def set_aside(self, index: int) -> None:
        """A file that cannot be used is kept for whoever can tell why."""
        self._held.pop(index, None)
        self._move(index, "credentials", "damaged")

    def _move(self, index: int, old: str, new: str) -> None:
        self._vault.install(self._vault.path(f"{index}/{old}"), f"{index}/{new}")
