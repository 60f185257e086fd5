"""Master key identifiers: in the keys of descriptions and in packets (RFC 4568 6.1, RFC 3711 3.1)."""

import pytest
from pylibsrtp import Error, Policy, Session

from edge.test_rtp import Peer, asked, relayed
from edge.test_srtp import KEY, opening, sealing, told
from media.test_relay import rtp
from sbcd.edge.mki import TAILS, Named
from sbcd.edge.srtp import PROFILES
from sbcd.media.contract import Answer, Offer
from sbcd.media.sdes import SUITES, Crypto, Mki, answering, fresh, usable

LINE = "1 AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"
RTCP = b"\x80\xc9\x00\x01" + bytes(4)


@pytest.mark.parametrize(
    ("more", "mki"),
    [
        ("", b""),
        ("|2^31", b""),
        ("|1:1", b"\x01"),
        ("|2^31|1:4", b"\0\0\0\x01"),
        ("|258:2", b"\x01\x02"),
        ("|256:1", None),
        ("|1:0", None),
        ("|1:129", None),
        ("|x:1", None),
        ("|-1:1", None),
        ("|1:1;inline:AAAA|2:1", None),
    ],
)
def test_a_line(more: str, mki: bytes | None) -> None:
    crypto = Crypto.parse(LINE + more)
    assert (crypto.mki if crypto else None) == mki
    if crypto:
        assert Crypto.parse(str(crypto)) == crypto


def test_how_many_octets() -> None:
    """MKISize in offers; in answers as many as the offer (EnableSymmetricMKI) or MKISize."""
    assert {len(one.mki) for one in fresh(bytes, 4)} == {4}
    assert {one.mki for one in fresh(bytes)} == {b""}
    theirs = Crypto(1, "AES_CM_128_HMAC_SHA1_80", KEY, b"\x07\x08")
    assert answering(theirs, bytes, Mki(1, symmetric=True)).mki == b"\x07\x08"
    assert answering(theirs, bytes, Mki(1)).mki == b"\x01"
    assert answering(theirs, bytes).mki == b""
    bare = Crypto(1, "AES_CM_128_HMAC_SHA1_80", KEY)
    assert answering(bare, bytes, Mki(1, symmetric=True)).mki == b""


@pytest.mark.parametrize("suite", SUITES)
def test_where_it_stands(suite: str) -> None:
    """Before the tag, behind what is encrypted; without it the packet is what the library makes."""

    def session(kind: int) -> Session:
        return Session(Policy(bytes(SUITES[suite]), kind, srtp_profile=PROFILES[suite]))

    plain = session(Policy.SSRC_ANY_OUTBOUND)
    named = Named(session(Policy.SSRC_ANY_OUTBOUND), suite, b"\xaa\xbb")
    back = Named(session(Policy.SSRC_ANY_INBOUND), suite, b"\xaa\xbb")
    for packet, tail, seal, name, unseal in (
        (rtp(1), TAILS[suite][0], plain.protect, named.protect, back.unprotect),
        (RTCP, TAILS[suite][1], plain.protect_rtcp, named.protect_rtcp, back.unprotect_rtcp),
    ):
        bare, full = seal(packet), name(packet)
        end = len(bare) - tail
        assert full == bare[:end] + b"\xaa\xbb" + bare[end:]
        assert unseal(full) == packet
        with pytest.raises(Error):
            unseal(full[:end] + b"\xaa\xbc" + full[end + 2 :])
        with pytest.raises(Error):
            unseal(b"\x80\x00")


@relayed
async def test_calls_with_named_keys(link, events, port):
    """The caller names its key with one octet, the called is offered four; both are kept apart."""
    one, two = Peer(), Peer()
    mine = Crypto(1, "AES_CM_128_HMAC_SHA1_80", KEY, b"\x05")
    sdp = one.sdp.replace(b"RTP/AVP", b"RTP/SAVP") + f"a=crypto:{mine}\r\n".encode()
    mki = {"near_mki": Mki(1, symmetric=True), "far_mki": Mki(4, symmetric=True, enforced=True)}
    to_two = told(
        await asked(
            link, Offer("c", "a", "b", sdp, "r", "r", near_security="srtp", far_security="srtp", **mki)
        )
    )
    offered = usable(to_two.streams[0].attributes("crypto"))[0]
    assert offered.mki == b"\0\0\0\x01"
    theirs = Crypto(1, offered.suite, bytes(30))
    body = two.sdp.replace(b"RTP/AVP", b"RTP/SAVP") + f"a=crypto:{theirs}\r\n".encode()
    to_one = told(await asked(link, Answer("c", "b", "a", body)))
    (answered,) = usable(to_one.streams[0].attributes("crypto"))
    assert answered.mki == b"\x05"
    from_one = Named(sealing(mine), mine.suite, mine.mki)
    at_two = Named(opening(offered), offered.suite, offered.mki)
    one.socket.sendto(from_one.protect(rtp(1)), ("127.0.0.1", to_one.place(0).port))
    assert at_two.unprotect((await two.receive())[0]) == rtp(1)
    at_one = Named(opening(answered), answered.suite, answered.mki)
    two.socket.sendto(sealing(theirs).protect(rtp(2, ssrc=9)), ("127.0.0.1", to_two.place(0).port))
    assert at_one.unprotect((await one.receive())[0]) == rtp(2, ssrc=9)


@relayed
async def test_an_offer_is_named_as_the_other_leg_names_it(link, events, port):
    """SBCEnforceMKISize 0."""
    one = Peer()
    mine = Crypto(1, "AES_CM_128_HMAC_SHA1_80", KEY, b"\0\x05")
    sdp = one.sdp.replace(b"RTP/AVP", b"RTP/SAVP") + f"a=crypto:{mine}\r\n".encode()
    offer = Offer("c", "a", "b", sdp, "r", "r", near_security="srtp", far_security="srtp", far_mki=Mki(4))
    to_two = told(await asked(link, offer))
    assert {one.mki for one in usable(to_two.streams[0].attributes("crypto"))} == {b"\0\x01"}
