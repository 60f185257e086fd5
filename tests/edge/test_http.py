"""The server seen from its socket: refusals before bodies, connections that live on, limits, slow clients."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from sbcd.base.spool import Spool
from sbcd.edge import http
from sbcd.edge.http import Application, Listeners
from sbcd.web.dispatch import Tree
from sbcd.web.route import File, Level, Operation, Request, Response, Route, User, described

GOOD = "Authorization: good"
FORM = "Content-Type: multipart/form-data; boundary=X"


async def who(authorization: str | None, address: str) -> User | None:
    return User("Admin", 200, address) if authorization == "good" else None


async def hello(request: Request) -> Response:
    return described("hello")


async def address(request: Request) -> Response:
    return described(request.user.address)


async def take(request: Request) -> Response:
    file = await request.upload(1000)
    return described(f"{file.size} bytes")


async def post(request: Request) -> Response:
    return described(f"{len(await request.body(100000))} bytes")


async def stream(request: Request) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        for number in range(3):
            yield b"%d" % number

    return Response(body=pieces(), media="application/octet-stream")


async def large(request: Request) -> Response:
    return Response(body=b"x" * 50_000_000, media="application/octet-stream")


class Served:
    """A listener in a thread of its own; `most` is the largest number of bytes an upload held in memory."""

    def __init__(self, folder: Path) -> None:
        tree = Tree(who, lambda: None)
        blob = folder / "blob"
        blob.write_bytes(b"x" * 300_000)

        async def download(request: Request) -> Response:
            return Response(body=blob, media="application/octet-stream")

        get = Operation(Level.MONITOR, hello, "")
        tree.add(
            [
                Route("/hello", get),
                Route("/address", Operation(Level.MONITOR, address, "")),
                Route("/secret", Operation(Level.MASTER, hello, ""), put=Operation(Level.MASTER, take, "")),
                Route("/file", Operation(Level.MONITOR, download, "", gives="application/octet-stream")),
                Route("/large", Operation(Level.MONITOR, large, "", gives="application/octet-stream")),
                Route("/upload", put=Operation(Level.MONITOR, take, "", takes=File)),
                Route("/post", post=Operation(Level.MONITOR, post, "")),
                Route("/stream", Operation(Level.MONITOR, stream, "", gives="application/octet-stream")),
            ]
        )
        self._application = Application(tree, lambda: Spool(folder / "spool"))
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        self._ready.wait(10)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        listeners = Listeners(self._application)
        self.port = await listeners.listen("127.0.0.1", 0)
        self._ready.set()
        await self._over.wait()
        await listeners.close(0.1)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)


class Client:
    """A socket and what came over it."""

    def __init__(self, port: int) -> None:
        self.door = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.file = self.door.makefile("rb")

    def send(self, *lines: str, body: bytes = b"") -> None:
        self.door.sendall(
            "\r\n".join([lines[0] + " HTTP/1.1", "Host: d", *lines[1:], "", ""]).encode() + body
        )

    def answer(self, body: bool = True) -> tuple[int, dict[str, str], bytes]:
        status = int(self.file.readline().split()[1])
        headers = {}
        while (line := self.file.readline().decode().strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        length = int(headers.get("content-length", "0")) if body else 0
        return status, headers, self.file.read(length)

    def closed(self) -> bool:
        try:
            return self.file.read(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        self.file.close()
        self.door.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    server = Served(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def client(served: Served) -> Iterator[Client]:
    client = Client(served.port)
    yield client
    client.close()


def hello_again(client: Client) -> None:
    """The same connection still serves."""
    client.send("GET /api/v1/hello", GOOD)
    assert client.answer()[2] == b'{"description":"hello"}'


@pytest.mark.parametrize(
    ("line", "headers", "status"),
    [
        ("PUT /api/v1/upload", [], 401),
        ("PUT /api/v1/nowhere", [GOOD], 404),
        ("PUT /api/v1/hello", [GOOD], 405),
        ("PUT /api/v1/secret", [GOOD], 403),
        ("PUT /api/v1/upload", [GOOD, "Accept: text/html"], 406),
    ],
)
def test_r1_refused_with_a_small_body_the_connection_lives_on(
    client: Client, line: str, headers: list[str], status: int
) -> None:
    client.send(line, *headers, "Content-Length: 5", body=b"12345")
    assert client.answer()[0] == status
    hello_again(client)


def test_r1_a_large_upload_is_refused_before_it_is_sent(client: Client) -> None:
    """The answer comes while 500 MB are still to come; then the connection ends, and nothing is lost."""
    client.send("PUT /api/v1/upload", "Content-Length: 500000000", body=b"x" * 100_000)
    status, headers, body = client.answer()
    assert (status, headers["connection"], body) == (401, "close", b'{"description":"REST login failed"}')
    client.door.sendall(b"x" * 1_000_000)  # who does not look at the answer yet does no harm


def test_a_large_upload_within_rights_is_refused_by_its_length(client: Client) -> None:
    client.send(
        "PUT /api/v1/upload",
        GOOD,
        "Content-Length: 1000000000",
        FORM,
    )
    status, _, body = client.answer()
    assert status == 400
    assert b"larger than the 1000 bytes" in body


def test_expect_100_continue(client: Client) -> None:
    expect = "Expect: 100-continue"
    client.send("POST /api/v1/post", GOOD, "Content-Length: 5", expect)
    assert client.file.readline() + client.file.readline() == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.door.sendall(b"12345")
    assert client.answer()[2] == b'{"description":"5 bytes"}'
    client.send("PUT /api/v1/hello", GOOD, "Content-Length: 5", expect)
    status, headers, _ = client.answer()  # the final answer at once, and no ambiguity what follows
    assert (status, headers["connection"]) == (405, "close")
    assert client.closed()


def test_a_client_is_where_its_connection_comes_from(client: Client) -> None:
    """Blocking and access lists go by the address, so no header may change it."""
    client.send("GET /api/v1/address", GOOD, "X-Forwarded-For: 203.0.113.9")
    assert b"127.0.0.1" in client.answer()[2]


def test_head_is_get_without_its_body(client: Client) -> None:
    client.send("HEAD /api/v1/hello", GOOD)
    status, headers, _ = client.answer(body=False)
    assert (status, headers["content-length"], headers["content-type"]) == (200, "23", "application/json")
    client.send("HEAD /api/v1/file", GOOD)
    assert client.answer(body=False)[1]["content-length"] == "300000"
    hello_again(client)


def test_r9_downloads_carry_their_length(client: Client) -> None:
    client.send("GET /api/v1/file", GOOD, "Accept: application/json")
    status, headers, body = client.answer()
    assert (status, headers["content-type"], len(body)) == (200, "application/octet-stream", 300_000)
    hello_again(client)


def test_r6_a_get_with_a_body_is_answered_and_the_body_drained(client: Client) -> None:
    client.send("GET /api/v1/hello", GOOD, "Content-Length: 9", body=b'{"a": 12}')
    assert client.answer()[0] == 200
    hello_again(client)


def test_pipelined_requests_are_answered_in_order(client: Client) -> None:
    for _ in range(3):
        client.send("GET /api/v1/hello", GOOD)
        client.send("GET /api/v1/nowhere", GOOD)
    assert [client.answer()[0] for _ in range(6)] == [200, 404] * 3


def test_chunked_bodies_both_ways(client: Client) -> None:
    client.send(
        "POST /api/v1/post", GOOD, "Transfer-Encoding: chunked", body=b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    assert client.answer()[2] == b'{"description":"5 bytes"}'
    client.send("GET /api/v1/stream", GOOD)
    assert client.answer()[1]["transfer-encoding"] == "chunked"
    assert client.file.read(23) == b"1\r\n0\r\n1\r\n1\r\n1\r\n2\r\n0\r\n\r\n"


@pytest.mark.parametrize("size", [70_000, 1_000_000])
def test_headers_beyond_their_limit(client: Client, size: int) -> None:
    try:
        client.send("GET /api/v1/hello", GOOD, "X-Long: " + "x" * size)
        assert client.file.readline().startswith(b"HTTP/1.1 400")
    except (ConnectionResetError, BrokenPipeError):
        assert size > 100_000, "who sends that much may find the door shut"


@pytest.mark.parametrize(
    "noise", [b"\0\1\2\3 nonsense\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00"]
)
def test_what_is_not_http_gets_one_sentence(client: Client, noise: bytes) -> None:
    client.door.sendall(noise)
    status, headers, body = client.answer()
    assert (status, headers["content-type"]) == (400, "application/json")
    assert body.startswith(b'{"description":"')
    assert client.closed()


def test_slow_clients_are_cut(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(http, "BODY_IDLE", 0.3)
    silent, dribbling, idle = Client(served.port), Client(served.port), Client(served.port)
    idle.send("POST /api/v1/post", GOOD, "Content-Length: 5", body=b"12")
    begun = time.monotonic()
    dribbling.door.sendall(b"GET /api/v1/hello HTTP/1.1\r\n")
    for _ in range(20):
        time.sleep(0.05)
        try:
            dribbling.door.sendall(b"X: y\r\n")
        except OSError:
            break
    assert silent.closed()
    assert dribbling.closed()
    assert idle.answer()[0] == 408
    assert idle.closed()
    assert time.monotonic() - begun < 5
    for one in (silent, dribbling, idle):
        one.close()


def test_who_does_not_read_is_cut(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "WRITE_IDLE", 0.3)
    client = Client(served.port)
    client.send("GET /api/v1/large", GOOD)
    time.sleep(1)
    with pytest.raises((ConnectionResetError, AssertionError)):
        assert len(client.answer()[2]) == 50_000_000
    client.close()


def test_who_reads_slowly_is_served(served: Served) -> None:
    client = Client(served.port)
    client.send("GET /api/v1/large", GOOD)
    assert len(client.answer()[2]) == 50_000_000
    hello_again(client)
    client.close()


def test_a_skipped_body_that_never_comes_does_not_hold_the_connection(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "HEAD_SECONDS", 0.3)
    client = Client(served.port)
    client.send("PUT /api/v1/hello", GOOD, "Content-Length: 5000", body=b"1")
    assert client.answer()[0] == 405
    client.door.sendall(b"1")
    assert client.closed()
    client.close()


def test_an_upload_broken_off_leaves_nothing(served: Served, client: Client, tmp_path: Path) -> None:
    """R8."""
    client.send(
        "PUT /api/v1/upload", GOOD, "Content-Length: 900", FORM,
        body=b"--X\r\n\r\n" + b"a" * 300,
    )  # fmt: skip
    time.sleep(0.1)
    client.close()
    fresh = Client(served.port)
    hello_again(fresh)
    fresh.close()
    assert not list((tmp_path / "spool").glob("*"))
