"""SNMP: notifications to managers, and the agent they may ask.

One rule: pysnmp works in a thread with a loop of its own, started when the first manager or the agent is
configured, because encoding and encrypting a notification takes milliseconds that calls and REST must not
wait for. Every change of the settings makes new engines; keys live as long as their engine."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from sbcd.edge.outbox import Outbox

if TYPE_CHECKING:
    from pysnmp.entity.engine import SnmpEngine

    from sbcd.edge.snmpagent import Agent

_log = logging.getLogger("sbcd.snmp")

Varbind = tuple[str, Literal["integer", "octets", "oid", "ticks"], int | bytes | str]
"""OID, kind and value of one object."""


@dataclass(frozen=True, slots=True)
class Community:
    """SNMPv2c: who knows the word is trusted."""

    word: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class UsmUser:
    """SNMPv3 (RFC 3414). The protocols are the numbers of the SNMPUsers table; keys are pass phrases of at
    least 8 characters, or localized keys as colon-separated hex."""

    name: str
    auth: int = 0
    priv: int = 0
    auth_key: str = field(default="", repr=False)
    priv_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Manager:
    """One destination. `inform` asks for an answer and repeats itself `retries` times, `timeout` seconds
    apart; `alive`: it gets the signs of life, and nothing else."""

    host: str
    port: int
    who: Community | UsmUser
    inform: bool = False
    timeout: float = 2.0
    retries: int = 5
    alive: bool = False


@dataclass(frozen=True, slots=True)
class Asking:
    """Who may ask the agent, and where it listens. `trusted` names addresses; nobody named is everybody."""

    host: str
    port: int
    who: tuple[Community | UsmUser, ...]
    trusted: frozenset[str] = frozenset()


Objects = Callable[[], Sequence[tuple[tuple[int, ...], str, int | bytes | str]]]
"""What the agent shows: all its objects, ascending by OID; called in the thread of SNMP."""


class Snmp:
    """The device as an SNMP engine. `engine_id` and `boots` (how often it started) as RFC 3411 and RFC 3414
    want them; `objects` are what the agent shows, `refused` is called in the loop when somebody asked with
    wrong credentials."""

    def __init__(self, engine_id: bytes, boots: int, objects: Objects, refused: Callable[[], None]) -> None:
        self._engine_id, self._boots = engine_id, boots
        self._objects, self._refused = objects, refused
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._settings: tuple[tuple[Manager, ...], Asking | None] = ((), None)
        self._inside = _Inside(engine_id, boots)

    @property
    def trouble(self) -> dict[str, str]:
        """For each manager that could not be told lately: why."""
        return dict(self._inside.trouble)

    @property
    def lost(self) -> int:
        """Notifications given up since the settings last changed."""
        return self._inside.lost

    async def configure(self, managers: Sequence[Manager], asking: Asking | None = None) -> None:
        """From now on it is these. OSError when the agent's port is in use; then nothing has changed."""
        settings = (tuple(managers), asking)
        if settings == self._settings:
            return
        if self._loop is None:
            self._start()
        main = asyncio.get_running_loop()

        def refused() -> None:
            if not main.is_closed():
                main.call_soon_threadsafe(self._refused)

        await self._within(self._inside.configure(*settings, self._objects, refused))
        self._settings = settings

    def send(self, varbinds: Sequence[Varbind], *, alive: bool = False) -> None:
        """Tells every manager; never waits. The first two objects are sysUpTime and snmpTrapOID."""
        if self._loop and self._settings[0]:
            self._loop.call_soon_threadsafe(self._inside.put, tuple(varbinds), alive)

    async def close(self, grace: float = 0.5) -> None:
        """Ends it; notifications that wait are given `grace` seconds."""
        if self._loop is None or self._thread is None:
            return
        await self._within(self._inside.close(grace))
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join)
        self._loop = self._thread = None
        self._settings = ((), None)

    def _start(self) -> None:
        loop = asyncio.new_event_loop()

        def run() -> None:
            asyncio.set_event_loop(loop)  # pysnmp asks for the current loop
            loop.set_exception_handler(_stumbled)
            loop.run_forever()
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

        self._loop = loop
        self._thread = threading.Thread(target=run, name="snmp", daemon=True)
        self._thread.start()

    async def _within(self, work: Coroutine[Any, Any, None]) -> None:
        assert self._loop
        future: Future[None] = asyncio.run_coroutine_threadsafe(work, self._loop)
        await asyncio.wrap_future(future)


