"""The HTTP and HTTPS listeners as a follower of the configuration, and the keys they serve with.

One rule: they open once, when users and certificates are in place, before anything that takes longer."""

import logging
import ssl
from collections.abc import Callable, Iterable

from sbcd import overview
from sbcd.base.clock import Clock
from sbcd.base.errors import Problem
from sbcd.base.vault import Vault
from sbcd.config.snapshot import Change
from sbcd.edge.http import Listeners
from sbcd.edge.process import Process
from sbcd.edge.tls import Contexts, Listener
from sbcd.rooms.alarms import Alarms
from sbcd.rooms.license import Identity
from sbcd.rooms.system.tables import WebParams
from sbcd.rooms.tls import Tls

_log = logging.getLogger("sbcd.device")

Address = tuple[str, int]


class Doors:
    """Opens the doors that the command line names; of the configuration HTTPSOnly counts, at a start."""

    def __init__(self, listeners: Listeners, http: Address, https: Address, context: ssl.SSLContext) -> None:
        self._listeners = listeners
        self._http = http
        self._https = https
        self._context = context
        self._open = False
        self._error: OSError | None = None

    def check(self, change: Change) -> Iterable[Problem]:
        return ()

    async def apply(self, change: Change) -> None:
        if self._open:
            return
        self._open = True
        self._listeners.tick()
        try:
            if not change.new.params(WebParams).https_only:
                await self._listen("http", self._http, None)
            await self._listen("https", self._https, self._context)
        except OSError as error:
            self._error = error

    def raise_trouble(self) -> None:
        """Raises the `OSError` when a port was taken."""
        if self._error is not None:
            raise self._error

    async def _listen(self, scheme: str, place: Address, context: ssl.SSLContext | None) -> None:
        found = await self._listeners.listen(*place, context)
        _log.info("Listening on %s://%s:%d", scheme, place[0], found)


def keys(
    vault: Vault,
    contexts: Contexts,
    https: Listener,
    process: Process,
    alarms: Alarms,
    clock: Clock,
    identity: Identity,
    make_key: Callable[[int], str],
) -> Tls:
    """The room of keys and certificates; what changes there serves the next connection."""

    def demand(wanted: bool) -> None:
        https.mutual = wanted

    room = Tls(
        vault.room("tls"),
        contexts.check,
        make_key,
        process.offload,
        alarms,
        clock,
        device=identity.mac.upper() or overview.PRODUCT,
        demands=lambda running: running.params(WebParams).https_client_certificate,
        demand=demand,
    )
    room.tell(contexts.load)
    return room
