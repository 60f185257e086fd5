"""A message as it was on the wire, for traces: when, which way, between which addresses, the bytes.

One rule: what opens doors (SRTP keys, answers of digests) is covered before a message is kept; every byte
else, and every length, is as it was."""

import re
from typing import Final

import msgspec

CALL_ID: Final = re.compile(rb"\n(?:call-id|i)[ \t]*:[ \t]*([^\r\n]+)", re.IGNORECASE)
KEYS: Final = re.compile(rb"(?<=inline:)[A-Za-z0-9+/=]+")
# the response directive of RFC 7616; cnonce and nonce say nothing without it
ANSWERS: Final = re.compile(rb'(?<=[ ,\t])(response[ \t]*=[ \t]*"?)([0-9a-fA-F]{8,})')


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """One message. `at`: seconds of the epoch; `incoming`: it came to the device."""

    at: float
    incoming: bool
    transport: str
    local: tuple[str, int]
    remote: tuple[str, int]
    data: bytes
    call_id: str = ""

    @property
    def source(self) -> tuple[str, int]:
        return self.remote if self.incoming else self.local

    @property
    def dest(self) -> tuple[str, int]:
        return self.local if self.incoming else self.remote


def call_id(data: bytes) -> str:
    """The Call-ID of a message, '' when there is none."""
    found = CALL_ID.search(data, 0, 4096)
    return found[1].decode("utf-8", "replace").strip() if found is not None else ""


def covered(data: bytes) -> bytes:
    """The message with its secrets as asterisks of the same length (R34)."""
    if b"inline:" in data:
        data = KEYS.sub(lambda found: b"*" * len(found[0]), data)
    if b"esponse" in data:
        data = ANSWERS.sub(lambda found: found[1] + b"*" * len(found[2]), data)
    return data
