"""Large requests leave over TCP although UDP was asked for (RFC 3261 18.1.1), and go back to UDP when nobody
takes the connection.

One rule: the transaction stays the same one: its branch and its owner stay, its flow and its Via change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sbcd.sip.events import Flow
from sbcd.sip.transaction import ClientTransaction, Transaction, step

if TYPE_CHECKING:
    from sbcd.sip.alive import Alive

UNSENT = {"calling", "trying"}


class Ways(Protocol):
    """What the endpoint asks about places."""

    def larger(self, flow: Flow) -> Flow | None:
        """The TCP flow for a request too large for this UDP flow; None: it goes by UDP after all."""
        ...

    def refused(self, flow: Flow) -> None:
        """Nobody takes TCP connections there."""
        ...


def enlarge(run: Alive, txn: ClientTransaction, ways: Ways) -> None:
    """Lets a fresh transaction go by TCP, if there is a way."""
    flow = ways.larger(txn.flow)
    if flow is not None:
        txn.spare = txn.flow
        _move(run, txn, flow)


def lost(run: Alive, txn: Transaction) -> None:
    """The way of a transaction is broken: it goes on by UDP when that is from where it was moved."""
    moved = isinstance(txn, ClientTransaction) and txn.spare is not None and txn.state in UNSENT
    if not moved or run.ways is None:
        step(run, txn, "broken")
        return
    assert isinstance(txn, ClientTransaction)
    assert txn.spare is not None
    run.ways.refused(txn.flow)
    flow, txn.spare = txn.spare, None
    run.leave(txn)
    _move(run, txn, flow)
    step(run, txn, "spare")


def _move(run: Alive, txn: ClientTransaction, flow: Flow) -> None:
    txn.flow = flow
    txn.request = run.with_via(txn.request, flow, str(txn.key[0]))
    txn.wire = bytes(txn.request)
