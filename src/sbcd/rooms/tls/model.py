"""Private keys, certificate chains and trusted roots: read, put in order, matched.

One rule: pure. Text and bytes go in, values come out; what is wrong is `Invalid` with a sentence for the
operator, which never quotes the file (R34)."""

import base64
import binascii
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from sbcd.base.errors import Invalid

SIZES = (512, 768, 1024, 2048, 4096)
"""What privateKey/generate offers (guide, "Generate New Private Key"; R29)."""
CURVES = ("secp256r1", "secp384r1", "secp521r1")
MOST_CERTIFICATES = 500  # a whole browser bundle of roots has about 150

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class Block:
    """One `-----BEGIN label-----` block of a PEM file, with its whole text."""

    label: str
    text: str


def blocks(content: bytes, most: int = MOST_CERTIFICATES) -> Iterator[Block]:
    """The blocks of a PEM file in order; the text between them is comment (RFC 7468). `Invalid`: none."""
    text = content.decode("latin-1")
    found, at = 0, 0
    while (begin := text.find("-----BEGIN ", at)) >= 0:
        label_end = text.find("-----", begin + 11)
        label = text[begin + 11 : label_end]
        closing = f"-----END {label}-----"
        end = text.find(closing, label_end) if 0 <= label_end - begin < 64 else -1
        if end < 0:
            raise Invalid("The PEM block is not closed: the file is cut off or damaged")
        at = end + len(closing)
        if (found := found + 1) > most:
            raise Invalid(f"The file holds more than {most} PEM blocks")
        lines = (line.strip() for line in text[begin:at].splitlines())
        yield Block(label, "\n".join(lines) + "\n")
    if not found:
        raise Invalid("The file is not in PEM format")


# --- private keys


def read_key(content: bytes, password: str | None = None) -> str:
    """The one private key of a PEM file (PKCS#1, PKCS#8, SEC 1), decrypted, as PKCS#8 PEM.

    Takes long for a key that is encrypted with many rounds: never on the loop."""
    found = [block for block in blocks(content) if block.label != "EC PARAMETERS"]
    if any("CERTIFICATE" in block.label for block in found):
        raise Invalid("The file holds a certificate; upload the private key alone")
    if len(found) != 1 or not found[0].label.endswith("PRIVATE KEY"):
        raise Invalid("The file holds not exactly one private key")
    text = found[0].text.encode("latin-1")
    encrypted = "ENCRYPTED" in found[0].text
    if encrypted and not password:
        raise Invalid("The private key is encrypted and no password was given")
    try:
        key = serialization.load_pem_private_key(text, (password or "").encode() if encrypted else None)
    except UnsupportedAlgorithm as error:
        raise Invalid("The private key is of a kind that is not supported") from error
    except (ValueError, TypeError):  # its text may quote the content: not even as a cause
        told = "The password of the private key is wrong" if encrypted else "The private key is damaged"
        raise Invalid(told) from None
    return write_key(_usable(key))


def _usable(key: object) -> Key:
    if isinstance(key, rsa.RSAPrivateKey):
        if not SIZES[0] <= key.key_size <= SIZES[-1]:
            raise Invalid(f"The private key has {key.key_size} bits; RSA keys have {SIZES[0]} to {SIZES[-1]}")
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey):
        if key.curve.name not in CURVES:
            raise Invalid(f"The curve {key.curve.name} is not supported; use one of P-256, P-384, P-521")
        return key
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key
    raise Invalid("The private key is neither RSA, elliptic curve nor Ed25519")


def write_key(key: Key) -> str:
    """A key as unencrypted PKCS#8 PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def load_key(pem: str) -> Key:
    """A key that `read_key` or the generator made. It was proven then, which takes up to a second."""
    known = serialization.load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)
    return _usable(known)


def is_key(pem: str) -> bool:
    """Whether a text that this file wrote is a key and not a chain."""
    return "PRIVATE KEY-----" in pem


def size_of(pem: str) -> int:
    """The size of a key in bits; 256 for Ed25519."""
    key = load_key(pem)
    return 256 if isinstance(key, ed25519.Ed25519PrivateKey) else key.key_size


def public_of(pem: str) -> bytes:
    """The public half of a key, or of the first certificate of a chain, in a form that compares."""
    public = load_key(pem).public_key() if is_key(pem) else load_chain(pem)[0].public_key()
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


# --- certificates


def read_certificates(content: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM file in its order, each once. `Invalid`: anything else is in it."""
    found: dict[x509.Certificate, None] = {}
    for number, block in enumerate(blocks(content), 1):
        if "PRIVATE KEY" in block.label:
            raise Invalid(
                "The file holds a private key; upload it at privateKey, and keep it out of this file"
            )
        if block.label not in {"CERTIFICATE", "X509 CERTIFICATE"}:
            raise Invalid(f"Block {number} of the file is no certificate but '{block.label[:40]}'")
        try:
            der = base64.b64decode("".join(block.text.splitlines()[1:-1]), validate=True)
            found[x509.load_der_x509_certificate(der)] = None
        except (ValueError, binascii.Error):
            raise Invalid(f"Certificate {number} of the file is damaged") from None
    return list(found)


