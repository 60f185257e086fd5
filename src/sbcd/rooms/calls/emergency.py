"""Emergency calls: when there is no room one of the other calls ends for them (SBCPreemptionMode).

One rule: an emergency call never ends for another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sbcd.rooms.calls.matching import Compiled
from sbcd.rooms.calls.plan import Match

if TYPE_CHECKING:
    from sbcd.rooms.calls.call import Call
    from sbcd.rooms.calls.desk import Desk
    from sbcd.rooms.calls.plan import Plan

REASON = 'preemption;cause=5;text="Network Preemption"'
"""RFC 4411 5."""


class Emergencies:
    """Which calls are emergency calls, and how they find room."""

    def __init__(self, switch: Desk) -> None:
        self.switch = switch
        self.sessions: set[int] = set()
        self._condition: Compiled | None = None

    def follow(self, plan: Plan) -> None:
        """A new plan."""
        wanted = plan.protection
        known = dict(plan.conditions)
        self._condition = (
            Compiled(Match(condition=wanted.emergency), known)
            if wanted.preempt and wanted.emergency in known
            else None
        )

    def admits(self, call: Call) -> bool:
        """Whether this is an emergency call; then it has room, even where another call must end for it."""
        if self._condition is None or call.asked is None or not self._condition.holds(call.asked):
            return False
        self.sessions.add(call.session)
        plan, calls = self.switch.plan, self.switch.calls
        if len(calls) <= min(plan.capacity, plan.media_capacity):
            return True
        for session in reversed(calls):
            if session not in self.sessions:
                calls[session].end("preempted", abnormal=True, headers={"Reason": [REASON]})
                return True
        return False

    def over(self, session: int) -> None:
        """The call is over."""
        self.sessions.discard(session)
