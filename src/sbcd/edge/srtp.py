"""SRTP on one half of a stream: keys from its descriptions, packets opened and sealed by libsrtp.

One rule: a packet that cannot be opened is nothing; it latches no source and counts as refused."""

import os
from collections.abc import Sequence
from typing import Final

import msgspec
from pylibsrtp import Error, Policy, Session

from sbcd.edge.mki import Named
from sbcd.media.sdes import PLAIN, Crypto, Mki, Security, answering, fresh, usable
from sbcd.sip.sdp import Stream

PROFILES: Final = {
    "AES_CM_128_HMAC_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    "AES_CM_128_HMAC_SHA1_32": Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
    "AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "AEAD_AES_256_GCM": Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
}
Broken = (Error, TypeError)  # TypeError: longer than the library's buffer


class NotAcceptable(Exception):
    """The media security of a description is not what this leg is configured for: 488."""


class KeptShield(msgspec.Struct, frozen=True):
    """A shield as it can be put back. The roll-over counters begin anew: streams older than 65,536 packets
    are then silent until the next re-keying."""

    wanted: Security
    offered: tuple[Crypto, ...]
    theirs: Crypto | None
    own: Crypto | None
    mki: Mki = PLAIN


class Shield:
    """The SRTP of one half. `wanted` is what the leg is configured for; `as-is` follows the other leg.

    `opening` opens what comes from the leg, `sealing` seals what goes to it; both None: plain RTP. `blocked`
    means that SRTP was offered and no keys are agreed yet: then nothing passes, least of all in the clear."""

    __slots__ = (
        "_offered",
        "_opened",
        "_own",
        "_settled",
        "_theirs",
        "blocked",
        "mki",
        "opening",
        "sealing",
        "wanted",
    )

    def __init__(self, wanted: Security = "as-is") -> None:
        self.wanted: Security = wanted
        self.mki = PLAIN
        self._offered: tuple[Crypto, ...] = ()  # ours in the last offer to the leg
        self._theirs: Crypto | None = None  # the leg's
        self._own: Crypto | None = None  # ours that is in use
        self._opened: Crypto | None = None
        self.opening: Session | Named | None = None
        self.sealing: Session | Named | None = None
        self._settled = False
        self.blocked = False

    # -- descriptions that come from the leg

    def heard(self, stream: Stream, answer: bool) -> None:
        """A stream of the leg's offer or answer. Raises NotAcceptable."""
        if not stream.port or "RTP" not in stream.proto.upper():
            return
        if not stream.secure:
            if self.wanted == "srtp" or (answer and self._offered):
                raise NotAcceptable("the leg must use SRTP, its description says RTP")
            self._theirs = None
            if answer:
                self._plain()
            return
        if self.wanted == "rtp" or (answer and not self._offered):
            raise NotAcceptable("the leg must use RTP, its description says SRTP")
        found = usable(stream.attributes("crypto"))
        if answer:
            pairs = [(own, one) for one in found for own in self._offered if _same(own, one)]
            if not pairs:
                raise NotAcceptable("the answer chose no crypto line of the offer")
            self._use(*pairs[0])
        elif not found:
            raise NotAcceptable("no crypto line of the offer can be used")
        else:
            self._theirs = found[0]
            self.blocked = not self._settled

    # -- descriptions that go to the leg

    def offering(self, stream: Stream, secure: bool) -> Stream:
        """The stream of an offer as this leg gets it; `secure` is whether the other leg offered SRTP, and
        `stream` still has its keys: unless a size is enforced, ours are named as they are."""
        bare = _bare(stream)
        if self.wanted == "rtp" or (self.wanted != "srtp" and not secure):
            self._offered = ()
            return bare
        if not self._offered:
            theirs = usable(stream.attributes("crypto"))[:1] if secure and not self.mki.enforced else ()
            self._offered = tuple(fresh(os.urandom, len(theirs[0].mki) if theirs else self.mki.size))
        self.blocked = not self._settled
        return _sealed(bare, self._offered)

    def answering(self, stream: Stream) -> Stream:
        """The stream of the answer to what this leg offered."""
        bare = _bare(stream)
        if not stream.port:
            return bare if self._theirs is None else _sealed(bare, ())
        if self._theirs is None:
            self._plain()
            return bare
        own = self._own if self._own and _same(self._own, self._theirs) else None
        self._use(own or answering(self._theirs, os.urandom, self.mki), self._theirs)
        assert self._own is not None
        return _sealed(bare, (self._own,))

    # -- keys

    def _plain(self) -> None:
        self.opening = self.sealing = self._own = self._opened = None
        self._settled, self.blocked = True, False

    def _use(self, own: Crypto, theirs: Crypto) -> None:
        """Keys that stay the same keep their sessions, and with them the roll-over counters."""
        if own != self._own:
            self.sealing = _session(own, Policy.SSRC_ANY_OUTBOUND)
        if theirs != self._opened:
            self.opening = _session(theirs, Policy.SSRC_ANY_INBOUND)
        self._own, self._opened, self._theirs = own, theirs, theirs
        self._settled, self.blocked = True, False

    def kept(self) -> KeptShield:
        return KeptShield(self.wanted, self._offered, self._opened, self._own, self.mki)

    def restore(self, kept: KeptShield) -> None:
        self.wanted, self._offered, self.mki = kept.wanted, kept.offered, kept.mki
        if kept.own is not None and kept.theirs is not None:
            self._use(kept.own, kept.theirs)


def _session(crypto: Crypto, kind: int) -> Session | Named:
    session = Session(_policy(crypto, kind))
    return Named(session, crypto.suite, crypto.mki) if crypto.mki else session


def _policy(crypto: Crypto, kind: int) -> Policy:
    policy = Policy(crypto.key, kind, srtp_profile=PROFILES[crypto.suite])
    policy.window_size = 1024
    policy.allow_repeat_tx = True
    return policy


def _same(one: Crypto, two: Crypto) -> bool:
    return one.tag == two.tag and one.suite == two.suite


def _bare(stream: Stream) -> Stream:
    """The stream as plain RTP: RTP/SAVP is RTP/AVP, RTP/SAVPF is RTP/AVPF."""
    plain = stream.without(lambda line: line.startswith(("a=crypto:", "a=fingerprint:", "a=setup:")))
    return msgspec.structs.replace(plain, proto=stream.proto.replace("SAVP", "AVP").replace("UDP/TLS/", ""))


def _sealed(stream: Stream, cryptos: Sequence[Crypto]) -> Stream:
    lines = (f"a=crypto:{crypto}" for crypto in cryptos)
    return msgspec.structs.replace(stream, proto=stream.proto.replace("AVP", "SAVP")).adding(*lines)