def load_chain(pem: str) -> list[x509.Certificate]:
    """The certificates of a text that this file wrote."""
    return x509.load_pem_x509_certificates(pem.encode()) if pem else []


def write_chain(chain: Iterable[x509.Certificate]) -> str:
    """Certificates one after another as PEM."""
    return "".join(one.public_bytes(serialization.Encoding.PEM).decode() for one in chain)


def title(certificate: x509.Certificate) -> str:
    """What a certificate is called in a sentence."""
    return f"'{certificate.subject.rfc4514_string()[:80] or 'without a subject'}'"


def in_order(certificates: Sequence[x509.Certificate], publics: Sequence[bytes]) -> list[x509.Certificate]:
    """The chain, leaf first, however the file had it. The leaf is the one that fits one of the public keys,
    the first of them preferred; when none fits, the one that issued no other.

    `Invalid`: no leaf can be told, or a certificate belongs to no other, or one signs that may not."""
    leaf = _leaf(certificates, publics)
    chain, rest = [leaf], [one for one in certificates if one != leaf]
    while rest:
        found = next(((child, one) for child in reversed(chain) for one in rest if issued(child, one)), None)
        if found is None:
            raise Invalid(f"The certificate {title(rest[0])} does not belong to the chain of {title(leaf)}")
        child, parent = found
        if not may_issue(parent):
            raise Invalid(f"The certificate {title(parent)} signs {title(child)}, but is no authority")
        chain.append(parent)
        rest.remove(parent)
    return chain


def _leaf(certificates: Sequence[x509.Certificate], publics: Sequence[bytes]) -> x509.Certificate:
    for public in publics:
        for one in certificates:
            if spki(one) == public:
                return one
    ends = [
        one for one in certificates if not any(issued(child, one) for child in certificates if child != one)
    ]
    if len(ends) != 1:
        raise Invalid("The file holds several certificates, and none of them belongs to the private key")
    return ends[0]


def spki(certificate: x509.Certificate) -> bytes:
    """The public key of a certificate, comparable with `public_of`."""
    try:
        public = certificate.public_key()
        return public.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    except (ValueError, UnsupportedAlgorithm):
        return b""


def issued(child: x509.Certificate, parent: x509.Certificate) -> bool:
    """Whether `parent` signed `child`."""
    if child.issuer != parent.subject:
        return False
    try:
        child.verify_directly_issued_by(parent)
    except InvalidSignature:
        return False
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return _issued_long_ago(child, parent)
    return True


def _issued_long_ago(child: x509.Certificate, parent: x509.Certificate) -> bool:
    """The same for SHA-1 and older, which the library no longer checks as a whole."""
    try:
        public, hashed = parent.public_key(), child.signature_hash_algorithm
        if isinstance(public, rsa.RSAPublicKey) and hashed is not None:
            public.verify(child.signature, child.tbs_certificate_bytes, padding.PKCS1v15(), hashed)
            return True
    except InvalidSignature:
        return False
    except (ValueError, UnsupportedAlgorithm):
        return True  # names agree and the signature cannot be judged here: the peers will judge it
    return False


def may_issue(certificate: x509.Certificate) -> bool:
    """Whether a certificate may sign others; one of version 1 cannot say, and may."""
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return certificate.version is x509.Version.v1
    except ValueError:
        return False
    return constraints.value.ca


def doubts(chain: Iterable[x509.Certificate], now: datetime) -> list[str]:
    """What the operator should know of certificates that are accepted all the same."""
    told = []
    for one in chain:
        if one.not_valid_after_utc < now:
            told.append(f"the certificate {title(one)} expired on {one.not_valid_after_utc:%Y-%m-%d}")
        elif one.not_valid_before_utc > now:
            told.append(f"the certificate {title(one)} is valid from {one.not_valid_before_utc:%Y-%m-%d} on")
    return told
