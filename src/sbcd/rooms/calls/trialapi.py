"""/sipTestCall: test calls as newer firmware offers them (dial, getStatus, show, drop; docs/adr/0085).

One rule: what the engine says of a test call is passed on; an error is told under both names that clients of
this part of the tree read."""

from __future__ import annotations

from collections.abc import Callable
from types import UnionType
from typing import Annotated, Literal, Protocol

import msgspec

from sbcd.base.errors import Invalid, NotFound, SbcdError
from sbcd.media.tones import Talk, playable
from sbcd.rooms.calls.contract import TrialLine
from sbcd.web.dispatch import status_of
from sbcd.web.route import Handler, Level, Operation, Query, Request, Response, Route, answer

DIAL_TONE, NONE = -1, 0
ACDIALTONE2 = 22
"""The tone that -1 stands for (contract: newer firmware), played as 350 and 440 Hz when no file has it."""
FREQUENCIES = (350, 440)

Gives = type[msgspec.Struct] | UnionType

Number = Annotated[str, msgspec.Meta(min_length=1, max_length=61)]


class Dialling(msgspec.Struct, forbid_unknown_fields=True):
    """What is called. `timeout`: seconds after which the call is ended, also when nobody answers."""

    calledNumber: Number
    callingNumber: Number
    destAddress: Annotated[str, msgspec.Meta(max_length=50)] = ""
    outInterface: Annotated[int, msgspec.Meta(ge=-1)] = -1
    destIpGroup: str | int = ""
    playDtmfString: Annotated[str, msgspec.Meta(max_length=16)] | None = None
    playToneIndex: Annotated[int, msgspec.Meta(ge=-1, le=80)] = NONE
    timeout: Annotated[int, msgspec.Meta(ge=1, le=3600)] = 20
    transportType: Literal["UDP", "TCP", "TLS"] = "UDP"


class Dialled(msgspec.Struct):
    sessionId: str


class Stats(msgspec.Struct, omit_defaults=True):
    """What one end counted; times in milliseconds. What it cannot know is left out."""

    packetsSent: int
    packetsReceived: int
    packetsLost: int | None = None
    jitter: float | None = None
    roundTripDelay: float | None = None
    mos: float | None = None


class CallStatus(msgspec.Struct, omit_defaults=True):
    """`releaseCause` only when it is over; `localStats` of the telephone of the device, `remoteStats` of the
    stream between the device and the peer, known at the end."""

    callStatus: str
    callId: str
    releaseCause: str = ""
    localStats: Stats | None = None
    remoteStats: Stats | None = None


class TestCall(msgspec.Struct):
    """What was asked for."""

    sessionId: str
    calledNumber: str
    callingNumber: str
    destAddress: str
    outInterface: int
    transportType: str
    destIpGroup: str
    playDtmfString: str
    playToneIndex: int
    timeout: int
    keepResultTimeout: int


class TestCalls(msgspec.Struct):
    testCalls: list[TestCall]


class Dropped(msgspec.Struct):
    description: str


class Tests(Protocol):
    """Who makes them."""

    async def dial(self, line: TrialLine, talk: Talk) -> TrialLine:
        """Begins one. Raises Invalid, Conflict without an engine."""
        ...

    async def trials(self) -> tuple[TrialLine, ...]:
        """Those that run and those whose results are kept."""
        ...

    async def drop(self, session: int) -> None:
        """Ends one. Raises NotFound."""
        ...


Tone = Callable[[int], tuple[int, int] | None]
"""The frequencies in Hz of a tone of the call progress tones file; None when it has none of that number."""


