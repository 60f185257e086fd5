"""The roof: builds the device in order, holds the lists of everything there is, and runs it until its end.

One rule: this is the only place where rooms, crafts and edges meet; each line reads as a sentence."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from sbcd import __version__
from sbcd.base import log
from sbcd.base.clock import Clock
from sbcd.base.credentials import Credentials
from sbcd.base.errors import Conflict
from sbcd.base.spool import Spool
from sbcd.base.vault import Vault
from sbcd.browser import Browser
from sbcd.edge.http import Application, Listeners
from sbcd.edge.process import Process, notify
from sbcd.edge.tls import Contexts
from sbcd.rooms import actions, index, pending, status
from sbcd.rooms.users import Account, Tokens, Users, passwords
from sbcd.web.dispatch import Tree
from sbcd.web.route import Level, Route, User

_log = logging.getLogger("sbcd.device")


@dataclass(frozen=True, slots=True)
class Options:
    """The command line of `sbcd run`. Addresses as (host, port); `ini` is loaded on the first start only."""

    state: Path
    http: tuple[str, int]
    https: tuple[str, int]
    ini: Path | None = None
    network: str = "loopback"


class Device:
    """Everything there is, in the order in which it depends on each other."""

    def __init__(self, options: Options, ring: log.Ring) -> None:
        self.options = options
        self.ring = ring
        self.clock = Clock()
        self.vault = Vault(options.state)
        self.process = Process(self.clock.wall)
        self.users = Users(self.clock, self.process.offload)
        self.tokens = Tokens(self.clock)
        self.browser = Browser(self.clock, self.users, self.tokens, lambda: 900.0)
        self.tree = Tree(self.users.authenticate, self.busy, session=self.browser.user_of)
        self.listeners = Listeners(Application(self.tree, self.spool, self.browser.tree))
        self.contexts = Contexts(self.vault.room("tls"))
        self.tree.add(self.routes())

    def routes(self) -> list[Route]:
        """All of the tree; the order is that of the index pages."""
        routes = index.routes(self.tree.children)
        routes += actions.routes(self, self.save, self.tokens.issue)
        routes += status.routes(self.status)
        return routes + pending.routes({route.path for route in routes})

    def spool(self) -> Spool:
        return Spool(self.vault.path("run/uploads/x").parent)

    def busy(self) -> str | None:
        """Why the device may not be changed now, or None (R10)."""
        return None

    def status(self) -> status.Status:
        return status.Status(
            localTimeStamp=status.local_time(self.clock.wall(), timedelta()),
            ipAddress=self.options.http[0],
            subnetMask=None,
            defaultGateway=None,
            productType="sbcd",
            versionID=__version__,
            operationalState="UNLOCKED",
            highAvailability="Not Operational",
            serialNumber="0",
            macAddress=None,
            systemUpTime=self.clock.uptime(),
            saveNeeded=False,
            resetNeeded=False,
        )

    async def save(self, by: User) -> None:
        """Saves the running configuration."""

    async def begin(self, save: bool, graceful: int, by: User) -> Callable[[], Awaitable[None]]:
        if self.process.restart:
            raise Conflict("The device is resetting already")
        if save:
            await self.save(by)
        return self.process.reset

    async def start(self) -> None:
        """Configuration, certificates, listeners; then the service manager is told."""
        accounts = {
            name: Account(name, await self.process.offload(partial(passwords.digest, name)), level)
            for name, level in (("Admin", Level.SECURITY_ADMINISTRATOR), ("User", Level.MONITOR))
        }
        self.users.take(accounts)
        if Credentials.read(self.vault.room("tls"), 0) is None:
            from sbcd.edge.selfsigned import credentials

            credentials(self.options.http[0]).write(self.vault.room("tls"), 0)
        self.contexts.load(0)
        host, port = self.options.http
        _log.info("Listening on http://%s:%d", host, await self.listeners.listen(host, port))
        host, port = self.options.https
        listener = self.contexts.listener(0)
        _log.info("Listening on https://%s:%d", host, await self.listeners.listen(host, port, listener))
        self.listeners.tick()
        self.process.every(1, lambda now: self.listeners.tick())
        notify("READY=1")

    async def close(self) -> None:
        notify("STOPPING=1")
        await self.listeners.close()
        await self.process.close()


async def live(options: Options, ring: log.Ring) -> bool:
    """One life of the device; True when it ends in a reset."""
    device = Device(options, ring)
    try:
        await device.start()
        await device.process.until_over()
    finally:
        await device.close()
    return device.process.restart
