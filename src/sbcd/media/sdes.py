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
MOST_MKI: Final = 128  # RFC 4568 6.1
FIRST: Final = 1  # the identifier of our keys
OFFERED: Final = ("AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_256_GCM")


class Mki(msgspec.Struct, frozen=True):
    """Whether packets name their master key (RFC 3711 3.1): `size` octets in what the device offers. An
    answer has as many as the offer when `symmetric`, else `size`. `enforced`: never the other leg's size."""

    size: int = 0
    symmetric: bool = False
    enforced: bool = False


PLAIN: Final = Mki()


class Crypto(msgspec.Struct, frozen=True):
    """One `a=crypto` line: its tag, suite, master key with salt, and the identifier of that key, which its
    packets carry (empty: they carry none)."""

    tag: int
    suite: str
    key: bytes
    mki: bytes = b""

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """None for a suite that is not known here, session parameters that change the packets, a key of wrong
        length, or more than one master key."""
        parts = text.split()
        if len(parts) != 3 or not parts[0].isdigit() or len(parts[0]) > 9 or parts[1].upper() not in SUITES:
            return None
        method, _, rest = parts[2].partition(":")
        key, *more = rest.split(";")[0].split("|")
        if method.lower() != "inline" or ";" in rest:
            return None
        try:
            octets = b64decode(key, validate=True)
            mki = identifier(next((one for one in more if ":" in one), ""))
        except (NotBase64, ValueError, OverflowError):
            return None
        suite = parts[1].upper()
        return cls(int(parts[0]), suite, octets, mki) if len(octets) == SUITES[suite] else None

    def __str__(self) -> str:
        mki = f"|{int.from_bytes(self.mki, 'big')}:{len(self.mki)}" if self.mki else ""
        return f"{self.tag} {self.suite} inline:{b64encode(self.key).decode()}{mki}"

    def __repr__(self) -> str:
        return f"Crypto({self.tag}, {self.suite!r})"


def identifier(text: str) -> bytes:
    """`value:length` as octets; nothing for none. ValueError and OverflowError when that is not possible."""
    if not text:
        return b""
    value, _, length = text.partition(":")
    if not 1 <= int(length) <= MOST_MKI:
        raise ValueError("a master key identifier has 1 to 128 octets")
    return int(value).to_bytes(int(length), "big")


def usable(values: Iterable[str]) -> list[Crypto]:
    """The crypto lines that can be used, in the order of the offer."""
    return [crypto for value in values if (crypto := Crypto.parse(value)) is not None]


def fresh(random: Callable[[int], bytes], size: int = 0) -> list[Crypto]:
    """What we offer: one line for each suite, each with a key of its own; `size` octets name it."""
    return [
        Crypto(number, suite, random(SUITES[suite]), FIRST.to_bytes(size, "big") if size else b"")
        for number, suite in enumerate(OFFERED, 1)
    ]


def answering(theirs: Crypto, random: Callable[[int], bytes], mki: Mki = PLAIN) -> Crypto:
    """Our line in the answer to their offer: their tag and suite, our key (RFC 4568 5.1.2)."""
    size = len(theirs.mki) if mki.symmetric else mki.size
    named = (theirs.mki if mki.symmetric else FIRST.to_bytes(size, "big")) if size else b""
    return Crypto(theirs.tag, theirs.suite, random(SUITES[theirs.suite]), named)
