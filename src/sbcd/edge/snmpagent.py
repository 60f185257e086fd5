"""The agent: answers who may ask, and changes nothing.

One rule: it is a reader of a sorted list of objects. Every SET is refused; addresses that are not trusted get
no answer at all."""

import asyncio
import socket
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from pysnmp.carrier.asyncio.dgram import udp, udp6
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.entity.rfc3413 import cmdrsp, context
from pysnmp.proto import rfc1902, rfc1905
from pysnmp.smi import error
from pysnmp.smi.instrum import AbstractMibInstrumController

from sbcd.edge.snmp import Asking, Community, Objects, UsmUser, credentials, value

REFUSALS = {
    "__SNMPv2-MIB": ("snmpInBadCommunityNames",),
    "__SNMP-USER-BASED-SM-MIB": ("usmStatsUnknownUserNames", "usmStatsWrongDigests"),
}
"""The engine's counters of those who asked with wrong credentials."""


class Agent:
    """Listens from the moment it is made; OSError when it cannot."""

    def __init__(
        self, engine: SnmpEngine, asking: Asking, objects: Objects, refused: Callable[[], None]
    ) -> None:
        self._engine = engine
        six = ":" in asking.host
        door = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            door.setblocking(False)
            door.bind((asking.host, asking.port))
        except OSError:
            door.close()
            raise
        module: Any = udp6 if six else udp
        self._counters = [
            counter
            for mib, names in REFUSALS.items()
            for counter in engine.get_mib_builder().import_symbols(mib, *names)
        ]
        base: Any = udp6.Udp6AsyncioTransport if six else udp.UdpAsyncioTransport
        transport = _door(base, asking.trusted, lambda: self._watch(refused))()
        config.add_transport(engine, module.DOMAIN_NAME, transport.open_server_mode(sock=door))
        for who in asking.who:
            self._admit(who)
        place = context.SnmpContext(engine)
        place.unregister_context_name(b"")
        place.register_context_name(b"", _Reader(objects))
        for responder in (
            cmdrsp.GetCommandResponder,
            cmdrsp.NextCommandResponder,
            cmdrsp.BulkCommandResponder,
            cmdrsp.SetCommandResponder,
        ):
            responder(engine, place)

    async def close(self) -> None:
        """Stops listening; the port is free afterwards."""
        self._engine.close_dispatcher()
        await asyncio.sleep(0.01)  # the transport closes its socket in the next turn of the loop

    def _admit(self, who: Community | UsmUser) -> None:
        """Lets one read everything."""
        data = credentials(who)
        if isinstance(who, Community):
            config.add_v1_system(self._engine, data.communityIndex, data.communityName)
            config.add_vacm_user(self._engine, 2, data.communityIndex, "noAuthNoPriv", (1,))
            return
        config.add_v3_user(
            self._engine,
            data.userName,
            data.authentication_protocol,
            data.authentication_key,
            data.privacy_protocol,
            data.privacy_key,
            authKeyType=data.authKeyType,
            privKeyType=data.privKeyType,
        )
        config.add_vacm_user(self._engine, 3, data.userName, data.security_level, (1,))

    def _watch(self, refused: Callable[[], None]) -> Callable[[], None]:
        """To be called after a message was handled: whether it was refused."""
        before = sum(int(counter.syntax) for counter in self._counters)

        def after() -> None:
            if sum(int(counter.syntax) for counter in self._counters) > before:
                refused()

        return after


def _door(base: Any, trusted: frozenset[str], watch: Callable[[], Callable[[], None]]) -> Any:
    """A transport that hears only whom it may."""

    class Door(base):  # type: ignore[misc]  # pysnmp's transports are not typed
        def datagram_received(self, datagram: bytes, address: Any) -> None:
            if trusted and address[0] not in trusted:
                return
            after = watch()
            super().datagram_received(datagram, address)
            self.loop.call_soon(after)  # pysnmp handles the message in the next turn, and we behind it

    return Door


class _Reader(AbstractMibInstrumController):  # type: ignore[misc]
    """What pysnmp asks for values."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def read_variables(self, *varbinds: Any, **_context: Any) -> list[Any]:
        return [(name, self._exact(tuple(name))) for name, _ in varbinds]

    def read_next_variables(self, *varbinds: Any, **_context: Any) -> list[Any]:
        objects = self._objects()
        found = []
        for name, _ in varbinds:
            at = bisect_right(objects, tuple(name), key=_oid)
            if at == len(objects):
                found.append((name, rfc1905.endOfMibView))
            else:
                oid, kind, plain = objects[at]
                found.append((rfc1902.ObjectName(oid), value(kind, plain)))
        return found

    def write_variables(self, *varbinds: Any, **_context: Any) -> list[Any]:
        raise error.NotWritableError(name=varbinds[0][0], idx=0)

    def _exact(self, oid: tuple[int, ...]) -> Any:
        objects = self._objects()
        at = bisect_left(objects, oid, key=_oid)
        if at < len(objects) and objects[at][0] == oid:
            return value(objects[at][1], objects[at][2])
        return rfc1905.noSuchInstance


def _oid(entry: Sequence[Any]) -> tuple[int, ...]:
    found: tuple[int, ...] = entry[0]
    return found
