"""The wrapper that the vendor's converter puts around binary auxiliary files.

One rule: where a file has the wrapper, it must add up; a file without it is opaque, only its size counts."""

import struct

from sbcd.base.errors import Invalid

MAGICS = frozenset((0xA5A5A5A5, 0xBD56BD56, 0xAAAA0003))
TONES = 199


def check(data: bytes) -> str:
    """What is known of the file; `Invalid` when its wrapper does not add up or it holds tones (type 199)."""
    if len(data) < 12 or int.from_bytes(data[:4], "big") not in MAGICS:
        return f"{len(data)} bytes"
    _, kind, length = struct.unpack_from(">3I", data)
    if kind == TONES:
        raise Invalid("this is a call progress tones file; it belongs to /files/cpt")
    if length != len(data) - 4:
        raise Invalid(f"the file says that it has {length + 4} bytes, it has {len(data)}")
    if int.from_bytes(data[-4:], "big") != sum(data[:-4]) & 0xFFFFFFFF:
        raise Invalid("the checksum of the file is wrong: it was changed or broken off")
    return f"{len(data)} bytes, type {kind}"
