"""An alarm as a trap, as a line of the log, and as JSON.

One rule: pure. What is made here is complete; the doors that send it decide nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sbcd.rooms.alarms.alarm import NO_INFO, Alarm
from sbcd.rooms.alarms.catalogue import ENTERPRISE, Kind, Severity, alarm_type

Varbind = tuple[str, Literal["integer", "octets", "oid", "ticks"], int | bytes | str]
"""OID, kind and value of one object in a trap."""

OBJECTS = f"{ENTERPRISE}.1"
"""Where the objects of the traps stand, whatever SNMPTrapEnterpriseOid says."""
MOST_UNIQUE = 32000
"""The largest UniqID that the MIB knows; the number goes round."""
SYS_UPTIME = "1.3.6.1.2.1.1.3.0"
TRAP_OID = "1.3.6.1.6.3.1.1.4.1.0"
COLD_START = "1.3.6.1.6.3.1.1.5.1"
LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"
LINK_UP = "1.3.6.1.6.3.1.1.5.4"
AUTHENTICATION_FAILURE = "1.3.6.1.6.3.1.1.5.5"

KEEP_ALIVE = alarm_type("acKeepAlive")

LOG_LEVELS = {
    Severity.CRITICAL: 2,
    Severity.MAJOR: 3,
    Severity.MINOR: 4,
    Severity.WARNING: 4,
    Severity.INDETERMINATE: 5,
    Severity.CLEARED: 5,
}
"""The syslog severity of a line about an alarm (RFC 5424, 6.2.1)."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Device:
    """Who sends: what a manager is told of the device besides the alarm."""

    name: str = ""
    info: str = ""
    description: str = ""
    serial: str = ""


def one_line(text: str) -> str:
    """Text without line ends and other control characters, so that nobody writes lines of his own."""
    return _CONTROL.sub(" ", text)


def standard(oid: str, uptime: int) -> list[Varbind]:
    """One of SNMP's own notifications; `uptime` in hundredths of a second."""
    return [(SYS_UPTIME, "ticks", uptime % 2**32), (TRAP_OID, "oid", oid)]


def link(up: bool, index: int, uptime: int) -> list[Varbind]:
    """linkUp or linkDown of an interface (RFC 2863): its index, and what it is told and able to do."""
    table = "1.3.6.1.2.1.2.2.1"
    states: tuple[tuple[int, int], ...] = ((1, index), (7, 1), (8, 1 if up else 2))
    objects: list[Varbind] = [(f"{table}.{column}.{index}", "integer", value) for column, value in states]
    return [*standard(LINK_UP if up else LINK_DOWN, uptime), *objects]


def trap(alarm: Alarm, gravest: Severity, device: Device, enterprise: str = ENTERPRISE) -> list[Varbind]:
    """The notification of an alarm with all its 16 objects, in the order of the MIB."""
    objects: list[int | bytes] = [
        alarm.type.number - 1,
        _octets(alarm.text, 200),
        _octets(alarm.source, 100),
        int(alarm.severity),
        alarm.id % (MOST_UNIQUE + 1),
        alarm.type.event_type,
        alarm.type.probable_cause,
        *(_octets(part, 100) for part in alarm.info),
        date_and_time(alarm.date),
        int(gravest),
        _octets(device.name, 255),
        _octets(device.info, 255),
        _octets(device.description, 255),
        _octets(device.serial, 255),
    ]
    found: list[Varbind] = [
        (f"{OBJECTS}.{number}.0", "integer" if isinstance(value, int) else "octets", value)
        for number, value in enumerate(objects, 1)
    ]
    return [*standard(alarm.type.oid(enterprise), alarm.uptime), *found]


def sign_of_life(next_number: int, now: datetime, uptime: int) -> Alarm:
    """What a keep-alive trap is made of. It stands in no table and takes no number: its own is that of the
    newest alarm, so that a manager knows what it missed."""
    newest, severity = max(next_number - 1, 0), KEEP_ALIVE.severity
    return Alarm(newest, KEEP_ALIVE, "", severity, "Keep alive", NO_INFO, now, uptime, severity)


def date_and_time(date: datetime) -> bytes:
    """DateAndTime of SNMPv2-TC with the zone: 11 octets."""
    offset = date.utcoffset()
    minutes = int(offset.total_seconds()) // 60 if offset else 0
    return bytes(
        [
            *divmod(date.year, 256),
            date.month,
            date.day,
            date.hour,
            date.minute,
            date.second,
            date.microsecond // 100_000,
            ord("-" if minutes < 0 else "+"),
            *divmod(abs(minutes), 60),
        ]
    )


def line(alarm: Alarm) -> str:
    """The text of its line in the log."""
    if alarm.type.kind is Kind.EVENT:
        word = "EVENT"
    else:
        word = "CLEAR-ALARM" if alarm.severity is Severity.CLEARED else "RAISE-ALARM"
    more = "".join(f"; Additional Info{number}: {part}" for number, part in enumerate(alarm.info, 1) if part)
    return one_line(
        f"{word}: {alarm.type.name}; Textual Description: {alarm.text}; Severity {alarm.severity.title}; "
        f"Source {alarm.source}; Unique ID: {alarm.id}{more}."
    )


def as_json(alarm: Alarm, device: Device, enterprise: str = ENTERPRISE) -> Mapping[str, Any]:
    """What a web hook is sent: REST's names where REST has one."""
    return {
        "id": str(alarm.id),
        "name": alarm.type.name,
        "oid": alarm.type.oid(enterprise),
        "kind": "event" if alarm.type.kind is Kind.EVENT else "alarm",
        "description": alarm.text,
        "severity": alarm.severity.title,
        "source": alarm.source,
        "additionalInfo": [part for part in alarm.info if part],
        "date": alarm.date.strftime("%Y-%m-%dT%H:%M:%S.") + f"{alarm.date.microsecond // 1000:03}Z",
        "systemUpTime": alarm.uptime,
        "serialNumber": device.serial,
        "deviceName": device.name,
    }


def _octets(text: str, most: int) -> bytes:
    """At most so many octets, not cutting a character in two."""
    return text.encode()[:most].decode(errors="ignore").encode()
