"""Bearer tokens and client certificates: other ways to prove who one is, off unless configured (ADR 0037).

One rule: both name a Local User, who must exist and be valid at every request; his level is the one he has
then. Of a token only a digest is kept."""

import hashlib
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from sbcd.base.clock import Clock
from sbcd.base.errors import Conflict, Invalid, NotFound
from sbcd.base.vault import Vault
from sbcd.rooms.users.model import Users
from sbcd.web.route import Level, Operation, Request, Response, Route, User, answer, described

MOST = 100
"""Tokens at one time."""
LONGEST = 366 * 86400
MONTH = 30 * 86400
_FILE = "bearers.json"
_OFF = "Bearer tokens are switched off (RestBearerEnable)"


class Bearer(msgspec.Struct, frozen=True):
    """A token that was given out; `digest` is its SHA-256."""

    id: str
    username: str
    digest: str
    expires: datetime
    description: str = ""


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /actions/bearerToken; `lifetime` in seconds."""

    username: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    lifetime: Annotated[int, msgspec.Meta(ge=60, le=LONGEST)] = MONTH
    description: Annotated[str, msgspec.Meta(max_length=80)] = ""


class Given(msgspec.Struct):
    id: str
    bearerToken: str
    expires: datetime
    description: str


class Item(msgspec.Struct):
    id: str
    username: str
    expires: datetime
    description: str


class Items(msgspec.Struct):
    bearerTokens: list[Item]


class Bearers:
    """The tokens of the device."""

    def __init__(self, vault: Vault, clock: Clock, users: Users, enabled: Callable[[], bool]) -> None:
        self._vault, self._clock, self._users, self.enabled = vault, clock, users, enabled
        stored = vault.read(_FILE)
        held = msgspec.json.decode(stored, type=list[Bearer]) if stored else []
        self._held = {bearer.digest: bearer for bearer in held}

    def give(self, wish: Wish) -> tuple[str, Bearer]:
        """A new token for a Local User. `Invalid`: there is no such user; `Conflict`: too many tokens."""
        if self._users.account(wish.username) is None:
            raise Invalid(f"username: there is no Local User {wish.username!r}")
        self._expire()
        if len(self._held) >= MOST:
            raise Conflict(f"{MOST} bearer tokens are in use; revoke one first")
        token = secrets.token_urlsafe(32)
        expires = self._clock.wall() + timedelta(seconds=wish.lifetime)
        bearer = Bearer(secrets.token_hex(8), wish.username, _digest(token), expires, wish.description)
        self._keep({**self._held, bearer.digest: bearer})
        return token, bearer

    def revoke(self, id_: str) -> None:
        found = next((bearer for bearer in self._held.values() if bearer.id == id_), None)
        if found is None:
            raise NotFound(f"there is no bearer token {id_[:40]!r}")
        self._keep({digest: bearer for digest, bearer in self._held.items() if bearer is not found})

    def held(self) -> Iterable[Bearer]:
        self._expire()
        return self._held.values()

    def user_of(self, token: str, address: str) -> User | None:
        """Whose token this is, while it and its user are valid."""
        bearer = self._held.get(_digest(token)) if self.enabled() else None
        if bearer is None or self._clock.wall() >= bearer.expires:
            return None
        return self.local(bearer.username, address)

    def local(self, name: str, address: str) -> User | None:
        """The Local User of that name, when he may come in from there."""
        account = self._users.account(name)
        if account is None or not account.valid or not self._users.admits(name, address):
            return None
        return User(name, account.level, address, "REST")

    def _expire(self) -> None:
        now = self._clock.wall()
        if any(bearer.expires <= now for bearer in self._held.values()):
            self._keep({digest: bearer for digest, bearer in self._held.items() if bearer.expires > now})

    def _keep(self, held: dict[str, Bearer]) -> None:
        self._vault.replace(_FILE, msgspec.json.encode(list(held.values())))
        self._held = held


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def routes(bearers: Bearers) -> list[Route]:
    def admit(_: Request) -> None:
        if not bearers.enabled():
            raise Conflict(_OFF)

    async def give(request: Request) -> Response:
        token, bearer = bearers.give(await request.json(Wish))
        return answer(Given(bearer.id, token, bearer.expires, "Keep it: it is shown this once"))

    async def tell(_: Request) -> Response:
        items = [Item(one.id, one.username, one.expires, one.description) for one in bearers.held()]
        return answer(Items(items))

    async def revoke(request: Request) -> Response:
        bearers.revoke(request.params["id"])
        return described("The bearer token is revoked")

    level = Level.SECURITY_ADMINISTRATOR
    giving = Operation(
        level, give, "A bearer token of a Local User", Wish, Given, None, (200, 400, 409), admit=admit
    )
    telling = Operation(
        level, tell, "The bearer tokens in use", gives=Items, statuses=(200, 409), admit=admit
    )
    revoking = Operation(level, revoke, "Revokes a bearer token", statuses=(200, 404, 409), admit=admit)
    return [
        Route("/actions/bearerToken", get=telling, post=giving),
        Route("/actions/bearerToken/{id}/revoke", post=revoking),
    ]
