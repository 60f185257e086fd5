"""The calls of this device put together: the room, the engine behind it, and the link between.

One rule: a command has one answer or a Conflict in time; facts are acknowledged when a crash of the device
cannot take what they were counted as any more."""

from __future__ import annotations

import asyncio
import itertools
import logging
import sys
from collections.abc import Callable
from datetime import datetime
from ipaddress import ip_address

import msgspec

from sbcd.base.errors import Conflict
from sbcd.base.vault import Vault
from sbcd.config.show import Show
from sbcd.config.snapshot import Snapshot
from sbcd.edge.engine import EngineProcess
from sbcd.edge.process import Process
from sbcd.rooms.alarms import Alarms
from sbcd.rooms.alarms.reporting import CdrParams
from sbcd.rooms.calls import contract, guarding
from sbcd.rooms.calls.factlog import Reader
from sbcd.rooms.calls.plan import DialPlan, Server, UserSecret
from sbcd.rooms.calls.planner import Around
from sbcd.rooms.calls.rehearsalapi import shows as rehearsal_shows
from sbcd.rooms.calls.room import Calls
from sbcd.rooms.calls.showing import Statistics, shows
from sbcd.rooms.calls.tables.settings import PortParams
from sbcd.rooms.calls.traceapi import shows as trace_shows
from sbcd.rooms.network.services import Dns2Ip, Srv2Ip
from sbcd.rooms.network.tables import InterfaceTable, NATTranslation
from sbcd.rooms.status import MediaComponent
from sbcd.rooms.system.tables import DnsParams
from sbcd.rooms.tls.tables import TLSContexts

_log = logging.getLogger("sbcd.calls")
ANSWERS_IN = 15.0
LOCALHOST = "127.0.0.1"
MOST_CALLS = 10_000  # at once, where no licence says less
NOWHERE = {"", "0.0.0.0", "::"}  # noqa: S104


