"""MS-CHAP version 2: what proves a password to a server, and what the server must prove (RFC 2759).

One rule: only arithmetic; the challenges come from the caller. MD4 and DES are broken ciphers, and are the
library's: whoever can choose takes PAP inside a protected network."""

import hashlib

from passlib.crypto.des import des_encrypt_block
from passlib.crypto.digest import lookup_hash

_MAGIC = b"Magic server to client signing constant"
_PAD = b"Pad to make it do more than one iteration"


def response(challenge: bytes, peer: bytes, name: str, password: str) -> bytes:
    """GenerateNTResponse (RFC 2759, 8.1): 24 bytes. `challenge` and `peer` have 16 bytes each."""
    key = _md4(password.encode("utf-16-le")).ljust(21, b"\0")
    mixed = _mixed(challenge, peer, name)
    return b"".join(des_encrypt_block(key[at : at + 7], mixed) for at in (0, 7, 14))


def proof(challenge: bytes, peer: bytes, name: str, password: str) -> bytes:
    """GenerateAuthenticatorResponse (RFC 2759, 8.7): the text of a server that knows the password, too."""
    key = _md4(_md4(password.encode("utf-16-le")))
    inner = _sha1(key + response(challenge, peer, name, password) + _MAGIC)
    return b"S=" + _sha1(inner + _mixed(challenge, peer, name) + _PAD).hex().upper().encode()


def _mixed(challenge: bytes, peer: bytes, name: str) -> bytes:
    """ChallengeHash (RFC 2759, 8.2); a domain before the name doesn't count (section 4)."""
    return _sha1(peer + challenge + name.rpartition("\\")[2].encode())[:8]


def _md4(data: bytes) -> bytes:
    return bytes(lookup_hash("md4").const(data).digest())


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()
