"""Messages on a byte stream between two processes: four bytes of length, then the message.

One rule: a length that nobody could mean ends the stream."""

from typing import Final

MOST: Final = 16 * 1024 * 1024


class FrameTooLong(ValueError):
    """The other side sent what cannot be a frame."""


def framed(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


class Frames:
    """Feed bytes, take whole messages."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Raises FrameTooLong."""
        held = self._held
        held += data
        found: list[bytes] = []
        at = 0
        while len(held) - at >= 4:
            length = int.from_bytes(held[at : at + 4], "big")
            if length > MOST:
                raise FrameTooLong(f"a frame of {length} bytes")
            if len(held) - at - 4 < length:
                break
            found.append(bytes(held[at + 4 : at + 4 + length]))
            at += 4 + length
        if at:
            del held[:at]
        return found
