"""The licence key: who signed it, what it allows, when it ends."""

from sbcd.rooms.license.api import routes
from sbcd.rooms.license.keys import CAPACITIES, Licence, issue, read_file, write_file
from sbcd.rooms.license.model import Identity, License

__all__ = ["CAPACITIES", "Identity", "Licence", "License", "issue", "read_file", "routes", "write_file"]
