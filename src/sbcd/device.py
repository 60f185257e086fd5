"""The roof: builds the device in order, holds the lists of everything there is, and runs it until its end.

One rule: this is the only place where rooms, crafts and edges meet; each line reads as a sentence."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sbcd import __version__, diagnosis, overview, shown, topology
from sbcd.access import Access
from sbcd.base import log
from sbcd.base.appender import Appender
from sbcd.base.clock import Clock
from sbcd.base.errors import Conflict
from sbcd.base.spool import Spool
from sbcd.base.vault import Vault
from sbcd.browser import Browser
from sbcd.calling import Calling
from sbcd.config.cli import Grammar
from sbcd.config.journal import Journal
from sbcd.config.schema import Schema
from sbcd.config.store import Follower, Store
from sbcd.declared import DECLARED
from sbcd.doors import Doors, keys
from sbcd.edge.http import Application, Listeners
from sbcd.edge.machine import mac_address, serial_number
from sbcd.edge.process import Process, notify
from sbcd.edge.rsa import generate
from sbcd.edge.tls import Contexts
from sbcd.filing import Filing, IniPart, TlsPart
from sbcd.measured import Kpis
from sbcd.rooms import actions, apidocs, configuration, index, shell, status
from sbcd.rooms.activity import audited
from sbcd.rooms.calls import checks as calls_checks
from sbcd.rooms.calls.api import routes as calls_routes
from sbcd.rooms.calls.rehearsalapi import routes as rehearsal_routes
from sbcd.rooms.calls.tables.diagnostics import CallTestParams
from sbcd.rooms.calls.tables.peers import IPGroup
from sbcd.rooms.calls.traceapi import routes as trace_routes
from sbcd.rooms.calls.trialapi import routes as trials_routes
from sbcd.rooms.license import Identity
from sbcd.rooms.locking import Locking
from sbcd.rooms.network import checks as network_checks
from sbcd.rooms.reset import Reset
from sbcd.rooms.system.tables import StateParams
from sbcd.rooms.tls import routes as tls_routes
from sbcd.rooms.tls import shows as tls_shows
from sbcd.rooms.users import bearers, hashed, masters
from sbcd.rules import Rules
from sbcd.watching import Watching
from sbcd.web.dispatch import Tree
from sbcd.web.route import Route, User

_log = logging.getLogger("sbcd.device")

STARTS_IN = 20.0
"""Seconds a change waits for a device that is still starting."""

FIRST = User("--ini", 0, "", "CLI")
"""Who loads the configuration of the first start."""


@dataclass(frozen=True, slots=True)
class Options:
    """The command line of `sbcd run`. Addresses as (host, port); `ini` is loaded on the first start only.
    `make_key` makes RSA keys of so many bits, as PEM."""

    state: Path
    http: tuple[str, int]
    https: tuple[str, int]
    ini: Path | None = None
    network: str = "loopback"
    own: str = "127.0.0.1"
    make_key: Callable[[int], str] = generate


class Device:
    """Everything there is, in the order in which it depends on each other."""

    def __init__(self, options: Options, ring: log.Ring) -> None:
        self.options, self.ring = options, ring
        self.clock = Clock()
        self._started = asyncio.Event()
        self.vault = Vault(options.state)
        self.identity = Identity(serial_number(self.vault), mac_address())
        self.process = Process(self.clock.wall)
        self.watching = Watching(
            self.vault,
            self.clock,
            self.process,
            ring,
            self.identity.serial,
            options.http[0],
            options.network,
            lambda index: self.contexts.client(index, verify=True, name=True),
        )
        self.alarms = self.watching.alarms
        self.contexts = Contexts(self.vault.room("tls"))
        self.https = self.contexts.listener(0)
        around = self.process, self.alarms, self.clock, self.identity
        self.tls = keys(self.vault, self.contexts, self.https, *around, options.make_key)
        self.tls.tell(lambda index: self.calling.certificates(index))
        self.access = Access(
            self.vault, self.clock, self.process, self.watching, self.contexts, self.identity.serial
        )
        self.kpis = Kpis(self.vault, self.clock, self.process, self.alarms)
        self.files = Filing(self.vault, self.clock, self.process, self.alarms, self.identity, self.kpis.used)
        self.calling = self._calling()
        self.kpis.join(self.calling, self.files.license.used)
        self.schema = Schema(DECLARED)
        self.store = store_of(self)
        self.overview = overview.Overview(self.store, self.clock, self.identity)
        self.reset = self._reset()
        self.locking = locking_of(self)
        self._interfaces()

    def _interfaces(self) -> None:
        """What people and programs use it by: files, scripts, pages, the tree."""
        activity, offload = self.watching.activity, self.process.offload
        self.configuration = configuration.Configuration(
            self.store, offload, self.header, partial(activity, code="ini")
        )
        ha, running = (lambda: self.status().highAvailability), (lambda: self.store.running)
        shows = shown.shows(running, self.header, self.clock.uptime, ha)
        shows += [*tls_shows(self.tls.files, self.clock.wall), *self.watching.shows()]
        shows += [*self.calling.shows(), *self.files.shows(), *topology.shows(self.store)]
        self.shell = shell.Shell(
            Grammar(self.schema),
            self.store,
            [*shows, *self.locking.shows()],
            offload,
            activity,
            self.clock.monotonic,
            {"admin": self.locking.command},
        )
        self.browser = Browser(self.clock, self.access, self.store, activity)
        who, page, by_certificate = self.access.authenticate, self.browser.user_of, self.access.by_certificate
        self.access.obey(lambda: self.store.running)
        self.store.judges.append(masters)
        session = lambda exchange: page(exchange) or by_certificate(exchange)  # noqa: E731
        self.tree = Tree(who, self.busy, session=session, ready=self.ready)
        self.listeners = Listeners(Application(self.tree, self.spool, self.browser.tree))
        self.doors = Doors(self.listeners, self.options.http, self.options.https, self.https)
        self.tree.add(audited(self.routes(), self.watching.activity))

    def _calling(self) -> Calling:
        """Calls, as many as the licence allows, with the dial plans that were loaded as files."""
        license_, plans = self.files.license, self.files.dial_plans
        options = self.options
        calling = Calling(
            self.vault,
            self.process,
            self.alarms,
            options.network,
            options.own,
            capacity=license_.capacity,
            dial_plans=plans,
            users=self.files.users,
        )
        self.files.tell(calling.room.again)
        return calling

    def _reset(self) -> Reset:
        end, told = self.process.reset, partial(self.watching.activity, code="dr")
        calls, refuse, spawn = lambda: self.calling.busy, self.calling.refuse, self.process.spawn
        return Reset(self.store, self.clock, end, calls, refuse, spawn=spawn, activity=told)

    def _followers(self) -> list[Follower]:
        """Who follows the configuration, in order: whom others rely on first, the doors before the calls."""
        return [
            Rules(network_checks.problems, calls_checks.problems),
            *self.watching.followers,
            *self.access.followers,
            self.tls.following,
            self.kpis.settings,
            self.doors,
            self.calling.room,
        ]

    def routes(self) -> list[Route]:
        """All of the tree; the order is that of the index pages."""
        routes = index.routes(self.tree.children)
        routes += actions.routes(self.reset, self.save, self.access.tokens.issue)
        routes += bearers.routes(self.access.bearers)
        routes += status.routes(self.status, self.calling.components)
        routes += apidocs.routes(lambda: self.tree.routes, __version__)
        routes += configuration.routes(self.configuration, lambda by: self.reset.begin(False, 0, by))
        routes += shell.routes(self.shell, self.reset)
        routes += tls_routes(self.tls.files)
        routes += calls_routes(self.calling.room.calls, self.group_name)
        routes += trials_routes(self.calling.room, self.test_digits, self.files.tone)
        routes += rehearsal_routes(self.calling.room)
        routes += trace_routes(self.calling.room.trace)
        routes += topology.routes(self.store)
        routes += self.watching.routes()
        routes += self.kpis.routes()
        routes += self.files.routes(
            diagnosis.of(self),
            IniPart(self.configuration),
            TlsPart(self.tls, self.contexts),
            lambda save, by: self.reset.begin(save, 0, by),
        )
        return routes

    def test_digits(self) -> str:
        """What a test call plays when it is not told."""
        return self.store.running.params(CallTestParams).digits

    def group_name(self, index: int) -> str:
        """What an IP group is called."""
        row = self.store.running.row(IPGroup, index)
        return row.name if row is not None else ""

    def spool(self) -> Spool:
        return Spool(self.vault.path("run/uploads/x").parent)

    def busy(self) -> str | None:
        """Why the device may not be changed now, or None (R10)."""
        return "The device is resetting" if self.reset.pending else None

    def status(self) -> status.Status:
        locked = self.reset.pending or self.locking.closed
        return self.overview.status(locked=locked, upgrade=self.files.software.status)

    def locked(self) -> str:
        """Why the device takes no calls, or nothing."""
        if self.reset.pending:
            return "The device is locked: it waits for a reset and takes no new calls"
        return self.locking.why

    def header(self) -> list[str]:
        """What stands at the top of an exported INI file."""
        features = self.files.license.description().removeprefix("Key features: ").replace(" ; ", " ;")
        return overview.header(self.status(), features)

    async def save(self, by: User) -> None:
        """Saves the running configuration."""
        await self.store.save()
        self.watching.activity("The configuration was saved", by, "fb")

    async def start(self) -> None:
        """Everything in its order; REST answers as soon as users and certificates are known, while the call
        engine still comes up. Then the service manager is told. `OSError` when a port is taken."""
        engine = asyncio.ensure_future(self.calling.start())
        await self.files.arrive(lambda ini: self.configuration.replace(ini, FIRST))
        fresh = await hashed(self.store.running, self.process.offload)
        if fresh is not self.store.running:
            await self.store.change(lambda _: fresh, save=not self.store.save_needed)
        self.store.followers = self._followers()
        if self.store.new and self.options.ini is not None:
            await first(self, self.options.ini.read_bytes())
        await self.store.start()
        self.doors.raise_trouble()
        await engine
        begin(self)
        self._started.set()
        notify("READY=1")

    async def ready(self) -> None:
        """Returns when the device has started; `Conflict` when that takes too long."""
        if self._started.is_set():
            return
        try:
            async with asyncio.timeout(STARTS_IN):
                await self._started.wait()
        except TimeoutError:
            raise Conflict("The device is still starting") from None

    async def close(self) -> None:
        notify("STOPPING=1")
        await self.listeners.close()
        await self.process.close()
        await self.calling.stop()
        self.kpis.close()
        await self.watching.close()


def store_of(device: Device) -> Store:
    """The running configuration, with all who follow it in the order in which they do."""
    folder = device.vault.room("config")

    def open_log(name: str, size: int | None) -> Appender:
        return Appender(folder.path(name), size)

    return Store(
        device.schema,
        Journal(folder, open_log, device.schema),
        asyncio.Lock(),
        prepare=[device.access.accounts.prepare, calls_checks.ends],
        offload=device.process.offload,
        shield=shield,
        spawn=device.process.spawn,
        told=device.watching.troubled,
    )


def locking_of(device: Device) -> Locking:
    """Who locks and unlocks the device; a new call engine is locked again."""
    room = device.calling.room
    made = Locking(
        device.clock.monotonic,
        lambda: device.calling.busy,
        room.lock,
        room.unlock,
        room.clear,
        lambda: device.store.running.params(StateParams).admin_state_lock_control,
        spawn=device.process.spawn,
        resetting=lambda: device.reset.pending,
        activity=partial(device.watching.activity, code="dr"),
    )
    room.tell(lambda fact: None, made.renewed)
    return made


async def first(device: Device, ini: bytes) -> None:
    """The configuration of the first start. One that is refused leaves a device that never had any."""
    try:
        await device.configuration.replace(ini, FIRST)
    except BaseException:
        folder = device.vault.room("config")
        for name in folder.names():
            folder.remove(name)
        raise


def begin(device: Device) -> None:
    """What is done again and again."""
    device.files.start()
    device.process.every(1, lambda now: device.listeners.tick())
    device.process.every(0.2, device.reset.tick)
    device.process.every(0.2, device.locking.tick)
    device.process.every(60, device.tls.watch.tick)
    device.process.every(60, device.access.policy.tick)
    device.process.every(5, device.calling.tick)
    device.process.every(1, device.kpis.tick)
    device.process.every(0.1, device.kpis.collect)
    device.watching.begin(device.store, device.locked)


async def shield(work: Awaitable[Any]) -> Any:
    """Lets a change of the configuration finish when who asked for it has gone."""
    return await asyncio.shield(work)


async def live(options: Options, ring: log.Ring) -> bool:
    """One life of the device; True when it ends in a reset."""
    device = Device(options, ring)
    try:
        await device.start()
        await device.process.until_over()
        device.watching.end(device.process.restart)
    finally:
        await device.close()
    return device.process.restart
