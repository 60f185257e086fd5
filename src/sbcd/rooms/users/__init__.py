"""Who may ask: the Local Users, their passwords and one-time tokens."""

from sbcd.rooms.users.accounts import Accounts, hashed, masters
from sbcd.rooms.users.model import Account, Users
from sbcd.rooms.users.policy import Policy
from sbcd.rooms.users.remote import Servers, SignOn
from sbcd.rooms.users.sessions import Session, Sessions, cookie_of
from sbcd.rooms.users.tokens import Tokens

__all__ = [
    "Account",
    "Accounts",
    "Policy",
    "Servers",
    "Session",
    "Sessions",
    "SignOn",
    "Tokens",
    "Users",
    "cookie_of",
    "hashed",
    "masters",
]
