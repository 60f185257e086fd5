"""What the device makes itself: self-signed certificates and certificate signing requests.

One rule: pure; the key comes as an argument and goes nowhere."""

import base64
import ipaddress
import re
from datetime import datetime, timedelta

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import NameOID

from sbcd.base.errors import Invalid
from sbcd.rooms.tls.model import Key

LIFETIME = timedelta(days=20 * 365)
"""How long a self-signed certificate lasts: it is replaced by a real one, not renewed."""
HASHES: dict[str, type[hashes.SHA1 | hashes.SHA256 | hashes.SHA512]] = {
    "sha1": hashes.SHA1,
    "sha256": hashes.SHA256,
    "sha512": hashes.SHA512,
}
_HOST = re.compile(
    r"(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z", re.I
)
_SHA1_RSA = bytes.fromhex("300d06092a864886f70d0101050500")  # sha1WithRSAEncryption, NULL (RFC 8017)
_SHA1_ECDSA = bytes.fromhex("300906072a8648ce3d0401")  # ecdsa-with-SHA1 (RFC 3279)


class Subject(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The subject attributes of the guide, with the lengths of X.520; the body of certificate/generate."""

    subject_name: str = ""
    organizational_unit: str = ""
    company_name: str = ""
    locality_name: str = ""
    state: str = ""
    country_code: str = ""

    def name(self) -> x509.Name:
        """As an X.500 name, the country first. `Invalid` names the attribute."""
        parts = []
        for field, attribute, oid, most in _FIELDS:
            value = str(getattr(self, field)).strip()
            if not value:
                continue
            if len(value) > most:
                raise Invalid(f"The {attribute} has more than {most} characters")
            if not value.isprintable():
                raise Invalid(f"The {attribute} holds control characters")
            if attribute == "countryCode" and not re.fullmatch(r"[A-Za-z]{2}", value):
                raise Invalid("The countryCode is a code of two letters")
            parts.append(x509.NameAttribute(oid, value.upper() if attribute == "countryCode" else value))
        return x509.Name(parts)

    def other_names(self) -> x509.SubjectAlternativeName | None:
        """The subject name once more, where clients of today look for it (RFC 9525)."""
        name = self.subject_name.strip()
        try:
            return x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))])
        except ValueError:
            if _HOST.match(name):
                return x509.SubjectAlternativeName([x509.DNSName(name)])
        return None


_FIELDS = (
    ("country_code", "countryCode", NameOID.COUNTRY_NAME, 2),
    ("state", "state", NameOID.STATE_OR_PROVINCE_NAME, 128),
    ("locality_name", "localityName", NameOID.LOCALITY_NAME, 128),
    ("company_name", "companyName", NameOID.ORGANIZATION_NAME, 64),
    ("organizational_unit", "organizationalUnit", NameOID.ORGANIZATIONAL_UNIT_NAME, 64),
    ("subject_name", "subjectName", NameOID.COMMON_NAME, 64),
)


def self_signed(key: Key, subject: Subject, now: datetime, device: str) -> x509.Certificate:
    """A certificate that the key signs for itself. An issuer may not be nameless (RFC 5280): without any
    subject it is issued to `device`."""
    name = subject.name() or x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device)])
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # clocks differ
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.BasicConstraints(True, None), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    )
    if others := subject.other_names():
        builder = builder.add_extension(others, False)
    return builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())


def request(key: Key, subject: Subject, algorithm: str) -> str:
    """A signing request as PEM. `algorithm` is a key of HASHES; Ed25519 has its own and ignores it."""
    builder = x509.CertificateSigningRequestBuilder(subject.name())
    if others := subject.other_names():
        builder = builder.add_extension(others, False)
    hashed = None if isinstance(key, ed25519.Ed25519PrivateKey) else HASHES[algorithm]()
    try:
        if isinstance(hashed, hashes.SHA1):
            return _framed(key, builder.sign(key, hashes.SHA256()).tbs_certrequest_bytes, hashed)
        return builder.sign(key, hashed).public_bytes(serialization.Encoding.PEM).decode()
    except UnsupportedAlgorithm as error:
        raise Invalid(f"The OpenSSL installed here does not sign with {algorithm}") from error
    except ValueError as error:
        raise Invalid(f"The private key is too small to sign with {algorithm}") from error


def _framed(key: Key, content: bytes, hashed: hashes.SHA1) -> str:
    """The library refuses SHA-1 for requests, and the guide's default is SHA-1 (R29). A request is content,
    algorithm, signature; the content does not name the algorithm, so only the frame is ours."""
    if isinstance(key, rsa.RSAPrivateKey):
        algorithm, signature = _SHA1_RSA, key.sign(content, padding.PKCS1v15(), hashed)
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        algorithm, signature = _SHA1_ECDSA, key.sign(content, ec.ECDSA(hashed))
    else:
        raise TypeError("Ed25519 has no SHA-1")
    der = _der(0x30, content + algorithm + _der(0x03, b"\0" + signature))
    text = base64.b64encode(der).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE REQUEST-----", *lines, "-----END CERTIFICATE REQUEST-----", ""])


def _der(tag: int, content: bytes) -> bytes:
    """One DER element."""
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
