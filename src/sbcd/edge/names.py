"""Names to addresses for the engine (RFC 3263): literals and configured tables at once, the rest by DNS.

One rule: nobody waits who need not. What is known is told at once until its time is over; then one question
is asked for all who want to know, and who is in a hurry gets the old answer meanwhile (RFC 8767). On a
loopback device no question ever leaves the machine (docs/adr: names on loopback)."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import dns.asyncresolver
import dns.exception

from sbcd.edge.questions import Questions

SECONDS = 3.0
MOST_ANSWERS = 16
MOST_KNOWN = 10_000
MOST_ASKED = 500  # questions at a time; more are not asked: names come from strangers, too
UNKNOWN_FOR = 5.0  # seconds a name that does not exist is not asked for again
STALE_FOR = 3600.0  # seconds an answer serves after its time, to those in a hurry or when nobody answers
PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}
A, SRV, NAPTR = range(3)


class Answer(NamedTuple):
    """One address a name stands for."""

    host: str
    port: int
    transport: str
    priority: int = 0
    weight: int = 0


class Wanted(NamedTuple):
    """What is looked for. No port and no transport: DNS says them, as far as `method` lets it."""

    host: str
    port: int
    transport: str
    method: int = A


class Known(NamedTuple):
    """What DNS said, and until when that holds (on the loop's clock)."""

    answers: list[Answer]
    until: float


Then = Callable[[list[Answer]], None]


class Names:
    """The resolver. `hosts` and `services` are the tables of the plan (lower case names); `ask_at` names the
    servers, none: those of the machine."""

    def __init__(self) -> None:
        self.loopback = True
        self.hosts: Mapping[str, Sequence[str]] = {}
        self.services: Mapping[str, Sequence[Answer]] = {}
        self.mapped: Callable[[str], str] = lambda host: host
        self._servers: tuple[str, ...] = ()
        self._port = 53
        self._questions: Questions | None = None
        self._known: OrderedDict[Wanted, Known] = OrderedDict()
        self._waiting: dict[Wanted, list[Then]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def ask_at(self, servers: Iterable[str], port: int = 53) -> None:
        """Asks these from now on; what others said is forgotten."""
        wanted = tuple(servers)
        if wanted != self._servers or port != self._port:
            self._servers, self._port, self._questions = wanted, port, None
            self._known.clear()

    def _asking(self) -> Questions:
        if self._questions is None:
            resolver = dns.asyncresolver.Resolver(configure=False)
            if self._servers:
                resolver.nameservers, resolver.port = list(self._servers), self._port
            else:
                with contextlib.suppress(dns.exception.DNSException, OSError):  # then nobody can be asked
                    resolver.read_resolv_conf("/etc/resolv.conf")
            resolver.lifetime = SECONDS
            self._questions = Questions(resolver)
        return self._questions.round()

    def resolve(self, wanted: Wanted, then: Then, *, hurry: bool = True) -> None:
        """Tells `then` what was found, at once if possible; an empty list when nothing is known. `hurry`: an
        answer whose time is over will do while it is asked for anew."""
        found = self._here(wanted)
        if found is not None:
            then(found)
            return
        if self.loopback:
            then([])
            return
        now = asyncio.get_running_loop().time()
        known = self._known.get(wanted)
        if known is not None and (now < known.until or (hurry and now < known.until + STALE_FOR)):
            then(known.answers)
            if now >= known.until:
                self._question(wanted, None)
            return
        self._question(wanted, then)

    def _question(self, wanted: Wanted, then: Then | None) -> None:
        waiting = self._waiting.get(wanted)
        if waiting is not None:
            waiting += [then] if then is not None else []
        elif len(self._waiting) >= MOST_ASKED:
            if then is not None:
                then([])
        else:
            self._waiting[wanted] = [then] if then is not None else []
            task = asyncio.get_running_loop().create_task(self._ask(wanted))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _ask(self, wanted: Wanted) -> None:
        loop = asyncio.get_running_loop()
        asked, known = self._asking(), self._known.get(wanted)
        try:
            found = (await self._look(wanted, asked))[:MOST_ANSWERS]
            told = Known(found, loop.time() + (asked.ttl if found else UNKNOWN_FOR))
            if not found and asked.silent and known is not None and loop.time() < known.until + STALE_FOR:
                told = Known(known.answers, loop.time() + UNKNOWN_FOR)  # nobody answered: the old one serves
            self._known[wanted] = told
            self._known.move_to_end(wanted)
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
        finally:
            waiting = self._waiting.pop(wanted, [])
        for then in waiting:
            then(told.answers)

    # --- what is known here ---

    def _here(self, wanted: Wanted) -> list[Answer] | None:
        host, port = wanted.host, wanted.port
        transport = wanted.transport or "udp"
        if ":" in host or host.replace(".", "").isdigit():
            return [Answer(self._place(host), port or PORTS[transport], transport)]
        name = host.lower().rstrip(".")
        if not port and name in self.services:
            found: list[Answer] = []
            for server in self.services[name]:
                one = Wanted(server.host, server.port, server.transport or transport)
                known = self._here(one)
                if known is None and not self.loopback:
                    return None  # the table names hosts that DNS knows
                found += [a._replace(priority=server.priority, weight=server.weight) for a in known or ()]
            return found
        if name in self.hosts:
            return [Answer(self._place(one), port or PORTS[transport], transport) for one in self.hosts[name]]
        if name == "localhost":
            return [Answer("127.0.0.1", port or PORTS[transport], transport)]
        return None

    def _place(self, host: str) -> str:
        return self.mapped(host) if self.loopback else host

    # --- what DNS knows ---

    async def _look(self, wanted: Wanted, asked: Questions) -> list[Answer]:
        """RFC 3263 4: NAPTR, SRV, addresses, each only where nothing before said more."""
        host, port, transport, method = wanted
        name = host.lower().rstrip(".")
        if not port and name in self.services:
            return await self._served(self.services[name], transport or "udp", asked)
        if not port and method == NAPTR:
            named = await asked.naptr(host, transport)
            parts = [await self._service(service, one, asked) for service, one in named]
            found = [
                answer._replace(priority=(rank << 16) + answer.priority)
                for rank, part in enumerate(parts)
                for answer in part or ()
            ]
            if found:
                return found
        transport = transport or "udp"
        if not port and method in {SRV, NAPTR}:
            service = await self._service(asked.service(host, transport), transport, asked)
            if service is not None:
                return service
        return [
            Answer(one, port or PORTS[transport], transport) for one in await self._addresses(host, asked)
        ]

    async def _service(self, service: str, transport: str, asked: Questions) -> list[Answer] | None:
        """What an SRV record set stands for; None when there is none, nothing when it says that there is no
        such service (RFC 2782: the target is the root)."""
        records = await asked.srv(service)
        if not records:
            return None
        servers = [
            Answer(one.target, one.port, transport, one.priority, one.weight) for one in records if one.target
        ]
        return await self._served(servers, transport, asked)

    async def _served(self, servers: Sequence[Answer], transport: str, asked: Questions) -> list[Answer]:
        some = sorted(servers, key=lambda one: one.priority)[:MOST_ANSWERS]
        places = await asyncio.gather(*(self._addresses(one.host, asked) for one in some))
        return [
            Answer(place, one.port or PORTS[one.transport or transport], one.transport or transport, *one[3:])
            for one, found in zip(some, places, strict=True)
            for place in found
        ]

    async def _addresses(self, host: str, asked: Questions) -> list[str]:
        here = self._here(Wanted(host, 1, "udp"))
        if here is not None:
            return [one.host for one in here]
        return await asked.addresses(host)
