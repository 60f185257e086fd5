"""The HTTP server of the day (uvicorn's protocol on uvloop): bytes to `web` requests, `Response` to bytes.

One rule: nobody but this file knows which server it is. HTTP and HTTPS live in one loop; every wait for a
client has an end, and a refused body is left behind so that the client still reads the answer."""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping, Sequence
from email.utils import formatdate
from pathlib import Path
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from sbcd.base.spool import Spool
from sbcd.web.dispatch import Tree, ours, refused
from sbcd.web.request import BrokenOff
from sbcd.web.route import Response

HEAD_LIMIT = 65536
"""Bytes of request line and headers together."""
HEAD_SECONDS = 15.0
"""From the begin of a connection, or the first byte of a further request, to the end of its headers."""
KEEP_SECONDS = 75
"""How long an idle connection stays open between requests."""
BODY_IDLE = 20.0
"""Seconds without a byte of an awaited body."""
BODY_GRACE = 30.0
BODY_RATE = 2048
"""A body may take `BODY_GRACE` seconds plus one second for each `BODY_RATE` bytes of it."""
WRITE_IDLE = 60.0
"""Seconds a client may take to read the next piece of a long answer."""
LEFT_BEHIND = 65536
"""Bytes of an unread body that are skipped to keep the connection; above, it is closed (R1)."""
LINGER = 5.0
"""Seconds in which an unread body is thrown away before such a connection is closed."""
MOST_CONNECTIONS = 2000
PIECE = 262144

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[Any], Awaitable[None]]

_log = logging.getLogger("sbcd.http")


class Exchange:
    """One request as uvicorn tells it: `web.request.Exchange`."""

    __slots__ = (
        "_receive",
        "_spool",
        "address",
        "certificate",
        "headers",
        "method",
        "path",
        "query",
        "read",
        "secure",
    )

    def __init__(self, scope: MutableMapping[str, Any], receive: Receive, spool: Callable[[], Spool]) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["raw_path"].decode("latin-1")
        self.query: bytes = scope["query_string"]
        self.headers: Sequence[tuple[bytes, bytes]] = scope["headers"]
        client = scope["client"]
        self.address: str = client[0] if client else ""
        self.secure: bool = scope["scheme"] == "https"
        self.certificate: str = scope.get("certificate", "")
        self.read = False
        self._receive = receive
        self._spool = spool

    def spool(self) -> Spool:
        return self._spool()

    async def chunks(self) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        begun, size = loop.time(), 0
        while not self.read:
            rest = begun + BODY_GRACE + size / BODY_RATE - loop.time()
            try:
                async with asyncio.timeout(min(BODY_IDLE, rest)):
                    message = await self._receive()
            except TimeoutError:
                raise BrokenOff("The client sends its body too slowly") from None
            if message["type"] == "http.disconnect":
                raise BrokenOff("The client went away")
            self.read = not message.get("more_body", False)
            if body := message.get("body", b""):
                size += len(body)
                yield body

    def unread(self) -> int | None:
        """How many bytes of a body nobody asked for; 0 for none, None for an unknown number."""
        if self.read:
            return 0
        length = 0
        for name, value in self.headers:
            if name == b"transfer-encoding":
                return None
            if name == b"content-length" and value.isdigit():
                length = int(value)
        return length

    def expects(self) -> bool:
        """Whether the client still waits for `100 Continue` before it sends its body."""
        return any(n == b"expect" and v.lower() == b"100-continue" for n, v in self.headers)


class Application:
    """The ASGI callable between uvicorn's protocol and the trees: of the REST API, and of the Web pages."""

    def __init__(self, tree: Tree, spool: Callable[[], Spool], site: Tree | None = None) -> None:
        self._tree = tree
        self._site = site or tree
        self._spool = spool

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, receive, self._spool)
        try:
            tree = self._tree if ours(exchange.path) else self._site
            response = await tree.serve(exchange)
        except BrokenOff as error:
            response = refused(408, str(error), {"Connection": "close"})
            exchange.read = True
        try:
            await self._answer(exchange, response, send)
        except TimeoutError:  # the client does not read: closing would wait for it
            scope["extensions"]["abort"]()
        if response.then is not None:
            await response.then()

    async def _answer(self, exchange: Exchange, response: Response, send: Send) -> None:
        headers = [
            (name.encode("latin-1"), text.encode("latin-1")) for name, text in response.headers.items()
        ]
        headers.append((b"x-content-type-options", b"nosniff"))
        if not any(name.lower() == b"cache-control" for name, _ in headers):
            headers.append((b"cache-control", b"no-store"))  # what the device says is for who asked
        body = response.body
        length = len(body) if isinstance(body, bytes) else None
        if isinstance(body, Path):
            length = body.stat().st_size
        if response.status != 204:
            if length != 0 or response.media != "application/json":
                headers.append((b"content-type", response.media.encode("latin-1")))
            if length is not None:
                headers.append((b"content-length", str(length).encode()))
        unread = exchange.unread()
        linger = unread is None or unread > LEFT_BEHIND
        if linger or (unread and exchange.expects()):
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        if not isinstance(body, bytes) or len(body) > PIECE:
            if exchange.method != "HEAD":
                await _send_pieces(_pieces(body), send)
            body = b""
        if linger and not exchange.expects():
            await send({"type": "http.response.body", "body": body, "more_body": True})
            await _throw_away(exchange)
            body = b""
        await send({"type": "http.response.body", "body": body, "more_body": False})


