"""Who may ask: the Local Users, their passwords and one-time tokens."""

from sbcd.rooms.users.model import Account, Users
from sbcd.rooms.users.tokens import Tokens

__all__ = ["Account", "Tokens", "Users"]
