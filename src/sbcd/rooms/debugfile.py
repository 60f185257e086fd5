"""The debug file: what an engineer needs to know of a device, in one archive, without its secrets (R24).

One rule: a part that cannot be gathered is replaced by the reason; the file is made all the same."""

import io
import logging
import re
import tarfile
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from sbcd.base.clock import Clock
from sbcd.base.errors import Conflict, NotFound
from sbcd.base.vault import Vault
from sbcd.web.route import Level, Operation, Request, Response, Route, answer, described

_log = logging.getLogger("sbcd.debugfile")

KEPT = 5
"""Debug files kept; the oldest goes when one more is asked for."""
OBSCURED = re.compile(rb"\$1\$[A-Za-z0-9+/=]*")
_JOBS = "jobs.json"
_OCTETS = "application/octet-stream"

Part = Callable[[], bytes | Path | Awaitable[bytes]]
"""Gathers one member of the archive; a file too large for memory is a path."""


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
        core_dumps: Callable[[], Mapping[str, Part]],
        token: Callable[[], str],
        start: Callable[[Awaitable[None]], None],
        aside: Callable[[Callable[[], None]], Awaitable[None]],
    ) -> None:
        """`core_dumps` looks for them; `token` gives ids that cannot be guessed; `start` lets work go on
        beside requests, `aside` does it in a thread."""
        self._vault, self._clock, self._parts, self._core = vault, clock, parts, core_dumps
        self._token, self._start, self._aside = token, start, aside
        stored = vault.read(_JOBS)
        self._jobs = msgspec.json.decode(stored, type=list[Job]) if stored else []
        self._left = [job for job in self._jobs if not job.ready]

    def resume(self) -> None:
        """Makes what was asked for before a restart; what is asked for while the device starts is being
        made already."""
        left, self._left = self._left, []
        for job in left:
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
        try:
            self._save()
        except OSError:  # a full disk
            self._jobs.remove(job)
            raise
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
        try:
            parts = dict(self._parts) | (dict(self._core()) if job.core else {})
            gathered = {name: await self._gather(part) for name, part in parts.items()}
            await self._aside(lambda: self._pack(job, gathered))
        except BaseException as error:
            if isinstance(error, Exception):  # a full disk; a device that ends makes it when it comes back
                self._jobs.remove(job)
                _log.error("Cannot make debug file %s: %s", job.id, error)
                self._save()
            raise
        job.ready = True
        self._save()

    def _pack(self, job: Job, gathered: Mapping[str, bytes | Path]) -> None:
        """Writes the archive beside its place; at most one member is in memory twice."""
        place = self._vault.path(f".new-{job.id}")
        try:
            with place.open("wb") as file, tarfile.open(fileobj=file, mode="w:gz") as tar:
                for name, content in gathered.items():
                    info = tarfile.TarInfo(f"debug/{name}")
                    info.mtime, info.mode = int(job.at.timestamp()), 0o600
                    with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as source:
                        info.size = source.seek(0, io.SEEK_END)
                        source.seek(0)
                        tar.addfile(info, source)
            self._vault.install(place, f"{job.id}.tar.gz")
        finally:
            place.unlink(missing_ok=True)

    @staticmethod
    async def _gather(part: Part) -> bytes | Path:
        """What a part tells, without obscured secrets; whatever goes wrong in it is told in its place."""
        try:
            content = part()
            if isinstance(content, Path):
                return content
            content = content if isinstance(content, bytes) else await content
        except Exception as error:
            content = f"not available: {error or type(error).__name__}".encode()
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
