"""Time servers asked in turn; ten minutes of silence are an alarm."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta

from sbcd.base.clock import Clock
from sbcd.config.draft import Draft
from sbcd.config.snapshot import Change, Snapshot
from sbcd.config.types import Secret
from sbcd.rooms.alarms import Alarms
from sbcd.rooms.system.ntp import Answer, Key, Ntp
from sbcd.rooms.system.tables import NtpParams

START = datetime(2026, 1, 1, tzinfo=UTC)


class Set(Clock):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> datetime:
        return START + timedelta(seconds=self.now)


class World:
    """Servers that answer or not, and the time to come."""

    def __init__(self, *servers: str, interval: int = 3600) -> None:
        self.clock = Set()
        self.alarms = Alarms(self.clock)
        self.asked: list[tuple[float, str]] = []
        self.keys: list[Key | None] = []
        self.answering: set[str] = set()
        self.ntp = Ntp(self.alarms, self.clock, self.ask, lambda work: self.works.append(work))
        self.works: list[Awaitable[None]] = []
        self.now = Snapshot.empty()
        self.configure(*servers, interval=interval)

    def configure(self, *servers: str, interval: int = 3600) -> None:
        primary, secondary = (*servers, "", "")[:2]
        new = (
            Draft(self.now)
            .set(NtpParams(primary=primary, secondary=secondary, update_interval=interval))
            .finish()
        )
        asyncio.run(self.ntp.apply(Change(self.now, new)))
        self.now = new

    async def ask(self, server: str, key: Key | None) -> Answer:
        self.keys.append(key)
        self.asked.append((self.clock.now, server))
        if server not in self.answering:
            raise OSError("no answer")
        return Answer(server, -0.0015, 0.02, 2)

    def until(self, seconds: float) -> list[str]:
        """Ticks each second until then; the severities of what was told."""
        seen = len(self.alarms.history)
        while self.clock.now < seconds:
            self.ntp.tick(self.clock.wall())
            while self.works:
                asyncio.run(_finish(self.works.pop()))
            self.clock.now += 1
        return [row.severity.title for row in list(self.alarms.history.values())[seen:]]


async def _finish(work: Awaitable[None]) -> None:
    await work


def test_nobody_is_asked_when_none_is_configured() -> None:
    world = World("", "0.0.0.0")
    assert world.until(700) == []
    assert world.asked == []
    assert world.ntp.status() == "No time server is configured.\n"


def test_it_asks_at_once_and_then_at_its_interval() -> None:
    world = World("a", interval=100)
    world.answering = {"a"}
    assert world.until(250) == []
    assert world.asked == [(0, "a"), (100, "a"), (200, "a")]


def test_the_second_is_asked_when_the_first_is_silent() -> None:
    world = World("a", "b")
    world.answering = {"b"}
    assert world.until(1) == []
    assert world.asked == [(0, "a"), (0, "b")]
    assert "b, stratum 2" in world.ntp.status()
    assert "-1.500 ms" in world.ntp.status()


def test_ten_minutes_of_silence_are_major_if_there_never_was_an_answer() -> None:
    world = World("a")
    assert world.until(600) == []
    assert world.until(700) == ["Major"]
    assert "not answering" in world.ntp.status()
    world.answering = {"a"}
    assert world.until(800) == ["Cleared"]


def test_and_minor_if_there_was_one() -> None:
    world = World("a", interval=10)
    world.answering = {"a"}
    world.until(50)
    world.answering = set()
    assert world.until(800) == ["Minor"]


def test_a_server_no_longer_configured_ends_the_alarm() -> None:
    world = World("a")
    assert world.until(700) == ["Major"]
    world.configure()
    assert not world.alarms.active


def test_questions_are_signed_with_the_key_of_the_configuration() -> None:
    """ntpAuthKeyId and ntpAuthMd5Key; a new key is tried at once."""
    world = World("a")
    world.answering = {"a"}
    world.until(1)
    signed = Draft(world.now).set(NtpParams(primary="a", key_id=7, md5_key=Secret("s3cret"))).finish()
    change = Change(world.now, signed)
    assert not list(world.ntp.check(change))
    asyncio.run(world.ntp.apply(change))
    world.until(2)
    assert world.keys == [None, (7, "s3cret")]
    bare = Change(world.now, Draft(world.now).set(NtpParams(primary="a", key_id=7)).finish())
    assert [problem.what for problem in world.ntp.check(bare)] == [
        "ntpAuthKeyId: there is no key of this number, set ntpAuthMd5Key too"
    ]