def told(handler: Handler) -> Handler:
    """Errors as clients of this part expect them."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except SbcdError as error:
            text = str(error)
            return answer({"description": text, "errorDescription": text}, status_of(error))

    return handle


def talk_of(wanted: Dialling, digits: str, tone: Tone) -> Talk:
    """What is played: a tone when one is asked for, else digits."""
    number = wanted.playToneIndex
    if number != NONE:
        found = tone(ACDIALTONE2 if number == DIAL_TONE else number)
        if found is None and number != DIAL_TONE:
            raise Invalid(f"playToneIndex: no call progress tone {number} is loaded")
        low, high = found or FREQUENCIES
        return Talk(low=low, high=high)
    played = digits if wanted.playDtmfString is None else wanted.playDtmfString
    if not playable(played):
        raise Invalid("playDtmfString: only 0-9, *, # and A-D can be played")
    return Talk(digits=played)


def session_of(request: Request) -> int:
    """The session that is asked for."""
    text = request.query.get("sessionId", "")
    if not text:
        raise Invalid("sessionId is missing")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1


async def one(tests: Tests, session: int) -> TrialLine:
    """Its line."""
    for line in await tests.trials():
        if line.session == session:
            return line
    raise NotFound("Session ID does not exist")


def shown(line: TrialLine) -> TestCall:
    """What was asked for."""
    return TestCall(
        str(line.session),
        line.called,
        line.calling,
        line.address,
        line.interface,
        line.transport,
        line.group,
        line.digits,
        line.tone,
        line.timeout,
        line.keep,
    )


def status(line: TrialLine) -> CallStatus:
    """How it goes."""
    local, remote = (
        Stats(one.sent, one.received, one.lost, one.jitter, one.delay, one.mos) if one is not None else None
        for one in (line.local, line.remote)
    )
    return CallStatus(line.status, line.call_id, line.cause, local, remote)


class Handlers:
    """What is done; `digits` is what is played when a call does not say."""

    def __init__(self, tests: Tests, digits: Callable[[], str], tone: Tone) -> None:
        self.tests, self.digits, self.tone = tests, digits, tone

    async def dial(self, request: Request) -> Response:
        wanted = await request.json(Dialling)
        if not wanted.destAddress and wanted.destIpGroup == "":
            raise Invalid("destAddress or destIpGroup is missing")
        talk = talk_of(wanted, self.digits(), self.tone)
        line = TrialLine(
            0,
            wanted.calledNumber,
            wanted.callingNumber,
            wanted.destAddress,
            wanted.outInterface,
            wanted.transportType,
            "" if wanted.destAddress else str(wanted.destIpGroup),
            talk.digits,
            wanted.playToneIndex,
            wanted.timeout,
        )
        return answer(Dialled(str((await self.tests.dial(line, talk)).session)))

    async def status(self, request: Request) -> Response:
        return answer(status(await one(self.tests, session_of(request))))

    async def show(self, request: Request) -> Response:
        if request.query.get("sessionId"):
            return answer(shown(await one(self.tests, session_of(request))))
        return answer(TestCalls([shown(line) for line in await self.tests.trials()]))

    async def drop(self, request: Request) -> Response:
        session = session_of(request)
        await one(self.tests, session)  # a session of a plain call is none of a test
        await self.tests.drop(session)
        return answer(Dropped("The test call was dropped"))


def routes(tests: Tests, digits: Callable[[], str], tone: Tone) -> list[Route]:
    """`digits` is what is played when a call does not say."""
    do = Handlers(tests, digits, tone)
    query = (Query("sessionId", "The session that `dial` gave."),)
    ask, act = Level.MONITOR, Level.ADMINISTRATOR

    def operation(level: Level, run: Handler, summary: str, gives: Gives) -> Operation:
        return Operation(level, told(run), summary, gives=gives, query=query, statuses=(200, 400, 404))

    dial = Operation(
        act, told(do.dial), "Makes a test call", takes=Dialling, gives=Dialled, statuses=(200, 400, 409)
    )
    return [
        Route("/sipTestCall/dial", post=dial),
        Route("/sipTestCall/getStatus", operation(ask, do.status, "How a test call goes", CallStatus)),
        Route(
            "/sipTestCall/show", operation(ask, do.show, "What was asked of test calls", TestCall | TestCalls)
        ),
        Route("/sipTestCall/drop", delete=operation(act, do.drop, "Ends a test call", Dropped)),
    ]