async def _throw_away(exchange: Exchange) -> None:
    """Reads the rest of a body, for a while: a connection closed with unread bytes loses its answer."""
    try:
        async with asyncio.timeout(LINGER):
            async for _ in exchange.chunks():
                pass
    except (TimeoutError, BrokenOff):
        return


async def _pieces(body: bytes | Path | AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if isinstance(body, Path):
        with body.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece
    elif isinstance(body, bytes):
        for at in range(0, len(body), PIECE):
            yield body[at : at + PIECE]
    else:
        async for piece in body:
            yield piece


async def _send_pieces(pieces: AsyncIterator[bytes], send: Send) -> None:
    async for piece in pieces:
        async with asyncio.timeout(WRITE_IDLE):
            await send({"type": "http.response.body", "body": piece, "more_body": True})


def common_name(tls: ssl.SSLObject | None) -> str:
    """The common name of the client's certificate, when one was demanded and verified."""
    held: Any = tls.getpeercert() if tls is not None else None
    names = (
        value for part in (held or {}).get("subject", ()) for name, value in part if name == "commonName"
    )
    return next(names, "")


class Connection(HttpToolsProtocol):
    """uvicorn's connection with limits on the size of a request head and on the time it takes."""

    _waiting: asyncio.TimerHandle | None = None
    _in_head = True
    _head_size = 0  # bytes of a head that is still coming
    _read_size = 0  # of the headers that were read
    _certificate = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
        self._certificate = common_name(transport.get_extra_info("ssl_object"))
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_size += len(data)
        super().data_received(data)
        if self.parser is None or self.transport.is_closing():
            return
        if self._in_head and self._head_size > HEAD_LIMIT:
            self.send_400_response("The headers are too long")
        elif self._waiting is None and self.cycle is not None and self.cycle.response_complete:
            self._wait_for_head()  # the rest of a skipped body, or the next request: both must come to an end

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._head_size = self._read_size = 0

        self.scope["extensions"] = {"abort": self.transport.abort}  # type: ignore[dict-item]
        self.scope["certificate"] = self._certificate  # type: ignore[typeddict-unknown-key]

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._read_size += len(name) + len(value) + 4
        if self._read_size > HEAD_LIMIT:
            raise ValueError("The headers are too long")

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_came()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        self.transport.write(
            b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\n"
            b'content-length: %d\r\n\r\n{"description":"%s"}' % (len(msg) + 18, msg.encode("ascii"))
        )
        self.transport.close()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        if self.transport.get_write_buffer_size():
            self.transport.abort()  # the client never read its answer; closing would wait for it

    def _wait_for_head(self) -> None:
        self._waiting = self.loop.call_later(HEAD_SECONDS, self.timeout_keep_alive_handler)

    def _head_came(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


class Listeners:
    """The HTTP and HTTPS listeners, and the connections that came in through them."""

    def __init__(self, application: Application) -> None:
        self._config = Config(
            application,
            http=Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,  # a client is where its connection comes from, whatever it says
            timeout_keep_alive=KEEP_SECONDS,
        )
        self._config.load()
        self._state = ServerState()
        self._servers: list[asyncio.Server] = []
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)

    async def listen(self, host: str, port: int, context: ssl.SSLContext | None = None) -> int:
        """Begins to listen; the port, also when 0 asked for any. `OSError` when it is taken."""
        loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            place = socket.create_server((host, port), family=family, backlog=1024)
        except OSError as error:
            raise OSError(error.errno, f"{error.strerror}: {host} port {port}") from error
        place.setblocking(False)
        server = await loop.create_server(
            self._connection,
            sock=place,
            ssl=context,
            ssl_handshake_timeout=HEAD_SECONDS if context else None,
            ssl_shutdown_timeout=3.0 if context else None,
        )
        self._servers.append(server)
        found: int = place.getsockname()[1]
        return found

    def tick(self) -> None:
        """Once a second: the Date header."""
        self._state.default_headers = [(b"date", formatdate(usegmt=True).encode())]

    async def close(self, grace: float = 5.0) -> None:
        """Stops listening, lets answers under way finish for `grace` seconds, closes all connections."""
        for server in self._servers:
            server.close()
        self._servers.clear()
        for connection in list(self._state.connections):
            connection.shutdown()
        loop = asyncio.get_running_loop()
        end = loop.time() + grace
        while self._state.connections and loop.time() < end:  # noqa: ASYNC110 - no event tells the end
            await asyncio.sleep(0.01)
        for connection in list(self._state.connections):
            if connection.transport is not None:
                connection.transport.abort()

    def _connection(self) -> Connection:
        return Connection(config=self._config, server_state=self._state, app_state={})
