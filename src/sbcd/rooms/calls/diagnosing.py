"""From a configuration to what the plan says of test calls and of the trace.

One rule: as `planner.py`, of which it is a part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sbcd.config.types import NO_ADDRESS
from sbcd.rooms.calls.diagnostics import Testing, Tracing
from sbcd.rooms.calls.tables.diagnostics import CallTestParams, TraceParams

if TYPE_CHECKING:
    from sbcd.config.snapshot import Snapshot
    from sbcd.rooms.calls.planner import Around


def testing(snapshot: Snapshot) -> Testing:
    """Test calls."""
    row = snapshot.params(CallTestParams)
    return Testing(row.prefix, row.through)


def tracing(snapshot: Snapshot, around: Around) -> Tracing:
    """The trace."""
    row = snapshot.params(TraceParams)
    host = "" if row.collector == NO_ADDRESS else around.place(str(row.collector))
    return Tracing(row.size << 20 if row.on else 0, host, row.port, row.agent, row.key.reveal())
