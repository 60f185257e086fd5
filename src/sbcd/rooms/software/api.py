"""/files/software (guide 7: Software Load, Hitless Software Upgrade)."""

from collections.abc import Awaitable, Callable

from sbcd.base.errors import Conflict, SbcdError
from sbcd.rooms.software.container import MOST_BYTES
from sbcd.rooms.software.model import Software
from sbcd.web.route import File, Level, Operation, Request, Response, Route, User, described

Reset = Callable[[User], Awaitable[Callable[[], Awaitable[None]]]]
"""Begins a reset; what comes back runs when the answer has left."""


def routes(software: Software, reset: Reset) -> list[Route]:
    def admit(_: Request) -> None:
        software.refuse_when_busy()

    async def load(request: Request) -> Response:
        upload = await request.upload(MOST_BYTES)
        await software.load(upload.path())
        answer = described("Device will reset now to activate new software load")
        try:
            answer.then = await reset(request.user)
        except SbcdError:  # the configuration cannot be saved: nothing has changed (R8)
            software.abandon()
            raise
        return answer

    def refuse_hitless(_: Request) -> None:
        raise Conflict("Hitless software upgrade needs an HA system, and this device stands alone")

    async def hitless(_: Request) -> Response:
        raise AssertionError("admit refuses")

    def put(
        run: Callable[[Request], Awaitable[Response]], refuse: Callable[[Request], None], text: str
    ) -> Operation:
        return Operation(
            Level.ADMINISTRATOR, run, text, takes=File, statuses=(200, 400, 409), exclusive=True, admit=refuse
        )

    return [
        Route(
            "/files/software", help="Software load", put=put(load, admit, "Loads and starts other software")
        ),
        Route("/files/software/hitless", put=put(hitless, refuse_hitless, "Upgrades an HA pair one by one")),
    ]
