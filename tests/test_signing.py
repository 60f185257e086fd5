"""`sbcd load` and `sbcd licence`, as a person types them."""

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest

from sbcd import signing
from sbcd.base.vault import Vault
from sbcd.rooms.license import keys
from sbcd.rooms.software import container


def do(declare: Callable[[argparse.ArgumentParser], None], *words: object) -> int:
    parser = argparse.ArgumentParser()
    declare(parser)
    return signing.run(parser.parse_args([str(word) for word in words]))


def test_a_load_is_built_trusted_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key, load, wheel = tmp_path / "release.pem", tmp_path / "x.cmp", tmp_path / "sbcd-2.0-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    assert do(signing.declare_load, "keygen", "--out", key) == 0
    assert key.stat().st_mode & 0o777 == 0o600
    assert do(signing.declare_load, "keygen", "--out", key) == 1, "a key is never overwritten"
    assert do(signing.declare_load, "trust", tmp_path / "release.pub", "--state", tmp_path / "state") == 0
    assert do(signing.declare_load, "build", "--key", key, "--out", load, wheel) == 0
    assert do(signing.declare_load, "show", load, "--trusted", tmp_path / "release.pub") == 0
    out, err = capsys.readouterr()
    assert "Version: 2.0" in out
    assert "sbcd-2.0-py3-none-any.whl" in out
    assert "PRIVATE" not in out + err
    with load.open("rb") as file:
        assert container.read_head(file, signing.trusted(Vault(tmp_path / "state/software"))).version == "2.0"


def test_a_licence_is_issued_for_many_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = tmp_path / "issuer.pem"
    assert do(signing.declare_licence, "keygen", "--out", key) == 0
    capsys.readouterr()
    words = [
        "issue",
        "--key",
        key,
        "--serial",
        "1",
        "--serial",
        "2",
        "--capacity",
        "SBC=5",
        "--expires",
        "2030-01-31",
    ]
    assert do(signing.declare_licence, *words) == 0
    held = keys.read_file(capsys.readouterr().out)
    assert sorted(held) == ["1", "2"]
    assert do(signing.declare_licence, "show", held["2"], "--trusted", tmp_path / "issuer.pub") == 0
    assert capsys.readouterr().out.splitlines() == [
        "Serial Number: 2",
        "Key features: Board Type: sbcd ; Control Protocols: SIP SBC=5 SBC-MEDIA=5 FEU=10000 "
        "CODER-TRANSCODING=0 SIPRec=0 WebRTC=0 ; Expires: 2030-01-31",
    ]
    assert do(signing.declare_licence, "show", "junk!", "--trusted", tmp_path / "issuer.pub") == 1
    assert capsys.readouterr().err == "sbcd: the licence key is not base64 text\n"


def test_a_load_without_the_device_is_not_built(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key, wheel = tmp_path / "release.pem", tmp_path / "other-2.0-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    do(signing.declare_load, "keygen", "--out", key)
    assert do(signing.declare_load, "build", "--key", key, "--out", tmp_path / "x.cmp", wheel) == 1
    assert "none of the wheels is sbcd" in capsys.readouterr().err
    assert not (tmp_path / "x.cmp").exists()
