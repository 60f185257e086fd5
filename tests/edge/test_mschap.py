"""MS-CHAP version 2 by the numbers of RFC 2759, section 9.2."""

from sbcd.edge import mschap

CHALLENGE = bytes.fromhex("5B5D7C7D7B3F2F3E3C2C602132262628")
PEER = bytes.fromhex("21402324255E262A28295F2B3A337C7E")


def test_the_example_of_the_rfc() -> None:
    wanted = bytes.fromhex("82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF")
    assert mschap.response(CHALLENGE, PEER, "User", "clientPass") == wanted
    proof = b"S=407A5589115FD0D6209F510FE9C04566932CDA56"
    assert mschap.proof(CHALLENGE, PEER, "User", "clientPass") == proof


def test_a_domain_does_not_count_but_everything_else_does() -> None:
    known = mschap.response(CHALLENGE, PEER, "User", "clientPass")
    assert mschap.response(CHALLENGE, PEER, "SITE\\User", "clientPass") == known
    for name, password in (
        ("user", "clientPass"),
        ("User", "clientpass"),
        ("User", ""),
        ("User", "pässwörd"),
    ):
        assert mschap.response(CHALLENGE, PEER, name, password) != known
    assert mschap.response(PEER, CHALLENGE, "User", "clientPass") != known
