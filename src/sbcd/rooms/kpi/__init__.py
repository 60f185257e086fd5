"""The key performance indicators of the device: what moves them, what they show, what they were.

One rule: this is the door. Rooms declare feeds and call `meters.observe(fact)`; nobody looks behind it."""

from sbcd.rooms.kpi.catalogue import Catalogue, Place, read
from sbcd.rooms.kpi.feeds import Count, Feed, Hold, Move, PerSecond, Share
from sbcd.rooms.kpi.history import History, Interval
from sbcd.rooms.kpi.indexes import Named
from sbcd.rooms.kpi.intervals import Intervals
from sbcd.rooms.kpi.meters import Meters

__all__ = [
    "Catalogue",
    "Count",
    "Feed",
    "History",
    "Hold",
    "Interval",
    "Intervals",
    "Meters",
    "Move",
    "Named",
    "PerSecond",
    "Place",
    "Share",
    "read",
]
