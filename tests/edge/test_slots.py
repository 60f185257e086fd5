"""Slots: the wheels of a load become an environment whose code is what runs there."""

import io
import subprocess
import zipfile
from pathlib import Path

import pytest

from sbcd.base.errors import Invalid
from sbcd.edge import slots


def wheel(folder: Path, name: str, version: str, code: str) -> Path:
    """A wheel of one module."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": code,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    path.write_bytes(out.getvalue())
    return path


def told(slot: Path, code: str) -> str:
    return subprocess.run(
        [slots.python(slot), "-c", code], capture_output=True, text=True, check=True, timeout=30
    ).stdout.strip()


def test_a_slot_runs_its_wheels_and_borrows_the_rest(tmp_path: Path) -> None:
    slot = tmp_path / "2.0"
    slots.unpack([wheel(tmp_path, "greeting", "2.0", "text = 'two'")], slot)
    assert told(slot, "import greeting; print(greeting.text)") == "two"
    assert told(slot, "import msgspec; print(msgspec.__name__)") == "msgspec"
    slots.unpack([wheel(tmp_path, "greeting", "2.1", "text = 'three'")], slot)
    assert told(slot, "import greeting; print(greeting.text)") == "three"


def test_a_broken_wheel_leaves_no_slot(tmp_path: Path) -> None:
    path = tmp_path / "greeting-2.0-py3-none-any.whl"
    path.write_bytes(b"PK no wheel")
    slot = tmp_path / "slots" / "2.0"
    slot.parent.mkdir()
    with pytest.raises(Invalid, match=r"greeting-2\.0-py3-none-any\.whl cannot be installed"):
        slots.unpack([path], slot)
    assert list(slot.parent.iterdir()) == []
