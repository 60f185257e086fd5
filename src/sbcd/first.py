"""The key of a first boot, made while the rest of the device is still being loaded.

One rule: this file loads little, and is for a state directory that has no keys yet; whoever wants a key gets
one in any case."""

from pathlib import Path
from threading import Thread

SIZE = 2048
"""Bits of the first key (ADR 0023)."""


class FirstKey:
    """Makes RSA keys; the first one of `SIZE` may be there already."""

    def __init__(self, state: Path) -> None:
        """`state` is the state directory; when it has no folder of keys, a key is begun now."""
        self._made: list[str] = []
        self._thread: Thread | None = None
        if not (state / "tls").exists():
            self._thread = Thread(target=self._make, name="first key", daemon=True)
            self._thread.start()

    def _make(self) -> None:
        self._made.append(_generate(SIZE))

    def __call__(self, bits: int) -> str:
        """A new key as PEM; takes up to seconds, so never on the loop."""
        thread = self._thread
        if thread is not None and bits == SIZE:
            self._thread = None
            thread.join()
            if self._made:
                return self._made.pop()
        return _generate(bits)


def _generate(bits: int) -> str:
    from sbcd.edge.rsa import generate  # no start that needs no key shall wait for it

    return generate(bits)
