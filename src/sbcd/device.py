"""The roof: builds the device in order, holds the lists of everything there is, and runs it until its end.

One rule: this is the only place where rooms, crafts and edges meet; each line reads as a sentence."""

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sbcd import __version__, diagnosis, overview, shown
from sbcd.access import Access
from sbcd.base import log
from sbcd.base.appender import Appender
from sbcd.base.clock import Clock
from sbcd.base.spool import Spool
from sbcd.base.vault import Vault
from sbcd.browser import Browser
from sbcd.calling import Calling
from sbcd.config.cli import Grammar
from sbcd.config.journal import Journal
from sbcd.config.schema import Schema
from sbcd.config.store import Store
from sbcd.declared import DECLARED
from sbcd.edge.http import Application, Listeners
from sbcd.edge.machine import mac_address, serial_number
from sbcd.edge.process import Process, notify
from sbcd.edge.tls import Contexts, generate_rsa
from sbcd.filing import Filing, IniPart, TlsPart
from sbcd.measured import Kpis
from sbcd.rooms import actions, apidocs, configuration, index, pending, shell, status
from sbcd.rooms.calls import checks as calls_checks
from sbcd.rooms.debugfile import Part
from sbcd.rooms.license import Identity
from sbcd.rooms.network import checks as network_checks
from sbcd.rooms.reset import Reset
from sbcd.rooms.system.tables import WebParams
from sbcd.rooms.tls import Tls
from sbcd.rooms.tls import routes as tls_routes
from sbcd.rooms.tls import shows as tls_shows
from sbcd.rooms.users import hashed
from sbcd.rules import Rules
from sbcd.watching import Watching
from sbcd.web.dispatch import Tree
from sbcd.web.route import Route, User

_log = logging.getLogger("sbcd.device")

FIRST = User("--ini", 0, "", "CLI")
"""Who loads the configuration of the first start."""


@dataclass(frozen=True, slots=True)
class Options:
    """The command line of `sbcd run`. Addresses as (host, port); `ini` is loaded on the first start only."""

    state: Path
    http: tuple[str, int]
    https: tuple[str, int]
    ini: Path | None = None
    network: str = "loopback"
    own: str = "127.0.0.1"


