"""Licence keys: what one allows, how it is signed, and the file that holds keys of many devices.

One rule: nothing of a key is believed before its signature is checked (R31)."""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from datetime import date

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sbcd.base.errors import Invalid

VERSION = 1
"""The only licence version (guide 11)."""
CAPACITIES = ("SBC", "SBC-MEDIA", "FEU", "CODER-TRANSCODING", "SIPRec", "WebRTC")
"""Concurrent sessions; FEU counts registered users."""
MOST_LINES = 10_000
_SIGNATURE = 64
_LINE = re.compile(r"S/N\s*:?\s*(\w{1,40})\s*=\s*(\S{1,4096})\s*")


class Licence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a key says: for which serial number, what is allowed, until when (the last day, or for ever)."""

    serial: str
    capacities: dict[str, int]
    features: tuple[str, ...] = ()
    board: str = "sbcd"
    max_version: str = ""
    issued: date | None = None
    expires: date | None = None
    version: int = VERSION

    def capacity(self, name: str) -> int:
        """What is allowed of that name. Where the key says nothing: media for every session, otherwise as
        much as without a key."""
        held = self.capacities.get(name)
        if held is None and name == "SBC-MEDIA" and "SBC" in self.capacities:
            return self.capacities["SBC"]
        return FREE.capacities.get(name, 0) if held is None else held

    def description(self) -> str:
        """The guide's keyDescription: features and capacities as one line of text."""
        parts = [f"Key features: Board Type: {self.board}"]
        if self.max_version:
            parts.append(f"Max SW Ver: {self.max_version}")
        if self.features:
            parts.append(f"Features: {' '.join(self.features)}")
        held = " ".join(f"{name}={self.capacity(name)}" for name in CAPACITIES)
        parts.append(f"Control Protocols: SIP {held}".rstrip())
        if self.expires:
            parts.append(f"Expires: {self.expires.isoformat()}")
        return " ; ".join(parts)


FREE = Licence(
    serial="",
    capacities={
        "SBC": 1000,
        "SBC-MEDIA": 1000,
        "FEU": 10_000,
        "SIPRec": 0,
        "CODER-TRANSCODING": 0,
        "WebRTC": 0,
    },
)
"""What a device without a key may do (docs/adr: licence). Zero stands where no function exists yet."""


def issue(licence: Licence, signer: Ed25519PrivateKey) -> str:
    """A key as text: base64 of the licence and its signature."""
    payload = msgspec.msgpack.encode(licence)
    return base64.b64encode(payload + signer.sign(payload)).decode()


def read(key: str, trusted: Iterable[Ed25519PublicKey]) -> Licence:
    """The licence in a key that one of the trusted issuers signed; `Invalid` says why not."""
    try:
        data = base64.b64decode(key.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("the licence key is not base64 text") from error
    payload, signature = data[:-_SIGNATURE], data[-_SIGNATURE:]
    if not payload:
        raise Invalid("the licence key is too short")
    if not any(_signed(payload, signature, issuer) for issuer in trusted):
        raise Invalid("the licence key is not signed by an issuer that this device trusts")
    try:
        licence = msgspec.msgpack.decode(payload, type=Licence)
    except msgspec.DecodeError as error:
        raise Invalid("the licence key is signed, but of a form that this software does not know") from error
    if licence.version != VERSION:
        raise Invalid(f"licence version {licence.version} is not supported, only {VERSION}")
    return licence


def _signed(payload: bytes, signature: bytes, issuer: Ed25519PublicKey) -> bool:
    try:
        issuer.verify(signature, payload)
    except InvalidSignature:
        return False
    return True


def read_file(text: str) -> dict[str, str]:
    """Keys by serial number, from lines `S/N<serial> = <key>`; sections and remarks are passed over."""
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        raise Invalid(f"{len(lines)} lines; a licence file has at most {MOST_LINES}")
    keys = dict(_keys(lines))
    if not keys:
        raise Invalid("the licence file holds no line 'S/N<serial number> = <key>'")
    return keys


def _keys(lines: list[str]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for number, raw in enumerate(lines, 1):
        line = raw.strip()
        if not line or line[0] in ";#[":
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise Invalid(f"line {number}: 'S/N<serial number> = <key>' expected")
        if match[1] in seen:
            raise Invalid(f"line {number}: serial number {match[1]} stands twice")
        seen.add(match[1])
        yield match[1], match[2]


def write_file(keys: dict[str, str]) -> str:
    """The licence file of many devices."""
    return "[LicenseKeys]\n" + "".join(f"S/N{serial} = {key}\n" for serial, key in sorted(keys.items()))
