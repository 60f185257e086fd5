"""Seen messages as a capture file (pcap) that Wireshark, tshark and sngrep open.

One rule: addresses, ports, times and payloads are what was seen; the IP, UDP and TCP headers around them are
written anew. What travelled over TLS stands there as plain TCP: the messages, not the cipher."""

import struct
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final

from sbcd.sip.seen import Seen

RAW: Final = 101  # LINKTYPE_RAW: the packet begins with its IP header
SNAP: Final = 262144
PIECE: Final = 32768  # bytes of one TCP segment
UDP, TCP = 17, 6
PSH_ACK: Final = 0x18
MOST_DATAGRAM: Final = 65507
_HEAD = struct.Struct("<IHHiIII")
_PACKET = struct.Struct("<IIII")


def pcap(seen: Iterable[Seen]) -> bytes:
    """The capture file."""
    out = [_HEAD.pack(0xA1B2C3D4, 2, 4, 0, 0, SNAP, RAW)]
    sent: dict[tuple[object, ...], int] = {}  # bytes of each direction of a TCP connection
    for one in seen:
        seconds, micro = divmod(int(one.at * 1_000_000), 1_000_000)
        for packet in packets(one, sent):
            out.append(_PACKET.pack(seconds, micro, len(packet), len(packet)) + packet)
    return b"".join(out)


def packets(one: Seen, sent: dict[tuple[object, ...], int]) -> list[bytes]:
    """The IP packets of one message."""
    ports = struct.pack(">HH", one.source[1], one.dest[1])
    if one.transport == "udp":
        data = one.data[:MOST_DATAGRAM]
        return [framed(one, UDP, ports + struct.pack(">HH", len(data) + 8, 0) + data, 6)]
    there, back = (one.source, one.dest), (one.dest, one.source)
    found = []
    for at in range(0, len(one.data), PIECE):
        data = one.data[at : at + PIECE]
        number, heard = sent.get(there, 1), sent.get(back, 1)
        head = struct.pack(">IIBBHHH", number, heard, 0x50, PSH_ACK, 0xFFFF, 0, 0)
        found.append(framed(one, TCP, ports + head + data, 16))
        sent[there] = number + len(data) & 0xFFFFFFFF
    return found


def framed(one: Seen, protocol: int, segment: bytes, check_at: int) -> bytes:
    """The segment with its checksum at `check_at`, and the IP header before it."""
    source, dest = ip_address(one.source[0]), ip_address(one.dest[0])
    size = len(segment)
    pseudo = source.packed + dest.packed + struct.pack(">II", size, protocol)
    total = checksum(pseudo + segment) or 0xFFFF
    segment = segment[:check_at] + struct.pack(">H", total) + segment[check_at + 2 :]
    if source.version == 6:
        return struct.pack(">IHBB", 6 << 28, size, protocol, 64) + source.packed + dest.packed + segment
    head = (
        struct.pack(">BBHHHBBH", 0x45, 0, size + 20, 0, 0x4000, 64, protocol, 0) + source.packed + dest.packed
    )
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + segment


def checksum(data: bytes) -> int:
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
