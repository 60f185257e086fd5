"""The Web interface's place in the device: its pages, its sessions, and who is let in.

One rule: a browser gets no other rights than the same user gets with Basic credentials."""

from collections.abc import Callable

from sbcd import __version__
from sbcd.base.clock import Clock
from sbcd.rooms import site
from sbcd.rooms.users import Session, Sessions, Tokens, Users, cookie_of
from sbcd.web.dispatch import Tree
from sbcd.web.request import Exchange
from sbcd.web.route import Level, User


class Browser:
    """Pages and sessions; `idle` gives the seconds after which an idle session ends."""

    def __init__(self, clock: Clock, users: Users, tokens: Tokens, idle: Callable[[], float]) -> None:
        self._users, self._tokens, self._idle = users, tokens, idle
        self.sessions = Sessions(clock, lambda: users.generation)
        self.tree = Tree(self._anybody, lambda: None, prefix="")
        doors = site.Doors(self.log_in, self.redeem, self.sessions.find, self.sessions.close, self.facts)
        self.tree.add(site.routes(doors, cookie_of))

    def user_of(self, exchange: Exchange) -> User | None:
        """The user of a REST request that a page sent."""
        return self.sessions.user_of(exchange.method, exchange.headers)

    async def log_in(self, name: str, password: str, address: str) -> tuple[str, Session] | None:
        user = await self._users.login(name, password, address, "WEB")
        return self.sessions.open(user, self._idle()) if user is not None else None

    def redeem(self, token: str, address: str) -> tuple[str, Session] | None:
        """A session for a one-time token (R32)."""
        found = self._tokens.redeem(token)
        if found is None:
            return None
        user = User(found.user, found.level, address, "WEB")
        idle = float(found.session_timeout or self._idle())
        return self.sessions.open(user, idle, cross_host=found.cross_host, token=True)

    def facts(self) -> dict[str, object]:
        return {"product": "sbcd", "version": __version__}

    @staticmethod
    async def _anybody(_authorization: str | None, address: str) -> User:
        return User("", Level.MONITOR, address, "WEB")
