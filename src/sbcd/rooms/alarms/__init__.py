"""The alarms of the device: what is wrong now, and what was since the last reset.

One rule: this is the door. Rooms raise and clear through `Alarms`; nobody looks behind it."""

from sbcd.rooms.alarms.alarm import Alarm
from sbcd.rooms.alarms.catalogue import CATALOGUE, ENTERPRISE, AlarmType, Severity, alarm_type
from sbcd.rooms.alarms.model import Alarms
from sbcd.rooms.alarms.reporting import ActivityParams
from sbcd.rooms.alarms.store import Journal

__all__ = [
    "CATALOGUE",
    "ENTERPRISE",
    "ActivityParams",
    "Alarm",
    "AlarmType",
    "Alarms",
    "Journal",
    "Severity",
    "alarm_type",
]
