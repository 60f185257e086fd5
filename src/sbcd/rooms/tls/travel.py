"""How TLS contexts travel in a configuration package.

One rule: a private key leaves only encrypted under the package's password, and comes back only with it.
Members: `<index>.root` always; `<index>.crt` and `<index>.pkey` (PKCS #8, encrypted) with a password."""

import re
from collections.abc import Iterator, Mapping

from cryptography.hazmat.primitives import serialization
from msgspec.structs import replace

from sbcd.base.credentials import Credentials
from sbcd.base.errors import Invalid
from sbcd.rooms.tls import model
from sbcd.rooms.tls.holdings import Check, Holdings

_MEMBER = re.compile(r"(\d{1,3})\.(crt|root|pkey)")


def members(holdings: Holdings, password: str | None) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of what travels."""
    for index, held in holdings.held():
        if held.roots:
            yield f"{index}.root", held.roots.encode()
        if password and held.served:
            yield f"{index}.crt", held.chain.encode()
            yield f"{index}.pkey", _encrypted(held.key, password)


def _encrypted(key: str, password: str) -> bytes:
    return model.load_key(key).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password.encode()),
    )


def read(members: Mapping[str, bytes], password: str | None, check: Check) -> dict[int, Credentials]:
    """What arrives, by index; a context without a key keeps the pair it has. `Invalid` names the member."""
    found: dict[int, Credentials] = {}
    for name in sorted(members):
        match = _MEMBER.fullmatch(name)
        if match is None:
            continue
        index, kind = int(match[1]), match[2]
        held = found.get(index, Credentials())
        try:
            found[index] = _with(held, kind, members[name], password)
        except Invalid as error:
            raise Invalid(f"{name}: {error}") from error
    for index, held in found.items():
        if bool(held.key) != bool(held.chain):
            raise Invalid(f"TLS context {index}: a private key and its certificate travel together")
        if held.served:
            try:
                check(index, held)
            except Invalid as error:
                raise Invalid(f"TLS context {index}: {error}") from error
    return found


def _with(held: Credentials, kind: str, content: bytes, password: str | None) -> Credentials:
    if kind == "pkey":
        if not password:
            raise Invalid("the private key is encrypted, and no password was given")
        return replace(held, key=model.read_key(content, password))
    chain = model.write_chain(model.read_certificates(content))
    return replace(held, roots=chain) if kind == "root" else replace(held, chain=chain)
