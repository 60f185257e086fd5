"""Sign-on by RADIUS and LDAP beside the Local Users: who is asked first, what silence means, what is kept.

One rule: a server that does not answer delays one login, not all: for a while nobody is sent there, and the
Local Users decide at once if they may."""

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from sbcd.base.clock import Clock
from sbcd.base.errors import Problem
from sbcd.base.signon import (
    Accepted,
    Answer,
    LdapServer,
    LdapSettings,
    RadiusServer,
    RadiusSettings,
    Service,
    Silent,
)
from sbcd.config.snapshot import Change, Snapshot
from sbcd.rooms.users.logins import (
    LdapParams,
    LdapWebParams,
    RadiusAuthentication,
    RadiusParams,
    RadiusSystemParams,
)
from sbcd.rooms.users.model import Users, basic
from sbcd.rooms.users.tables import (
    GroupLevel,
    LdapConfiguration,
    LdapSearchMethod,
    LdapServerGroups,
    LdapServersSearchDNs,
    LdapServerType,
    MgmntLDAPGroups,
    RadiusServers,
)
from sbcd.web.route import User

SPARED = 60.0
"""Seconds in which a kind of servers that kept silent is not asked again."""
MOST_REMEMBERED = 1000
Local = Callable[[], Awaitable[User | None]]
LEVELS = {GroupLevel.MONITOR: 50, GroupLevel.ADMIN: 100, GroupLevel.SEC_ADMIN: 200}


@dataclass(frozen=True, slots=True)
class Order:
    """The services in the order in which they are asked, and how they stand to the Local Users.

    `local_first`: a name of the Local Users is never sent to a server. `local_on_silence`: they decide when
    no server answers. An accepted login is remembered for `memory` seconds, if `renewed` anew at each use."""

    services: tuple[Service, ...] = ()
    local_first: bool = False
    local_on_silence: bool = True
    memory: float = 900.0
    renewed: bool = True
    default_level: int = 200


class SignOn:
    """Takes the place of `Users` wherever somebody signs on."""

    def __init__(self, users: Users, clock: Clock) -> None:
        self._users, self._clock = users, clock
        self._order = Order()
        self._key = secrets.token_bytes(32)
        self._remembered: dict[bytes, tuple[int, float]] = {}
        self._spared: dict[int, float] = {}
        self._changes = 0
        self._watchers: list[Callable[[Service | None, str], None]] = []

    def standing(self, user: User, token: bool) -> object:
        """What a session depends on: another value ends it. One by password ends with any change of its user,
        and of the servers when they decided about him; one by a one-time token is of nobody's account."""
        known = self.knows(user.address)
        if token:
            return known
        servers = None if self.decided_here(user.name) else self._changes
        return known, self._users.account(user.name), user.name in self._users.barred, servers

    def knows(self, address: str) -> bool:
        """Whether anybody may come in from this address (WebAccessList)."""
        return self._users.knows(address)

    def take(self, order: Order) -> None:
        """From now on in this order; what was learned under the old one is forgotten."""
        if order.services or self._order.services:
            self._changes += 1
        self._order = order
        self._remembered.clear()
        self._spared.clear()
        self._heard(None, "")

    def tell(self, watcher: Callable[[Service | None, str], None]) -> None:
        """`watcher` hears of every question to a service: why it was silent, or ""; and, with None for the
        service, that others are asked from now on."""
        self._watchers.append(watcher)

    def _heard(self, service: Service | None, why: str) -> None:
        for watcher in self._watchers:
            watcher(service, why)

    def decided_here(self, name: str) -> bool:
        """Whether the Local Users decide about this name."""
        known = self._users.account(name) is not None
        return known and (self._order.local_first or not self._order.services)

    async def authenticate(self, authorization: str | None, address: str) -> User | None:
        """The user of an `Authorization: Basic` header, or None."""
        if authorization is None or not self._order.services:
            return await self._users.authenticate(authorization, address)
        pair = basic(authorization)
        if pair is None:
            return None
        return await self._sign_on(
            *pair, address, "REST", lambda: self._users.authenticate(authorization, address)
        )

    async def login(self, name: str, password: str, address: str, via: str) -> User | None:
        """The same for those who ask by name and password (Web interface, CLI)."""
        return await self._sign_on(
            name, password, address, via, lambda: self._users.login(name, password, address, via)
        )

    async def _sign_on(self, name: str, password: str, address: str, via: str, local: Local) -> User | None:
        order = self._order
        if not order.services or (order.local_first and self._users.account(name) is not None):
            return await local()
        if not self._users.admits(name, address):
            return None
        mark = hashlib.blake2b(f"{len(name)} {name}{password}".encode(), key=self._key).digest()
        level = self._recall(mark)
        if level is not None:
            return User(name, level, address, via)
        answer = await self._ask(order, name, password)
        if isinstance(answer, Silent):
            return await local() if order.local_on_silence else None
        if not isinstance(answer, Accepted):
            self._users.missed(name, address, via)
            return None
        user = User(name, order.default_level if answer.level is None else answer.level, address, via)
        if order is self._order:
            self._remember(mark, user.level)
        self._users.welcome(user)
        return user

    async def _ask(self, order: Order, name: str, password: str) -> Answer:
        """The first service that accepts; a refusal counts when none does, silence when nobody answered."""
        found: Answer = Silent("nobody is asked at the moment")
        for place, service in enumerate(order.services):
            if self._clock.monotonic() < self._spared.get(place, 0.0):
                continue
            answer = await service.ask(name, password)
            if order is self._order:
                self._heard(service, answer.why if isinstance(answer, Silent) else "")
            if isinstance(answer, Accepted):
                return answer
            if not isinstance(answer, Silent):
                found = answer
            elif order is self._order and not answer.busy:
                self._spared[place] = self._clock.monotonic() + SPARED
        return found

    def _recall(self, mark: bytes) -> int | None:
        level, until = self._remembered.get(mark, (0, 0.0))
        now = self._clock.monotonic()
        if now >= until:
            self._remembered.pop(mark, None)
            return None
        if self._order.renewed:
            self._remembered[mark] = (level, now + self._order.memory)
        return level

    def _remember(self, mark: bytes, level: int) -> None:
        while len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.pop(next(iter(self._remembered)))
        self._remembered[mark] = (level, self._clock.monotonic() + self._order.memory)


