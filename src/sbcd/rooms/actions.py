"""POST /actions/reset, saveConfiguration, authToken (guide 6, R6, R11, R32).

One rule: an action is answered when it is done, or - the reset - when nothing can stop it any more."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Literal, Protocol

import msgspec

from sbcd.web.route import Level, Operation, Request, Response, Route, User, answer, described

LONGEST_WAIT = 86400
"""Seconds a reset may wait for calls to end."""


class ResetBody(msgspec.Struct, forbid_unknown_fields=True):
    saveConfiguration: bool = True
    gracefulTimeout: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_WAIT)] = 0


class NoBody(msgspec.Struct, forbid_unknown_fields=True):
    """An action without attributes."""


class TokenBody(msgspec.Struct, forbid_unknown_fields=True):
    username: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    privLevel: Literal["admin", "operator", "monitor"]
    sessionTimeout: Annotated[int, msgspec.Meta(ge=1, le=86400)] | None = None
    crossHost: (
        Annotated[str, msgspec.Meta(max_length=253, pattern=r"^[A-Za-z0-9.:\[\]_-]*$(?!\n)")] | None
    ) = None


class Token(msgspec.Struct):
    authToken: str
    description: str


class Described(msgspec.Struct):
    description: str


LEVELS = {"admin": Level.SECURITY_ADMINISTRATOR, "operator": Level.ADMINISTRATOR, "monitor": Level.MONITOR}


class Resetting(Protocol):
    """Who can reset the device."""

    async def begin(self, save: bool, graceful: int, by: User) -> Callable[[], Awaitable[None]]:
        """Saves when asked to, locks the device; what comes back runs when the answer has left.

        `Conflict` when a reset is under way already or the state of the device forbids it (R10, R11)."""
        ...


NVRAM = "Save device configuration to NVRAM"
RESET = partial(
    Operation,
    Level.ADMINISTRATOR,
    summary="Reset the device, at once or when its calls have ended",
    takes=ResetBody,
    gives=Described,
    exclusive=True,
)
SAVE = partial(
    Operation,
    Level.ADMINISTRATOR,
    summary="Save the running configuration",
    takes=NoBody,
    exclusive=True,
)
TOKEN = partial(
    Operation,
    Level.SECURITY_ADMINISTRATOR,
    summary="A one-time token that opens the Web interface",
    takes=TokenBody,
    gives=Token,
)

Save = Callable[[User], Awaitable[None]]
Issue = Callable[[str, Level, int | None, str | None], str]


def routes(resetting: Resetting, save: Save, issue: Issue) -> list[Route]:
    async def reset(request: Request) -> Response:
        wish = await request.json(ResetBody)
        response = described("Device will reset now")
        response.then = await resetting.begin(wish.saveConfiguration, wish.gracefulTimeout, request.user)
        return response

    async def save_configuration(request: Request) -> Response:
        await request.json(NoBody)
        await save(request.user)
        return Response()

    async def auth_token(request: Request) -> Response:
        wish = await request.json(TokenBody)
        token = issue(wish.username, LEVELS[wish.privLevel], wish.sessionTimeout, wish.crossHost)
        return answer(Token(token, "Authentication token successfully generated"))

    return [
        Route("/actions/reset", post=RESET(reset), help="Reset device"),
        Route("/actions/saveConfiguration", post=SAVE(save_configuration), help=NVRAM),
        Route("/actions/authToken", post=TOKEN(auth_token), help="Get authentication token"),
    ]