def _stumbled(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """pysnmp stumbles over some datagrams; whoever sends those must not fill the log."""
    _log.debug("SNMP stumbled: %s", type(context.get("exception")).__name__)


class _Inside:
    """What lives in the thread."""

    def __init__(self, engine_id: bytes, boots: int) -> None:
        self._engine_id, self._boots = engine_id, boots
        self._engine: SnmpEngine | None = None
        self._agent: Agent | None = None
        self._asking: Asking | None = None
        self._managers: tuple[Manager, ...] = ()
        self._boxes: dict[Manager, Outbox[tuple[Varbind, ...]]] = {}
        self._objects: Objects = tuple

    @property
    def trouble(self) -> dict[str, str]:
        return {
            f"{manager.host}:{manager.port}": box.trouble
            for manager, box in list(self._boxes.items())
            if box.trouble
        }

    @property
    def lost(self) -> int:
        return sum(box.lost for box in list(self._boxes.values()))

    async def configure(
        self,
        managers: tuple[Manager, ...],
        asking: Asking | None,
        objects: Objects,
        refused: Callable[[], None],
    ) -> None:
        if asking != self._asking:
            await self._ask(asking, objects, refused)
        if managers != self._managers:
            await self._end_sending(0.2)
            self._managers = managers
            if managers:
                self._engine = engine(self._engine_id, self._boots)
                for manager in managers:
                    self._boxes[manager] = Outbox(partial(_deliver, self._engine, manager), tries=2)

    def put(self, varbinds: tuple[Varbind, ...], alive: bool) -> None:
        for manager, box in self._boxes.items():
            if manager.alive == alive:
                box.put(varbinds)

    async def close(self, grace: float) -> None:
        await self._end_sending(grace)
        if self._agent:
            await self._agent.close()
        self._agent = None

    async def _ask(self, asking: Asking | None, objects: Objects, refused: Callable[[], None]) -> None:
        from sbcd.edge.snmpagent import Agent

        old, before = self._agent, self._asking
        if old:
            await old.close()
        self._agent, self._asking = None, None
        try:
            if asking:
                self._agent = Agent(engine(self._engine_id, self._boots), asking, objects, refused)
                self._asking = asking
        except Exception:
            if before:
                self._agent = Agent(engine(self._engine_id, self._boots), before, objects, refused)
                self._asking = before
            raise

    async def _end_sending(self, grace: float) -> None:
        await asyncio.gather(*(box.stop(grace) for box in self._boxes.values()))
        self._boxes = {}
        if self._engine:
            self._engine.close_dispatcher()
            await asyncio.sleep(0)
        self._engine, self._managers = None, ()


class Unanswered(Exception):
    """An inform that nobody answered, or that was answered with an error."""


async def _deliver(sender: "SnmpEngine", manager: Manager, varbinds: tuple[Varbind, ...]) -> None:
    from pysnmp.hlapi.v3arch import asyncio as hlapi

    six = ":" in manager.host
    target = await (hlapi.Udp6TransportTarget if six else hlapi.UdpTransportTarget).create(
        (manager.host, manager.port), timeout=manager.timeout, retries=manager.retries
    )
    sent: Awaitable[Any] = hlapi.send_notification(
        sender,
        credentials(manager.who),
        target,
        hlapi.ContextData(),
        "inform" if manager.inform else "trap",
        *(hlapi.ObjectType(hlapi.ObjectIdentity(oid), value(kind, it)) for oid, kind, it in varbinds),
        lookupMib=False,
    )
    trouble, status, _, _ = await sent
    if trouble or status:
        raise Unanswered(str(trouble or status))


def engine(engine_id: bytes, boots: int) -> "SnmpEngine":
    """An engine with our identity. It is set by hand, because pysnmp would keep the boots in /tmp."""
    from pysnmp.entity.engine import SnmpEngine

    made = SnmpEngine()
    identity, started = made.get_mib_builder().import_symbols(
        "__SNMP-FRAMEWORK-MIB", "snmpEngineID", "snmpEngineBoots"
    )
    identity.syntax = identity.syntax.clone(engine_id)
    started.syntax = started.syntax.clone(boots)
    made.snmpEngineID = identity.syntax
    return made


def value(kind: str, plain: int | bytes | str) -> Any:
    """A value as SNMP types it."""
    from pysnmp.proto import rfc1902

    types = {
        "integer": rfc1902.Integer32,
        "octets": rfc1902.OctetString,
        "oid": rfc1902.ObjectIdentifier,
        "ticks": rfc1902.TimeTicks,
    }
    return types[kind](plain)


def key(text: str) -> Any:
    """(key, is localized): a pass phrase, or a localized key written as aa:bb:cc."""
    parts = text.split(":")
    if len(parts) >= 16 and all(len(part) == 2 for part in parts):
        try:
            return bytes(int(part, 16) for part in parts), True
        except ValueError:
            pass
    return text, False


def credentials(who: Community | UsmUser) -> Any:
    """What pysnmp authenticates with."""
    from pysnmp.hlapi.v3arch import asyncio as hlapi
    from pysnmp.proto.rfc1902 import OctetString

    if isinstance(who, Community):
        return hlapi.CommunityData(who.word, mpModel=1)  # noqa: S508  # the operator chose v2c
    kinds = {True: hlapi.USM_KEY_TYPE_LOCALIZED, False: hlapi.USM_KEY_TYPE_PASSPHRASE}
    (auth, auth_localized), (priv, priv_localized) = key(who.auth_key), key(who.priv_key)
    return hlapi.UsmUserData(
        who.name,
        (OctetString(auth) if auth_localized else auth) if who.auth else None,
        (OctetString(priv) if priv_localized else priv) if who.auth and who.priv else None,
        authProtocol=protocols()[0][who.auth],
        privProtocol=protocols()[1][who.priv if who.auth else 0],
        authKeyType=kinds[auth_localized],
        privKeyType=kinds[priv_localized],
    )


def protocols() -> tuple[Sequence[Any], Sequence[Any]]:
    """Signature and encryption by the numbers of the SNMPUsers table."""
    from pysnmp.hlapi.v3arch import asyncio as hlapi

    signatures = (
        hlapi.USM_AUTH_NONE,
        hlapi.USM_AUTH_HMAC96_MD5,
        hlapi.USM_AUTH_HMAC96_SHA,
        hlapi.USM_AUTH_HMAC128_SHA224,
        hlapi.USM_AUTH_HMAC192_SHA256,
        hlapi.USM_AUTH_HMAC256_SHA384,
        hlapi.USM_AUTH_HMAC384_SHA512,
    )
    encryptions = (
        hlapi.USM_PRIV_NONE,
        hlapi.USM_PRIV_CBC56_DES,
        hlapi.USM_PRIV_CBC168_3DES,
        hlapi.USM_PRIV_CFB128_AES,
        hlapi.USM_PRIV_CFB192_AES,
        hlapi.USM_PRIV_CFB256_AES,
    )
    return signatures, encryptions
