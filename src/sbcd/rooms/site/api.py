"""/index.html, /assets and /session: how a browser gets in, and what it is given (guide 6: Auth Token, R32).

One rule: pages are the same static files for everybody; whatever they show comes over the REST API."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Annotated, Protocol

import msgspec

from sbcd.base.errors import NotFound
from sbcd.web.route import Level, Operation, Request, Response, Route, User, answer

COOKIE = "sbcd_session"
MEDIA = {
    "html": "text/html",
    "js": "text/javascript",
    "css": "text/css",
    "svg": "image/svg+xml",
    "txt": "text/plain",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)


class Session(Protocol):
    """An open session, as `rooms.users` keeps it."""

    @property
    def user(self) -> User: ...
    @property
    def csrf(self) -> str: ...
    @property
    def cross_host(self) -> str | None: ...
    @property
    def idle(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Doors:
    """What the roof gives: logins by password and token, sessions by cookie, and their ends.

    `login` and `redeem` return the cookie and the session, or None."""

    login: Callable[[str, str, str, str], Awaitable[tuple[str, Session] | None]]
    """Name, password, address, and a new password ("" for none). `Conflict`: one has to be chosen."""
    redeem: Callable[[str, str], tuple[str, Session] | None]
    find: Callable[[str], Session | None]
    close: Callable[[str], None]
    facts: Callable[[], Mapping[str, object]]
    """What the login page may tell everybody (product, version)."""
    tables: Callable[[], bytes]
    """The declared tables as JSON, for the configuration pages."""


class Credentials(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    username: Annotated[str, msgspec.Meta(max_length=256)]
    password: Annotated[str, msgspec.Meta(max_length=256)]
    new_password: Annotated[str, msgspec.Meta(max_length=256)] = ""


class Opened(msgspec.Struct):
    """GET and POST /session: who is logged in, and the secret for requests that change something."""

    username: str
    level: int
    csrf: str
    timeout: int


@cache
def _asset(name: str) -> tuple[bytes, str]:
    """The bytes and the tag of a packaged file; `NotFound` for any other name."""
    if not name.replace(".", "").replace("-", "").replace("_", "").isalnum() or name.startswith("."):
        raise NotFound(f"there is no asset {name[:60]!r}")
    file = files("sbcd.rooms.site") / "assets" / name
    if not file.is_file():
        raise NotFound(f"there is no asset {name[:60]!r}")
    data = file.read_bytes()
    return data, f'"{sha256(data).hexdigest()[:32]}"'


def _guarded(response: Response, cross_host: str | None, secure: bool) -> Response:
    """Adds what keeps a page from harm (CSP; R32: frame-ancestors)."""
    ancestors = f"'self' {_origins(cross_host)}" if cross_host else "'none'"
    more = {
        "Content-Security-Policy": POLICY.format(ancestors=ancestors),
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    }
    if not cross_host:
        more["X-Frame-Options"] = "DENY"
    if secure:
        more["Strict-Transport-Security"] = "max-age=31536000"
    response.headers = {**more, **response.headers}
    return response


def _origins(host: str) -> str:
    """The host of crossHost with both schemes, and any port unless it names one."""
    if ":" in host.rpartition("]")[2]:
        return f"https://{host} http://{host}"
    return f"https://{host} http://{host} https://{host}:* http://{host}:*"


def _cookie(value: str, request: Request, session: Session | None) -> str:
    """Set-Cookie; a page that another host frames needs SameSite=None, which only HTTPS carries."""
    framed = session is not None and session.cross_host and request.secure
    site = "SameSite=None; Partitioned" if framed else "SameSite=Strict"
    secure = "; Secure" if request.secure else ""
    age = "" if value else "; Max-Age=0"
    return f"{COOKIE}={value}; Path=/; HttpOnly; {site}{secure}{age}"


class _Pages:
    """The handlers."""

    def __init__(self, doors: Doors, cookie_of: Callable[[str], str]) -> None:
        self.doors, self._cookie_of = doors, cookie_of

    def session(self, request: Request) -> Session | None:
        cookie = self._cookie_of(request.headers.get("cookie", ""))
        return self.doors.find(cookie) if cookie else None

    async def index(self, request: Request) -> Response:
        if token := request.query.get("authToken"):
            opened = self.doors.redeem(token, request.user.address)
            headers = {"Location": "/index.html", "Cache-Control": "no-store"}
            if opened is None:
                headers["Location"] = "/index.html?mode=expired"
                return Response(303, headers=headers)
            cookie, session = opened
            headers["Set-Cookie"] = _cookie(cookie, request, session)
            return _guarded(Response(303, headers=headers), session.cross_host, request.secure)
        page, _ = _asset("index.html")
        found = self.session(request)
        response = Response(200, page, "text/html; charset=utf-8", {"Cache-Control": "no-cache"})
        return _guarded(response, found.cross_host if found else None, request.secure)

    async def asset(self, request: Request) -> Response:
        name = request.params["name"]
        data, tag = _asset(name)
        headers = {"ETag": tag, "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == tag:
            return Response(304, headers=headers)
        media = MEDIA.get(name.rsplit(".", 1)[-1], "application/octet-stream")
        return Response(200, data, f"{media}; charset=utf-8", headers)

    async def tables(self, request: Request) -> Response:
        return Response(body=self.doors.tables(), headers={"Cache-Control": "no-cache"})

    async def log_in(self, request: Request) -> Response:
        wish = await request.json(Credentials)
        opened = await self.doors.login(wish.username, wish.password, request.user.address, wish.new_password)
        if opened is None:
            return answer(
                {"description": "The user name or the password is wrong, or logins are blocked"}, 401
            )
        cookie, session = opened
        if session.user.level < Level.MONITOR:  # known to RADIUS or LDAP, and to nothing here
            self.doors.close(cookie)
            return answer({"description": "This user's level is too low for anything on this device"}, 403)
        headers = {"Set-Cookie": _cookie(cookie, request, session), "Cache-Control": "no-store"}
        return answer(_told(session), 200, headers)

    async def tell(self, request: Request) -> Response:
        session = self.session(request)
        if session is None:
            return answer({"description": "Not logged in", **self.doors.facts()}, 401)
        return answer(_told(session), 200, {"Cache-Control": "no-store"})

    async def log_out(self, request: Request) -> Response:
        session = self.session(request)
        if session is not None and request.headers.get("x-csrf-token") == session.csrf:
            self.doors.close(self._cookie_of(request.headers.get("cookie", "")))
        return Response(204, headers={"Set-Cookie": _cookie("", request, None)})


def _told(session: Session) -> Opened:
    return Opened(session.user.name, session.user.level, session.csrf, int(session.idle))


def routes(doors: Doors, cookie_of: Callable[[str], str]) -> list[Route]:
    """Paths from the root of the server; everybody may ask for them."""
    do, all_ = _Pages(doors, cookie_of), Level.MONITOR
    page = Operation(all_, do.index, "The Web interface", gives="text/html", query=None)
    return [
        Route("/", page),
        Route("/index.html", page),
        Route("/assets/{name}", Operation(all_, do.asset, "A packaged file", gives="text/plain")),
        Route("/tables.json", Operation(all_, do.tables, "The declared tables", gives="application/json")),
        Route(
            "/session",
            Operation(all_, do.tell, "Who is logged in", gives=Opened, statuses=(200, 401)),
            post=Operation(
                all_, do.log_in, "Logs in", Credentials, Opened, statuses=(200, 400, 401, 403, 409)
            ),
            delete=Operation(all_, do.log_out, "Logs out", statuses=(204,)),
        ),
    ]
