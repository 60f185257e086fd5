"""Alarms and all who have to do with them, as the device has them: raised by the machine's state, kept in the
journal, told to whoever listens.

One rule: this is wiring. It decides nothing; it says who hears whom."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from datetime import tzinfo
from functools import partial

from sbcd import __version__
from sbcd.base import log
from sbcd.base.clock import Clock
from sbcd.base.vault import Vault
from sbcd.config.show import Show
from sbcd.config.store import Follower, Store
from sbcd.edge import machine, ntp
from sbcd.edge.process import Process
from sbcd.notifying import Identity, Notifying, follow
from sbcd.rooms import health
from sbcd.rooms.activity import Activity
from sbcd.rooms.alarms import Alarms, Journal, alarm_type, api, notices, shows
from sbcd.rooms.health import Health, Load
from sbcd.rooms.system.local import LocalTime, local_time
from sbcd.rooms.system.ntp import Answer, Ntp
from sbcd.web.route import Route, User

LOCKED = alarm_type("acgwAdminStateChange")
BOARD = "Board#1"


class Watching:
    """`followers` follow the configuration; `activity` logs what users do."""

    def __init__(
        self,
        vault: Vault,
        clock: Clock,
        process: Process,
        ring: log.Ring,
        serial: str,
        address: str,
        network: str,
        client: Callable[[int], ssl.SSLContext] | None = None,
    ) -> None:
        """`address` is where managers may ask; `network` is that of the command line; `client` makes
        the TLS contexts of our own connections."""
        self._process = process
        self._loop = asyncio.get_running_loop()
        self._zone: tzinfo = LocalTime()
        room = vault.room("alarms")
        self.alarms = Alarms(clock, Journal(room.path("alarms.db"), machine.boot_id()))
        self._ended = False
        there = partial(reach, network)
        identity = Identity(lambda: serial, __version__, lambda: address, there)
        self.notifying = Notifying(self.alarms, clock, room, identity, self._refused, client)
        self.activity = Activity(self.alarms)
        self.ntp = Ntp(self.alarms, clock, self._ask(there), process.spawn)
        self._health = Health(
            self.alarms, lambda: Load(*machine.usage(vault.root)), machine.links, self._link_moved
        )
        self.followers: list[Follower] = [self.notifying, self.activity, self.ntp]
        follow(ring, self.notifying)

    def routes(self) -> list[Route]:
        return api.routes(self.alarms, lambda: self._zone)

    def shows(self) -> list[Show]:
        return [
            *shows.shows(self.alarms, lambda: self._zone),
            self._health.show(),
            Show("system ntp-status", "Whether the time servers answer.", lambda words: self.ntp.status()),
        ]

    def troubled(self, text: str) -> None:
        """Something went wrong with the configuration beyond a refusal."""
        health.troubled(self.alarms, text)

    def blocked(self, text: str) -> None:
        """Somebody was locked out; from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(health.blocked, self.alarms, text)

    def entered(self, user: User) -> None:
        """Somebody logged in; from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.activity.entered, user)

    def refused(self, user: User) -> None:
        """Somebody was refused; from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.activity.refused, user)

    def begin(self, store: Store, locked: Callable[[], str]) -> None:
        """The device is at work: it says so, and from now on it is watched."""
        self._follow(store)
        store.tell(lambda change, epoch: self._follow(store))
        store.witness(self.activity.changed)
        health.started(self.alarms)
        self._process.every(10, self._health.tick)
        self._process.every(1, self.ntp.tick)
        self._process.every(1, self.notifying.tick)
        self._process.every(1, lambda now: self._admin_state(locked()))

    def end(self, reset: bool) -> None:
        """The device ends in good order: what was wrong with it ends too (R15)."""
        if reset:
            health.resetting(self.alarms)
        self._ended = True

    async def close(self) -> None:
        await self.notifying.close()
        if self._ended:  # only now: what is raised while everything closes ends with it
            self.alarms.forget()
        self.alarms.close()

    def _follow(self, store: Store) -> None:
        self._zone = local_time(store.running)
        health.reset_needed(self.alarms, store.reset_needed)

    def _admin_state(self, why: str) -> None:
        if why:
            self.alarms.raise_(LOCKED, BOARD, why)
        else:
            self.alarms.clear(LOCKED, BOARD, "The device is unlocked")

    def _refused(self) -> None:
        self.notifying.standard(notices.AUTHENTICATION_FAILURE)

    def _link_moved(self, name: str, up: bool) -> None:
        self.notifying.link(up, machine.link_index(name))

    def _ask(self, there: Callable[[str], str]) -> Callable[[str, ntp.Key | None], Awaitable[Answer]]:
        async def ask(server: str, key: ntp.Key | None) -> Answer:
            return Answer(server, *await ntp.ask(there(server), self._process.offload, key=key))

        return ask


def reach(network: str, host: str) -> str:
    """Where an address of the configuration is: on the loopback network a.b.c.d is 127.b.c.d, and names are
    not looked up. OSError for those."""
    if network == "host" or host.startswith("127.") or host in {"localhost", "::1"}:
        return host
    parts = host.split(".")
    if len(parts) == 4 and all(part.isdecimal() for part in parts):
        return ".".join(["127", *parts[1:]])
    if ":" in host:
        return "::1"
    raise OSError(f"{host} is not reached on the loopback network")
