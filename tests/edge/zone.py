"""A name server on 127.0.0.1 that knows a few names, counts questions, and can be silent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class Zone(asyncio.DatagramProtocol):
    """`records` are lines of a zone file: name, TTL, type, data."""

    def __init__(self, text: str) -> None:
        self.asked: list[str] = []
        self.silent = False
        self.delay = 0.0
        self.port = 0
        self.put(text)

    def put(self, text: str) -> None:
        """The records from now on."""
        self.records: dict[tuple[str, str], list[tuple[int, str]]] = {}
        for line in text.strip().splitlines():
            name, ttl, kind, data = line.split(None, 3)
            self.records.setdefault((name.lower(), kind), []).append((int(ttl), data))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        asked = query.question[0]
        name, kind = asked.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(asked.rdtype)
        self.asked.append(f"{name} {kind}")
        if self.silent:
            return
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        for ttl, value in self.records.get((name, kind), ()):
            answer.answer.append(dns.rrset.from_text(asked.name, ttl, "IN", kind, value))
        if not any(known == name for known, _ in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        loop = asyncio.get_running_loop()
        loop.call_later(self.delay, self._transport.sendto, answer.to_wire(), addr)


@asynccontextmanager
async def serving(text: str) -> AsyncIterator[Zone]:
    """The server, until the end of the block."""
    zone = Zone(text)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: zone, local_addr=("127.0.0.1", 0))
    try:
        yield zone
    finally:
        transport.close()
