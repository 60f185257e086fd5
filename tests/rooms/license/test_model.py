"""The licence of the device: right keys count at once and everywhere, wrong ones change nothing (R31)."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sbcd.base.clock import Clock
from sbcd.base.errors import Conflict, Invalid
from sbcd.base.vault import Vault
from sbcd.rooms.alarms import Alarms
from sbcd.rooms.license import Identity, Licence, License, issue, write_file
from sbcd.rooms.license.keys import FREE
from sbcd.rooms.license.model import LIMIT

ISSUER = Ed25519PrivateKey.generate()
ME = Identity("277522263687112", "000c2983fec9")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Noon(Clock):
    now = NOON

    def wall(self) -> datetime:
        return self.now


def key(serial: str = ME.serial, issuer: Ed25519PrivateKey = ISSUER, **what: object) -> str:
    return issue(Licence(serial, **({"capacities": {"SBC": 10}} | what)), issuer)  # type: ignore[arg-type]


class Device:
    """A licence with what is around it."""

    def __init__(self, folder: Path, paired: bool = False, alarms: Alarms | None = None) -> None:
        self.clock = Noon()
        self.alarms = alarms or Alarms(self.clock)
        self.used: dict[str, int] = {}
        self.refuse = False
        self.told: list[int | None] = []
        self.license = License(
            Vault(folder),
            ME,
            [ISSUER.public_key()],
            self.clock,
            self.alarms,
            usage=lambda: self.used,
            paired=lambda: paired,
        )
        self.license.tell(self.take)

    async def take(self, capacities: Mapping[str, int]) -> None:
        if self.refuse:
            self.refuse = False
            raise Conflict("the call engine is away")
        self.told.append(capacities.get("SBC"))

    def install(self, key: str) -> None:
        asyncio.run(self.license.install(key))

    def tick(self) -> list[tuple[str, str]]:
        asyncio.run(self.license.tick(self.clock.wall()))
        return [(alarm.severity.name, alarm.source) for alarm in self.alarms.active.values()]


def test_without_a_key_the_free_capacity_holds(tmp_path: Path) -> None:
    license_ = Device(tmp_path).license
    assert license_.key == ""
    assert license_.capacity("SBC") == FREE.capacities["SBC"] == 1000


def test_a_right_key_counts_at_once_and_after_a_restart(tmp_path: Path) -> None:
    device = Device(tmp_path)
    device.install(key())
    assert device.told == [10]
    assert device.license.capacity("SBC") == Device(tmp_path).license.capacity("SBC") == 10


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (key("999"), "for serial number 999"),
        (key(issuer=Ed25519PrivateKey.generate()), "not signed"),
        (key(version=2), "licence version 2 is not supported"),
        (key(expires=date(2026, 11, 22)), "expired on 2026-11-22"),
    ],
)
def test_a_wrong_key_leaves_the_old_licence(tmp_path: Path, wrong: str, reason: str) -> None:
    device = Device(tmp_path)
    device.install(key())
    before = (tmp_path / "key.json").read_bytes()
    with pytest.raises(Invalid, match=reason):
        device.install(wrong)
    assert device.license.capacity("SBC") == 10
    assert (tmp_path / "key.json").read_bytes() == before


def test_a_key_that_the_engine_refuses_leaves_the_old_licence(tmp_path: Path) -> None:
    """R28."""
    device = Device(tmp_path)
    device.install(key())
    device.refuse = True
    with pytest.raises(Conflict):
        device.install(key(capacities={"SBC": 20}))
    assert device.told == [10, 10]
    assert device.license.capacity("SBC") == 10


def test_each_device_takes_its_own_key_of_a_file(tmp_path: Path) -> None:
    device = Device(tmp_path)
    asyncio.run(device.license.install_file(write_file({"1": key("1"), ME.serial: key()})))
    assert device.license.capacity("SBC") == 10
    with pytest.raises(Invalid, match=f"no key for serial number {ME.serial}"):
        asyncio.run(device.license.install_file(write_file({"1": key("1")})))


def test_a_key_as_json_is_refused_on_a_pair(tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="Use license file instead"):
        Device(tmp_path, paired=True).license.refuse_on_pair()


def test_expiry_warns_and_then_ends_the_licence(tmp_path: Path) -> None:
    device = Device(tmp_path)
    device.install(key(expires=date(2027, 1, 31)))
    seen = []
    for left in (60, 30, 7, 0, -1):
        device.clock.now = datetime(2027, 1, 31, 12, tzinfo=UTC) - timedelta(days=left)
        seen.append((left, device.tick(), device.license.capacity("SBC")))
    assert seen == [
        (60, [], 10),
        (30, [("MINOR", "Board#1")], 10),
        (7, [("MAJOR", "Board#1")], 10),
        (0, [("MAJOR", "Board#1")], 10),
        (-1, [("CRITICAL", "Board#1")], 1000),
    ]
    assert device.told == [10, 1000]
    device.clock.now = NOON
    device.install(key())
    assert device.tick() == []


def test_a_capacity_nearly_used_up_raises_an_alarm_until_it_is_calm(tmp_path: Path) -> None:
    device = Device(tmp_path)
    device.install(key())
    seen = []
    for used in (8, 9, 8, 7):
        device.used = {"SBC": used}
        seen.append(device.tick())
    near = [("MAJOR", "Board#1/License#SBC")]
    assert seen == [[], near, near, []]
    assert device.license.used()["SBC"] == 70.0
    assert device.license.used()["SIPRec"] is None


def test_what_a_key_does_not_name_is_not_taken_away(tmp_path: Path) -> None:
    device = Device(tmp_path)
    names = ("SBC", "SBC-MEDIA", "FEU", "CODER-TRANSCODING")
    seen = []
    for capacities in ({"SBC": 10}, {"SBC": 10, "SBC-MEDIA": 4, "FEU": 0}, {"FEU": 5}):
        device.install(key(capacities=capacities))
        seen.append([device.license.capacity(name) for name in names])
    assert seen == [[10, 10, 10_000, 0], [10, 4, 0, 0], [1000, 1000, 5, 0]]


def test_a_crash_leaves_an_alarm_that_ends_when_the_capacity_is_free_again(tmp_path: Path) -> None:
    device = Device(tmp_path)
    device.install(key())
    device.alarms.raise_(LIMIT, "Board#1/License#SBC", "nearly used up")  # by the device that was killed
    again = Device(tmp_path, alarms=device.alarms)
    again.used = {"SBC": 8}
    assert again.tick() == [("MAJOR", "Board#1/License#SBC")]
    again.used = {"SBC": 7}
    assert again.tick() == []
