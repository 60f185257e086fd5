"""Software loads: what a device runs, and what it falls back to."""

from sbcd.rooms.software.api import routes
from sbcd.rooms.software.model import Slots, Software, UpgradeStatus, read_slots, write_slots

__all__ = ["Slots", "Software", "UpgradeStatus", "read_slots", "routes", "write_slots"]
