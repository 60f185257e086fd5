"""The tree: queries, bodies, errors to statuses, what is refused before the body (R1, R3, R5, R6, R10)."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import msgspec
import pytest

from sbcd.base.errors import Conflict, Invalid, InvalidConfig, NotFound, Problem
from sbcd.base.spool import Spool
from sbcd.web.dispatch import Tree
from sbcd.web.route import Level, Operation, Query, Request, Response, Route, User, answer


class Wish(msgspec.Struct, forbid_unknown_fields=True):
    size: Annotated[int, msgspec.Meta(ge=512, le=4096)] = 1024
    names: list[str] = []


class Sent:
    """A request with its body in pieces."""

    address, secure = "192.0.2.1", False

    def __init__(self, line: str, *body: bytes, **headers: str) -> None:
        self.method, _, target = line.partition(" ")
        self.path, _, query = target.partition("?")
        self.query = query.encode()
        self.headers = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
        self._body = body

    async def chunks(self) -> AsyncIterator[bytes]:
        for piece in self._body:
            yield piece

    def spool(self) -> Spool:
        return Spool(Path("/nowhere"))


async def who(authorization: str | None, address: str) -> User | None:
    return User("ann", 100, address)


class Stage:
    """A tree with one route; `busy` is why it may not change, `seen` what its handlers were asked."""

    def __init__(self) -> None:
        self.busy: str | None = None
        self.seen: list[Request] = []
        self.raises: BaseException | None = None
        self.ready = asyncio.Event()
        self.ready.set()

        async def get(request: Request) -> Response:
            self.seen.append(request)
            if self.raises:
                raise self.raises
            return answer(dict(request.query))

        async def put(request: Request) -> Response:
            return answer(await request.json(Wish))

        def admit(request: Request) -> None:
            raise Conflict("no room for it")

        query = (Query("limit", "", "integer"), Query("oid", "", "boolean"), Query("after", ""))
        self.tree = Tree(who, lambda: self.busy, ready=self.wait)
        self.tree.add(
            [
                Route("/api/v1", Operation(Level.MONITOR, get, "")),
                Route("/things", Operation(Level.MONITOR, get, "", query=query), help="Things"),
                Route("/Things/{id}/Part", Operation(Level.MONITOR, get, "")),
                Route("/wish", put=Operation(Level.MONITOR, put, "", takes=Wish, exclusive=True)),
                Route("/full", put=Operation(Level.MONITOR, put, "", admit=admit)),
                Route("/top", Operation(Level.MASTER, get, ""), help="Too high"),
            ]
        )

    async def wait(self) -> None:
        await self.ready.wait()

    def ask(self, line: str, *body: bytes, **headers: str) -> tuple[int, object]:
        got = asyncio.run(self.tree.serve(Sent(line, *body, **headers)))
        assert isinstance(got.body, bytes)
        return got.status, json.loads(got.body)


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("", {}),
        ("limit=5&oid=true&after=x%20y", {"limit": "5", "oid": "true", "after": "x y"}),
        ("&limit=5", {"limit": "5"}),
        ("limit=", {}),
        ("&&", {}),
        ("after=%C3%A4", {"after": "ä"}),
    ],
)
def test_r5_queries(stage: Stage, query: str, seen: dict[str, str]) -> None:
    assert stage.ask(f"GET /api/v1/things?{query}") == (200, seen)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("count=5", "Unknown query parameter 'count'"),
        ("limit=five", "Query parameter 'limit': 'five' is not a number"),
        ("limit=-1", "is not a number"),
        ("limit=%D9%A3", "is not a number"),
        ("limit=" + "9" * 30, "is not a number"),
        ("oid=maybe", "is neither true nor false"),
        ("after=%FF", "not readable"),
        ("&".join(f"a{n}=1" for n in range(200)), "not readable"),
    ],
)
def test_bad_queries_are_400_and_named(stage: Stage, query: str, told: str) -> None:
    status, body = stage.ask(f"GET /api/v1/things?{query}")
    assert status == 400
    assert told in str(body)


def test_variables_keep_their_spelling_and_paths_get_theirs(stage: Stage) -> None:
    assert stage.ask("GET /api/v1/tHINGS/a%2Fb%20C/PART?any=thing") == (200, {"any": "thing"})
    assert stage.seen[0].params == {"id": "a/b C"}
    assert stage.seen[0].path == "/api/v1/things/a%2Fb%20C/Part"


@pytest.mark.parametrize(
    "path", ["/api/v1/things//Part", "/api/v1/Things/%FF/Part", "/api/v1/Things/1", "/", "//"]
)
def test_paths_that_are_none(stage: Stage, path: str) -> None:
    assert stage.ask(f"GET {path}")[0] == 404


@pytest.mark.parametrize(
    ("body", "media"),
    [
        ([], "application/json"),
        ([b""], ""),
        ([b"{}"], "application/x-www-form-urlencoded"),
        ([b" \r\n"], "text/plain"),
        ([b'{"size"', b": 1024}"], "application/json"),
        ([b"\xef\xbb\xbf{}"], "application/json"),
    ],
)
def test_r6_bodies_of_any_type(stage: Stage, body: list[bytes], media: str) -> None:
    assert stage.ask("PUT /api/v1/wish", *body, content_type=media) == (200, {"size": 1024, "names": []})


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"size": "big"}', "Attribute 'size': expected 'int', got 'str'"),
        (b'{"size": 1}', "Attribute 'size': expected 'int' >= 512"),
        (b'{"size": true}', "Attribute 'size': expected 'int', got 'bool'"),
        (b'{"names": ["a", 1]}', "Attribute 'names[1]': expected 'str', got 'int'"),
        (b'{"sise": 1024}', "Unknown attribute 'sise'"),
        (b"[1]", "The JSON body: expected 'object', got 'array'"),
        (b"size=1024", "The body is not valid JSON"),
        (b'{"size": 1024', "The body is not valid JSON"),
        (b'{"size": 1024}\0', "The body is not valid JSON"),
    ],
)
def test_r3_bad_bodies_are_400_and_named(stage: Stage, body: bytes, told: str) -> None:
    assert stage.ask("PUT /api/v1/wish", body) == (400, {"description": told})


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (Invalid("wrong"), 400, "wrong"),
        (InvalidConfig([Problem("is odd", 3, "T", 1, "C")]), 400, "line 3: T 1 C: is odd"),
        (NotFound("gone"), 404, "gone"),
        (Conflict("later"), 409, "later"),
        (ZeroDivisionError("secret detail"), 500, "Internal error, see the log of the device"),
        (OSError(28, "No space left on device", "/a/path"), 409, "The device has no space left on its disk"),
        (OSError(13, "secret detail"), 500, "Internal error, see the log of the device"),
    ],
)
def test_r3_errors_become_statuses(
    stage: Stage, error: Exception, status: int, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    stage.raises = error
    assert stage.ask("GET /api/v1/things") == (status, {"description": told})
    assert ("secret detail" in caplog.text) is (status == 500)


def test_r10_exclusive_operations_are_409_while_the_device_may_not_change(stage: Stage) -> None:
    stage.busy = "Device is currently performing HA synchronization"
    assert stage.ask("PUT /api/v1/wish") == (409, {"description": stage.busy})
    assert stage.ask("GET /api/v1/things")[0] == 200, "reads go on"


def test_changes_wait_for_a_device_that_still_starts(stage: Stage) -> None:
    async def both() -> list[int]:
        stage.ready.clear()
        change = asyncio.ensure_future(stage.tree.serve(Sent("PUT /api/v1/wish")))
        read = await stage.tree.serve(Sent("GET /api/v1/things"))
        assert not change.done()
        stage.ready.set()
        return [read.status, (await change).status]

    assert asyncio.run(both()) == [200, 200]


def test_what_is_refused_before_the_body(stage: Stage) -> None:
    assert stage.ask("PUT /api/v1/full", b"never read") == (409, {"description": "no room for it"})


def test_index_pages_list_what_the_level_may_use(stage: Stage) -> None:
    listed = [route.path for route in stage.tree.children("/api/v1", 100)]
    assert listed == ["/things"]
    assert [route.path for route in stage.tree.children("/api/v1", 220)] == ["/things", "/top"]


def test_a_path_is_declared_once(stage: Stage) -> None:
    with pytest.raises(ValueError, match="declared twice"):
        stage.tree.add([Route("/THINGS")])
    with pytest.raises(ValueError, match="already declared as"):
        stage.tree.add([Route("/Things/{other}")])
