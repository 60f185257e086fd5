"""From a request to the handler that answers it, or to the refusal.

One rule: the order of refusal is R1's - 401, 404, 405, 403, 406, then what the resource says - and this file
alone turns errors into statuses."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from errno import EDQUOT, ENOSPC
from urllib.parse import unquote_to_bytes

from sbcd.base.errors import Conflict, Invalid, NotFound, SbcdError
from sbcd.web.accept import accepts_json
from sbcd.web.request import BrokenOff, Exchange, Incoming, read_query
from sbcd.web.route import Level, Operation, Response, Route, User, Verb, answer

REALM = "sbcd"
INTERNAL = "Internal error, see the log of the device"
FULL = {ENOSPC, EDQUOT}
NO_SPACE = "The device has no space left on its disk"
PREFIX = "/api/v1"
WHOLE = ("/api", "/metrics")
"""Paths that begin so stand at the root of the server whatever the prefix; `ours` tells them apart."""

Authenticate = Callable[[str | None, str], Awaitable[User | None]]
"""From the Authorization header and the address to the user, or None."""

_log = logging.getLogger("sbcd.web")


class Node:
    """One segment of the tree; `path` is its canonical spelling with `{names}`."""

    __slots__ = ("allow", "children", "operations", "path", "route", "segment", "variable")

    def __init__(self, path: str, segment: str) -> None:
        self.path = path
        self.segment = segment
        self.children: dict[str, Node] = {}
        self.variable: Node | None = None
        self.route: Route | None = None
        self.operations: Mapping[str, Operation] = {}
        self.allow = ""

    def below(self) -> Iterator["Node"]:
        yield from self.children.values()
        if self.variable is not None:
            yield self.variable

    def child(self, segment: str) -> "Node":
        """The node of a declared segment, made when it is new."""
        path = f"{self.path}/{segment}"
        if segment.startswith("{"):
            if self.variable is None:
                self.variable = Node(path, segment)
            elif self.variable.segment != segment:
                raise ValueError(f"{path} is already declared as {self.variable.path}")
            return self.variable
        return self.children.setdefault(segment.lower(), Node(path, segment))

    def serve(self, route: Route) -> None:
        if self.route is not None:
            raise ValueError(f"{route.path} is declared twice")
        self.route = route
        by_verb = {Verb.GET: route.get, Verb.PUT: route.put, Verb.POST: route.post, Verb.DELETE: route.delete}
        self.operations = {verb.value: operation for verb, operation in by_verb.items() if operation}
        verbs = [*self.operations, *(["HEAD"] if route.get else [])]
        self.allow = ", ".join(sorted(verbs))


class Tree:
    """All routes as a tree of segments, and who may use them."""

    def __init__(
        self,
        who: Authenticate,
        busy: Callable[[], str | None],
        *,
        session: Callable[[Exchange], User | None] | None = None,
        ready: Callable[[], Awaitable[None]] | None = None,
        prefix: str = PREFIX,
    ) -> None:
        """`session` knows the user of a request that comes without credentials (a browser's); `ready` is
        awaited before an exclusive operation, so that nobody changes a device that is still starting."""
        self._ready = ready
        self._who = who
        self._busy = busy
        self._session = session
        self._prefix = prefix
        self._root = Node("", "")
        self._known: dict[str, Node] = {}
        self.routes: list[Route] = []

    def add(self, routes: Iterable[Route]) -> None:
        """Declares routes; `ValueError` when a path is there already."""
        for route in routes:
            node = self._root
            for segment in full_path(route, self._prefix).strip("/").split("/"):
                node = node.child(segment)
            node.serve(route)
            self.routes.append(route)
            if "{" not in node.path:
                self._known[node.path] = node

    def find(self, path: str) -> tuple[Node, dict[str, str], str] | None:
        """The node of a percent-encoded path, its variables, and the path in canonical spelling (R5)."""
        known = self._known.get(path)
        if known is not None:
            return known, {}, path
        node = self._root
        params: dict[str, str] = {}
        canonical = ""
        for raw in path[1:].removesuffix("/").split("/"):
            try:
                segment = unquote_to_bytes(raw).decode() if "%" in raw else raw
            except UnicodeDecodeError:
                return None
            child = node.children.get(segment.lower())
            if child is not None:
                canonical += "/" + child.segment
            elif node.variable is not None and segment:
                child = node.variable
                params[child.segment[1:-1]] = segment
                canonical += "/" + raw
            else:
                return None
            node = child
        return (node, params, canonical) if node.route is not None else None

    def children(self, path: str, level: int) -> list[Route]:
        """What the index page of `path` lists for a user of this level: routes with a help text, in order."""
        found = self.find(path)
        if found is None:
            return []
        below = (node for node in found[0].children.values() if node.route is not None and node.route.help)
        return [node.route for node in below if node.route is not None and least(node) <= level]

    async def serve(self, exchange: Exchange) -> Response:
        """The answer to one request. Raises `BrokenOff` alone."""
        try:
            request, operation = await self._admit(exchange)
        except Refusal as refusal:
            return refusal.response
        except Exception:
            _log.exception("Cannot admit %s %s", exchange.method, exchange.path)
            return refused(500, INTERNAL)
        try:
            if operation.query is not None or exchange.query:
                request.query = read_query(exchange.query, operation.query)
            if operation.exclusive:
                await self._may_change()
            if operation.admit is not None:
                operation.admit(request)
            return await operation.run(request)
        except SbcdError as error:
            return refused(status_of(error), str(error))
        except BrokenOff:
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno in FULL:  # a state of the device, not a mistake
                _log.error("Cannot answer %s %s: %s", exchange.method, request.path, error.strerror)
                return refused(409, NO_SPACE)
            _log.exception("Cannot answer %s %s", exchange.method, request.path)
            return refused(500, INTERNAL)
        finally:
            request.close()

    async def _may_change(self) -> None:
        if self._ready is not None:
            await self._ready()
        if why := self._busy():
            raise Conflict(why)

    async def _admit(self, exchange: Exchange) -> tuple[Incoming, Operation]:
        authorization = accept = page = None
        for name, value in exchange.headers:
            if name == b"authorization":
                authorization = value.decode("latin-1")
            elif name == b"x-csrf-token":
                page = value
            elif name == b"accept":
                text = value.decode("latin-1")
                accept = text if accept is None else f"{accept}, {text}"
        if authorization is None and self._session is not None:
            user = self._session(exchange)
        else:
            user = await self._who(authorization, exchange.address)
        if user is None:
            # Our own pages ask with that header; there the browser's password window would be in the way.
            challenge = {} if page is not None else {"WWW-Authenticate": f'Basic realm="{REALM}"'}
            raise Refusal(401, "REST login failed", challenge)
        found = self.find(exchange.path)
        if found is None:
            raise Refusal(404, "Object Not Found: there is no such URL")
        node, params, path = found
        verb = "GET" if exchange.method == "HEAD" else exchange.method
        operation = node.operations.get(verb)
        if operation is None:
            what = f"{exchange.method[:20]} is not supported here, only {node.allow}"
            raise Refusal(405, what, {"Allow": node.allow})
        if user.level < operation.level:
            raise Refusal(403, f"This needs the level {level_name(operation.level)}")
        if accept is not None and not isinstance(operation.gives, str) and not accepts_json(accept):
            raise Refusal(406, "The answer is application/json, which the Accept header excludes")
        return Incoming(exchange, Verb(verb), path, params, user), operation


class Refusal(Exception):
    """A request that does not get to its resource."""

    def __init__(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.response = refused(status, text, headers)


def refused(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """R3: one sentence in JSON."""
    return answer({"description": text}, status, headers)


def status_of(error: SbcdError) -> int:
    """Which status tells this error."""
    for kind, status in ((Conflict, 409), (NotFound, 404), (Invalid, 400)):
        if isinstance(error, kind):
            return status
    return 500


def ours(path: str) -> bool:
    """Whether a path belongs to the REST tree and not to the Web pages."""
    return path.lower().startswith(WHOLE)


def full_path(route: Route, prefix: str = PREFIX) -> str:
    return (
        route.path if any((route.path + "/").startswith(f"{own}/") for own in WHOLE) else prefix + route.path
    )


def least(node: Node) -> int:
    """The lowest level that can do anything at this node or below it."""
    own = [int(operation.level) for operation in node.operations.values()]
    return min([*own, *(least(child) for child in node.below())], default=Level.MASTER + 1)


def level_name(level: int) -> str:
    return Level(level).name.replace("_", " ").title()
