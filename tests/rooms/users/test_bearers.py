"""Bearer tokens: good for their user, while both are valid, and only when switched on (ADR 0037)."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sbcd.base.clock import Clock
from sbcd.base.errors import Conflict, Invalid, NotFound
from sbcd.base.vault import Vault
from sbcd.rooms.users import Account, Users
from sbcd.rooms.users.bearers import MOST, Bearers, Wish


class Noon(Clock):
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def wall(self) -> datetime:
        return self.now


class World:
    def __init__(self, folder: Path) -> None:
        async def offload(work):
            return work()

        self.clock, self.on = Noon(), True
        self.users = Users(self.clock, offload)
        self.users.take({"alice": Account("alice", "hash", 100)})
        self.bearers = Bearers(Vault(folder), self.clock, self.users, lambda: self.on)

    def level(self, token: str) -> int | None:
        user = self.bearers.user_of(token, "127.0.0.1")
        return user.level if user is not None else None


def test_a_token_stands_for_its_user_and_no_secret_is_kept(tmp_path: Path) -> None:
    world = World(tmp_path)
    token, bearer = world.bearers.give(Wish("alice", description="exporter"))
    assert world.level(token) == 100
    assert World(tmp_path).level(token) == 100, "after a restart"
    assert token not in (tmp_path / "bearers.json").read_text()
    assert bearer.expires == world.clock.now + timedelta(days=30)
    assert world.level(token + "x") is None


def test_the_user_decides_at_every_request(tmp_path: Path) -> None:
    world = World(tmp_path)
    token, _ = world.bearers.give(Wish("alice"))
    world.users.take({"alice": Account("alice", "hash", 50)})
    assert world.level(token) == 50
    world.users.take({"alice": Account("alice", "hash", 50, valid=False)})
    assert world.level(token) is None
    world.users.take({})
    assert world.level(token) is None


def test_a_token_ends_by_time_by_revocation_and_with_the_switch(tmp_path: Path) -> None:
    world = World(tmp_path)
    token, bearer = world.bearers.give(Wish("alice", lifetime=60))
    world.on = False
    assert world.level(token) is None
    world.on = True
    assert world.level(token) == 100
    world.clock.now += timedelta(seconds=60)
    assert world.level(token) is None
    assert list(world.bearers.held()) == []
    token, bearer = world.bearers.give(Wish("alice"))
    world.bearers.revoke(bearer.id)
    assert world.level(token) is None
    with pytest.raises(NotFound, match=bearer.id):
        world.bearers.revoke(bearer.id)


def test_nobody_else_gets_a_token_and_not_too_many(tmp_path: Path) -> None:
    world = World(tmp_path)
    with pytest.raises(Invalid, match="no Local User 'bob'"):
        world.bearers.give(Wish("bob"))
    for _ in range(MOST):
        world.bearers.give(Wish("alice"))
    with pytest.raises(Conflict, match="revoke one first"):
        world.bearers.give(Wish("alice"))


def test_unknown_and_known_users_cost_the_same_time(tmp_path: Path) -> None:
    """A statistical test with a generous bound: medians of logins with wrong passwords."""
    import statistics
    import time

    async def offload(work):
        return work()

    from sbcd.rooms.users import passwords

    users = Users(Clock(), offload)
    known = passwords.digest("right password")
    spent: dict[str, list[float]] = {"alice": [], "nobody": []}
    for turn in range(24):
        users.take({"alice": Account("alice", known, 100, block_seconds=0)})
        name = ("alice", "nobody")[turn % 2]
        begun = time.thread_time()
        assert asyncio.run(users.login(name, "wrong", f"127.0.1.{turn}", "WEB")) is None
        spent[name].append(time.thread_time() - begun)
    ratio = statistics.median(spent["alice"]) / statistics.median(spent["nobody"])
    assert 0.5 < ratio < 2
