"""The TLS room put together: what the roof builds once.

One rule: the parts share the holdings, and nothing else."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol, TypeVar

from sbcd.base.clock import Clock
from sbcd.base.vault import Vault
from sbcd.config.snapshot import Snapshot
from sbcd.rooms.alarms import Alarms
from sbcd.rooms.tls import travel
from sbcd.rooms.tls.follow import Following
from sbcd.rooms.tls.holdings import Check, Holdings
from sbcd.rooms.tls.store import FIRST_SIZE, ContextFiles
from sbcd.rooms.tls.watch import Watch

T = TypeVar("T")


class Offload(Protocol):
    """Slow work in a thread."""

    def __call__(self, work: Callable[[], T]) -> Awaitable[T]: ...


class Tls:
    """`files` for /files/tls, `following` for the store, `watch` for the clock."""

    def __init__(
        self,
        vault: Vault,
        check: Check,
        make_key: Callable[[int], str],
        offload: Offload,
        alarms: Alarms,
        clock: Clock,
        *,
        device: str,
        demands: Callable[[Snapshot], bool],
        demand: Callable[[bool], None],
    ) -> None:
        """`vault` is the room `tls` of the state directory; `check` builds a context and raises `Invalid`
        when OpenSSL refuses; `make_key` makes an RSA key of so many bits as PEM; `device` is the name in
        self-signed certificates. `demands` tells whether a configuration demands certificates of HTTPS
        clients, `demand` lets the listener do so."""

        async def made(size: int) -> str:
            return await offload(lambda: make_key(size))

        async def first() -> str:
            return await made(FIRST_SIZE)

        self._holdings = Holdings(vault, check)
        self.watch = Watch(self._holdings, alarms, clock.wall)
        self.files = ContextFiles(self._holdings, made, offload, wall=clock.wall, device=device)
        self.following = Following(
            self._holdings, self.watch, first, wall=clock.wall, device=device, demands=demands, demand=demand
        )

    def members(self, password: str | None) -> Iterable[tuple[str, bytes]]:
        """Names and bytes for a configuration package; keys only under a password."""
        return travel.members(self._holdings, password)

    def tell(self, listener: Callable[[int], None]) -> None:
        """From now on `listener` is called with the index of every context whose file is new or gone."""
        self._holdings.tell(listener)
