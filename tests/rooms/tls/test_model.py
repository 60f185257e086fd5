"""Keys and chains as they come from operators and authorities."""

import subprocess
from pathlib import Path

import pytest

from rooms.tls.room import KINDS, NOW, certificate, key, pem
from sbcd.base.errors import Invalid
from sbcd.rooms.tls import model

ROOT, MIDDLE, LEAF = (key("p256", number) for number in (1, 2, 3))
CHAIN = (
    certificate(LEAF, "sbc.example", MIDDLE, "middle"),
    certificate(MIDDLE, "middle", ROOT, "root", authority=True),
    certificate(ROOT, "root", authority=True),
)


def spki(pem_of_key: bytes) -> bytes:
    return model.public_of(model.read_key(pem_of_key))


def names(chain: bytes, *keys: bytes) -> list[str]:
    ordered = model.in_order(model.read_certificates(chain), [spki(one) for one in keys])
    return [one.subject.rfc4514_string() for one in ordered]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["PKCS8", "TraditionalOpenSSL"])
@pytest.mark.parametrize("password", ["", "gehe!m"])
def test_every_kind_of_key_is_read(kind: str, form: str, password: str) -> None:
    if kind == "ed25519" and form != "PKCS8":
        pytest.skip("Ed25519 has no form of its own")
    read = model.read_key(pem(key(kind), password, form), password)
    assert model.write_key(key(kind)) == read
    assert model.read_key(b"a comment\r\n" + read.encode().replace(b"\n", b" \r\n")) == read  # as mailed
    assert model.size_of(read) == {"p384": 384, "rsa2048": 2048, "rsa4096": 4096}.get(kind, 256)


def test_what_openssl_writes_is_read(tmp_path: Path) -> None:
    for command in (
        "ecparam -genkey -name prime256v1",  # with its EC PARAMETERS block
        "genrsa -traditional 512",
        "genrsa -aes256 -passout pass:abc -traditional 1024",
        "genpkey -algorithm ed25519",
    ):
        made = subprocess.run(["openssl", *command.split()], capture_output=True, check=True)
        assert model.read_key(made.stdout, "abc").startswith("-----BEGIN PRIVATE KEY-----")


@pytest.mark.parametrize(
    ("content", "password", "why"),
    [
        (b"", None, "not in PEM format"),
        (b"\0\xff" * 5_000_000, None, "not in PEM format"),
        (b"-----BEGIN " * 900_000, None, "not closed"),
        (pem(LEAF)[:-30], None, "not closed"),
        (pem(LEAF).replace(b"M", b"N", 1), None, "damaged"),
        (pem(LEAF) + pem(ROOT), None, "not exactly one private key"),
        (pem(LEAF) + CHAIN[0], None, "holds a certificate"),
        (CHAIN[0], None, "holds a certificate"),
        (pem(LEAF, "right"), None, "encrypted and no password"),
        (pem(LEAF, "right"), "", "encrypted and no password"),
        (pem(LEAF, "right"), "wrong", "password of the private key is wrong"),
        (pem(key("k1")), None, "curve secp256k1 is not supported"),
    ],
)
def test_what_is_no_private_key_is_refused(content: bytes, password: str | None, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        model.read_key(content, password)


def test_other_keys_and_sizes_are_refused() -> None:
    for command, why in (
        ("genpkey -algorithm x25519", "neither RSA, elliptic curve nor Ed25519"),
        ("genrsa 4104", "4104 bits; RSA keys have 512 to 4096"),
    ):
        made = subprocess.run(["openssl", *command.split()], capture_output=True, check=True)
        with pytest.raises(Invalid, match=why):
            model.read_key(made.stdout)


def test_a_refusal_quotes_nothing_of_the_file() -> None:
    """R34."""
    body = pem(LEAF).splitlines()[1].decode()
    for content in (pem(LEAF).replace(b"\n", b"!\n", 2), pem(LEAF, "secret-word"), pem(LEAF) * 2):
        with pytest.raises(Invalid) as refused:
            model.read_key(content, "secret-word!")
        told = str(refused.value) + repr(refused.value.__cause__)
        assert body not in told
        assert "secret-word" not in told


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (0, 1, 1, 2, 0), (1, 0), (0,)])
@pytest.mark.parametrize("keys", [(pem(LEAF),), (), (pem(ROOT, form="PKCS8"), pem(LEAF))][:2])
def test_chains_come_in_any_order(order: tuple[int, ...], keys: tuple[bytes, ...]) -> None:
    wanted = ["CN=sbc.example", "CN=middle", "CN=root"][: len(set(order))]
    assert names(b"".join(CHAIN[number] for number in order), *keys) == wanted


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\n", "not in PEM format"),
        (CHAIN[0] + pem(LEAF), "private key; upload it at privateKey"),
        (CHAIN[0].replace(b"M", b"N", 1), "Certificate 1 of the file is damaged"),
        (CHAIN[0].replace(b"CERTIFICATE", b"PUBLIC KEY"), "no certificate but 'PUBLIC KEY'"),
        (CHAIN[0] * 501, "more than 500"),
        (CHAIN[0] + CHAIN[2], "'CN=root' does not belong to the chain of 'CN=sbc.example'"),
        (
            CHAIN[0] + certificate(MIDDLE, "middle", ROOT, "root"),
            "'CN=middle' signs 'CN=sbc.example', but is no authority",
        ),
        (
            CHAIN[0] + certificate(key("p256", 9), "middle", authority=True),
            "does not belong",
        ),  # only its name
    ],
)
def test_what_is_no_chain_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        names(content, pem(LEAF))


def test_two_ends_and_no_key_cannot_be_told_apart() -> None:
    with pytest.raises(Invalid, match="several certificates, and none of them belongs to the private key"):
        names(CHAIN[0] + certificate(key("p256", 5), "other"))


def test_old_signatures_still_make_a_chain(tmp_path: Path) -> None:
    """The guide's own examples are SHA-1; the library does not judge them any more."""
    for command in (
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=ca -sha1",
        "req -newkey rsa:2048 -nodes -keyout leaf.key -out leaf.csr -subj /CN=leaf",
        "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -sha1 -days 9 -out leaf.pem",
    ):
        subprocess.run(["openssl", *command.split()], cwd=tmp_path, check=True, capture_output=True)
    chain = (tmp_path / "ca.pem").read_bytes() + (tmp_path / "leaf.pem").read_bytes()
    assert names(chain, (tmp_path / "leaf.key").read_bytes()) == ["CN=leaf", "CN=ca"]
    stranger = certificate(key("rsa2048", 2), "ca", authority=True)
    with pytest.raises(Invalid, match="does not belong"):
        names((tmp_path / "leaf.pem").read_bytes() + stranger, (tmp_path / "leaf.key").read_bytes())


def test_expired_pieces_are_accepted_with_a_word() -> None:
    chain = [
        *model.read_certificates(certificate(LEAF, "old", days=-3)),
        *model.read_certificates(certificate(LEAF, "good")),
        *model.read_certificates(certificate(LEAF, "young", days=3655)),
    ]
    assert model.doubts(chain, NOW) == [
        "the certificate 'CN=old' expired on 2026-11-20",
        "the certificate 'CN=young' is valid from 2026-11-28 on",
    ]
