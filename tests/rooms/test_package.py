"""The configuration package: whole or not at all; hostile archives are refused."""

import contextlib
import gzip
import io
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbcd.base.errors import Invalid
from sbcd.base.vault import Vault
from sbcd.rooms import package
from sbcd.rooms.package import Package


class Text:
    """A part that owns ini.ini and takes only ASCII."""

    def members(self, password: str | None) -> Iterable[tuple[str, bytes]]:
        yield "ini.ini", b"[SYSTEM Params]\n"
        if password:
            yield "0.pkey", b"under " + password.encode()

    def check(
        self, members: Mapping[str, bytes], password: str | None
    ) -> tuple[set[str], Mapping[str, bytes]]:
        if not members["ini.ini"].isascii():
            raise Invalid("ini.ini: not ASCII")
        return {"ini.ini", "0.pkey"} & set(members), {"ini.ini": members["ini.ini"]}


@pytest.fixture
def device(tmp_path: Path) -> Package:
    return Package(Vault(tmp_path), [Text()])


def test_a_package_holds_the_parts_and_keys_only_under_a_password(device: Package) -> None:
    assert package.unpack(device.make(None)) == {"ini.ini": b"[SYSTEM Params]\n"}
    assert package.unpack(device.make("pw")) == {"ini.ini": b"[SYSTEM Params]\n", "0.pkey": b"under pw"}


def test_a_staged_package_waits_for_the_start(device: Package, tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    assert Package.staged(vault) is None
    device.stage(device.make(None), None)
    assert Package.staged(vault) == {"ini.ini": b"[SYSTEM Params]\n"}
    Package.done(vault)
    assert Package.staged(vault) is None


def archive(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for info, data in members:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


INI = (entry("ini.ini"), b"x")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a gzipped tar|empty"),
        (b"garbage" * 100, "not a gzipped tar"),
        (archive(INI)[:40], "not a gzipped tar"),
        (gzip.compress(b"\0" * (package.UNPACKED + 2)), "unpacks to more than"),
        (archive((entry("../../etc/passwd.ini"), b"")), "has no place"),
        (archive((entry("/etc/x.ini"), b"")), "has no place"),
        (archive((entry("ini.ini", tarfile.SYMTYPE, "/etc/shadow"), b"")), "has no place"),
        (archive((entry("ini.ini", tarfile.LNKTYPE, "x"), b"")), "has no place"),
        (archive((entry("ini.ini", tarfile.CHRTYPE), b"")), "has no place"),
        (archive((entry("x.ini", tarfile.DIRTYPE), b"")), "has no place"),
        (archive(INI, INI), "stands twice"),
        (archive((entry("CPT.dat"), b"")), "holds no ini.ini"),
        (archive(INI, (entry("virus.dat"), b"")), r"virus\.dat has no place"),
        (archive((entry("ini.ini"), b"\xff")), "not ASCII"),
    ],
)
def test_a_hostile_or_wrong_archive_changes_nothing(device: Package, tmp_path: Path, data, reason) -> None:
    with pytest.raises(Invalid, match=reason):
        device.stage(data, None)
    assert list(tmp_path.iterdir()) == []


@given(st.binary(max_size=600), st.integers(0, 300))
def test_no_bytes_crash_the_reader(noise: bytes, at: int) -> None:
    right = archive(INI)
    for candidate in (noise, right[:at] + noise + right[at:], gzip.compress(noise)):
        with contextlib.suppress(Invalid):
            package.unpack(candidate)