class Servers:
    """The follower of the RADIUS and LDAP configuration."""

    def __init__(
        self,
        sign_on: SignOn,
        radius: Callable[[RadiusSettings], Service],
        ldap: Callable[[LdapSettings], Service],
        context_of: Callable[[Snapshot, str], int],
        check_filter: Callable[[str], None],
    ) -> None:
        """`radius` and `ldap` make a service; `context_of` is the index of a TLS context by its name;
        `check_filter` raises `ValueError` for a text that is no search filter."""
        self._sign_on, self._radius, self._ldap = sign_on, radius, ldap
        self._context_of, self._check_filter = context_of, check_filter

    def check(self, change: Change) -> Iterable[Problem]:
        """A search filter must be one; everything else is said by the tables."""
        text = change.new.params(LdapParams).auth_filter
        try:
            self._check_filter(text)
        except ValueError as error:
            yield Problem(f"LDAPAuthFilter: {error}")

    async def apply(self, change: Change) -> None:
        """Logins from now on go by `change.new`."""
        kinds = (RadiusParams, RadiusSystemParams, LdapParams, LdapWebParams, RadiusServers)
        tables = (LdapServerGroups, LdapConfiguration, LdapServersSearchDNs, MgmntLDAPGroups)
        if change.touches(*kinds, *tables):
            self._sign_on.take(self._order(change.new))

    def _order(self, running: Snapshot) -> Order:
        """RADIUS before LDAP, where both are on."""
        params = running.params(RadiusParams)
        services: list[Service] = []
        radius = radius_of(running) if params.enabled and params.login else None
        if radius and radius.servers:
            services.append(self._radius(radius))
        wanted = running.params(LdapParams).enabled and running.params(LdapWebParams).login
        ldap = ldap_of(running, self._context_of) if wanted else None
        if ldap and ldap.servers:
            services.append(self._ldap(ldap))
        return Order(
            tuple(services),
            params.local_users == 1,
            params.on_timeout == 1,
            float(params.cache_seconds),
            params.cache_mode == 1,
            running.params(RadiusSystemParams).default_access_level,
        )


def radius_of(running: Snapshot) -> RadiusSettings:
    """How RADIUS is asked, by the configuration."""
    params = running.params(RadiusParams)
    rows = running.rows(RadiusServers).values()
    return RadiusSettings(
        tuple(
            RadiusServer(row.ip_address, row.authentication_port, row.shared_secret.reveal())
            for row in rows
            if row.authentication_port and row.ip_address not in {"", "0.0.0.0"}  # noqa: S104
        ),
        float(params.timeout),
        params.retransmissions,
        params.vendor,
        params.level_attribute,
        params.authentication == RadiusAuthentication.MS_CHAP_V2,
    )


def ldap_of(running: Snapshot, context_of: Callable[[Snapshot, str], int]) -> LdapSettings:
    """How LDAP is asked: the servers of the groups for logins (ServerType management)."""
    groups = {
        row.name: row
        for row in running.rows(LdapServerGroups).values()
        if row.server_type == LdapServerType.MANAGEMENT
    }
    servers = tuple(
        _server(running, index, row, context_of)
        for index, row in running.rows(LdapConfiguration).items()
        if row.group in groups and _host(row)
    )
    parallel = any(group.search_method == LdapSearchMethod.PARALLEL for group in groups.values())
    return LdapSettings(servers, parallel, running.params(LdapParams).auth_filter)


def _host(row: LdapConfiguration) -> str:
    return row.domain_name if row.server_ip in {"", "0.0.0.0"} else row.server_ip  # noqa: S104


def _server(
    running: Snapshot, index: int, row: LdapConfiguration, context_of: Callable[[Snapshot, str], int]
) -> LdapServer:
    bases = [child for child in running.rows(LdapServersSearchDNs).values() if child.server == index]
    groups = [child for child in running.rows(MgmntLDAPGroups).values() if child.server == index]
    return LdapServer(
        _host(row),
        row.server_port,
        row.max_respond_time / 1000,
        row.bind_dn,
        row.password.reveal(),
        tuple(child.base_path for child in sorted(bases, key=lambda child: child.position)),
        row.management_attribute,
        tuple((name, LEVELS[child.level]) for child in groups for name in child.group.split(";") if name),
        row.use_tls,
        context_of(running, row.tls_context),
        row.verify_certificate,
        (row.domain_name or row.server_ip) if row.verify_certificate and row.verify_subject else None,
        row.interface,
    )
