"""GET and PUT /files/ini, PUT /files/ini/incremental (guide 8.2, R7-R10, R25-R28).

One rule: a file becomes the configuration as a whole, or is refused with every problem it has."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

import msgspec

from sbcd.base.errors import InvalidConfig, Problem
from sbcd.config import check, ini, ini_writer, loading
from sbcd.config.catalogue import catalogue
from sbcd.config.ini import Loaded
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Change, Snapshot
from sbcd.config.store import Store
from sbcd.web.route import File, Level, Operation, Request, Response, Route, User, described

LIMIT = 20 << 20  # bytes of an INI file; the largest public one has 48 kB
SMALL = 1 << 14  # bytes that are read without leaving the loop
MOST_NAMED = 200

FULL = "Device will reset now to activate new configuration"
INCREMENTAL = "Incremental INI file was loaded"

Offload = Callable[[Callable[[], Any]], Awaitable[Any]]
Reset = Callable[[User], Awaitable[Callable[[], Awaitable[None]]]]


class Described(msgspec.Struct):
    description: str


class Configuration:
    """The configuration as INI files. `header`: lines about the device, for the top of an export.

    `activity` is told what was done by whom."""

    def __init__(
        self,
        store: Store,
        offload: Offload,
        header: Callable[[], Iterable[str]] = lambda: (),
        activity: Callable[[str, User], None] = lambda what, user: None,
    ) -> None:
        self._store = store
        self._offload = offload
        self._header = header
        self._activity = activity

    def text(self) -> bytes:
        """The running configuration as a whole INI file; secrets are obscured in it (R34)."""
        return ini_writer.write(self._store.running, self._store.schema, catalogue(), self._header())

    async def export(self) -> bytes:
        """The same, written elsewhere than in the loop."""
        return bytes(await self._offload(self.text))

    async def replace(self, data: bytes, by: User) -> str:
        """Replaces everything by a file, and saves it (R25); InvalidConfig or Conflict, and nothing has
        changed. What is to be answered; the reset is up to the caller."""

        def work() -> tuple[Loaded, Snapshot]:
            loaded = self._read(data)
            return loaded, loading.full(self._store.schema, loaded)

        loaded, new = await self._offload(work)
        await self._change(loaded, lambda running: new, by, save=True, heavy=len(data) > SMALL)
        self._activity("INI file loaded", by)
        return FULL + _noted(loaded)

    def examine(self, data: bytes) -> None:
        """InvalidConfig when this file could not replace everything; changes nothing."""
        loaded = self._read(data)
        change = Change(self._store.running, loading.full(self._store.schema, loaded))
        if found := self._store.check(change):
            raise loading.placed(InvalidConfig(found), loaded)

    async def merge(self, data: bytes, by: User) -> str:
        """Merges a file into what runs (R26); InvalidConfig or Conflict, and nothing has changed."""
        heavy = len(data) > SMALL
        loaded = await self._offload(lambda: self._read(data)) if heavy else self._read(data)
        edit = partial(_merged, loaded=loaded)
        await self._change(loaded, edit, by, save=False, heavy=heavy)
        self._activity("Incremental INI file loaded", by)
        return INCREMENTAL + (_noted(loaded) or ".")

    def _read(self, data: bytes) -> Loaded:
        return ini.read(data, self._store.schema, catalogue())

    async def _change(
        self, loaded: Loaded, edit: Callable[[Snapshot], Snapshot], by: User, *, save: bool, heavy: bool
    ) -> None:
        try:
            await self._store.change(edit, by, save=save, heavy=heavy)
        except InvalidConfig as error:
            raise loading.placed(error, loaded) from error


def _merged(running: Snapshot, loaded: Loaded) -> Snapshot:
    return loading.incremental(running, loaded)


def _noted(loaded: Loaded) -> str:
    """What of a file does nothing here: carried names (R27), rows that became inactive."""
    notes = []
    if loaded.marked:
        notes.append(f"Inactive rows: {_listed(str(problem) for problem in loaded.marked)}")
    if loaded.carried:
        notes.append(f"Carried without effect: {_listed(loaded.carried)}")
    return "".join(f". {note}" for note in notes) + ("." if notes else "")


def _listed(names: Iterable[str]) -> str:
    told = list(names)
    more = len(told) - MOST_NAMED
    return ", ".join(told[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def problems(data: bytes, schema: Schema) -> list[Problem]:
    """Every problem of an INI file as a full load, by the declarations alone (no device is asked)."""
    try:
        loaded = ini.read(data, schema, catalogue())
    except InvalidConfig as error:
        return list(error.problems)
    new = loading.full(schema, loaded)
    found = check.problems(Change(Snapshot.empty(), new), schema.tables)
    return list(loading.placed(InvalidConfig(found), loaded).problems)


READ = partial(
    Operation,
    Level.SECURITY_ADMINISTRATOR,
    summary="The running configuration as an INI file",
    gives="application/octet-stream",
)
REPLACE = partial(
    Operation,
    Level.SECURITY_ADMINISTRATOR,
    summary="Replaces the configuration by an INI file, saves it and resets",
    takes=File,
    gives=Described,
    statuses=(200, 400, 409),
    exclusive=True,
)
MERGE = partial(
    Operation,
    Level.SECURITY_ADMINISTRATOR,
    summary="Merges an INI file into the running configuration, without a reset",
    takes=File,
    gives=Described,
    statuses=(200, 400, 409),
    exclusive=True,
)


def routes(configuration: Configuration, reset: Reset) -> list[Route]:
    """`reset` begins a reset without saving; what it gives runs when the answer has left."""

    async def get(request: Request) -> Response:
        return Response(body=await configuration.export(), media="application/octet-stream")

    async def put(request: Request) -> Response:
        upload = await request.upload(LIMIT)
        response = described(await configuration.replace(upload.read(), request.user))
        response.then = await reset(request.user)
        return response

    async def put_incremental(request: Request) -> Response:
        upload = await request.upload(LIMIT)
        return described(await configuration.merge(upload.read(), request.user))

    return [
        Route("/files/ini", get=READ(get), put=REPLACE(put), help="INI configuration file"),
        Route("/files/ini/incremental", put=MERGE(put_incremental)),
    ]
