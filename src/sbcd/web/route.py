"""The vocabulary of the REST tree: who may do what where, and what goes in and out.

One rule: whatever the outside can list (paths, verbs, levels, bodies) is declared here as values;
dispatch, the privilege table, the index pages and OpenAPI are derived from them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from pathlib import Path
from types import UnionType
from typing import Any, Protocol, TypeVar

import msgspec

Shape = TypeVar("Shape")


class Level(IntEnum):
    """Access levels, by their RADIUS numbers (guide 2; a Master counts as Security Administrator)."""

    MONITOR = 50
    ADMINISTRATOR = 100
    SECURITY_ADMINISTRATOR = 200
    MASTER = 220


class Verb(StrEnum):
    GET = "GET"
    PUT = "PUT"
    POST = "POST"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class User:
    """Who asks, at which level, from where, over which interface (REST, WEB, CLI)."""

    name: str
    level: int
    address: str
    via: str = "REST"


class Upload(Protocol):
    """The one file part of a multipart body, spooled to disk when it is large (R7)."""

    name: str
    fields: Mapping[str, str]
    size: int

    def read(self) -> bytes: ...

    def path(self) -> Path:
        """The complete, synced file; who moves it away keeps it, otherwise it is gone after the answer."""
        ...


class Request(Protocol):
    """One request that was admitted: authenticated, known path and verb, level high enough (R1)."""

    verb: Verb
    path: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    user: User
    secure: bool

    @property
    def headers(self) -> Mapping[str, str]:
        """Names in lower case."""
        ...

    async def body(self, limit: int = 65536) -> bytes:
        """The whole body; `Invalid` when it is longer than `limit` bytes."""
        ...

    async def json(self, shape: type[Shape]) -> Shape:
        """The body as `shape`, whatever its type; empty is `{}` (R6). `Invalid` names the attribute."""
        ...

    async def upload(self, limit: int) -> Upload:
        """The one file of a multipart body; `Invalid` when there is none, two, or more than `limit` bytes."""
        ...

    def stream(self) -> AsyncIterator[bytes]:
        """The body as it comes."""
        ...


@dataclass(slots=True)
class Response:
    """What is sent; `then` runs after the answer has left (reset, switchover)."""

    status: int = 200
    body: bytes | Path | AsyncIterator[bytes] = b""
    media: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    then: Callable[[], Awaitable[None]] | None = None


Handler = Callable[[Request], Awaitable[Response]]

_encode = msgspec.json.Encoder().encode


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(status, _encode(value), headers=headers or {})


def described(text: str, status: int = 200) -> Response:
    """The guide's `{"description": ...}`."""
    return answer({"description": text}, status)


@dataclass(frozen=True, slots=True)
class Query:
    """A query parameter; `type` is `string`, `integer` or `boolean`."""

    name: str
    help: str
    type: str = "string"


@dataclass(frozen=True, slots=True)
class Operation:
    """One verb on one path.

    `takes` is a msgspec.Struct type (JSON body) or `File` (multipart). `gives` is a Struct type or a union of
    such (JSON), or a media type as text; only JSON answers are subject to 406 (R4). `query=None` ignores
    query parameters, otherwise an undeclared one is 400. `exclusive` is refused with 409 while the device may
    not change (R10). `admit`, when given, may refuse before the body is read (R1)."""

    level: Level
    run: Handler
    summary: str
    takes: type[msgspec.Struct] | type["File"] | None = None
    gives: type[msgspec.Struct] | UnionType | str | None = None
    query: tuple[Query, ...] | None = None
    statuses: tuple[int, ...] = (200,)
    exclusive: bool = False
    admit: Callable[[Request], None] | None = None


class File:
    """Marks an operation that takes a multipart upload (R7)."""


@dataclass(frozen=True, slots=True)
class Route:
    """One path below /api/v1 (or beginning with /api), `{name}` for a variable segment.

    `id` and `help` are what the parent's index page says of it; without `help` it is not listed."""

    path: str
    get: Operation | None = None
    put: Operation | None = None
    post: Operation | None = None
    delete: Operation | None = None
    help: str = ""