class Device:
    """Everything there is, in the order in which it depends on each other."""

    def __init__(self, options: Options, ring: log.Ring) -> None:
        self.options, self.ring = options, ring
        self.clock = Clock()
        self.vault = Vault(options.state)
        self.identity = Identity(serial_number(self.vault), mac_address())
        self.process = Process(self.clock.wall)
        self.watching = Watching(
            self.vault, self.clock, self.process, ring, self.identity.serial, options.http[0], options.network
        )
        self.alarms = self.watching.alarms
        self.contexts = Contexts(self.vault.room("tls"))
        self.https = self.contexts.listener(0)
        self.tls = self._tls()
        self.access = Access(
            self.vault, self.clock, self.process, self.watching, self.contexts, self.identity.serial
        )
        self.kpis = Kpis(self.vault, self.clock, self.process, self.alarms)
        self.files = Filing(self.vault, self.clock, self.process, self.alarms, self.identity, self.kpis.used)
        self.calling = Calling(self.vault, self.process, self.alarms, options.network, options.own)
        self.kpis.join(self.calling.room, self.files.license.used)
        self.schema = Schema(DECLARED)
        self.store = self._store()
        self.reset = self._reset()
        activity = self.watching.activity
        self.configuration = configuration.Configuration(
            self.store, self.process.offload, self.header, activity
        )
        shows = shown.shows(lambda: self.store.running, self.header, self.clock.uptime)
        shows += [*tls_shows(self.tls.files, self.clock.wall), *self.watching.shows()]
        shows += self.calling.shows()
        self.shell = shell.Shell(Grammar(self.schema), self.store, shows, self.process.offload, activity)
        self.browser = Browser(self.clock, self.access, self.store)
        self.tree = Tree(self.access.sign_on.authenticate, self.busy, session=self.browser.user_of)
        self.listeners = Listeners(Application(self.tree, self.spool, self.browser.tree))
        self.tree.add(self.routes())

    def _reset(self) -> Reset:
        end, told = self.process.reset, partial(self.watching.activity, code="dr")
        calls, refuse, spawn = lambda: self.calling.busy, self.calling.refuse, self.process.spawn
        return Reset(self.store, self.clock, end, calls, refuse, spawn=spawn, activity=told)

    def _store(self) -> Store:
        """The running configuration, with all who follow it in the order in which they do."""
        folder = self.vault.room("config")

        def open_log(name: str, size: int | None) -> Appender:
            return Appender(folder.path(name), size)

        return Store(
            self.schema,
            Journal(folder, open_log, self.schema),
            asyncio.Lock(),
            followers=[
                Rules(network_checks.problems, calls_checks.problems),
                *self.watching.followers,
                *self.access.followers,
                self.tls.following,
                self.kpis.settings,
                self.calling.room,
            ],
            prepare=[self.access.accounts.prepare, calls_checks.ends],
            offload=self.process.offload,
            shield=shield,
            spawn=self.process.spawn,
            told=self.watching.troubled,
        )

    def _tls(self) -> Tls:
        """Keys and certificates; what changes serves the next connection."""

        def demand(wanted: bool) -> None:
            self.https.mutual = wanted

        room = Tls(
            self.vault.room("tls"),
            self.contexts.check,
            generate_rsa,
            self.process.offload,
            self.alarms,
            self.clock,
            device=self.identity.mac.upper() or overview.PRODUCT,
            demands=lambda running: running.params(WebParams).https_client_certificate,
            demand=demand,
        )
        room.tell(self.contexts.load)
        room.tell(lambda index: self.calling.certificates(index))
        return room

    def routes(self) -> list[Route]:
        """All of the tree; the order is that of the index pages."""
        routes = index.routes(self.tree.children)
        routes += actions.routes(self.reset, self.save, self.access.tokens.issue)
        routes += status.routes(self.status, self.calling.components)
        routes += apidocs.routes(lambda: self.tree.routes, __version__)
        routes += configuration.routes(self.configuration, lambda by: self.reset.begin(False, 0, by))
        routes += shell.routes(self.shell, self.reset)
        routes += tls_routes(self.tls.files)
        routes += self.watching.routes()
        routes += self.kpis.routes()
        routes += self.files.routes(
            self._diagnosis(),
            IniPart(self.configuration),
            TlsPart(self.tls, self.contexts),
            lambda save, by: self.reset.begin(save, 0, by),
        )
        return routes + pending.routes({route.path for route in routes})

    def _diagnosis(self) -> dict[str, Part]:
        """The members of a debug file."""
        answers = {
            "status": self.status,
            "alarms-active": lambda: list(self.alarms.active.values()),
            "alarms-history": lambda: list(self.alarms.history.values()),
        }
        return diagnosis.parts(log=self.ring.lines, ini=self.configuration.text, answers=answers, others={})

    def spool(self) -> Spool:
        return Spool(self.vault.path("run/uploads/x").parent)

    def busy(self) -> str | None:
        """Why the device may not be changed now, or None (R10)."""
        return "The device is resetting" if self.reset.pending else None

    def status(self) -> status.Status:
        upgrade = self.files.software.status
        locked = self.reset.pending
        return overview.status(self.store, self.clock, self.identity, locked=locked, upgrade=upgrade)

    def header(self) -> list[str]:
        """What stands at the top of an exported INI file."""
        told = self.status()
        return [
            f"Board: {told.productType}",
            f"Serial Number: {told.serialNumber}",
            f"Software Version: {told.versionID}",
            f"Board IP Address: {told.ipAddress or '0.0.0.0'}",  # noqa: S104 - the device's word for none
            f"Board Subnet Mask: {told.subnetMask or '0.0.0.0'}",  # noqa: S104
            f"Board Default Gateway: {told.defaultGateway or '0.0.0.0'}",  # noqa: S104
        ]

    async def save(self, by: User) -> None:
        """Saves the running configuration."""
        await self.store.save()
        self.watching.activity("The configuration was saved", by, "fb")

    async def start(self) -> None:
        """Configuration, certificates, listeners; then the service manager is told."""
        await self.calling.start()
        fresh = await hashed(self.store.running, self.process.offload)
        if fresh is not self.store.running:
            await self.store.change(lambda _: fresh, save=not self.store.save_needed)
        await self.files.arrive(lambda ini: self.configuration.replace(ini, FIRST))
        if self.store.new and self.options.ini is not None:
            await self.configuration.replace(self.options.ini.read_bytes(), FIRST)
        await self.store.start()
        self.listeners.tick()
        if not self.store.running.params(WebParams).https_only:
            await self._listen("http", *self.options.http, None)
        await self._listen("https", *self.options.https, self.https)
        self.files.start()
        self.process.every(1, lambda now: self.listeners.tick())
        self.process.every(0.2, self.reset.tick)
        self.process.every(60, self.tls.watch.tick)
        self.process.every(60, self.access.policy.tick)
        self.process.every(5, self.calling.tick)
        self.process.every(1, self.kpis.tick)
        self.process.every(0.1, self.kpis.collect)
        self.watching.begin(self.store, lambda: self.reset.pending)
        notify("READY=1")

    async def _listen(self, scheme: str, host: str, port: int, context: Any) -> None:
        found = await self.listeners.listen(host, port, context)
        _log.info("Listening on %s://%s:%d", scheme, host, found)

    async def close(self) -> None:
        notify("STOPPING=1")
        await self.listeners.close()
        await self.process.close()
        await self.calling.stop()
        self.kpis.close()
        await self.watching.close()


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
