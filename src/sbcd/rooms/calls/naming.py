"""What the plan says of names, and in which order the places of a name are tried.

One rule: DNS is asked elsewhere; here is only what to ask for, and what to do with what it said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

A, SRV, NAPTR = range(3)
METHODS = {0: A, 1: SRV, 2: NAPTR, 3: SRV}
"""Of DNSResolveMethod; the peers of 3 have SRV records, too."""


class Naming(msgspec.Struct, frozen=True):
    """How names become addresses where no table has them."""

    method: int = A  # for requests, and proxy sets that do not say
    refresh: float = 60.0  # seconds after which the names of proxy sets are asked for again
    servers: tuple[str, ...] = ()  # of DNS; none: those of the machine


class Found(NamedTuple):
    """One address a name stands for."""

    host: str
    port: int
    transport: str
    priority: int
    weight: int


def ordered(places: Sequence[Found], chance: Callable[[], float]) -> list[Found]:
    """By priority; among equals by chance, in the shares of their weights (RFC 2782)."""
    if all(one.priority == places[0].priority and not one.weight for one in places):
        return list(places)
    found: list[Found] = []
    for priority in sorted({one.priority for one in places}):
        left = sorted((one for one in places if one.priority == priority), key=lambda one: one.weight)
        while left:
            point = chance() * sum(one.weight for one in left)
            at = 0
            while at < len(left) - 1 and (point := point - left[at].weight) >= 0:
                at += 1
            found.append(left.pop(at))
    return found
