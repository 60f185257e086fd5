"""From a configuration to what the plan says of attackers and emergencies.

One rule: as `planner.py`, of which it is a part."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network
from typing import TYPE_CHECKING

from sbcd.base.errors import Problem
from sbcd.rooms.calls.protection import IntrusionMatch, IntrusionRule, Protection
from sbcd.rooms.calls.tables.protection import (
    EmergencyParams,
    IDSMatch,
    IDSPolicy,
    IDSRule,
    IntrusionParams,
)
from sbcd.rooms.calls.tables.settings import SbcParams

if TYPE_CHECKING:
    from sbcd.config.snapshot import Change, Snapshot
    from sbcd.rooms.calls.planner import Around

MOST = 1000


def indexes(text: str) -> frozenset[int]:
    """`1,3-4` as a set. Raises ValueError."""
    found: set[int] = set()
    for part in text.replace(" ", "").split(","):
        low, _, high = part.partition("-")
        if part:
            found.update(range(int(low), min(int(high or low), int(low) + MOST) + 1))
    return frozenset(found)


def problems(change: Change) -> Iterable[Problem]:
    """What of the new rows cannot be followed."""
    for index, (_, row) in change.changed(IDSMatch).items():
        if row is None:
            continue
        for column, text, read in (
            ("SIPInterface", row.interfaces, indexes),
            ("ProxySet", row.proxy_sets, indexes),
            ("Subnet", row.subnet, lambda text: text and ip_network(text, strict=False)),
        ):
            try:
                read(text)
            except ValueError:
                yield Problem(f"'{text}' is not understood", table="IDSMatch", row=index, column=column)


def protection(snapshot: Snapshot, around: Around) -> Protection:
    """The whole. On loopback senders have other addresses than the networks of the configuration."""
    row, emergency = snapshot.params(IntrusionParams), snapshot.params(EmergencyParams)
    rules: tuple[IntrusionRule, ...] = ()
    matches: tuple[IntrusionMatch, ...] = ()
    if snapshot.params(SbcParams).enable_id_s:
        policies = snapshot.rows(IDSPolicy)
        rules = tuple(
            IntrusionRule(
                rule.policy,
                policies[rule.policy].name,
                rule.number,
                int(rule.reason),
                int(rule.scope),
                rule.window,
                rule.minor,
                rule.major,
                rule.critical,
                rule.deny,
                rule.period,
            )
            for rule in snapshot.rows(IDSRule).values()
            if rule.policy in policies
        )
        matches = tuple(
            IntrusionMatch(
                index,
                indexes(match.interfaces),
                indexes(match.proxy_sets),
                subnet(match.subnet, around),
                named[0],
            )
            for index, match in snapshot.rows(IDSMatch).items()
            if (named := snapshot.find(IDSPolicy, match.policy)) is not None
        )
    return Protection(
        rules, matches, float(row.clear_after), row.flood, emergency.preempt, emergency.condition
    )


def subnet(text: str, around: Around) -> str:
    """The network of senders as this device sees them."""
    if not text:
        return ""
    network = ip_network(text, strict=False)
    if not around.loopback or network.prefixlen < 8:
        return text if not around.loopback else ""
    return f"{around.place(str(network.network_address))}/{network.prefixlen}"
