"""Who may come in, as the device has it: Local Users and their policy, sign-on servers, one-time tokens.

One rule: this is wiring. Rooms say whom to ask, edges ask; this is the line between them."""

import logging
import ssl
from collections.abc import Awaitable, Callable
from functools import partial

from sbcd.base.clock import Clock
from sbcd.base.errors import NotFound
from sbcd.base.signon import LdapServer, LdapSettings, RadiusSettings, Service
from sbcd.base.vault import Vault
from sbcd.config.draft import Draft
from sbcd.config.snapshot import Snapshot
from sbcd.config.store import Follower, Store
from sbcd.config.types import Address, Secret
from sbcd.edge.process import Process
from sbcd.edge.tls import Contexts
from sbcd.rooms.alarms import Alarms, alarm_type
from sbcd.rooms.network.tables import InterfaceTable
from sbcd.rooms.system.tables import WebParams
from sbcd.rooms.tls.tables import TLSContexts
from sbcd.rooms.users import Accounts, Policy, Servers, SignOn, Tokens, Users
from sbcd.rooms.users.bearers import Bearers
from sbcd.rooms.users.logins import RestLoginParams
from sbcd.rooms.users.tables import UserStatus, WebUsers
from sbcd.watching import Watching
from sbcd.web.request import Exchange
from sbcd.web.route import User

LDAP_LOST = alarm_type("acLDAPLostConnection")
_log = logging.getLogger("sbcd.access")


class Access:
    """`users` are the Local Users, `sign_on` is asked by everybody who lets people in."""

    def __init__(
        self,
        vault: Vault,
        clock: Clock,
        process: Process,
        watching: Watching,
        contexts: Contexts,
        serial: str,
    ) -> None:
        """`serial` is what the device calls itself to RADIUS servers."""
        alarms = watching.alarms
        self.users = Users(clock, process.offload_login)
        self.users.tell_blocked(watching.blocked)
        self.users.tell(watching.entered)
        self.users.tell_refused(watching.refused)
        self.sign_on = SignOn(self.users, clock)
        self.sign_on.tell(partial(watched, alarms))
        self.policy = Policy(vault.room("users"), self.users, alarms, clock.wall)
        self.tokens = Tokens(clock)
        self.accounts = Accounts(self.users, process.offload, alarms, _log.warning, known, process.spawn)
        self.bearers = Bearers(vault.room("users"), clock, self.users, lambda: self._rest().bearer)
        self._rest: Callable[[], RestLoginParams] = RestLoginParams
        self._running: Callable[[], Snapshot] = Snapshot.empty
        self.followers: list[Follower] = [
            self.accounts,
            self.policy,
            servers(self.sign_on, contexts, serial, self._source),
        ]

    def obey(self, running: Callable[[], Snapshot]) -> None:
        """`running` tells which of the other logins are switched on, and the addresses of the device."""
        self._running = running
        self._rest = lambda: running().params(RestLoginParams)

    def _source(self, server: LdapServer) -> str | None:
        """The address to ask this server from, when its row names an interface."""
        found = self._running().find(InterfaceTable, server.interface) if server.interface else None
        return found[1].ip_address if found else None

    async def authenticate(self, authorization: str | None, address: str) -> User | None:
        """The user of an Authorization header, Basic or Bearer."""
        if authorization is not None and authorization[:7].lower() == "bearer ":
            return self.bearers.user_of(authorization[7:].strip(), address)
        return await self.sign_on.authenticate(authorization, address)

    def by_certificate(self, exchange: Exchange) -> User | None:
        """The user whom the client certificate of this connection names (its common name).

        A browser shows its certificate to every page that asks through it, so what changes something needs a
        header that no foreign page can send."""
        name = exchange.certificate
        if not name or not self._rest().certificate:
            return None
        sent = {key for key, _ in exchange.headers}
        if exchange.method not in {"GET", "HEAD"} and not sent & {b"x-requested-with", b"x-csrf-token"}:
            return None
        return self.bearers.local(name, exchange.address)


def watched(alarms: Alarms, service: Service | None, why: str) -> None:
    """An alarm while no LDAP server answers, until one does or none is asked any more."""
    from sbcd.edge.ldap import Ldap  # not before somebody asks

    if service is not None and not isinstance(service, Ldap):
        return
    if why:
        alarms.raise_(LDAP_LOST, "Board#1", "No LDAP server answers", info=(why,))
    else:
        alarms.clear(LDAP_LOST, "Board#1", "LDAP servers answer, or are not asked any more")


def known(running: Snapshot) -> tuple[Address, ...]:
    """The addresses that may log in (WebAccessList)."""
    return running.params(WebParams).access_list


def servers(
    sign_on: SignOn, contexts: Contexts, nas: str, source_for: Callable[[LdapServer], str | None]
) -> Servers:
    """The follower that keeps RADIUS and LDAP as configured; `nas` is what the device calls itself there.
    Their clients are loaded when somebody is to be asked, not at every start."""

    def tls_for(server: LdapServer) -> ssl.SSLContext:
        return contexts.client(server.context, verify=server.verify, name=server.name is not None)

    def radius(settings: RadiusSettings) -> Service:
        from sbcd.edge.radius import Radius

        return Radius(settings, nas)

    def ldap(settings: LdapSettings) -> Service:
        from sbcd.edge.ldap import Ldap

        return Ldap(settings, tls_for, source_for)

    def context_of(running: Snapshot, name: str) -> int:
        found = running.find(TLSContexts, name) if name else None
        return found[0] if found else 0

    def check_filter(text: str) -> None:
        from sbcd.edge.ldapwire import filter_for

        filter_for(text, "user")

    return Servers(sign_on, radius, ldap, context_of, check_filter)


def set_password(store: Store) -> Callable[[User, str], Awaitable[None]]:
    """Gives a Local User the password that he chose; saved unless other changes wait for that."""

    async def change(user: User, new: str) -> None:
        def edit(running: Snapshot) -> Snapshot:
            found = running.find(WebUsers, user.name)
            if found is None:
                raise NotFound(f"User {user.name} does not exist")
            index, row = found
            chosen = row.but(password=Secret(new), status=UserStatus.VALID)
            return Draft(running).put(index, chosen).finish()

        await store.change(edit, user, save=not store.save_needed)

    return change
