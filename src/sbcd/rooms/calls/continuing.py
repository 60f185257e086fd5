"""Session descriptions of a dialog whose other side is another one than before.

One rule: to the peer it is one session: the id in its origin line stays, the version grows (RFC 3264 8)."""

from __future__ import annotations

DIRECTIONS = (b"a=sendonly", b"a=recvonly", b"a=inactive")


def continued(said: bytes, sdp: bytes) -> bytes:
    """The description as the peer gets it who was told `said` before; unchanged but for its origin."""
    before, now = origin(said), origin(sdp)
    if before is None or now is None or before[2][1] == now[2][1]:
        return sdp
    same = said[: before[0]] + said[before[1] :] == sdp[: now[0]] + sdp[now[1] :]
    parts = now[2]
    parts[1] = before[2][1]
    parts[2] = b"%d" % (int(before[2][2]) + (0 if same else 1))
    return sdp[: now[0]] + b" ".join(parts) + sdp[now[1] :]


def origin(sdp: bytes) -> tuple[int, int, list[bytes]] | None:
    """Where the origin line stands, without its line end, and its parts."""
    start = sdp.find(b"o=")
    end = sdp.find(b"\n", start)
    if start < 0 or end < 0:
        return None
    line = sdp[start:end].rstrip(b"\r")
    parts = line.split(b" ")
    return (start, start + len(line), parts) if len(parts) == 6 and parts[2].isdigit() else None


def lively(sdp: bytes) -> bytes:
    """A description of a peer that may have been on hold, as the offer of one that talks."""
    lines = sdp.split(b"\n")
    return b"\n".join(line for line in lines if not line.rstrip(b"\r").startswith(DIRECTIONS))
