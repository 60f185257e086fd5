"""SRTP on one leg, RTP on the other, through the real relay process (RFC 4568 keys, RFC 3711 packets)."""

import asyncio
import os
import signal

import pytest
from pylibsrtp import Policy, Session

from edge.test_rtp import Peer, asked, relayed
from media.test_relay import rtp
from sbcd.media.contract import Anchored, Answer, Delete, Offer, Refused
from sbcd.media.sdes import Crypto, answering, fresh, usable
from sbcd.sip.sdp import Sdp

KEY = bytes(range(30))
SECURE = Crypto(1, "AES_CM_128_HMAC_SHA1_80", KEY)


def secured(sdp, crypto=SECURE):
    return sdp.replace(b"RTP/AVP", b"RTP/SAVP") + f"a=crypto:{crypto}|2^31\r\n".encode()


def sealing(crypto):
    return Session(Policy(crypto.key, Policy.SSRC_ANY_OUTBOUND))


def opening(crypto):
    return Session(Policy(crypto.key, Policy.SSRC_ANY_INBOUND))


def told(reply):
    assert isinstance(reply, Anchored), reply
    return Sdp.parse(reply.sdp)


@relayed
async def test_srtp_to_rtp_and_back(link, events, port):
    one, two = Peer(), Peer()
    offer = Offer("c", "a", "b", secured(one.sdp), "r", "r", near_security="srtp", far_security="rtp")
    to_two = told(await asked(link, offer))
    assert to_two.streams[0].proto == "RTP/AVP"
    assert to_two.streams[0].attributes("crypto") == []
    two.socket.sendto(rtp(1), ("127.0.0.1", to_two.place(0).port))  # early: no keys are agreed yet
    to_one = told(await asked(link, Answer("c", "b", "a", two.sdp)))
    (crypto,) = usable(to_one.streams[0].attributes("crypto"))
    assert (to_one.streams[0].proto, crypto.tag, crypto.suite) == ("RTP/SAVP", 1, SECURE.suite)
    assert crypto.key != KEY
    seal, unseal = sealing(SECURE), opening(crypto)
    for n in range(3):
        one.socket.sendto(seal.protect(rtp(n)), ("127.0.0.1", to_one.place(0).port))
        assert (await two.receive())[0] == rtp(n)
        two.socket.sendto(rtp(n, ssrc=8), ("127.0.0.1", to_two.place(0).port))
        data, _ = await one.receive()  # the early packet never came
        assert data != rtp(n, ssrc=8)
        assert unseal.unprotect(data) == rtp(n, ssrc=8)
    one.socket.sendto(rtp(9), ("127.0.0.1", to_one.place(0).port))  # in the clear
    counted = await asked(link, Delete("c"))
    assert counted.legs["a"].packets == 3
    assert counted.legs["b"].refused == 1


@relayed
async def test_rtp_to_srtp_with_a_re_invite_that_keeps_the_keys(link, events, port):
    one, two = Peer(), Peer()
    offer = Offer("c", "a", "b", one.sdp, "r", "r", far_security="srtp")
    to_two = told(await asked(link, offer))
    offered = usable(to_two.streams[0].attributes("crypto"))
    assert [crypto.suite for crypto in offered][:2] == ["AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"]
    to_one = told(await asked(link, Answer("c", "b", "a", secured(two.sdp))))
    assert to_one.streams[0].proto == "RTP/AVP"
    unseal, seal = opening(offered[0]), sealing(SECURE)
    one.socket.sendto(rtp(1), ("127.0.0.1", to_one.place(0).port))
    assert unseal.unprotect((await two.receive())[0]) == rtp(1)
    again = told(await asked(link, offer))
    assert usable(again.streams[0].attributes("crypto")) == offered
    told(await asked(link, Answer("c", "b", "a", secured(two.sdp))))
    one.socket.sendto(rtp(2), ("127.0.0.1", to_one.place(0).port))
    assert unseal.unprotect((await two.receive())[0]) == rtp(2)
    two.socket.sendto(seal.protect(rtp(7)), ("127.0.0.1", to_two.place(0).port))
    assert (await one.receive())[0] == rtp(7)


