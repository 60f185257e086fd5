"""The Web interface's place in the device: its pages, its sessions, and who is let in.

One rule: a browser gets no other rights than the same user gets with Basic credentials."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import msgspec

from sbcd import __version__
from sbcd.access import Access, set_password
from sbcd.base.clock import Clock
from sbcd.base.errors import Conflict
from sbcd.config import types
from sbcd.config.store import Store
from sbcd.config.table import REQUIRED, Column
from sbcd.rooms import site
from sbcd.rooms.activity import LOGIN
from sbcd.rooms.users import Session, Sessions, cookie_of
from sbcd.rooms.users.logins import LoginParams
from sbcd.rooms.users.sessions import MOST
from sbcd.rooms.users.tables import WebUsers
from sbcd.web.dispatch import Tree
from sbcd.web.request import Exchange
from sbcd.web.route import Level, User

_TYPES: tuple[tuple[type[Any], str], ...] = (
    (types.SecretText, "secret"),
    (types.Flag, "flag"),
    (types.Choice, "number"),
    (types.Number, "number"),
    (types.IpAddress, "address"),
    (types.Text, "text"),
)


@cache
def tables() -> bytes:
    """Every declared table with its columns, and every set of parameters, for the configuration pages."""
    from sbcd.declared import PARAMS, TABLES

    told = []
    for row in TABLES:
        table = row.__table__
        unique = table.unique.ini if table.unique else None
        columns = [_told(column) for column in table.columns]
        told.append({**_named(table, ("ini", "area", "cli", "help")), "unique": unique, "columns": columns})
    sets = []
    for params in PARAMS:
        declared = params.__params__
        columns = [{**_told(column), "resets": column.resets} for column in declared.columns]
        sets.append({**_named(declared, ("section", "area", "cli", "help")), "columns": columns})
    return msgspec.json.encode({"tables": told, "parameters": sets})


def _named(thing: object, names: tuple[str, ...]) -> dict[str, object]:
    return {name: getattr(thing, name) for name in names}


def _told(column: Column) -> dict[str, object]:
    kind = next(name for codec, name in _TYPES if isinstance(column.codec, codec))
    return {
        **_named(
            column,
            ("ini", "cli", "help", "low", "high", "most", "obeyed", "array", "listed", "parent", "position"),
        ),
        "type": kind,
        "quoted": bool(getattr(column.codec, "quoted", False)),
        "default": _default(column),
        "defaults": [_text(column, one) for one in column.default] if column.array else None,
        "refers": column.target,
        "words": _words(column),
    }


def _default(column: Column) -> str | None:
    """The default as a file has it, None when there is none."""
    if column.default is REQUIRED:
        return None
    if column.listed:
        mark = "'" if column.codec.quoted else ""
        return ", ".join(f"{mark}{_text(column, one)}{mark}" for one in column.default)
    return _text(column, column.default[0] if column.array else column.default)


def _text(column: Column, value: object) -> str:
    return str(column.codec.write(value)).strip('"')


def _words(column: Column) -> Mapping[str, str] | None:
    """What each number of a choice means."""
    words = column.words or getattr(column.codec, "words", None)
    return {column.codec.write(value).strip('"'): word for value, word in words.items()} if words else None


class Browser:
    """Pages and sessions, bounded as the configuration says."""

    def __init__(
        self, clock: Clock, access: Access, store: Store, activity: Callable[[str, User, str], None]
    ) -> None:
        """`activity` is told who came by a token and who left, with the code of ActivityListToLog."""
        users = access.sign_on
        self._users, self._tokens, self._store, self._policy = users, access.tokens, store, access.policy
        self._set_password, self._activity = set_password(store), activity
        self.sessions = Sessions(clock, lambda user, token: (users.standing(user, token), self._read_only))
        self.tree = Tree(self._anybody, lambda: None, prefix="")
        doors = site.Doors(self.log_in, self.redeem, self.sessions.find, self.log_out, self.facts, tables)
        self.tree.add(site.routes(doors, cookie_of))

    def user_of(self, exchange: Exchange) -> User | None:
        """The user of a REST request that a page sent."""
        if not self._users.knows(exchange.address):
            return None
        return self.sessions.user_of(exchange.method, exchange.headers)

    async def log_in(self, name: str, password: str, address: str, new: str) -> tuple[str, Session] | None:
        """A session; `new` becomes the user's password. `Conflict`: it has to be changed, and `new` is ""."""
        user = await self._users.login(name, password, address, "WEB")
        if user is None:
            return None
        if self._users.decided_here(name):
            why = self._policy.due(name)
            if new:
                self._policy.refuse_hurry(name)
                self._policy.judge(password, new)
                await self._set_password(user, new)
            elif why:
                raise Conflict(why)
        idle, most = self._bounds(name)
        return self.sessions.open(self._limited(user), idle, most=most)

    def _bounds(self, name: str) -> tuple[float, int]:
        """Seconds until an idle session of this user ends (0 minutes: a day), and how many he may have."""
        running = self._store.running
        found = running.find(WebUsers, name)
        minutes = found[1].session_timeout if found else running.params(LoginParams).session_minutes
        return (minutes * 60.0 or 86400.0), (found[1].session_limit if found else MOST)

    def redeem(self, token: str, address: str) -> tuple[str, Session] | None:
        """A session for a one-time token (R32)."""
        found = self._tokens.redeem(token)
        if found is None or not self._users.knows(address):
            return None
        user = self._limited(User(found.user, found.level, address, "WEB"))
        self._activity("Login by a one-time token", user, LOGIN)
        idle = float(found.session_timeout or self._bounds(found.user)[0])
        return self.sessions.open(user, idle, cross_host=found.cross_host, token=True)

    def log_out(self, cookie: str) -> None:
        """Ends a session."""
        session = self.sessions.find(cookie)
        if session is not None:
            self.sessions.close(cookie)
            self._activity("Logout", session.user, LOGIN)

    def facts(self) -> dict[str, object]:
        blocked = self._store.running.params(LoginParams).block_completion
        return {"product": "sbcd", "version": __version__, "completes": not blocked}

    @property
    def _read_only(self) -> bool:
        """DisableWebConfig."""
        return self._store.running.params(LoginParams).read_only

    def _limited(self, user: User) -> User:
        """The user as a Web session has him: nobody changes anything there while DisableWebConfig is on."""
        return replace(user, level=min(user.level, Level.MONITOR)) if self._read_only else user

    @staticmethod
    async def _anybody(_authorization: str | None, address: str) -> User:
        return User("", Level.MONITOR, address, "WEB")
