"""Digest, both sides, with the examples of the RFCs."""

import pytest
from msgspec.structs import replace

from sbcd.sip.auth import Challenge, Credentials, Nonces, answer, right, secret, strongest
from sbcd.sip.grammar import Malformed
from sbcd.sip.message import reply
from sip.playbook import invite

NONCES = Nonces(b"0123456789abcdef", life=60)


def test_the_example_of_rfc_2617():
    """RFC 2617 3.5."""
    held = Credentials.parse(
        'Digest username="Mufasa", realm="testrealm@host.com", '
        'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="/dir/index.html", qop=auth, nc=00000001, '
        'cnonce="0a4f113b", response="6629fae49393a05397450978507c4ef1", '
        'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    kept = secret("MD5", "Mufasa", "testrealm@host.com", "Circle Of Life")
    assert right(held, "GET", kept)
    assert not right(held, "PUT", kept)
    assert Credentials.parse(str(held)) == held


def test_the_example_of_rfc_7616():
    """RFC 7616 3.9.1, SHA-256."""
    challenge = Challenge(
        "http-auth@example.org", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "SHA-256", "auth, auth-int"
    )
    held = answer(
        challenge,
        "GET",
        "/dir/index.html",
        "Mufasa",
        "Circle of Life",
        "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    assert held.response == "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_challenge_and_answer_meet(algorithm):
    challenge = Challenge.parse(str(NONCES.fresh("sbc", 1000.0, algorithm)))
    held = Credentials.parse(str(answer(challenge, "REGISTER", "sip:sbc", 'al"ice', "pass", "c1")))
    assert NONCES.judge(held, 1010.0) == "good"
    assert right(held, "REGISTER", secret(algorithm, 'al"ice', "sbc", "pass"))
    assert not right(held, "REGISTER", secret(algorithm, 'al"ice', "sbc", "word"))


def test_nonces_age_and_are_counted():
    nonces = Nonces(b"0123456789abcdef", life=60, most=2)
    challenge = nonces.fresh("sbc", 1000.0)
    first = answer(challenge, "REGISTER", "sip:sbc", "a", "p", "c")
    second = answer(challenge, "REGISTER", "sip:sbc", "a", "p", "c", count=2)
    assert [nonces.judge(one, 1001.0) for one in (first, first, second)] == ["good", "stale", "good"]
    assert nonces.judge(answer(challenge, "REGISTER", "sip:sbc", "a", "p", "c", count=3), 1061.0) == "stale"
    forged = answer(Challenge("sbc", challenge.nonce + "0"), "REGISTER", "sip:sbc", "a", "p", "c")
    assert nonces.judge(forged, 1001.0) == "bad"
    other = answer(Challenge("elsewhere", challenge.nonce), "REGISTER", "sip:sbc", "a", "p", "c")
    assert nonces.judge(other, 1001.0) == "bad"


def test_the_strongest_challenge_is_answered():
    """RFC 8760 2.4; a scheme that nobody knows is passed over (RFC 4475 3.3.7)."""
    asked = reply(
        invite(),
        401,
        headers={
            "WWW-Authenticate": [
                "NoOneKnowsThisScheme opaque-data=here",
                'Digest realm="r", nonce="1", algorithm=MD5, qop="auth"',
                'Digest realm="r", nonce="2", algorithm=SHA-256, qop="auth,auth-int"',
                'Digest realm="r", nonce="3", algorithm=SHA-512-256, qop="auth"',
            ]
        },
    )
    assert strongest(asked, "WWW-Authenticate").nonce == "2"
    assert strongest(asked, "Proxy-Authenticate") is None


@pytest.mark.parametrize("text", ["Basic abc", "Digest realm", 'Digest realm="x"', 'Digest username="a", x='])
def test_what_is_no_digest_is_refused(text):
    with pytest.raises(Malformed):
        Credentials.parse(text)
    with pytest.raises(Malformed):
        Challenge.parse(text)


def test_integrity_of_the_body_and_no_qop_at_all():
    body = b"v=0"
    kept = secret("MD5", "a", "r", "p")
    whole = answer(Challenge("r", "n", qop="auth-int"), "INVITE", "sip:h", "a", "p", "c", body=body)
    assert (whole.qop, right(whole, "INVITE", kept, body), right(whole, "INVITE", kept, b"")) == (
        "auth-int",
        True,
        False,
    )
    old = answer(Challenge("r", "n", qop=""), "INVITE", "sip:h", "a", "p", "c")
    assert (old.qop, old.nc, right(old, "INVITE", kept)) == ("", "", True)
    with pytest.raises(Malformed, match="not known"):
        secret("SHA-1", "a", "r", "p")
    assert not right(replace(old, algorithm="SHA-1"), "INVITE", kept)


def test_nonces_without_qop_and_the_bound_of_those_with():
    nonces = Nonces(b"0123456789abcdef", most=2)
    old = answer(replace(nonces.fresh("r", 1.0), qop=""), "INVITE", "sip:h", "a", "p", "c")
    assert [nonces.judge(old, 2.0) for _ in range(2)] == ["good", "good"]
    for _ in range(5):
        fresh = answer(nonces.fresh("r", 1.0), "INVITE", "sip:h", "a", "p", "c")
        assert nonces.judge(replace(fresh, nc="zz"), 2.0) == "bad"
        assert nonces.judge(fresh, 2.0) == "good"
