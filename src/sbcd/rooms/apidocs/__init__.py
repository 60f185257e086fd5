"""/api/v1/openapi.json and a page to read it with, /api/v1/docs.

One rule: everything the page needs comes from this package, and its policy lets nothing else in."""

from collections.abc import Callable, Iterable
from functools import cache
from importlib.resources import files

import msgspec

from sbcd.base.errors import NotFound
from sbcd.web.openapi import document
from sbcd.web.route import Level, Operation, Request, Response, Route

POLICY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}
ASSETS = {"docs.js": "text/javascript", "docs.css": "text/css"}


def routes(declared: Callable[[], Iterable[Route]], version: str) -> list[Route]:
    """`declared` gives all routes of the tree, once it is complete."""

    @cache
    def text() -> bytes:
        return msgspec.json.encode(document(declared(), version))

    async def openapi(request: Request) -> Response:
        return Response(body=text())

    async def page(request: Request) -> Response:
        return Response(body=_read("docs.html"), media="text/html; charset=utf-8", headers=POLICY)

    async def asset(request: Request) -> Response:
        name = request.params["asset"]
        if name not in ASSETS:
            raise NotFound("There is no such file")
        return Response(body=_read(name), media=f"{ASSETS[name]}; charset=utf-8", headers=POLICY)

    return [
        Route(
            "/openapi.json",
            Operation(Level.MONITOR, openapi, "This description (OpenAPI 3.1)", gives="application/json"),
        ),
        Route("/docs", Operation(Level.MONITOR, page, "A page that shows it", gives="text/html")),
        Route("/docs/{asset}", Operation(Level.MONITOR, asset, "Parts of that page", gives="text/plain")),
    ]


@cache
def _read(name: str) -> bytes:
    return (files(__package__) / name).read_bytes()
