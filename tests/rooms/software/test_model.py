"""Software loads: checked, unpacked, put on trial; the old one stays until the new one is healthy."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sbcd.base.clock import Clock
from sbcd.base.errors import Conflict, Invalid
from sbcd.base.vault import Vault
from sbcd.rooms.alarms import Alarms
from sbcd.rooms.software import Slots, Software, UpgradeStatus, container, read_slots, write_slots

SIGNER = Ed25519PrivateKey.generate()


def load(folder: Path, version: str, minimum: str = "0.1") -> Path:
    path = folder / "load.cmp"
    path.write_bytes(
        b"".join(container.build(version, minimum, [(f"sbcd-{version}-py3-none-any.whl", b"wheel")], SIGNER))
    )
    return path


class Shelf:
    """Slots that are empty folders; `error` is what making one meets."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def unpack(self, wheels: Sequence[Path], slot: Path) -> None:
        assert [wheel.read_bytes() for wheel in wheels] == [b"wheel"]
        if self.error:
            raise self.error
        slot.mkdir()

    def tidy(self, folder: Path, active: str) -> None:
        for slot in folder.iterdir() if folder.exists() else ():
            if slot.name != active:
                slot.rmdir()


def software(folder: Path, max_version: str = "", error: Exception | None = None) -> Software:
    async def offload(work):
        return work()

    return Software(
        Vault(folder / "software"),
        [SIGNER.public_key()],
        "0.1.0",
        Alarms(Clock()),
        shelf=Shelf(error),
        offload=offload,
        max_version=lambda: max_version,
    )


def test_a_load_goes_on_trial_and_becomes_active_when_healthy(tmp_path: Path) -> None:
    old = software(tmp_path)
    assert asyncio.run(old.load(load(tmp_path, "2.0"))) == "2.0"
    assert old.slots == Slots("", "2.0", trial_floor="0.1")
    assert old.status is UpgradeStatus.IN_PROGRESS
    # the guard starts it
    write_slots(Vault(tmp_path / "software"), Slots("", "2.0", tried=True, trial_floor="0.1"))
    new = software(tmp_path)
    new.tick(100.0)
    assert new.status is UpgradeStatus.IN_PROGRESS
    new.tick(103.0)
    assert new.status is UpgradeStatus.NONE
    assert read_slots(Vault(tmp_path / "software")) == Slots("2.0", floor="0.1")


def test_a_version_that_never_reported_has_failed_and_raises_the_alarm(tmp_path: Path) -> None:
    settled = Slots("1.5", "2.0", tried=True, trial_floor="1.9").settled()
    assert settled == Slots("1.5", failed="2.0")
    write_slots(Vault(tmp_path / "software"), settled)
    device = software(tmp_path)
    (alarm,) = device._alarms.active.values()
    assert "2.0" in alarm.text
    assert device.status is UpgradeStatus.NONE


@pytest.mark.parametrize(
    ("version", "bounds", "reason"),
    [
        ("0.0.9", {}, "older than 0.1"),
        ("3.0", {"max_version": "2.9"}, r"newer than the license allows \(2.9\)"),
        ("1.5", {}, "running already"),
        ("2.0", {"error": Invalid("a-1-py3-none-any.whl cannot be installed")}, "cannot be installed"),
        ("2.0/../../x", {}, "is no version"),
    ],
)
def test_a_refused_load_changes_nothing(tmp_path: Path, version: str, bounds, reason: str) -> None:
    before = Slots("1.5", floor="0.1")
    write_slots(Vault(tmp_path / "software"), before)
    device = software(tmp_path, **bounds)
    with pytest.raises(Invalid, match=reason):
        asyncio.run(device.load(load(tmp_path, version)))
    assert device.slots == read_slots(Vault(tmp_path / "software")) == before
    assert not list((tmp_path / "software").rglob("*.whl"))
    assert device.status is UpgradeStatus.NONE


def test_a_full_disk_refuses_a_load_and_leaves_nothing(tmp_path: Path) -> None:
    device = software(tmp_path, error=OSError(28, "No space left on device"))
    with pytest.raises(Conflict, match="cannot be unpacked: No space left on device"):
        asyncio.run(device.load(load(tmp_path, "2.0")))
    assert device.status is UpgradeStatus.NONE
    assert not list((tmp_path / "software").rglob("*.whl"))


def test_slots_of_earlier_loads_go_at_a_start_but_not_during_a_trial(tmp_path: Path) -> None:
    for name in ("slots/1.0", "slots/1.5", "slots/2.0", "incoming/1.7"):
        (tmp_path / "software" / name).mkdir(parents=True)
    left = {}
    for slots in (Slots("1.5", "2.0"), Slots("1.5", "2.0", tried=True), Slots("2.0")):
        write_slots(Vault(tmp_path / "software"), slots)
        software(tmp_path)
        left[slots] = sorted(slot.name for slot in (tmp_path / "software").glob("*/*"))
    assert list(left.values()) == [["1.0", "1.5", "1.7", "2.0"], ["1.0", "1.5", "1.7", "2.0"], ["2.0"]]


def test_a_second_load_during_an_upgrade_is_a_conflict(tmp_path: Path) -> None:
    device = software(tmp_path)
    asyncio.run(device.load(load(tmp_path, "2.0")))
    with pytest.raises(Conflict, match="under way"):
        asyncio.run(device.load(load(tmp_path, "2.1")))


def test_what_a_load_names_as_minimum_bounds_the_next_ones(tmp_path: Path) -> None:
    device = software(tmp_path)
    asyncio.run(device.load(load(tmp_path, "2.0", minimum="1.9")))
    write_slots(Vault(tmp_path / "software"), Slots("", "2.0", tried=True, trial_floor="1.9"))
    device = software(tmp_path)
    device.tick(0)
    device.tick(4)
    with pytest.raises(Invalid, match=r"older than 1\.9"):
        asyncio.run(device.load(load(tmp_path, "1.8")))
