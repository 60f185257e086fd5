"""The software load: what was signed comes out, everything else is refused."""

import io

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from sbcd.base.errors import Invalid
from sbcd.rooms.software import container

SIGNER = Ed25519PrivateKey.generate()
TRUSTED = [SIGNER.public_key()]
WHEELS = [("sbcd-2.0-py3-none-any.whl", b"a" * 3_000_000), ("other-1.0-py3-none-any.whl", b"b")]


def load(version: str = "2.0", minimum: str = "1.0", wheels=WHEELS, signer=SIGNER) -> bytes:
    return b"".join(container.build(version, minimum, wheels, signer))


def other_product() -> bytes:
    """A load of another product that the same key signed."""
    head = msgspec.json.encode({"product": "router", "version": "2.0", "minimum": "1", "members": []})
    start = container.MAGIC + len(head).to_bytes(4, "big") + head
    return start + SIGNER.sign(start)


def unpack(data: bytes, trusted=TRUSTED) -> tuple[container.Head, list[tuple[str, bytes]]]:
    file = io.BytesIO(data)
    head = container.read_head(file, trusted)
    return head, [(member.name, b"".join(pieces)) for member, pieces in container.members(file, head)]


def test_what_was_signed_comes_out() -> None:
    head, wheels = unpack(load())
    assert (head.product, head.version, head.minimum) == ("sbcd", "2.0", "1.0")
    assert wheels == WHEELS


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a software load"),
        (b"PK\x03\x04" + b"x" * 100, "not a software load"),
        (load()[:9], "head of the software load is broken"),
        (load()[:60], "broken off in its head"),
        (load()[:-1], "broken off in other-1.0"),
        (load()[:-1] + b"c", "other-1.0-py3-none-any.whl was changed"),
        (load() + b"x", "behind the last member"),
        (load(signer=Ed25519PrivateKey.generate()), "not signed by a key"),
        (load(wheels=[("../../etc/passwd.whl", b"")]), "no name of a wheel"),
        (load(wheels=[("a.whl", b""), ("a.whl", b"")]), "names 2 members"),
        (load(version="new"), "'new' is no version"),
        (load(version="2.0/x"), "'2.0/x' is no version"),
        (load(version="2.1"), "brings no sbcd of version 2.1"),
        (load(wheels=WHEELS[1:]), "brings no sbcd of version 2.0"),
        (other_product(), "is for 'router', not for sbcd"),
        (load().replace(b'"product":"sbcd"', b'"product":"sbcx"'), "not signed"),
    ],
)
def test_anything_else_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        unpack(data)


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    for candidate in (data, container.MAGIC + data):
        with pytest.raises(Invalid):
            unpack(candidate)


def test_versions_compare_by_number() -> None:
    assert container.release("7.40A.250.541") < container.release("7.41")
    assert container.release("0.10") > container.release("0.9")
