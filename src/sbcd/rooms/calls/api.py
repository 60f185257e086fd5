"""GET /calls/active: the calls that are up now, for pages and scripts (docs/adr/0036).

One rule: one line for each session, told from the legs that the engine has at this moment."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

import msgspec

from sbcd.rooms.calls.contract import CallLine
from sbcd.rooms.calls.facts import Way
from sbcd.web.route import Level, Operation, Query, Request, Response, Route, answer

MOST = 1000
"""Sessions in one answer."""


class ActiveCall(msgspec.Struct):
    """A session; `duration` in whole seconds since its INVITE came, `destination` null until it is known."""

    session: int
    caller: str
    callee: str
    source: str
    destination: str | None
    state: str
    duration: int


class ActiveCalls(msgspec.Struct):
    calls: list[ActiveCall]


def sessions(lines: Iterable[CallLine], name: Callable[[int], str]) -> list[ActiveCall]:
    """The sessions of these legs, oldest first; `name` tells what an IP group is called."""
    found: dict[int, list[CallLine]] = {}
    for line in lines:
        found.setdefault(line.session, []).append(line)
    return [_session(number, legs, name) for number, legs in sorted(found.items())]


def _session(number: int, legs: Sequence[CallLine], name: Callable[[int], str]) -> ActiveCall:
    came = next((leg for leg in legs if leg.way == Way.IN), legs[0])
    goes = next((leg for leg in reversed(legs) if leg.way == Way.OUT), None)
    said = goes or came
    return ActiveCall(
        number,
        came.caller,
        said.callee,
        name(came.ip_group),
        name(goes.ip_group) if goes is not None else None,
        came.state,
        int(came.seconds),
    )


def routes(calls: Callable[[], Awaitable[tuple[CallLine, ...]]], name: Callable[[int], str]) -> list[Route]:
    async def active(request: Request) -> Response:
        told = sessions(await calls(), name)
        wanted = request.query.get("caller", "")
        if wanted:
            told = [call for call in told if wanted in (call.caller, call.callee)]
        return answer(ActiveCalls(told[:MOST]))

    query = (Query("caller", "Only calls of this number, calling or called."),)
    reading = Operation(Level.MONITOR, active, "The calls that are up", gives=ActiveCalls, query=query)
    return [Route("/calls/active", reading)]
