"""Slots: the wheels of a load become an environment whose code is what runs there."""

import subprocess
from pathlib import Path

import pytest

from sbcd.base.errors import Invalid
from sbcd.edge import slots
from wheels import wheel


def put(folder: Path, version: str, code: bytes) -> Path:
    name, data = wheel("greeting", version, {"greeting.py": code})
    (folder / name).write_bytes(data)
    return folder / name


def told(slot: Path, code: str) -> str:
    return subprocess.run(
        [slots.python(slot), "-c", code], capture_output=True, text=True, check=True, timeout=30
    ).stdout.strip()


def test_a_slot_runs_its_wheels_and_borrows_the_rest(tmp_path: Path) -> None:
    slot = tmp_path / "2.0"
    slots.unpack([put(tmp_path, "2.0", b"text = 'two'")], slot)
    assert told(slot, "import greeting; print(greeting.text)") == "two"
    assert told(slot, "import msgspec; print(msgspec.__name__)") == "msgspec"
    slots.unpack([put(tmp_path, "2.1", b"text = 'three'")], slot)
    assert told(slot, "import greeting; print(greeting.text)") == "three"


def test_a_broken_wheel_leaves_no_slot(tmp_path: Path) -> None:
    path = tmp_path / "greeting-2.0-py3-none-any.whl"
    path.write_bytes(b"PK no wheel")
    slot = tmp_path / "slots" / "2.0"
    slot.parent.mkdir()
    with pytest.raises(Invalid, match=r"greeting-2\.0-py3-none-any\.whl cannot be installed"):
        slots.unpack([path], slot)
    assert list(slot.parent.iterdir()) == []
