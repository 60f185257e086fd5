"""Series of test calls (Test_Call) for people: /sipTestCall/table and `show voip test-call` (docs/adr/0085).

One rule: the engine counts; here it is only told."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Protocol

import msgspec

from sbcd.base.errors import Invalid
from sbcd.config.show import Show, columns
from sbcd.rooms.calls.contract import RehearsalLine
from sbcd.web.route import Level, Operation, Request, Response, Route, answer

ACTIONS = ("dial", "drop", "restart")


class Series(msgspec.Struct):
    """A row of Test_Call; `elapsedTime` in seconds since its last run began."""

    index: int
    endpointUri: str
    calledUri: str
    testSummary: str
    activeCalls: int
    callAttempts: int
    establishedCalls: int
    failedAttempts: int
    remoteDisconnects: int
    elapsedTime: int


class AllSeries(msgspec.Struct):
    testCallTable: list[Series]


class Rehearsing(Protocol):
    """Who asks the engine."""

    def rehearsals(self) -> Awaitable[tuple[RehearsalLine, ...]]:
        """The rows."""
        ...

    def rehearse(self, index: int, action: str) -> Awaitable[RehearsalLine]:
        """Begins or ends a series. Raises Invalid."""
        ...


def told(line: RehearsalLine) -> Series:
    """A row as it is told."""
    return Series(
        line.index,
        line.endpoint,
        line.called,
        line.summary,
        line.active,
        line.attempts,
        line.established,
        line.failed,
        line.disconnected,
        int(line.elapsed),
    )


def routes(tests: Rehearsing) -> list[Route]:
    """Beside the test calls of newer firmware."""

    async def listed(request: Request) -> Response:
        return answer(AllSeries([told(line) for line in await tests.rehearsals()]))

    async def act(request: Request) -> Response:
        index, action = request.params["index"], request.params["action"].lower()
        if action not in ACTIONS or not (index.isascii() and index.isdigit() and len(index) < 6):
            raise Invalid("A row and an action are wanted: /sipTestCall/table/0/dial, drop or restart")
        return answer(told(await tests.rehearse(int(index), action)))

    listing = Operation(Level.MONITOR, listed, "The series of test calls", gives=AllSeries)
    acting = Operation(
        Level.ADMINISTRATOR, act, "Begins or ends a series of test calls", gives=Series, statuses=(200, 400)
    )
    return [
        Route("/sipTestCall/table", listing),
        Route("/sipTestCall/table/{index}/{action}", post=acting),
    ]


def shows(tests: Rehearsing) -> list[Show]:
    """`show voip test-call`."""

    async def show(words: Sequence[str]) -> str:
        lines = [told(line) for line in await tests.rehearsals()]
        heads = (
            "Index",
            "Endpoint",
            "Called",
            "Status",
            "Active",
            "Attempts",
            "Established",
            "Failed",
            "Remote",
        )
        return columns(
            heads,
            [
                (
                    one.index,
                    one.endpointUri,
                    one.calledUri,
                    one.testSummary,
                    one.activeCalls,
                    one.callAttempts,
                    one.establishedCalls,
                    one.failedAttempts,
                    one.remoteDisconnects,
                )
                for one in lines
            ],
        )

    return [Show("voip test-call", "The series of test calls and what came of them.", show)]
