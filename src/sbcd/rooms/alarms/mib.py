"""The alarm tables and the system group as a manager reads them (AC-ALARM-MIB, SNMPv2-MIB).

One rule: ascending by OID, whatever the order of the tables, because the agent walks this list."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sbcd.rooms.alarms.alarm import Alarm
from sbcd.rooms.alarms.model import Alarms
from sbcd.rooms.alarms.notices import date_and_time

Oid = tuple[int, ...]
Kind = Literal["integer", "octets", "oid", "ticks"]
Object = tuple[Oid, Kind, int | bytes | str]
Column = tuple[Kind, Callable[[Alarm], int | bytes | str]]

SYSTEM: Oid = (1, 3, 6, 1, 2, 1, 1)
ALARM: Oid = (1, 3, 6, 1, 4, 1, 5003, 11, 1)
ACTIVE: Oid = (*ALARM, 1, 1, 1)
HISTORY: Oid = (*ALARM, 2, 1, 1)
PRODUCT = "1.3.6.1.4.1.5003.8.1.1"
"""sysObjectID of devices of this kind."""
APPLICATIONS = 72
"""sysServices: layers 4 and 7 (RFC 3418)."""


@dataclass(frozen=True, slots=True)
class System:
    """The system group; `uptime` in hundredths of a second."""

    description: str
    uptime: int
    contact: str
    name: str
    location: str


def objects(alarms: Alarms, system: Callable[[], System]) -> Callable[[], Sequence[Object]]:
    """What the agent shows now. The tables are written anew only when an alarm was."""
    kept: tuple[object, list[Object]] = (None, [])

    def now() -> Sequence[Object]:
        nonlocal kept
        version = alarms.version
        if kept[0] != version:
            active = table(ACTIVE, dict(alarms.active), alarms.enterprise)
            history = table(HISTORY, dict(alarms.history), alarms.enterprise)
            kept = version, [*active, *history]
        return [*group(system()), *kept[1]]

    return now


def group(system: System) -> list[Object]:
    """The system group."""
    return [
        ((*SYSTEM, 1, 0), "octets", system.description.encode()[:255]),
        ((*SYSTEM, 2, 0), "oid", PRODUCT),
        ((*SYSTEM, 3, 0), "ticks", system.uptime % 2**32),
        ((*SYSTEM, 4, 0), "octets", system.contact.encode()[:255]),
        ((*SYSTEM, 5, 0), "octets", system.name.encode()[:255]),
        ((*SYSTEM, 6, 0), "octets", system.location.encode()[:255]),
        ((*SYSTEM, 7, 0), "integer", APPLICATIONS),
    ]


def table(entry: Oid, rows: Mapping[int, Alarm], enterprise: str) -> list[Object]:
    """One of the two tables: column by column, each by the number of the row."""
    columns: Sequence[Column] = (
        ("integer", lambda row: row.id),
        ("ticks", lambda row: row.uptime % 2**32),
        ("oid", lambda row: row.type.oid(enterprise)),
        ("octets", lambda row: date_and_time(row.date)),
        ("integer", lambda row: row.type.number - 1),
        ("octets", lambda row: row.text.encode()),
        ("octets", lambda row: row.source.encode()),
        ("integer", lambda row: int(row.severity)),
        ("integer", lambda row: row.type.event_type),
        ("integer", lambda row: row.type.probable_cause),
        ("octets", lambda row: row.info[0].encode()),
        ("octets", lambda row: row.info[1].encode()),
        ("octets", lambda row: row.info[2].encode()),
    )
    return [
        ((*entry, number, row.id), kind, read(row))
        for number, (kind, read) in enumerate(columns, 1)
        for row in rows.values()
    ]
