"""The endpoints of the contract whose rooms are not built yet: known URL, right levels, a clear 409.

One rule: a line goes when its room lands in `device.py`; when the table is empty this file goes too."""

from sbcd.base.errors import Conflict
from sbcd.web.route import Level, Operation, Request, Response, Route

M, A, S = Level.MONITOR, Level.ADMINISTRATOR, Level.SECURITY_ADMINISTRATOR

PENDING: tuple[tuple[str, str, Level | None, Level | None, Level | None], ...] = (
    # path, help of the index page, GET, PUT, POST
)


def routes(taken: set[str]) -> list[Route]:
    """What is left of the table when the paths in `taken` have their rooms."""

    async def not_yet(request: Request) -> Response:
        raise Conflict("This is not available on this device yet")

    def operation(level: Level | None) -> Operation | None:
        return None if level is None else Operation(level, not_yet, "Not available yet", statuses=(409,))

    return [
        Route(path, operation(get), operation(put), operation(post), help=text)
        for path, text, get, put, post in PENDING
        if path not in taken
    ]
