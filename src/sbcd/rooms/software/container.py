"""The software load (.cmp): a signed container around the wheels of a release.

One rule: nothing behind the head is used before the head's signature and the digests that it names are right.

    SBCDCMP1 | length of head, 32 bit big-endian | head (JSON) | Ed25519 signature of all before | members"""

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import BinaryIO

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sbcd.base.errors import Invalid

MAGIC = b"SBCDCMP1"
PRODUCT = "sbcd"
MOST_HEAD = 1 << 20
MOST_MEMBERS = 200
MOST_BYTES = 600 * (1 << 20)
"""The largest load that a device takes, in bytes."""
_SIGNATURE = 64
_CHUNK = 1 << 20
_VERSION = re.compile(r"[0-9][A-Za-z0-9.+-]{0,59}")
_WHEEL = re.compile(r"[A-Za-z0-9_.+!-]{1,200}\.whl")


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One wheel: its file name, size in bytes and SHA-256."""

    name: str
    size: int
    sha256: str


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the load is. `minimum` is the oldest version that may be loaded once this one ran."""

    product: str
    version: str
    minimum: str
    members: tuple[Member, ...]


def release(version: str) -> tuple[int, ...]:
    """A version as numbers, to compare; `Invalid` when it has none."""
    match = re.match(r"\d{1,9}(\.\d{1,9}){0,5}", version)
    if match is None or len(version) > 60:
        raise Invalid(f"{version[:60]!r} is no version")
    return tuple(int(part) for part in match[0].split("."))


def build(
    version: str, minimum: str, wheels: Iterable[tuple[str, bytes]], signer: Ed25519PrivateKey
) -> Iterator[bytes]:
    """The container, piece by piece."""
    held = list(wheels)
    members = tuple(Member(name, len(data), sha256(data).hexdigest()) for name, data in held)
    head = msgspec.json.encode(Head(PRODUCT, version, minimum, members))
    start = MAGIC + len(head).to_bytes(4, "big") + head
    yield start
    yield signer.sign(start)
    yield from (data for _, data in held)


def read_head(file: BinaryIO, trusted: Iterable[Ed25519PublicKey]) -> Head:
    """The head of a load that a trusted key signed, the file standing at its first member."""
    magic = file.read(len(MAGIC))
    if magic != MAGIC:
        raise Invalid("not a software load of this product")
    length = int.from_bytes(file.read(4), "big")
    if not 0 < length <= MOST_HEAD:
        raise Invalid("the head of the software load is broken")
    head = file.read(length)
    signature = file.read(_SIGNATURE)
    if len(head) < length or len(signature) < _SIGNATURE:
        raise Invalid("the software load is broken off in its head")
    start = magic + length.to_bytes(4, "big") + head
    if not any(_signed(start, signature, key) for key in trusted):
        raise Invalid("the software load is not signed by a key that this device trusts")
    try:
        found = msgspec.json.decode(head, type=Head)
    except msgspec.DecodeError as error:
        raise Invalid(
            "the head of the software load is of a form that this software does not know"
        ) from error
    _check(found)
    return found


def _signed(data: bytes, signature: bytes, key: Ed25519PublicKey) -> bool:
    try:
        key.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def _check(head: Head) -> None:
    if head.product != PRODUCT:
        raise Invalid(f"the software load is for {head.product[:40]!r}, not for {PRODUCT}")
    release(head.minimum)
    release(head.version)
    if not _VERSION.fullmatch(head.version):  # it becomes the name of a folder
        raise Invalid(f"{head.version[:60]!r} is no version")
    names = {member.name for member in head.members}
    if not head.members or len(head.members) > MOST_MEMBERS or len(names) < len(head.members):
        raise Invalid(f"the software load names {len(head.members)} members")
    for member in head.members:
        if not _WHEEL.fullmatch(member.name) or member.size < 0:
            raise Invalid(f"{member.name[:60]!r} is no name of a wheel")
    if not any(member.name.startswith(f"{PRODUCT}-{head.version}-") for member in head.members):
        raise Invalid(f"the software load brings no {PRODUCT} of version {head.version}")
    if sum(member.size for member in head.members) > MOST_BYTES:
        raise Invalid(f"the software load unpacks to more than {MOST_BYTES} bytes")


def members(file: BinaryIO, head: Head) -> Iterator[tuple[Member, Iterator[bytes]]]:
    """Each member with its bytes, to be taken in turn; `Invalid` where they do not fit the head."""
    for member in head.members:
        yield member, _pieces(file, member)
    if file.read(1):
        raise Invalid("bytes stand behind the last member of the software load")


def _pieces(file: BinaryIO, member: Member) -> Iterator[bytes]:
    digest, left = sha256(), member.size
    while left:
        piece = file.read(min(left, _CHUNK))
        if not piece:
            raise Invalid(f"the software load is broken off in {member.name}")
        left -= len(piece)
        digest.update(piece)
        yield piece
    if digest.hexdigest() != member.sha256:
        raise Invalid(f"{member.name} was changed after the software load was signed")