class Calling:
    """The room `calls` and its engine."""

    def __init__(
        self,
        vault: Vault,
        process: Process,
        alarms: Alarms,
        network: str,
        own: str = LOCALHOST,
        capacity: Callable[[str], int] = lambda name: MOST_CALLS,
        dial_plans: Callable[[], tuple[DialPlan, ...]] = tuple,
        users: Callable[[Snapshot], tuple[UserSecret, ...]] = lambda running: (),
    ) -> None:
        """`capacity` is what the licence allows of each, `dial_plans` and `users` those loaded as files."""
        self._process = process
        self._capacity, self._dial_plans, self._users = capacity, dial_plans, users
        self._loopback = network == "loopback"
        self._own = own
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[contract.Up]] = {}
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(contract.Up).decode
        self._up, self._trouble = False, ""
        self._settled = asyncio.Event()  # it is known whether there is an engine
        self._begun = False
        self.reader = Reader()
        self.room = Calls(self, self.around, alarms, asyncio.Lock())
        self._statistics = Statistics()
        self.room.tell(self._statistics.heard)
        self.engine = EngineProcess(
            [sys.executable, "-m", "sbcd.engine", "--state", str(vault.root.absolute())],
            vault.path("run/engine.sock"),
            linked=lambda: None,
            heard=self._heard,
            lost=self._lost,
            failed=self._failed,
        )

    async def start(self) -> None:
        """The engine runs when this returns, and has no plan yet; or it is known that it does not start."""
        await self.engine.start()

    async def stop(self) -> None:
        """Ends the engine."""
        await self.engine.stop(self._encode(contract.Stop(0)))

    def tick(self, now: datetime) -> None:
        """Every few seconds."""
        self._process.spawn(self.room.tick())

    def certificates(self, index: int) -> None:
        """The credentials of a TLS context have changed."""
        if self._up:  # an engine that starts reads them anyway
            self._process.spawn(self.room.certificates(index))

    @property
    def busy(self) -> int:
        """How many calls are under way, as far as the facts tell (R11)."""
        return self.room.sessions.active

    def refuse(self) -> None:
        """New calls are refused from now on (R11)."""
        self._process.spawn(self.room.lock())

    def shows(self) -> list[Show]:
        """The show commands of calls."""
        return [
            *shows(self.room, self._statistics),
            *trace_shows(self.room.trace),
            *guarding.shows(self.room.blocked),
            *rehearsal_shows(self.room),
        ]

    async def told(self, words: str) -> bytes:
        """The output of one of the show commands."""
        show = next(show for show in self.shows() if show.words == words)
        told = show.run(())
        return (told if isinstance(told, str) else await told).encode()

    async def state(self) -> bytes:
        """The engine at a glance, as JSON."""
        return msgspec.json.encode(await self.room.state())

    def components(self) -> list[MediaComponent]:
        """The media relays (R30): the embedded one, when the plan gives it an address."""
        place = self.room.media_address
        if not place:
            return []
        state = "Connected" if self._up else "Disconnected"
        return [MediaComponent("0", "embedded", place, state, self.room.sessions.anchored)]

    # --- asking (room.Engine) ---

    async def ask(self, make: Callable[[int], contract.Command]) -> contract.Up:
        """The answer to a command. Raises Conflict when the engine does not answer."""
        number = next(self._numbers)
        future: asyncio.Future[contract.Up] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            async with asyncio.timeout(ANSWERS_IN):
                await self._settled.wait()
                if not self._up:
                    raise Conflict(self._trouble)
                self.engine.say(self._encode(make(number)))
                return await future
        except TimeoutError:
            raise Conflict("The call engine does not answer") from None
        finally:
            self._waiting.pop(number, None)

    # --- hearing ---

    def _heard(self, message: bytes) -> None:
        said = self._decode(message)
        match said:
            case contract.Facts():
                self.room.heard(self.reader.news(said))
            case contract.Hello():
                self._hello(said)
            case _:
                future = self._waiting.get(said.id)
                if future is not None and not future.done():
                    future.set_result(said)

    def acknowledge(self, engine: str, taken: int) -> None:
        """The engine may forget its facts up to this number."""
        if self._up:
            self.engine.say(self._encode(contract.Acknowledge(engine, taken)))

    def _hello(self, said: contract.Hello) -> None:
        again, self._begun = self._begun, True
        if self.reader.met(said.boot):
            self.room.renewed()
        self._up = True
        self._settled.set()
        if again:
            self._process.spawn(self._restore())

    async def _restore(self) -> None:
        """A link came back: the engine gets the plan (again)."""
        await self.room.begin()

    def _lost(self, why: str) -> None:
        _log.error("Lost the call engine: %s", why)
        self._up = False
        self._settled.clear()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(Conflict("The call engine ended; it is being started again"))
        self.room.alarming.engine_lost(why)

    def _failed(self, why: str) -> None:
        self._trouble = f"The call engine {why}"
        _log.error("%s", self._trouble)
        self._begun = True  # whenever one comes up it gets the plan
        self._up = False
        self._settled.set()
        self.room.alarming.engine_lost(self._trouble)

    # --- what the plan needs of other rooms ---

    def around(self, running: Snapshot) -> Around:
        """Addresses, TLS contexts and names of a configuration."""
        addresses: dict[str, tuple[str, str]] = {}
        for row in running.rows(InterfaceTable).values():
            text = str(row.ip_address)
            if text in NOWHERE:
                continue
            if self._loopback and text == LOCALHOST:
                text = self._own
            v4, v6 = addresses.get(row.name, ("", ""))
            addresses[row.name] = (v4, text) if ip_address(text).version == 6 else (text, v6)
        contexts = {row.name: index for index, row in running.rows(TLSContexts).items()}
        return Around(
            addresses,
            {
                r.interface: str(r.target_address)
                for r in running.rows(NATTranslation).values()
                if r.target_address
            },
            contexts,
            hosts=tuple(hosts(running)),
            services=tuple(services(running)),
            dns=tuple(name_servers(running)),
            spacing=running.params(PortParams).udp_port_spacing,
            cdr_level=running.params(CdrParams).level,
            capacity=self._capacity("SBC"),
            media_capacity=self._capacity("SBC-MEDIA"),
            user_capacity=self._capacity("FEU"),
            dial_plans=self._dial_plans(),
            users=self._users(running),
            loopback=self._loopback,
        )


def name_servers(running: Snapshot) -> list[str]:
    """The DNS servers of the interfaces, then those for interfaces without."""
    rows = running.rows(InterfaceTable).values()
    named = [text for row in rows for text in (str(row.primary_dns), str(row.secondary_dns))]
    standing = running.params(DnsParams)
    named += [str(standing.primary), str(standing.secondary)]
    return [text for text in dict.fromkeys(named) if text not in NOWHERE]


def hosts(running: Snapshot) -> list[tuple[str, tuple[str, ...]]]:
    """Dns2Ip."""
    return [
        (
            row.domain.lower(),
            tuple(str(a) for a in (row.first, row.second, row.third) if str(a) not in NOWHERE),
        )
        for row in running.rows(Dns2Ip).values()
    ]


def services(running: Snapshot) -> list[tuple[str, tuple[Server, ...]]]:
    """Srv2Ip."""
    found = []
    for row in running.rows(Srv2Ip).values():
        transport = row.transport_type.name.lower()
        entries = (
            (row.dns1, row.port1, row.priority1, row.weight1),
            (row.dns2, row.port2, row.priority2, row.weight2),
            (row.dns3, row.port3, row.priority3, row.weight3),
        )
        servers = tuple(Server(h, port, transport, p, w) for h, port, p, w in entries if h)
        found.append((row.domain.lower(), servers))
    return found
