"""Auxiliary files: call progress tones, dial plan, user information and the opaque others."""

from sbcd.rooms.auxfiles.api import routes, show
from sbcd.rooms.auxfiles.model import KINDS, AuxFiles, Loaded

__all__ = ["KINDS", "AuxFiles", "Loaded", "routes", "show"]
