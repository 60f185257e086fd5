"""The master key identifier in SRTP packets (RFC 3711 3.1, 3.4): the library knows none, so it is put into
what it sealed, and taken out before it opens.

One rule: a packet with another identifier than agreed is one that cannot be opened."""

from typing import Final

from pylibsrtp import Error, Session

TAILS: Final = {
    "AES_CM_128_HMAC_SHA1_80": (10, 10),
    "AES_CM_128_HMAC_SHA1_32": (4, 10),
    "AEAD_AES_128_GCM": (0, 0),
    "AEAD_AES_256_GCM": (0, 0),
}
"""Octets of the authentication tag behind it, in SRTP and in SRTCP (RFC 4568 6.2, RFC 7714 8.2)."""


class Named:
    """A session whose packets carry an identifier."""

    __slots__ = ("_mki", "_rtcp", "_rtp", "_session")

    def __init__(self, session: Session, suite: str, mki: bytes) -> None:
        self._session, self._mki = session, mki
        self._rtp, self._rtcp = TAILS[suite]

    def protect(self, packet: bytes) -> bytes:
        """An RTP packet, sealed."""
        return self._with(self._session.protect(packet), self._rtp)

    def protect_rtcp(self, packet: bytes) -> bytes:
        """An RTCP packet, sealed."""
        return self._with(self._session.protect_rtcp(packet), self._rtcp)

    def unprotect(self, packet: bytes) -> bytes:
        """An SRTP packet, opened. Raises pylibsrtp.Error."""
        return bytes(self._session.unprotect(self._without(packet, self._rtp)))

    def unprotect_rtcp(self, packet: bytes) -> bytes:
        """An SRTCP packet, opened. Raises pylibsrtp.Error."""
        return bytes(self._session.unprotect_rtcp(self._without(packet, self._rtcp)))

    def _with(self, packet: bytes, tail: int) -> bytes:
        end = len(packet) - tail
        return packet[:end] + self._mki + packet[end:]

    def _without(self, packet: bytes, tail: int) -> bytes:
        end = len(packet) - tail
        begin = end - len(self._mki)
        if begin < 0 or packet[begin:end] != self._mki:
            raise Error("bad_mki")
        return packet[:begin] + packet[end:]
