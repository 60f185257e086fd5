"""`show system tls ...` tells what serves and what is missing, and no secret."""

from pathlib import Path

import pytest

from rooms.tls.room import NOW, Room, built, certificate, key, pem, run
from sbcd.base.errors import Invalid
from sbcd.config.show import Shows
from sbcd.rooms.tls import shows


@pytest.fixture
def room(tmp_path: Path) -> Room:
    room = built(tmp_path)
    leaf, root = certificate(key("p256", 31), "sbc", key("p256", 32), "root"), key("p256", 32)
    run(room.files.put_key(2, pem(key("p256", 31)), None))
    room.files.put_certificate(2, leaf + certificate(root, "root", authority=True))
    room.files.put_roots(2, certificate(root, "root", authority=True), add=False)
    run(room.files.put_key(2, pem(key("p384", 33)), None))
    return room


def show(room: Room, text: str) -> str:
    return run(Shows(shows(room.files, lambda: NOW)).run(text))


def test_certificate(room: Room) -> None:
    lines = show(room, "system tls certificate 2").splitlines()
    assert lines[:3] == ["TLS context 2 (two):", "  Subject: CN=sbc", "  Issuer: CN=root"]
    assert lines[4] == "  Valid until 2027-11-23 12:00:00 UTC (365 days left)"
    assert lines[6:] == [
        "  Chain: CN=root, until 2027-11-23",
        "  Waiting: the newest half is not in use, its certificate has not come",
    ]
    assert "TLS context 1 (one):\n  No certificate is served" in show(room, "system tls certificate")


def test_key_and_roots(room: Room) -> None:
    assert show(room, "system tls private-key two") == (
        "TLS context 2 (two):\n  Private key: 384 bits, without its certificate\n"
    )
    assert "Private key: 2048 bits, OK" in show(room, "system tls private-key 0")
    assert "  None" in show(room, "system tls private-key 1")
    assert "1: CN=root, until 2027-11-23" in show(room, "system tls trusted-root 2")
    assert "No trusted root" in show(room, "system tls trusted-root 0")


def test_no_such_context(room: Room) -> None:
    with pytest.raises(Invalid, match="TLS context '9' does not exist"):
        show(room, "system tls certificate 9")
