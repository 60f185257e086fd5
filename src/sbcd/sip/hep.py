"""HEP version 3, the protocol by which SIP messages are sent to a capture collector (Homer and others).

One rule: a packet says everything of its message in chunks; a reader that does not know one steps over it."""

import struct
from ipaddress import ip_address
from typing import Final

from sbcd.sip.grammar import Malformed
from sbcd.sip.seen import Seen

MARK: Final = b"HEP3"
SIP: Final = 1
FAMILY, PROTOCOL, SOURCE4, DEST4, SOURCE6, DEST6, SOURCE_PORT, DEST_PORT = range(1, 9)
SECONDS, MICROSECONDS, KIND, AGENT = 9, 10, 11, 12
KEY, PAYLOAD, CORRELATION = 14, 15, 17
AF_INET, AF_INET6 = 2, 10
MOST: Final = 65507
_CHUNK = struct.Struct(">HHH")


def packet(seen: Seen, agent: int, key: bytes = b"", correlation: bytes = b"") -> bytes | None:
    """The packet of one message; None when it is too long for a datagram. `agent` is our number in the
    collector, `key` what it lets us in for, `correlation` what joins the legs of a call there."""
    source, dest = ip_address(seen.source[0]), ip_address(seen.dest[0])
    seconds, micro = divmod(int(seen.at * 1_000_000), 1_000_000)
    six = source.version == 6
    chunks = [
        (FAMILY, bytes([AF_INET6 if six else AF_INET])),
        (PROTOCOL, bytes([17 if seen.transport == "udp" else 6])),
        (SOURCE6 if six else SOURCE4, source.packed),
        (DEST6 if six else DEST4, dest.packed),
        (SOURCE_PORT, struct.pack(">H", seen.source[1])),
        (DEST_PORT, struct.pack(">H", seen.dest[1])),
        (SECONDS, struct.pack(">I", seconds & 0xFFFFFFFF)),
        (MICROSECONDS, struct.pack(">I", micro)),
        (KIND, bytes([SIP])),
        (AGENT, struct.pack(">I", agent)),
        *([(KEY, key)] if key else []),
        *([(CORRELATION, correlation)] if correlation else []),
        (PAYLOAD, seen.data),
    ]
    size = 6 + sum(6 + len(value) for _, value in chunks)
    if size > MOST:
        return None
    parts = [MARK, struct.pack(">H", size)]
    for kind, value in chunks:
        parts += [_CHUNK.pack(0, kind, 6 + len(value)), value]
    return b"".join(parts)


def read(data: bytes) -> dict[int, bytes]:
    """The chunks of a packet by their number, those of vendors left out. Raises Malformed."""
    if data[:4] != MARK or len(data) < 6 or struct.unpack_from(">H", data, 4)[0] != len(data):
        raise Malformed("HEP: no packet of version 3")
    found: dict[int, bytes] = {}
    at = 6
    while at < len(data):
        if at + 6 > len(data):
            raise Malformed("HEP: a chunk is cut off")
        vendor, kind, size = _CHUNK.unpack_from(data, at)
        if size < 6 or at + size > len(data):
            raise Malformed("HEP: a chunk is longer than its packet")
        if not vendor:
            found[kind] = data[at + 6 : at + size]
        at += size
    return found
