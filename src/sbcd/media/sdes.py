"""Keys of SRTP as session descriptions carry them (SDES, RFC 4568), and which of them is used.

One rule: a key never appears in a text that is not a session description."""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterable
from typing import Final, Literal, Self

import msgspec

Security = Literal["as-is", "srtp", "rtp", "both"]
# master key and salt in octets: RFC 4568 6.2, RFC 7714 14.2
SUITES: Final = {
    "AES_CM_128_HMAC_SHA1_80": 30,
    "AES_CM_128_HMAC_SHA1_32": 30,
    "AEAD_AES_128_GCM": 28,
    "AEAD_AES_256_GCM": 44,
}
OFFERED: Final = ("AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_256_GCM")


class Crypto(msgspec.Struct, frozen=True):
    """One `a=crypto` line: its tag, suite, and master key with salt."""

    tag: int
    suite: str
    key: bytes

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """None for a suite that is not known here, session parameters that change the packets, a key of wrong
        length, or a master key identifier (they are not supported)."""
        parts = text.split()
        if len(parts) != 3 or not parts[0].isdigit() or len(parts[0]) > 9 or parts[1].upper() not in SUITES:
            return None
        method, _, rest = parts[2].partition(":")
        key, *more = rest.split(";")[0].split("|")
        if method.lower() != "inline" or any(":" in one for one in more):
            return None
        try:
            octets = b64decode(key, validate=True)
        except (NotBase64, ValueError):
            return None
        suite = parts[1].upper()
        return cls(int(parts[0]), suite, octets) if len(octets) == SUITES[suite] else None

    def __str__(self) -> str:
        return f"{self.tag} {self.suite} inline:{b64encode(self.key).decode()}"

    def __repr__(self) -> str:
        return f"Crypto({self.tag}, {self.suite!r})"


def usable(values: Iterable[str]) -> list[Crypto]:
    """The crypto lines that can be used, in the order of the offer."""
    return [crypto for value in values if (crypto := Crypto.parse(value)) is not None]


def fresh(random: Callable[[int], bytes]) -> list[Crypto]:
    """What we offer: one line for each suite, each with a key of its own."""
    return [Crypto(number, suite, random(SUITES[suite])) for number, suite in enumerate(OFFERED, 1)]


def answering(theirs: Crypto, random: Callable[[int], bytes]) -> Crypto:
    """Our line in the answer to their offer: their tag and suite, our key (RFC 4568 5.1.2)."""
    return Crypto(theirs.tag, theirs.suite, random(SUITES[theirs.suite]))
