"""From a configuration to what the plan says of test calls and of the trace.

One rule: as `planner.py`, of which it is a part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sbcd.config.types import NO_ADDRESS
from sbcd.media.tones import playable
from sbcd.rooms.calls.diagnostics import Rehearsal, Testing, Tracing
from sbcd.rooms.calls.tables.core import SIPInterface
from sbcd.rooms.calls.tables.diagnostics import (
    CallParty,
    CallTest,
    CallTestParams,
    Play,
    RouteBy,
    TraceParams,
)
from sbcd.rooms.calls.tables.words import TransportType

if TYPE_CHECKING:
    from sbcd.config.snapshot import Snapshot
    from sbcd.rooms.calls.planner import Around


def testing(snapshot: Snapshot) -> Testing:
    """Test calls. Rows that would go by a gateway's routing have no way here and are left out."""
    row = snapshot.params(CallTestParams)
    rows = tuple(
        rehearsal(snapshot, index, test, row.digits)
        for index, test in snapshot.rows(CallTest).items()
        if test.route_by != RouteBy.TEL2_IP or test.party == CallParty.CALLED
    )
    return Testing(row.prefix, row.through, rows)


def rehearsal(snapshot: Snapshot, index: int, test: CallTest, digits: str) -> Rehearsal:
    """A row of Test_Call."""
    named = snapshot.find(SIPInterface, test.interface) if test.interface else None
    transport = TransportType.UDP if test.transport < 0 else test.transport
    return Rehearsal(
        index,
        test.endpoint.partition("@")[0],
        test.called.partition("@")[0],
        int(test.party),
        test.group,
        test.address if test.route_by == RouteBy.DEST_ADDRESS else "",
        transport.name,
        named[0] if named is not None else -1,
        test.channels,
        test.duration,
        test.rate,
        int(test.mode),
        test.minutes,
        test.interval,
        "".join(one for one in digits if playable(one)) if test.play == Play.DTMF else "",
        test.user,
        test.password.reveal(),
    )


def tracing(snapshot: Snapshot, around: Around) -> Tracing:
    """The trace."""
    row = snapshot.params(TraceParams)
    host = "" if row.collector == NO_ADDRESS else around.place(str(row.collector))
    return Tracing(row.size << 20 if row.on else 0, host, row.port, row.agent, row.key.reveal())
