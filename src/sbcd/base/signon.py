"""The words between who signs people on and the servers that are asked: questions' settings, and answers.

One rule: secrets in it are in no text (R34)."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server knows the user and the password; `level` as it told, None when it told none."""

    level: int | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The server says no."""


@dataclass(frozen=True, slots=True)
class Silent:
    """No server answered in time, or none understood; `why` for the log. `busy`: nobody was asked, because
    too many logins wait for answers already, which is no fault of the servers."""

    why: str
    busy: bool = False


Answer = Accepted | Rejected | Silent


MOST_AT_ONCE = 100
"""Logins that may wait for the servers of one kind at one time. Further ones do not queue up: they would wait
for longer than any time-out says."""
BUSY = Silent("too many logins wait for an answer", busy=True)


class Service(Protocol):
    """One kind of servers."""

    async def ask(self, name: str, password: str) -> Answer:
        """Never takes longer than the time-outs of its settings, and never raises."""
        ...


@dataclass(frozen=True, slots=True)
class RadiusServer:
    """One RADIUS server (RadiusServers)."""

    host: str
    port: int
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RadiusSettings:
    """How RADIUS is asked: each server in turn, `timeout` seconds, then `retries` times more. `vendor` and
    `attribute` tell which vendor attribute holds the level (5003, 35).
    `chap`: MS-CHAPv2 in the place of PAP."""

    servers: tuple[RadiusServer, ...]
    timeout: float = 2.0
    retries: int = 1
    vendor: int = 5003
    attribute: int = 35
    chap: bool = False


@dataclass(frozen=True, slots=True)
class LdapServer:
    """One LDAP server (LdapConfiguration with its children). `timeout` seconds for a whole login; `$` in
    `bind_dn` and `password` is the user's own; `groups` are names and the level of their members."""

    host: str
    port: int
    timeout: float
    bind_dn: str
    password: str = field(repr=False)
    bases: tuple[str, ...] = ()
    attribute: str = "memberOf"
    groups: tuple[tuple[str, int], ...] = ()
    tls: bool = False
    context: int = 0
    verify: bool = False
    name: str | None = None
    """The name that its certificate must show, when that is checked."""
    interface: str = ""
    """Name of the IP interface to ask from, any when it is empty."""


@dataclass(frozen=True, slots=True)
class LdapSettings:
    """How LDAP is asked: all servers at once or one by one; `search` finds the user, `$` is the name."""

    servers: tuple[LdapServer, ...]
    parallel: bool = True
    search: str = "(sAMAccountName=$)"
