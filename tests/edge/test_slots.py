"""Slots: the wheels of a load become an environment whose code is what runs there."""

import subprocess
from pathlib import Path

import pytest

from sbcd.base.errors import Invalid
from sbcd.edge import slots
from wheels import SOURCE as SOURCES
from wheels import wheel

SOURCE = str(SOURCES)


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


def test_a_slot_made_from_a_slot_borrows_what_that_borrows(tmp_path: Path) -> None:
    """A second upgrade: the loading software runs in a slot itself, and may have brought packages."""
    first, second, third = (tmp_path / "slots" / name for name in ("1", "2", "3"))
    first.parent.mkdir()
    name, extra = wheel("extra", "1.0", {"extra.py": b"text = 'extra'"})
    (tmp_path / name).write_bytes(extra)
    slots.unpack([put(tmp_path, "2.0", b"text = 'two'"), tmp_path / name], first)
    for slot, maker in ((second, first), (third, second)):
        made = put(tmp_path, f"{slot.name}.1", f"text = {slot.name!r}".encode())
        code = f"from pathlib import Path; from sbcd.edge import slots; slots.unpack([Path({str(made)!r})], "
        told(maker, f"import sys; sys.path.append({SOURCE!r}); {code}Path({str(slot)!r}))")
    assert told(third, "import greeting, extra; print(greeting.text, extra.text)") == "3 extra"
    assert told(third, "import msgspec; print(msgspec.__name__)") == "msgspec"
    slots.tidy(tmp_path / "slots", "3")
    assert sorted(path.name for path in (tmp_path / "slots").iterdir()) == ["1", "3"]  # the first lends
    assert told(third, "import greeting, extra; print(greeting.text, extra.text)") == "3 extra"
    slots.tidy(tmp_path / "slots", "")
    assert list((tmp_path / "slots").iterdir()) == []


def test_a_broken_wheel_leaves_no_slot(tmp_path: Path) -> None:
    path = tmp_path / "greeting-2.0-py3-none-any.whl"
    path.write_bytes(b"PK no wheel")
    slot = tmp_path / "slots" / "2.0"
    slot.parent.mkdir()
    with pytest.raises(Invalid, match=r"greeting-2\.0-py3-none-any\.whl cannot be installed"):
        slots.unpack([path], slot)
    assert list(slot.parent.iterdir()) == []
