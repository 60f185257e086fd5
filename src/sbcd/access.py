"""Where the sign-on servers of the configuration meet the sockets that ask them.

One rule: rooms say whom to ask, edges ask; this is the line between them."""

import ssl

from sbcd.base.signon import LdapServer, LdapSettings, RadiusSettings, Service
from sbcd.config.snapshot import Snapshot
from sbcd.edge.ldap import Ldap
from sbcd.edge.ldapwire import filter_for
from sbcd.edge.radius import Radius
from sbcd.edge.tls import Contexts
from sbcd.rooms.tls.tables import TLSContexts
from sbcd.rooms.users import Servers, SignOn


def servers(sign_on: SignOn, contexts: Contexts, nas: str) -> Servers:
    """The follower that keeps RADIUS and LDAP as configured; `nas` is what the device calls itself there."""

    def tls_for(server: LdapServer) -> ssl.SSLContext:
        return contexts.client(server.context, verify=server.verify, name=server.name is not None)

    def radius(settings: RadiusSettings) -> Service:
        return Radius(settings, nas)

    def ldap(settings: LdapSettings) -> Service:
        return Ldap(settings, tls_for)

    def context_of(running: Snapshot, name: str) -> int:
        found = running.find(TLSContexts, name) if name else None
        return found[0] if found else 0

    def check_filter(text: str) -> None:
        filter_for(text, "user")

    return Servers(sign_on, radius, ldap, context_of, check_filter)
