"""Attackers as alarms and on the command line.

One rule: an alarm says what was crossed last; who is blocked is an event and a line of `show`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from sbcd.config.show import Show, columns
from sbcd.rooms.alarms import Alarms, Severity, alarm_type
from sbcd.rooms.calls.contract import BlockedLine
from sbcd.rooms.calls.facts import Blocked, Intrusion

POLICY = alarm_type("acIDSPolicyAlarm")
CROSSED = alarm_type("acIDSThresholdCrossNotification")
BLACKLIST = alarm_type("acIDSBlacklistNotification")
SEVERITIES = {1: Severity.MINOR, 2: Severity.MAJOR, 3: Severity.CRITICAL}
REASONS = {
    0: "authentication failure",
    2: "malformed message",
    3: "classification",
    4: "routing",
    5: "admission",
    7: "signaling messages",
}


def crossed(alarms: Alarms, fact: Intrusion, interfaces: Mapping[int, Any]) -> None:
    """A threshold was crossed, or nothing was for long enough."""
    source = f"Board#1/IDSMatch#{fact.match}/IDSRule#{fact.rule}"
    if not fact.severity:
        alarms.clear(POLICY, source, "No threshold was crossed for a while")
        return
    severity = SEVERITIES[fact.severity]
    row = interfaces.get(fact.interface)
    word = severity.name.capitalize()
    text = (
        f"{word} threshold ({fact.severity}) cross. Policy: {fact.name} ({fact.policy}), Rule: {fact.rule}, "
        f"Last event: {REASONS.get(fact.reason, 'failure')}, Source: {fact.source}, "
        f"SIP Interface: {row.name if row is not None else ''} ({fact.interface})"
    )
    alarms.raise_(POLICY, source, text, severity=severity)
    value = f"Severity={word.lower()}. Current value={fact.count}"
    alarms.event(CROSSED, source, f"Threshold crossed for scope value {fact.scope}. {value}")


def blocked(alarms: Alarms, fact: Blocked) -> None:
    """Somebody is not listened to any more, or is again."""
    what = f"Added IP {fact.address} to" if fact.on else f"Removed IP {fact.address} from"
    alarms.event(BLACKLIST, "Board#1", f"{what} blacklist")


def shows(lines: Callable[[], Awaitable[tuple[BlockedLine, ...]]]) -> list[Show]:
    """`show voip ids blacklist active`."""

    async def blacklist(words: Sequence[str]) -> str:
        rows = [(one.address, one.port or "*", int(one.seconds)) for one in await lines()]
        return columns(("Address", "Port", "Removed in (sec)"), rows)

    return [Show("voip ids blacklist active", "The addresses that are not listened to.", blacklist)]
