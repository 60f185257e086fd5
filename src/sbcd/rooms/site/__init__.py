"""The Web interface: static pages on the REST API, and the sessions that open them."""

from sbcd.rooms.site.api import Doors, routes

__all__ = ["Doors", "routes"]
