"""The configuration package: one archive from which a fresh device becomes the same device (guide 7).

One rule: an archive is taken whole or not at all, and nothing of it is believed before everything is read.

Members: `ini.ini`, `<TLS context>.crt`, `.root`, `.pkey` (PKCS #8 under the package's password, only when one
was given), and the auxiliary files by their usual names."""

import gzip
import io
import re
import tarfile
import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Protocol, TypeVar

from sbcd.base.errors import Conflict, Invalid, SbcdError
from sbcd.base.vault import Vault
from sbcd.web.route import File, Level, Operation, Query, Request, Response, Route, User, described

T = TypeVar("T")

INI = "ini.ini"
LIMIT = 64 << 20
"""The largest package, in bytes, packed."""
UNPACKED = 256 << 20
MOST_MEMBERS = 400
_NAME = re.compile(r"[A-Za-z0-9_]{1,40}\.(ini|crt|root|pkey|dat|txt|json)")
PASSWORD = Query("password", "Encrypts the private keys of the package; without it they stay out.")


Reset = Callable[[User], Awaitable[Callable[[], Awaitable[None]]]]
"""Begins a reset; what comes back runs when the answer has left."""


class Part(Protocol):
    """A room whose files travel in the package."""

    def members(self, password: str | None) -> Iterable[tuple[str, bytes]]:
        """Names and bytes for a package."""
        ...

    def check(
        self, members: Mapping[str, bytes], password: str | None
    ) -> tuple[set[str], Mapping[str, bytes]]:
        """The names that belong to this room, and what is to be kept of them for the start.

        `Invalid`, naming the member, when one is wrong."""
        ...


def pack(members: Iterable[tuple[str, bytes]]) -> bytes:
    """The archive; same members, same bytes."""
    out = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w") as tar,
    ):
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o600
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def unpack(data: bytes) -> dict[str, bytes]:
    """The members of an archive; `Invalid` for links, devices, folders, strange names, bombs and garbage."""
    members: dict[str, bytes] = {}
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            plain = packed.read(UNPACKED + 1)
        if len(plain) > UNPACKED:
            raise Invalid(f"the package unpacks to more than {UNPACKED} bytes")
        with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as tar:
            for info in tar:
                name = info.name.removeprefix("./")
                if not info.isreg() or info.issparse() or not _NAME.fullmatch(name):
                    raise Invalid(f"{info.name[:80]!r} has no place in a configuration package")
                if name in members or len(members) == MOST_MEMBERS:
                    raise Invalid(f"{name}: stands twice, or there are more than {MOST_MEMBERS} members")
                file = tar.extractfile(info)
                members[name] = file.read() if file else b""
                if len(members[name]) != info.size:
                    raise Invalid(f"the package is broken off in {name}")
    except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError) as error:
        raise Invalid("not a gzipped tar archive, or a broken one") from error
    if not members:
        raise Invalid("the package is empty")
    return members


STAGE = "pending.tar.gz"


class Package:
    """Makes packages of this device, and keeps one that is to become the device at the next start."""

    def __init__(self, vault: Vault, parts: Iterable[Part]) -> None:
        self._vault, self._parts = vault, tuple(parts)
        self.taken = False
        """Whether a package is being checked, or waits for the reset."""

    def make(self, password: str | None) -> bytes:
        return pack(member for part in self._parts for member in part.members(password))

    def stage(self, data: bytes, password: str | None) -> None:
        """Checks a whole package and keeps it for the next start; `Invalid` and nothing has changed."""
        members = unpack(data)
        if INI not in members:
            raise Invalid(f"the package holds no {INI}")
        left, kept = set(members), dict[str, bytes]()
        for part in self._parts:
            taken, staged = part.check(members, password)
            left -= taken
            kept |= staged
        if left:
            raise Invalid(f"{min(left)} has no place in a configuration package")
        self._vault.replace(STAGE, pack(kept.items()))

    def abandon(self) -> None:
        """The package is not to become the device after all."""
        self._vault.remove(STAGE)
        self.taken = False

    @staticmethod
    def staged(vault: Vault) -> dict[str, bytes] | None:
        """The members of a package that waits to become the device (read at start)."""
        data = vault.read(STAGE)
        return unpack(data) if data else None

    @staticmethod
    def done(vault: Vault) -> None:
        """The package has become the device."""
        vault.remove(STAGE)


class Offload(Protocol):
    """Does slow work aside."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]: ...


def routes(package: Package, reset: Reset, offload: Offload) -> list[Route]:
    async def get(request: Request) -> Response:
        password = request.query.get("password") or None
        return Response(body=await offload(lambda: package.make(password)), media="application/octet-stream")

    async def put(request: Request) -> Response:
        upload = await request.upload(LIMIT)
        password = upload.fields.get("password") or request.query.get("password") or None
        if package.taken:
            raise Conflict("A configuration package is being loaded already")
        package.taken = True
        try:
            await offload(lambda: package.stage(upload.read(), password))
            answer = described("Device will reset now to activate new configuration")
            answer.then = await reset(request.user)
        except (SbcdError, OSError):  # wrong, or a reset is under way: nothing has changed (R8)
            package.abandon()
            raise
        return answer

    level, octets = Level.SECURITY_ADMINISTRATOR, "application/octet-stream"
    reading = Operation(level, get, "The configuration package", gives=octets, query=(PASSWORD,))
    writing = Operation(
        level,
        put,
        "Replaces the whole device by a package",
        takes=File,
        query=(PASSWORD,),
        statuses=(200, 400, 409),
        exclusive=True,
    )
    return [
        Route("/files/configurationPackage.tar.gz", get=reading, put=writing, help="Configuration package"),
        Route("/files/configurationPackage", get=reading, put=writing),
    ]
