"""Passwords as salted slow hashes (argon2id, RFC 9106), and which texts are such hashes.

One rule: a plain password never leaves the function it was given to."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)

DUMMY = "$argon2id$v=19$m=19456,t=2,p=1$TUxHSGVsaEFoV1BKSEtVRA$5bT1zN1VYw4Zt4hn/1VhGZGmHUxdxYvYyqMIm4kmqvA"
"""Verified in the place of an unknown user's hash, so that it takes the same time. No password has it."""


def digest(password: str) -> str:
    """The hash of a password; takes some 30 ms."""
    return _hasher.hash(password)


def verify(known: str, password: str) -> bool:
    """Whether the password has this hash."""
    try:
        return _hasher.verify(known, password)
    except (VerificationError, InvalidHashError):
        return False


def is_digest(text: str) -> bool:
    return text.startswith("$argon2id$")
