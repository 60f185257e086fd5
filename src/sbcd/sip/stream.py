"""One SIP stream (TCP, TLS) cut into messages (RFC 3261 18.3), with the keep-alive of RFC 5626.

One rule: what cannot be framed ends the connection; nothing is guessed."""

import re
from typing import Final

from sbcd.sip.grammar import Malformed
from sbcd.sip.message import MOST_HEAD

MOST_BODY: Final = 256 * 1024
PONG: Final = b"\r\n"
LENGTH: Final = re.compile(rb"\r\n(?:content-length|l)[ \t]*:[ \t]*(\d{1,9})[ \t]*(?=\r\n)", re.IGNORECASE)


class Framer:
    """Feed bytes, take messages. `pongs` counts the keep-alive pings (double CRLF) that are to be answered
    with `PONG` (RFC 5626 3.5.1); a single CRLF between messages is the answer to ours and only dropped."""

    __slots__ = ("_held", "pongs")

    def __init__(self) -> None:
        self._held = bytearray()
        self.pongs = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The whole messages there are now. Raises Malformed: then close the connection."""
        held = self._held
        held += data
        found: list[bytes] = []
        while held:
            if held[0] in b"\r\n":
                if not self._blank():
                    break
                continue
            end = held.find(b"\r\n\r\n")
            if end < 0:
                if len(held) > MOST_HEAD:
                    raise Malformed(f"a head of more than {MOST_HEAD} bytes")
                break
            whole = end + 4 + self._length(end)
            if len(held) < whole:
                break
            found.append(bytes(held[:whole]))
            del held[:whole]
        return found

    @property
    def waiting(self) -> int:
        """Bytes of a message that is not whole yet."""
        return len(self._held)

    def _blank(self) -> bool:
        """Take line ends before a message; tells whether more can be done at once."""
        held = self._held
        if held[:4] == b"\r\n\r\n":
            self.pongs += 1
            del held[:4]
        elif b"\r\n\r\n".startswith(held):
            return False  # the rest of a ping may still come
        else:
            del held[: 2 if held[:2] == b"\r\n" else 1]
        return True

    def _length(self, end: int) -> int:
        """Content-Length of the head that ends here; mandatory on a stream (RFC 3261 20.14)."""
        said = {int(match) for match in LENGTH.findall(bytes(self._held[: end + 2]))}
        if len(said) != 1:
            raise Malformed("no Content-Length on a stream" if not said else "several Content-Lengths")
        length = said.pop()
        if length > MOST_BODY:
            raise Malformed(f"a body of {length} bytes is more than {MOST_BODY}")
        return length
