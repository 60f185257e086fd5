"""The trace of calls for people: /calls/trace and `show voip calls trace` (docs/adr/0086).

One rule: the engine tells messages; what is made of them (a list, a ladder, a capture file) is made here."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from sbcd.base.errors import NotFound
from sbcd.config.show import Show, columns
from sbcd.rooms.calls.contract import Traced, TraceLine
from sbcd.sip.grammar import Malformed
from sbcd.sip.ladder import clock, ladder, read
from sbcd.sip.message import Request
from sbcd.sip.pcap import pcap
from sbcd.web.route import Level, Operation, Query, Response, Route, answer
from sbcd.web.route import Request as Asked

MOST = 1000
"""Sessions in one answer, the newest."""
ALL = "all"
PCAP = "application/vnd.tcpdump.pcap"
TEXT = "text/plain; charset=utf-8"
OFF = "The trace is off: switch it on with the parameter SbcdCallTrace"


class TracedCall(msgspec.Struct):
    """A session of which messages are kept; `since` is the time of the first of them."""

    session: int
    since: str
    method: str
    caller: str
    callee: str
    messages: int


class TracedCalls(msgspec.Struct):
    on: bool
    calls: list[TracedCall]


class Tracer(Protocol):
    """Who asks the engine."""

    def __call__(self, session: int = 0, *, everything: bool = False) -> Awaitable[Traced]:
        """The messages of a session (or all), or which sessions are kept."""
        ...


def described(line: TraceLine) -> TracedCall:
    """A line as it is told, read from its first message."""
    method = caller = callee = ""
    first = read(line.first)
    if first is not None:
        try:
            method = first.method if isinstance(first, Request) else first.cseq.method
            caller, callee = first.from_.uri.number, first.to.uri.number
        except Malformed:
            pass
    since = datetime.fromtimestamp(line.at, UTC).isoformat(timespec="milliseconds")
    return TracedCall(line.session, since, method, caller, callee, line.messages)


async def found(trace: Tracer, text: str) -> Traced:
    """The messages of the session that `text` names. Raises NotFound."""
    if text == ALL:
        return await trace(everything=True)
    number = int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 16 else 0
    traced = await trace(number) if number else None
    if traced is None or not traced.messages:
        on = (traced or await trace()).on
        raise NotFound(f"There are no messages of session {text[:40]}" if on else OFF)
    return traced


def routes(trace: Tracer) -> list[Route]:
    """The REST paths. Who may read what people tell each other in SIP may also read debug files."""

    async def index(request: Asked) -> Response:
        traced = await trace()
        return answer(TracedCalls(traced.on, [described(line) for line in traced.sessions[-MOST:]]))

    async def text(request: Asked) -> Response:
        traced = await found(trace, request.params["session"])
        full = request.query.get("full", "") in {"1", "true"}
        return Response(200, ladder(traced.messages, full=full).encode(), TEXT)

    async def capture(request: Asked) -> Response:
        name = request.params["session"]
        traced = await found(trace, name)
        told = {"Content-Disposition": f'attachment; filename="call-{name}.pcap"'}
        return Response(200, pcap(traced.messages), PCAP, told)

    level, full = Level.ADMINISTRATOR, (Query("full", "With every message itself.", "boolean"),)
    listing = Operation(level, index, "The calls in the trace", gives=TracedCalls)
    reading = Operation(level, text, "The ladder of a call", gives=TEXT, query=full, statuses=(200, 404))
    taking = Operation(level, capture, "The messages of a call", gives=PCAP, statuses=(200, 404))
    return [
        Route("/calls/trace", listing),
        Route("/calls/trace/{session}", reading),
        Route("/calls/trace/{session}/pcap", taking),
    ]


def shows(trace: Tracer) -> list[Show]:
    """`show voip calls trace [SESSION [full]]`."""

    async def show(words: Sequence[str]) -> str:
        if words:
            traced = await found(trace, words[0])
            return ladder(traced.messages, full="full" in words[1:])
        traced = await trace()
        if not traced.on:
            return OFF
        lines = [described(line) for line in traced.sessions[-MOST:]]
        starts = {line.session: clock(line.at) for line in traced.sessions}
        heads = ("Session", "Since", "Method", "Caller", "Callee", "Messages")
        rows = [(c.session, starts[c.session], c.method, c.caller, c.callee, c.messages) for c in lines]
        return columns(heads, rows)

    return [Show("voip calls trace", "What was said in calls: a list, or the ladder of a session.", show)]
