"""One raise, clear or event, as a value.

One rule: it is complete; whoever tells it onwards (REST, traps, syslog) needs nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sbcd.rooms.alarms.catalogue import AlarmType, Severity

LONGEST_TEXT = 200
"""Characters of a text, from the MIB's TextualDescription."""
LONGEST_SOURCE = 100
LONGEST_INFO = 100

Info = tuple[str, str, str]
NO_INFO: Info = ("", "", "")


@dataclass(frozen=True, slots=True)
class Alarm:
    """`id` is its number: growing, never used again (R14). `uptime` in hundredths of a second. `reported` is
    the severity before the operator's customization."""

    id: int
    type: AlarmType
    source: str
    severity: Severity
    text: str
    info: Info
    date: datetime
    uptime: int
    reported: Severity


def fitted(text: str, most: int) -> str:
    """At most so many characters, all of which can be stored and sent: what a peer said may hold others."""
    return text[:most].encode(errors="replace").decode()


def three(info: Iterable[str]) -> Info:
    """Additional information as the three texts that a trap has room for."""
    first, second, third = (*(fitted(part, LONGEST_INFO) for part in info), *NO_INFO)[:3]
    return first, second, third
