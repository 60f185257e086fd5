"""/files/tls and below (guide, "TLS Context Files"; R29).

One rule: answers say what is; a private key is never part of one."""

from typing import Literal

import msgspec

from sbcd.base.errors import NotFound
from sbcd.rooms.tls.issue import Subject
from sbcd.rooms.tls.store import ContextFiles
from sbcd.web.route import (
    File,
    Handler,
    Level,
    Operation,
    Query,
    Request,
    Response,
    Route,
    answer,
    described,
)

KEY_LIMIT = 64 << 10
CHAIN_LIMIT = 256 << 10
ROOTS_LIMIT = 2 << 20
PEM = "application/octet-stream"
BASE = "/files/tls"
_STORED = "Trusted root store was successfully changed"


class Context(msgspec.Struct):
    """One line of GET /files/tls."""

    id: str
    name: str
    url: str


class Listing(msgspec.Struct):
    """GET /files/tls."""

    tls: list[Context]


class Part(msgspec.Struct):
    """One file of a context."""

    id: str
    description: str
    url: str


class Parts(msgspec.Struct):
    """GET /files/tls/<id>."""

    items: list[Part]


class KeyState(msgspec.Struct):
    """GET privateKey: bits (0: there is none), and whether key and certificate fit."""

    size: int
    valid: bool


class KeySize(msgspec.Struct, forbid_unknown_fields=True):
    """POST privateKey/generate: 512, 768, 1024, 2048 or 4096 bits."""

    size: int = 1024


class Signing(Subject, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """POST certificate/request."""

    signature_algorithm: Literal["sha1", "sha256", "sha512"] = "sha1"


def routes(files: ContextFiles) -> list[Route]:
    """The whole tree; every level is Security Administrator."""
    return [*_indexes(files), *_key(files), *_certificate(files), *_trusted(files)]


def _of(request: Request) -> int:
    """The context a request names."""
    text = request.params["id"]
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise NotFound(f"TLS context {text[:40]} does not exist")
    return int(text)


def _done(what: str, besides: str = "") -> Response:
    """The guide's sentence, and what the operator should know besides."""
    return described(f"{what}; {besides}" if besides else what)


def _read(run: Handler, summary: str, gives: type[msgspec.Struct] | str, *statuses: int) -> Operation:
    return Operation(Level.SECURITY_ADMINISTRATOR, run, summary, gives=gives, statuses=(200, 404, *statuses))


def _write(
    run: Handler,
    summary: str,
    takes: type[msgspec.Struct] | type[File],
    gives: str | None = None,
    query: tuple[Query, ...] | None = None,
) -> Operation:
    return Operation(
        Level.SECURITY_ADMINISTRATOR,
        run,
        summary,
        takes=takes,
        gives=gives,
        query=query,
        statuses=(200, 400, 404, 409),
        exclusive=True,
    )


def _indexes(files: ContextFiles) -> list[Route]:
    async def contexts(_: Request) -> Response:
        return answer(
            Listing([Context(str(index), name, f"/api/v1{BASE}/{index}") for index, name in files.contexts()])
        )

    async def parts(request: Request) -> Response:
        index = _of(request)
        files.key_state(index)
        named = (
            ("privateKey", "Private key"),
            ("certificate", "TLS certificate"),
            ("trustedRoot", "Trusted root"),
        )
        return answer(Parts([Part(id_, text, f"/api/v1{BASE}/{index}/{id_}") for id_, text in named]))

    return [
        Route(BASE, help="TLS context files", get=_read(contexts, "The TLS contexts", Listing)),
        Route(f"{BASE}/{{id}}", get=_read(parts, "The files of a TLS context", Parts)),
    ]


def _key(files: ContextFiles) -> list[Route]:
    async def state(request: Request) -> Response:
        return answer(KeyState(*files.key_state(_of(request))))

    async def put(request: Request) -> Response:
        index = _of(request)
        files.key_state(index)
        upload = await request.upload(KEY_LIMIT)
        password = upload.fields.get("password") or request.query.get("password")
        told = await files.put_key(index, upload.read(), password)
        return _done("Private key was successfully changed", told)

    async def generate(request: Request) -> Response:
        index = _of(request)
        files.key_state(index)
        wanted = await request.json(KeySize)
        told = await files.generate_key(index, wanted.size)
        return _done("Private key was successfully generated", told)

    password = Query("password", "The password of an encrypted private key; a form field is as good.")
    return [
        Route(
            f"{BASE}/{{id}}/privateKey",
            get=_read(state, "Size and validity of the private key", KeyState),
            put=_write(put, "Uploads a private key (PEM)", File, query=(password,)),
        ),
        Route(
            f"{BASE}/{{id}}/privateKey/generate",
            post=_write(generate, "Generates a private key on the device", KeySize),
        ),
    ]


def _certificate(files: ContextFiles) -> list[Route]:
    async def get(request: Request) -> Response:
        return Response(200, files.certificate(_of(request)).encode(), media=PEM)

    async def put(request: Request) -> Response:
        index = _of(request)
        files.key_state(index)
        content = (await request.upload(CHAIN_LIMIT)).read()
        return _done("Certificate was successfully changed", files.put_certificate(index, content))

    async def generate(request: Request) -> Response:
        index = _of(request)
        files.key_state(index)
        await files.self_sign(index, await request.json(Subject))
        return described("Self-signed certificate was successfully generated")

    async def sign(request: Request) -> Response:
        index = _of(request)
        files.key_state(index)
        wanted = await request.json(Signing)
        made = await files.request(index, wanted, wanted.signature_algorithm)
        return Response(200, made.encode(), media=PEM)

    path = f"{BASE}/{{id}}/certificate"
    return [
        Route(
            path,
            get=_read(get, "Downloads the certificate with its chain", PEM),
            put=_write(put, "Uploads a certificate with its chain (PEM)", File),
        ),
        Route(f"{path}/generate", post=_write(generate, "Makes a self-signed certificate", Subject)),
        Route(f"{path}/request", post=_write(sign, "Makes a certificate signing request", Signing, PEM)),
    ]


def _trusted(files: ContextFiles) -> list[Route]:
    async def get(request: Request) -> Response:
        return Response(200, files.roots(_of(request)).encode(), media=PEM)

    async def put(request: Request) -> Response:
        return await _take(request, add=False)

    async def more(request: Request) -> Response:
        return await _take(request, add=True)

    async def _take(request: Request, *, add: bool) -> Response:
        index = _of(request)
        files.key_state(index)
        content = (await request.upload(ROOTS_LIMIT)).read()
        told = files.put_roots(index, content, add=add)
        done = "Trusted root certificate was successfully added" if add else _STORED
        return _done(done, told)

    path = f"{BASE}/{{id}}/trustedRoot"
    return [
        Route(
            path,
            get=_read(get, "Downloads the trusted root store", PEM),
            put=_write(put, "Replaces the trusted root store (PEM)", File),
        ),
        Route(f"{path}/incremental", put=_write(more, "Adds to the trusted root store (PEM)", File)),
    ]
