"""/files/cpt and its sisters (guide 7: Additional Files), and what the CLI shows of them."""

from functools import partial

from sbcd.rooms.auxfiles.model import KINDS, AuxFiles, Kind
from sbcd.web.route import File, Level, Operation, Request, Response, Route, described


def routes(files: AuxFiles) -> list[Route]:
    """One path for each kind; GET is 405 (contract, endpoint table)."""
    return [_route(files, kind) for kind in KINDS]


def _route(files: AuxFiles, kind: Kind) -> Route:
    put = Operation(
        level=Level.ADMINISTRATOR,
        run=partial(_load, files, kind),
        summary=f"Loads a {kind.help[:1].lower()}{kind.help[1:]}",
        takes=File,
        statuses=(200, 400, 409),
        exclusive=True,
    )
    return Route(f"/files/{kind.id}", put=put, help=kind.help)


async def _load(files: AuxFiles, kind: Kind, request: Request) -> Response:
    upload = await request.upload(kind.limit)
    loaded = await files.load(kind.id, upload.name, upload.read())
    return described(f"{kind.help} was loaded: {loaded.summary}")


def show(files: AuxFiles) -> str:
    """The table of `show system auxiliary-files`."""
    lines = [f"{'File':14}{'Version':>8}  {'Loaded at':21}{'Name':24}Content"]
    for kind in KINDS:
        if loaded := files.loaded.get(kind.id):
            at = loaded.at.strftime("%Y-%m-%d %H:%M:%SZ")
            lines.append(f"{kind.id:14}{loaded.version:>8}  {at:21}{loaded.name[:23]:24}{loaded.summary}")
        else:
            lines.append(f"{kind.id:14}{'-':>8}")
    return "\n".join(lines)
