"""The key of a first boot: begun early, given once, and only where there is none yet."""

import threading
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from sbcd.first import FirstKey


def bits(pem: str) -> int:
    key = serialization.load_pem_private_key(pem.encode(), None)
    assert isinstance(key, RSAPrivateKey)
    return key.key_size


def begun() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "first key"]


def test_a_new_device_has_its_key_begun_before_anybody_asks(tmp_path: Path) -> None:
    make = FirstKey(tmp_path / "state")
    first, second = make(2048), make(2048)
    assert (bits(first), bits(second)) == (2048, 2048)
    assert first != second, "nobody gets the key of somebody else"
    assert begun() == []


def test_other_sizes_do_not_wait_for_it(tmp_path: Path) -> None:
    make = FirstKey(tmp_path / "state")
    assert bits(make(1024)) == 1024
    assert bits(make(2048)) == 2048


def test_a_device_with_keys_makes_none(tmp_path: Path) -> None:
    (tmp_path / "tls").mkdir()
    make = FirstKey(tmp_path)
    assert begun() == []
    assert bits(make(2048)) == 2048
