"""The index pages of the tree: /api, /api/v1, /api/v1/versions, /actions, /files (guide 4, 5, 6, 7).

One rule: what they list is computed from the routes, for the user who asks."""

from collections.abc import Callable

import msgspec

from sbcd.web.route import Level, Operation, Request, Response, Route, answer

Children = Callable[[str, int], list[Route]]
"""The listed routes right below a path, for a user of a level."""


class Version(msgspec.Struct):
    id: str
    status: str
    url: str


class Versions(msgspec.Struct):
    versions: list[Version]


class Item(msgspec.Struct):
    id: str
    description: str
    url: str


class Items(msgspec.Struct):
    items: list[Item]


class Actions(msgspec.Struct):
    actions: list[Item]


class Files(msgspec.Struct):
    files: list[Item]


ORDER = ("actions", "alarms", "files", "license", "status", "kpi", "ini", "software", "cliScript")
"""What the guide's examples begin with, in their order; the rest follows as it was declared."""

VERSIONS = Versions([Version("v1", "stable", "/api/v1")])


def routes(children: Children) -> list[Route]:
    """The five index pages; those of alarms, kpi and tls belong to their rooms."""

    def items(request: Request) -> list[Item]:
        listed = children(request.path, request.user.level)
        listed.sort(key=lambda route: ORDER.index(_last(route)) if _last(route) in ORDER else len(ORDER))
        return [Item(_last(route), route.help, f"/api/v1{route.path}") for route in listed]

    async def versions(request: Request) -> Response:
        return answer(VERSIONS)

    async def top(request: Request) -> Response:
        return answer(Items(items(request)))

    async def actions(request: Request) -> Response:
        return answer(Actions(items(request)))

    async def files(request: Request) -> Response:
        return answer(Files(items(request)))

    return [
        Route("/api", Operation(Level.MONITOR, versions, "Versions of this API", gives=Versions)),
        Route("/api/v1", Operation(Level.MONITOR, top, "What this tree holds", gives=Items)),
        Route("/versions", Operation(Level.MONITOR, versions, "Versions of this API", gives=Versions)),
        Route(
            "/actions",
            Operation(Level.ADMINISTRATOR, actions, "The actions of the device", gives=Actions),
            help="Device actions",
        ),
        Route(
            "/files",
            Operation(Level.ADMINISTRATOR, files, "The files of the device", gives=Files),
            help="Upload and download of configuration files",
        ),
    ]


def _last(route: Route) -> str:
    return route.path.rpartition("/")[2]