@relayed
async def test_who_is_asked_second_gets_other_keys(link, events, port):
    """Another route: what the first peer was told, he still knows."""
    one, two, three = Peer(), Peer(), Peer()
    offered = []
    for other in ("b", "c"):
        to_far = told(await asked(link, Offer("c", "a", other, one.sdp, "r", "r", far_security="srtp")))
        offered.append(usable(to_far.streams[0].attributes("crypto")))
        if other == "b":
            told(await asked(link, Answer("c", "b", "a", secured(two.sdp))))
    assert not {crypto.key for crypto in offered[0]} & {crypto.key for crypto in offered[1]}
    to_one = told(await asked(link, Answer("c", "c", "a", secured(three.sdp))))
    one.socket.sendto(rtp(1), ("127.0.0.1", to_one.place(0).port))
    assert opening(offered[1][0]).unprotect((await three.receive())[0]) == rtp(1)
    assert set((await asked(link, Delete("c"))).legs) == {"a", "c"}


@relayed
async def test_keys_pass_through_when_nobody_insists(link, events, port):
    to_two = told(await asked(link, Offer("c", "a", "b", secured(Peer().sdp), "r", "r")))
    assert usable(to_two.streams[0].attributes("crypto")) == [SECURE]


@relayed
async def test_what_a_leg_is_not_configured_for_is_refused(link, events, port):
    sdp = Peer().sdp
    for said, security in ((sdp, "srtp"), (secured(sdp), "rtp")):
        reply = await asked(link, Offer("c", "a", "b", said, "r", "r", near_security=security))
        assert isinstance(reply, Refused)
        assert reply.status == 488
    told(await asked(link, Offer("d", "a", "b", sdp, "r", "r", far_security="srtp")))
    assert (await asked(link, Answer("d", "b", "a", sdp))).status == 488
    wrong = secured(sdp, Crypto(9, SECURE.suite, KEY))
    assert (await asked(link, Answer("d", "b", "a", wrong))).status == 488
    assert told(await asked(link, Answer("d", "b", "a", secured(sdp))))


@relayed
async def test_a_killed_relay_knows_its_keys_again(link, events, port):
    one, two = Peer(), Peer()
    to_two = told(await asked(link, Offer("c", "a", "b", one.sdp, "r", "r", far_security="srtp")))
    offered = usable(to_two.streams[0].attributes("crypto"))
    to_one = told(await asked(link, Answer("c", "b", "a", secured(two.sdp))))
    os.kill(link.pid, signal.SIGKILL)
    await asyncio.wait_for(events.get(), 5)
    await asyncio.wait_for(events.get(), 10)
    one.socket.sendto(rtp(1), ("127.0.0.1", to_one.place(0).port))
    assert opening(offered[0]).unprotect((await two.receive())[0]) == rtp(1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "x AES_CM_128_HMAC_SHA1_80 inline:AAAA",
        "1 AES_CM_128_HMAC_SHA1_80 inline:AAAA",
        "1 NULL inline:AAAA",
        "1 AES_CM_128_HMAC_SHA1_80 inline:!!!",
        f"{SECURE}|2^20|1:400",
        f"{SECURE} UNENCRYPTED_SRTP",
        str(SECURE).replace("inline", "uri"),
    ],
)
def test_crypto_lines_that_cannot_be_used(text):
    assert usable([text]) == []


def test_keys_are_not_shown():
    assert "inline" in str(SECURE)
    assert repr(SECURE) == "Crypto(1, 'AES_CM_128_HMAC_SHA1_80')"
    assert usable([str(crypto) for crypto in fresh(bytes)]) == fresh(bytes)
    assert answering(SECURE, bytes).key == bytes(30)
