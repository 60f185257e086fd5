"""Names to addresses for the engine: literals and configured tables at once, the rest by DNS.

One rule: on a loopback device no question ever leaves the machine: a name without a table entry is unknown
(docs/adr: names on loopback)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import dns.asyncresolver
import dns.exception
import dns.rdatatype

SECONDS = 3.0
MOST_ANSWERS = 16
PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}
SERVICES = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}


class Answer(NamedTuple):
    """One address a name stands for."""

    host: str
    port: int
    transport: str
    priority: int = 0
    weight: int = 0


Then = Callable[[list[Answer]], None]


class Names:
    """The resolver. `hosts` and `services` are the tables of the plan (lower case names)."""

    def __init__(self) -> None:
        self.loopback = True
        self.hosts: Mapping[str, Sequence[str]] = {}
        self.services: Mapping[str, Sequence[Answer]] = {}
        self.mapped: Callable[[str], str] = lambda host: host
        self._tasks: set[asyncio.Task[None]] = set()

    def resolve(self, host: str, port: int, transport: str, then: Then) -> None:
        """Tells `then` what was found, at once if possible; an empty list when nothing is known."""
        found = self._known(host, port, transport)
        if found is not None:
            then(found)
        elif self.loopback:
            then([])
        else:
            task = asyncio.get_running_loop().create_task(self._ask(host, port, transport, then))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _known(self, host: str, port: int, transport: str) -> list[Answer] | None:
        if ":" in host or host.replace(".", "").isdigit():
            place = self.mapped(host) if self.loopback else host
            return [Answer(place, port or PORTS[transport], transport)]
        name = host.lower().rstrip(".")
        if not port and name in self.services:
            found: list[Answer] = []
            for server in self.services[name]:
                known = self._known(server.host, server.port, server.transport or transport)
                found += [a._replace(priority=server.priority, weight=server.weight) for a in known or ()]
            return found
        if name in self.hosts:
            places = self.hosts[name]
            return [
                Answer(self.mapped(place) if self.loopback else place, port or PORTS[transport], transport)
                for place in places
            ]
        if name == "localhost":
            return [Answer("127.0.0.1", port or PORTS[transport], transport)]
        return None

    async def _ask(self, host: str, port: int, transport: str, then: Then) -> None:
        found: list[Answer] = []
        if not port:
            found = await self._service(host, transport)
        if not found:
            found = [
                Answer(address, port or PORTS[transport], transport)
                for address in await self._addresses(host)
            ]
        then(found[:MOST_ANSWERS])

    async def _service(self, host: str, transport: str) -> list[Answer]:
        try:
            answer = await dns.asyncresolver.resolve(
                f"{SERVICES[transport]}.{host}", dns.rdatatype.SRV, lifetime=SECONDS
            )
        except (dns.exception.DNSException, OSError):
            return []
        found: list[Answer] = []
        for record in list(answer)[:MOST_ANSWERS]:
            for address in await self._addresses(str(record.target).rstrip(".")):
                found.append(Answer(address, record.port, transport, record.priority, record.weight))
        return found

    async def _addresses(self, host: str) -> list[str]:
        found: list[str] = []
        for kind in (dns.rdatatype.A, dns.rdatatype.AAAA):
            try:
                answer = await dns.asyncresolver.resolve(host, kind, lifetime=SECONDS)
            except (dns.exception.DNSException, OSError):
                continue
            found += [record.address for record in answer]
        return found
