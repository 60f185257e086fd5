"""A request on its way through the tree, and how its body is read.

One rule: nothing of the body is read before a handler asks for it (R1)."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol, TypeVar
from urllib.parse import parse_qsl

import msgspec

from sbcd.base.errors import Invalid
from sbcd.base.spool import Spool
from sbcd.web.multipart import Parts, receive
from sbcd.web.route import Query, Upload, User, Verb

Shape = TypeVar("Shape")


class BrokenOff(Exception):
    """The client went away, or was too slow, while its body was awaited."""


class Exchange(Protocol):
    """What the server of the day gives: one request head, and its body when asked for."""

    method: str
    path: str
    """As it was sent, percent-encoded."""
    query: bytes
    headers: Sequence[tuple[bytes, bytes]]
    """Names in lower case."""
    address: str
    secure: bool
    certificate: str
    """Common name of the client certificate that was verified on this connection, or nothing."""

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes; asking for it sends `100 Continue` when the client waits for that."""
        ...

    def spool(self) -> Spool: ...


class Incoming:
    """The `web.route.Request` that handlers get."""

    __slots__ = ("_exchange", "_headers", "_parts", "params", "path", "query", "secure", "user", "verb")

    def __init__(
        self, exchange: Exchange, verb: Verb, path: str, params: Mapping[str, str], user: User
    ) -> None:
        self.verb = verb
        self.path = path
        self.params = params
        self.query: Mapping[str, str] = {}
        self.user = user
        self.secure = exchange.secure
        self._exchange = exchange
        self._headers: Mapping[str, str] | None = None
        self._parts: Parts | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        """Names in lower case; of a repeated header the values joined by commas (RFC 9110 5.3)."""
        if self._headers is None:
            found: dict[str, str] = {}
            for raw, value in self._exchange.headers:
                name, text = raw.decode("latin-1"), value.decode("latin-1")
                found[name] = f"{found[name]}, {text}" if name in found else text
            self._headers = found
        return self._headers

    def stream(self) -> AsyncIterator[bytes]:
        return self._exchange.chunks()

    async def body(self, limit: int = 65536) -> bytes:
        declared = self.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > limit:
            raise Invalid(f"The body has {declared} bytes, more than the {limit} allowed here")
        content = bytearray()
        async for chunk in self._exchange.chunks():
            content += chunk
            if len(content) > limit:
                raise Invalid(f"The body has more than the {limit} bytes allowed here")
        return bytes(content)

    async def json(self, shape: type[Shape]) -> Shape:
        content = (await self.body()).removeprefix(b"\xef\xbb\xbf").strip() or b"{}"
        try:
            return msgspec.json.decode(content, type=shape)
        except msgspec.ValidationError as error:
            raise Invalid(attribute_problem(str(error))) from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Invalid("The body is not valid JSON") from error

    async def upload(self, limit: int) -> Upload:
        self._parts = Parts(self.headers.get("content-type", ""), limit, self._exchange.spool)
        return await receive(self._parts, self.headers.get("content-length", ""), self._exchange.chunks())

    def close(self) -> None:
        """Throws away what was uploaded and not taken."""
        if self._parts is not None:
            self._parts.discard()


def attribute_problem(text: str) -> str:
    """msgspec's message as one sentence that names the attribute (R3)."""
    what, _, place = text.partition(" - at `")
    attribute = place.rstrip("`").removeprefix("$").removeprefix(".")
    what = what.replace("`", "'")
    if what.startswith("Object contains unknown field "):
        where = f" in '{attribute}'" if attribute else ""
        return f"Unknown attribute {what.removeprefix('Object contains unknown field ')}{where}"
    if what.startswith("Object missing required field "):
        return f"Attribute {what.removeprefix('Object missing required field ')} is missing"
    what = what[:1].lower() + what[1:]
    return f"Attribute '{attribute}': {what}" if attribute else f"The JSON body: {what}"


def read_query(raw: bytes, declared: tuple[Query, ...] | None) -> Mapping[str, str]:
    """The query parameters; `Invalid` for one that is not declared or has the wrong type.

    Without a value or a name they are skipped (R5); `declared=None` takes any and checks none."""
    if not raw:
        return {}
    try:
        given = dict(parse_qsl(raw.decode("ascii"), errors="strict", max_num_fields=100))
    except ValueError as error:
        raise Invalid("The query of the URL is not readable") from error
    if declared is None:
        return given
    types = {parameter.name: parameter.type for parameter in declared}
    for name, value in given.items():
        if name not in types:
            raise Invalid(f"Unknown query parameter '{name[:100]}'")
        if types[name] == "integer" and not (value.isdecimal() and value.isascii() and len(value) <= 18):
            raise Invalid(f"Query parameter '{name}': '{value[:100]}' is not a number")
        if types[name] == "boolean" and value.lower() not in {"true", "false", "1", "0"}:
            raise Invalid(f"Query parameter '{name}': '{value[:100]}' is neither true nor false")
    return given
