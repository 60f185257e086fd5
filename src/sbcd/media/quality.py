"""How good a stream sounded, estimated from what was counted (ITU-T G.107, the E-model, defaults).

One rule: an estimate needs a codec whose impairment is published; otherwise there is none."""

from typing import Final

# equipment impairment Ie and packet-loss robustness Bpl (ITU-T G.113 appendix I; G.711 with concealment)
IMPAIRMENT: Final = {
    "PCMU": (0.0, 25.1),
    "PCMA": (0.0, 25.1),
    "G729": (11.0, 19.0),
    "G723": (15.0, 16.1),
    "GSM": (20.0, 10.0),
    "G726-32": (7.0, 20.0),
}
DEFAULT_R: Final = 93.2  # all parameters of G.107 at their defaults
PACKET: Final = 20.0  # ms of speech in a packet and in the least jitter buffer


def mos(codec: str, packets: int, lost: int, jitter: float, round_trip: float | None) -> float | None:
    """The estimated MOS (conversational quality) 1.0-4.5 of one direction; `jitter` and `round_trip` in ms.
    None without packets or for a codec of unknown impairment. An unknown round trip counts as none."""
    known = IMPAIRMENT.get(codec.upper())
    if known is None or packets <= 0:
        return None
    equipment, robustness = known
    loss = 100.0 * lost / (packets + lost)
    delay = (round_trip or 0.0) / 2 + PACKET + max(PACKET, 2 * jitter)
    impaired = 0.024 * delay + (0.11 * (delay - 177.3) if delay > 177.3 else 0.0)
    r = DEFAULT_R - impaired - (equipment + (95.0 - equipment) * loss / (loss + robustness))
    if r <= 0:
        return 1.0
    return round(max(1.0, min(4.5, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6)), 2)
