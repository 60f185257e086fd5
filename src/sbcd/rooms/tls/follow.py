"""The TLS contexts follow the rows of TLSContexts: they appear, change their terms, and go.

One rule: what a row says is tried with OpenSSL before a change, and serves new connections after (R28)."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

from msgspec.structs import replace

from sbcd.base.credentials import Credentials, Terms
from sbcd.base.errors import Invalid, Problem
from sbcd.config.snapshot import Change, Snapshot
from sbcd.rooms.tls import issue, model
from sbcd.rooms.tls.holdings import Holdings
from sbcd.rooms.tls.tables import TLSContexts, TlsParams
from sbcd.rooms.tls.watch import Watch

HTTPS = 0
"""The context of the HTTPS listener; it cannot be deleted."""

FORMER = "RC4:EXP"
"""The server ciphers of a device up to 7.0 that nobody configured. OpenSSL has none of them any more: a row
that still says so gets today's default, and the export of such a device loads."""


def terms(row: TLSContexts) -> Terms:
    """How connections are made, by a row."""
    return Terms(
        versions=row.tls_version,
        server_ciphers="" if row.server_ciphers == FORMER else row.server_ciphers,
        client_ciphers=row.client_ciphers,
        dh_bits=row.dh_key_size,
        strict=row.require_strict_cert,
        bundle=row.use_default_ca_bundle,
    )


class Following:
    """The follower of TLSContexts."""

    def __init__(
        self,
        holdings: Holdings,
        watch: Watch,
        new_key: Callable[[], Awaitable[str]],
        *,
        wall: Callable[[], datetime],
        device: str,
        demands: Callable[[Snapshot], bool],
        demand: Callable[[bool], None],
    ) -> None:
        """`new_key` makes the key of a first boot, as PEM; `device` is the name in its certificate; `demands`
        tells whether a configuration demands certificates of HTTPS clients, `demand` makes it so."""
        self._holdings, self._watch, self._new_key = holdings, watch, new_key
        self._wall, self._device, self._demands, self._demand = wall, device, demands, demand
        self._left: Snapshot | None = None  # the configuration before the last change: where an undo leads

    def check(self, change: Change) -> Iterable[Problem]:
        """Context 0 stays, and OpenSSL can work with what the rows say (R29)."""
        if change.new.row(TLSContexts, HTTPS) is None:
            yield Problem("the default context cannot be deleted", table="TLSContexts", row=HTTPS)
        if not self._holdings.names:
            return  # at start nothing can be refused any more
        held = dict(self._holdings.held())
        for index, (_, row) in change.changed(TLSContexts).items():
            try:
                if row is not None:
                    self._holdings.check(index, replace(held.get(index, Credentials()), terms=terms(row)))
            except Invalid as error:
                yield Problem(str(error), table="TLSContexts", row=index)
        first = change.new.row(TLSContexts, HTTPS)
        trusts = held[HTTPS].roots or (first is not None and first.use_default_ca_bundle)
        if self._demands(change.new) and not self._demands(change.old) and not trusts:
            yield Problem(
                "HTTPSRequireClientCertificate: TLS context 0 trusts no root, so nobody could log in any more"
            )

    async def apply(self, change: Change) -> None:
        """Rows of `change.new` are in force when it returns."""
        starts, undone = not self._holdings.names, change.new is self._left
        self._left = change.old
        for index, (old, row) in change.changed(TLSContexts).items():
            if row is None:
                self._holdings.leave(index)
                continue
            self._holdings.names[index] = row.name
            if old is not None:
                self._holdings.put(index, replace(self._holdings.of(index), terms=terms(row)))
            elif starts or undone:
                await self._again(index, terms(row))
            else:
                self._holdings.fresh(index)
                self._holdings.put(index, Credentials(terms=terms(row)))
        self._demand(self._demands(change.new))
        days = change.new.params(TlsParams)
        self._watch.set_days(days.expiry_check_start, days.expiry_check_period)

    async def _again(self, index: int, wanted: Terms) -> None:
        """A context whose file may be there from before; the HTTPS listener gets a pair in any case."""
        why = ""
        try:
            held = self._holdings.found(index) or Credentials()
            self._holdings.check(index, replace(held, terms=wanted))
        except (ValueError, Invalid) as error:
            why = str(error)
            self._holdings.set_aside(index)
            held = Credentials()
        if index == HTTPS and not held.served:
            key = await self._new_key()
            made = issue.self_signed(model.load_key(key), issue.Subject(), self._wall(), self._device)
            held = replace(held, key=key, chain=model.write_chain([made]))
        self._holdings.put(index, replace(held, terms=wanted))
        if why:
            self._watch.unusable(index, why)
