"""R11: when a reset begins, what it waits for, and what it refuses meanwhile."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from sbcd.base.clock import Clock
from sbcd.base.errors import Conflict
from sbcd.rooms.reset import Reset
from sbcd.web.route import User

BY = User("Admin", 200, "192.0.2.1")


class Bench:
    """A reset whose clock, calls and end are in the hands of the test; `log` is what happened."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.now, self.calls, self.broken = 100.0, 0, False
        clock = Clock()
        clock.monotonic = lambda: self.now  # type: ignore[method-assign]
        self.reset = Reset(
            self, clock, self.end, lambda: self.calls, lambda: self.log.append("locked"), spawn=self.spawn
        )

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run(work)

    async def save(self) -> None:
        if self.broken:
            raise Conflict("Cannot write the configuration to disk")
        self.log.append("saved")

    async def revert(self) -> None:
        self.log.append("dropped")

    async def end(self) -> None:
        self.log.append("end")

    def ask(self, save: bool, graceful: int) -> None:
        async def both() -> None:
            await (await self.reset.begin(save, graceful, BY))()

        asyncio.run(both())

    def tick(self, seconds: float) -> None:
        self.now += seconds
        self.reset.tick(Clock().wall())


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_at_once(bench: Bench) -> None:
    bench.calls = 5
    bench.ask(True, 0)
    assert bench.log == ["saved", "end"]


def test_without_saving_the_unsaved_is_dropped(bench: Bench) -> None:
    bench.ask(False, 0)
    assert bench.log == ["dropped", "end"]


def test_1_waits_for_the_last_call_however_long(bench: Bench) -> None:
    bench.calls = 1
    bench.ask(True, 1)
    bench.tick(100000)
    assert bench.log == ["saved", "locked"]
    assert bench.reset.pending
    bench.calls = 0
    bench.tick(1)
    assert bench.log == ["saved", "locked", "end"]


def test_n_waits_so_many_seconds_at_most(bench: Bench) -> None:
    bench.calls = 1
    bench.ask(True, 10)
    bench.tick(9)
    assert bench.log[-1] == "locked"
    bench.tick(1)
    assert bench.log[-1] == "end"
    bench.tick(1)
    assert bench.log.count("end") == 1


def test_n_ends_early_with_the_last_call(bench: Bench) -> None:
    bench.calls = 1
    bench.ask(False, 10)
    bench.calls = 0
    bench.tick(1)
    assert bench.log == ["locked", "dropped", "end"]


def test_a_second_reset_during_the_wait_is_409(bench: Bench) -> None:
    bench.calls = 1
    bench.ask(True, 10)
    with pytest.raises(Conflict, match="resetting already"):
        bench.ask(True, 0)


def test_one_that_cannot_save_is_none(bench: Bench) -> None:
    bench.broken = True
    with pytest.raises(Conflict):
        bench.ask(True, 0)
    assert not bench.reset.pending
    bench.broken = False
    bench.ask(True, 0)
    assert bench.log == ["saved", "end"]
