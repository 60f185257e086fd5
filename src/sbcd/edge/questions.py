"""The questions that RFC 3263 asks of DNS, by dnspython; one object for each thing that is looked for.

One rule: a question that goes wrong is an empty answer; whether nobody answered at all is remembered, and so
is how long what was said may be kept."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

LEAST, MOST = 1.0, 86_400.0  # seconds an answer is kept
MOST_RECORDS = 16
SERVICES = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}
NAPTR = {"SIP+D2U": "udp", "SIP+D2T": "tcp", "SIPS+D2T": "tls"}
GONE = (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer)


class Srv(NamedTuple):
    """One record; `target` is empty when it says that there is no such service."""

    target: str
    port: int
    priority: int
    weight: int


class Questions:
    """Asks; `ttl` is the shortest time of all answers, `silent` whether a question got none."""

    def __init__(self, resolver: dns.asyncresolver.Resolver) -> None:
        self._resolver = resolver
        self.ttl = MOST
        self.silent = False

    def round(self) -> Questions:
        """The same server, nothing heard yet."""
        return Questions(self._resolver)

    async def _ask(self, name: str, kind: dns.rdatatype.RdataType) -> list[Any]:
        try:
            answer = await self._resolver.resolve(dns.name.from_text(name), kind, search=False)
        except GONE:
            return []
        except (dns.exception.DNSException, OSError, ValueError):
            self.silent = True
            return []
        if answer.rrset is None:
            return []
        times = [rrset.ttl for rrset in answer.response.answer]  # of aliases on the way, too
        self.ttl = max(min(self.ttl, *times), LEAST)
        return list(answer.rrset)[:MOST_RECORDS]

    @staticmethod
    def service(host: str, transport: str) -> str:
        """The name of the SRV records of a domain."""
        return f"{SERVICES[transport]}.{host}"

    async def naptr(self, host: str, transport: str) -> list[tuple[str, str]]:
        """SRV names with their transports, best first; only of `transport` where one is given."""
        found = []
        for record in await self._ask(host, dns.rdatatype.NAPTR):
            meant = NAPTR.get(record.service.decode("ascii", "replace").upper())
            if meant is not None and record.flags.lower() == b"s" and transport in {"", meant}:
                place = (record.order, record.preference)
                found.append((place, record.replacement.to_text(omit_final_dot=True), meant))
        return [(name, meant) for _, name, meant in sorted(found)]

    async def srv(self, service: str) -> list[Srv]:
        """The records of a service."""
        return [
            Srv(
                "" if record.target == dns.name.root else record.target.to_text(omit_final_dot=True),
                record.port,
                record.priority,
                record.weight,
            )
            for record in await self._ask(service, dns.rdatatype.SRV)
        ]

    async def addresses(self, host: str) -> list[str]:
        """IPv4 first, then IPv6."""
        kinds = (dns.rdatatype.A, dns.rdatatype.AAAA)
        answers = await asyncio.gather(*(self._ask(host, kind) for kind in kinds))
        return [record.address for records in answers for record in records]
