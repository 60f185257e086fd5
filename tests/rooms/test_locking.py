"""`admin state lock` and `unlock`: what becomes of calls, and what the device says about it."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

import pytest

from sbcd.base.errors import Conflict, Invalid
from sbcd.rooms.locking import FOREVER, Locking, State
from sbcd.web.route import User

BY = User("Admin", 200, "192.0.2.1")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Bench:
    """Clock, calls and setting are in the hands of the test; `log` is what was done."""

    def __init__(self, calls: int = 2, setting: int = 0) -> None:
        self.log: list[str] = []
        self.now, self.calls, self.setting, self.resetting = 100.0, calls, setting, False

        def does(what: str) -> Any:
            async def do() -> None:
                self.log.append(what)

            return do

        self.locking = Locking(
            lambda: self.now,
            lambda: self.calls,
            does("refuse"),
            does("take"),
            does("drop"),
            lambda: self.setting,
            spawn=self.spawn,
            resetting=lambda: self.resetting,
            activity=lambda what, user: self.log.append(f"{what} by {user.name}"),
        )

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        with pytest.raises(StopIteration):
            work.send(None)

    def say(self, text: str) -> str:
        return asyncio.run(self.locking.command(text.split(), BY))

    def wait(self, seconds: float) -> State:
        self.now += seconds
        self.locking.tick(NOW)
        return self.locking.state


@pytest.mark.parametrize("text", ["state lock", "state lock no-graceful", "state lock graceful 0"])
def test_at_once(text: str) -> None:
    """AdminStateLockControl 0: calls under way are ended."""
    bench = Bench()
    assert bench.say(text) == "Current admin state: locked"
    assert bench.log == ["refuse", "The device was locked by Admin", "drop"]
    assert bench.locking.why.endswith("Locked")


@pytest.mark.parametrize(("text", "setting"), [("state lock graceful 50", 0), ("state lock", 50)])
def test_graceful(text: str, setting: int) -> None:
    """Calls may end within the time; those that have not are ended when it is over."""
    bench = Bench(setting=setting)
    assert bench.say(text) == "Current admin state: shutting down, 50 seconds left"
    assert bench.locking.why.endswith("Gateway is shutting down. Time limit: 50 seconds.")
    assert bench.locking.closed
    assert bench.wait(49) is State.SHUTTING_DOWN
    assert "drop" not in bench.log
    assert bench.wait(1) is State.LOCKED
    assert bench.log[-1] == "drop"


def test_the_last_call_ends_sooner() -> None:
    bench = Bench()
    bench.say("state lock graceful 50")
    bench.calls = 0
    assert bench.wait(1) is State.LOCKED
    assert "drop" not in bench.log


@pytest.mark.parametrize(("text", "setting"), [("state lock graceful forever", 0), ("state lock", FOREVER)])
def test_without_limit(text: str, setting: int) -> None:
    bench = Bench(setting=setting)
    assert bench.say(text) == "Current admin state: shutting down"
    assert bench.locking.why.endswith("Gateway is shutting down. No time limit.")
    assert bench.wait(1_000_000) is State.SHUTTING_DOWN
    bench.calls = 0
    assert bench.wait(1) is State.LOCKED


def test_unlocked_again_even_before_the_time_is_over() -> None:
    bench = Bench()
    bench.say("state lock graceful 50")
    assert bench.say("state unlock") == "Current admin state: unlocked"
    assert bench.wait(100) is State.UNLOCKED
    assert [what for what in bench.log if " " not in what] == ["refuse", "take"]
    assert bench.log[-1] == "The device was unlocked by Admin"
    assert bench.locking.why == ""


def test_a_new_engine_is_locked_too() -> None:
    bench = Bench(calls=0)
    bench.locking.renewed()
    assert bench.log == []
    bench.say("state lock")
    bench.locking.renewed()
    assert bench.log[-1] == "refuse"


@pytest.mark.parametrize(
    "text", ["", "state", "state lock now", "state lock graceful", "state lock graceful -1", "lock"]
)
def test_what_is_no_such_command(text: str) -> None:
    bench = Bench()
    with pytest.raises(Invalid, match="the command is"):
        bench.say(text)
    assert bench.log == []


def test_what_cannot_be() -> None:
    bench = Bench()
    with pytest.raises(Conflict, match="unlocked already"):
        bench.say("state unlock")
    with pytest.raises(Invalid, match="2000000"):
        bench.say("state lock graceful 2000001")
    bench.say("state lock graceful 50")
    with pytest.raises(Conflict, match="shutting down already"):
        bench.say("state lock")
    bench.resetting = True
    with pytest.raises(Conflict, match="resetting"):
        bench.say("state unlock")
