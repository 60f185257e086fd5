"""Passwords that grow old, users who stay away, first logins: with a moved clock."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from sbcd.base.clock import Clock
from sbcd.base.errors import Invalid
from sbcd.base.vault import Vault
from sbcd.config.draft import Draft
from sbcd.config.snapshot import Change, Snapshot
from sbcd.config.types import Secret
from sbcd.rooms.alarms import Alarm, Alarms
from sbcd.rooms.users import Policy, Users, passwords
from sbcd.rooms.users.accounts import accounts
from sbcd.rooms.users.logins import LoginParams
from sbcd.rooms.users.tables import UserLevel, UserStatus, WebUsers
from sbcd.web.route import User

T = TypeVar("T")
DAY = timedelta(days=1)
HASH, OTHER = passwords.digest("secret"), passwords.digest("another")


class Watch(Clock):
    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def wall(self) -> datetime:
        return self.now


class Device:
    """Users `ann` (Security Administrator) and `mo` (Monitor), and what the policy does to them."""

    def __init__(self, root: Path, clock: Watch | None = None) -> None:
        self.clock = clock or Watch()
        self.alarms = Alarms(self.clock)
        self.events: list[str] = []
        self.alarms.tell(self.told)
        self.users = Users(self.clock, self.offload)
        self.policy = Policy(Vault(root), self.users, self.alarms, self.clock.wall)
        self.running = Snapshot.empty()
        self.change(ann={"level": UserLevel.SEC_ADMIN}, mo={"level": UserLevel.USER})

    def told(self, alarm: Alarm) -> None:
        self.events.append(f"{alarm.type.name} {alarm.source} {alarm.text}")

    async def offload(self, work: Callable[[], T]) -> T:
        return work()

    def change(self, params: LoginParams | None = None, **users: dict[str, Any]) -> Change:
        """As the store does it: accounts, then policy."""
        draft = Draft(self.running)
        if params:
            draft.set(params)
        for index, name in enumerate(("ann", "mo")):
            if name in users:
                usual = {"password": Secret(HASH), "status": UserStatus.VALID, "password_age": 0}
                draft.put(index, WebUsers(name=name, **{**usual, **users[name]}))
        change = Change(self.running, draft.finish())
        self.users.take(accounts(change.new))
        asyncio.run(self.policy.apply(change))
        self.running = change.new
        return change

    def later(self, time: timedelta) -> None:
        self.clock.now += time
        self.policy.tick(self.clock.now)

    def login(self, name: str) -> bool:
        user = asyncio.run(self.users.login(name, "secret", "192.0.2.1", "WEB"))
        assert user is None or isinstance(user, User)
        return user is not None


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path)


def test_who_stays_away_is_locked_but_not_administrators(device: Device) -> None:
    """UserInactivityTimer: 90 days, Monitor and Administrator only."""
    device.later(89 * DAY)
    assert device.login("mo")
    device.later(89 * DAY)
    assert device.events == []
    device.later(DAY)
    assert device.events == [
        "acWEBUserAccessDisabled Board#1/WebUser#1 User mo did not log in for 90 days and is locked."
    ]
    assert not device.login("mo")
    assert device.login("ann")
    device.later(DAY)
    assert len(device.events) == 1
    device.change(mo={"level": UserLevel.USER, "status": UserStatus.NEW})
    device.change(mo={"level": UserLevel.USER})  # set to Valid again
    assert device.login("mo")


def test_inactivity_0_is_never(device: Device) -> None:
    device.change(LoginParams(inactivity_days=0))
    device.later(5000 * DAY)
    assert device.login("mo")


def test_a_password_is_due_when_it_is_old_or_was_given(device: Device) -> None:
    aged = {"level": UserLevel.USER, "password_age": 30}
    device.change(mo=aged)
    device.later(29 * DAY)
    assert device.policy.due("mo") is None
    device.later(DAY)
    assert device.policy.due("mo") == "The password is older than 30 days: choose a new one"
    assert device.login("mo")  # REST goes on
    device.change(mo={**aged, "password": Secret(OTHER)})
    assert device.policy.due("mo") is None
    device.change(mo={**aged, "status": UserStatus.NEW})
    assert device.policy.due("mo") == "This is the first login: choose a new password"
    assert device.policy.due("nobody") is None


def test_nobody_changes_the_password_again_at_once_unless_it_is_due(device: Device) -> None:
    """WebUserPassChangeInterval."""
    aged = {"level": UserLevel.USER, "password": Secret(OTHER)}
    device.change(LoginParams(password_minutes=60), mo=aged)
    with pytest.raises(Invalid, match="less than 60 minutes ago"):
        device.policy.refuse_hurry("mo")
    device.later(timedelta(minutes=60))
    device.policy.refuse_hurry("mo")
    device.change(mo={**aged, "password": Secret(HASH), "status": UserStatus.NEW})
    device.policy.refuse_hurry("mo")  # a first login must go on


def test_time_goes_on_over_restarts(device: Device, tmp_path: Path) -> None:
    device.later(60 * DAY)
    assert device.login("mo")
    device.later(timedelta(minutes=1))  # written
    again = Device(tmp_path, device.clock)
    again.later(89 * DAY)
    assert again.login("mo")
    third = Device(tmp_path, device.clock)
    third.later(91 * DAY)
    assert not third.login("mo")
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.rglob("*"))


def test_undo_and_damage(device: Device, tmp_path: Path) -> None:
    """House rule S7; and a damaged file makes everybody as good as new."""
    aged = {"level": UserLevel.USER, "password_age": 30}
    device.change(mo=aged)
    device.later(40 * DAY)
    change = device.change(mo={**aged, "password": Secret(OTHER)})
    assert device.policy.due("mo") is None
    asyncio.run(device.policy.apply(change.reversed()))
    assert device.policy.due("mo") is not None
    (tmp_path / "seen").write_bytes(b"{")
    assert Device(tmp_path, device.clock).policy.due("mo") is None


@pytest.mark.parametrize(
    ("new", "hard", "why"),
    [
        ("short", False, "8 to 40"),
        ("x" * 41, False, "8 to 40"),
        ("pässwörter", False, "ASCII"),
        ("Old-Pass-12", False, "is the old one"),
        ("Old-Pass-34", True, "in less than 4"),
        ("Old-Pass-34", False, None),
        ("Sun&Moon++77", True, None),
    ],
)
def test_rules_for_the_next_password(device: Device, new: str, hard: bool, why: str | None) -> None:
    device.change(LoginParams(enforce_password_complexity=hard))
    if why is None:
        device.policy.judge("Old-Pass-12", new)
    else:
        with pytest.raises(Invalid, match=why):
            device.policy.judge("Old-Pass-12", new)
