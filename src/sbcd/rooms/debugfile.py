"""The debug file: what an engineer needs to know of a device, in one archive, without its secrets (R24).

One rule: a part that cannot be gathered is replaced by the reason; the file is made all the same."""

import io
import re
import tarfile
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import msgspec

from sbcd.base.clock import Clock
from sbcd.base.errors import Conflict, NotFound, SbcdError
from sbcd.base.vault import Vault
from sbcd.web.route import Level, Operation, Request, Response, Route, answer, described

KEPT = 5
"""Debug files kept; the oldest goes when one more is asked for."""
OBSCURED = re.compile(rb"\$1\$[A-Za-z0-9+/=]*")
_JOBS = "jobs.json"
_OCTETS = "application/octet-stream"

Part = Callable[[], bytes | Awaitable[bytes]]
"""Gathers one member of the archive."""


class Job(msgspec.Struct):
    """One debug file: asked for at `at`, ready or still being made."""

    id: str
    at: datetime
    core: bool
    ready: bool = False


class Wish(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """The body of POST /files/create/debugFile; real clients send the text "true" as well."""

    attach_core_dump: bool | str = False

    def __post_init__(self) -> None:
        if isinstance(self.attach_core_dump, str) and self.attach_core_dump.lower() not in {
            "true",
            "false",
            "",
        }:
            raise ValueError("attachCoreDump is true or false")

    @property
    def core(self) -> bool:
        return str(self.attach_core_dump).lower() == "true"


class Accepted(msgspec.Struct, rename="camel"):
    description: str
    transaction_id: str


class DebugFiles:
    """The jobs and their files; both outlive the process."""

    def __init__(
        self,
        vault: Vault,
        clock: Clock,
        parts: Mapping[str, Part],
        *,
        core_dumps: Mapping[str, Part],
        token: Callable[[], str],
        start: Callable[[Awaitable[None]], None],
    ) -> None:
        """`token` gives ids that cannot be guessed; `start` lets work go on beside requests."""
        self._vault, self._clock, self._parts, self._core = vault, clock, parts, core_dumps
        self._token, self._start = token, start
        stored = vault.read(_JOBS)
        self._jobs = msgspec.json.decode(stored, type=list[Job]) if stored else []

    def resume(self) -> None:
        """Makes what was asked for before a restart."""
        for job in self._jobs:
            if not job.ready:
                self._start(self._make(job))

    def create(self, core: bool) -> Job:
        """Asks for a file; 409 while as many as are kept are being made."""
        if sum(not job.ready for job in self._jobs) >= KEPT:
            raise Conflict(f"{KEPT} debug files are being made already; wait for one of them")
        job = Job(self._token(), self._clock.wall(), core)
        self._jobs.append(job)
        while len(self._jobs) > KEPT:
            oldest = next(old for old in self._jobs if old.ready)
            self._jobs.remove(oldest)
            self._vault.remove(f"{oldest.id}.tar.gz")
        self._save()
        self._start(self._make(job))
        return job

    def find(self, id_: str) -> Job:
        for job in self._jobs:
            if job.id == id_:
                return job
        raise NotFound(f"no debug file has the transaction id {id_[:40]!r}")

    def newest(self) -> Job | None:
        """The newest file that is ready."""
        return next((job for job in reversed(self._jobs) if job.ready), None)

    def asked(self) -> Job | None:
        """The newest file that was asked for."""
        return self._jobs[-1] if self._jobs else None

    def data(self, job: Job) -> bytes:
        data = self._vault.read(f"{job.id}.tar.gz")
        if data is None:
            raise NotFound(f"the debug file {job.id} is gone")
        return data

    async def _make(self, job: Job) -> None:
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:gz") as tar:
            for name, part in {**self._parts, **(self._core if job.core else {})}.items():
                content = await self._gather(part)
                info = tarfile.TarInfo(f"debug/{name}")
                info.size, info.mtime, info.mode = len(content), int(job.at.timestamp()), 0o600
                tar.addfile(info, io.BytesIO(content))
        self._vault.replace(f"{job.id}.tar.gz", out.getvalue())
        job.ready = True
        self._save()

    @staticmethod
    async def _gather(part: Part) -> bytes:
        try:
            content = part()
            content = content if isinstance(content, bytes) else await content
        except (SbcdError, OSError, ValueError, LookupError) as error:
            content = f"not available: {error}".encode()
        return OBSCURED.sub(b"(removed)", content)

    def _save(self) -> None:
        self._vault.replace(_JOBS, msgspec.json.encode(self._jobs))


class _Answers:
    """The handlers of the debug file's paths."""

    def __init__(self, files: DebugFiles) -> None:
        self.files = files

    async def create(self, request: Request) -> Response:
        job = self.files.create((await request.json(Wish)).core)
        body = Accepted("file debugFile is being created", job.id)
        return answer(body, 202, {"Location": f"/api/v1/files/status/{job.id}"})

    async def refuse_redundant(self, _: Request) -> Response:
        raise NotFound("there is no redundant unit: this device is not part of an HA system")

    async def status(self, request: Request) -> Response:
        job = self.files.find(request.params["id"])
        return Response(201, self.files.data(job), _OCTETS) if job.ready else Response(204)

    async def newest(self, _: Request) -> Response:
        job = self.files.newest()
        return Response(200, self.files.data(job), _OCTETS) if job else Response(204)

    async def told(self, _: Request) -> Response:
        job = self.files.asked()
        if job is None:
            return Response(204)
        return described(f"file 'debugFile' is {'ready' if job.ready else 'being created'}")


def routes(files: DebugFiles) -> list[Route]:
    do, admin = _Answers(files), Level.ADMINISTRATOR
    make = Operation(
        admin, do.create, "Starts to make a debug file", Wish, Accepted, statuses=(202, 400, 409)
    )
    make_there = Operation(
        admin, do.refuse_redundant, "Debug file of the redundant unit", statuses=(202, 404, 409)
    )
    fetch = Operation(
        admin, do.status, "The debug file of a transaction", None, _OCTETS, statuses=(201, 204, 404)
    )
    last = Operation(admin, do.newest, "The newest debug file", None, _OCTETS, statuses=(200, 204))
    away = Operation(
        admin, do.refuse_redundant, "The redundant unit's debug file", None, _OCTETS, statuses=(200, 204, 404)
    )
    tell = Operation(Level.MONITOR, do.told, "Whether the debug file is ready", statuses=(200, 204))
    return [
        Route("/files/create/debugFile", post=make),
        Route("/files/create/debugFileRedundant", post=make_there),
        Route("/files/status/{id}", get=fetch),
        Route("/files/debugFile", get=last, help="Debug file"),
        Route("/files/debugFileRedundant", get=away, help="Debug file of the redundant unit"),
        Route("/status/debugFile", get=tell),
    ]
