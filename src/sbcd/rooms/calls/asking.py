"""What the device asks of its call engine besides plans: what is there now, test calls, the trace.

One rule: an answer that is none is a Conflict; what the engine refuses is told in its own words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sbcd.base.errors import Conflict, Invalid, NotFound
from sbcd.media.tones import Talk
from sbcd.rooms.calls import contract


class Engine(Protocol):
    """The link to the call engine."""

    async def ask(self, make: Callable[[int], contract.Command]) -> contract.Up:
        """The answer to a command, which is made with its number. Raises Conflict when none comes."""
        ...


class Asking:
    """Who asks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def _told(self, what: str, most: int = 10_000) -> contract.Told:
        answer = await self._engine.ask(lambda number: contract.Ask(number, what, most))
        if not isinstance(answer, contract.Told):
            raise Conflict(f"The call engine does not tell its {what}")
        return answer

    async def calls(self) -> tuple[contract.CallLine, ...]:
        """The legs of the calls that are there now."""
        return (await self._told("calls")).calls

    async def proxies(self) -> tuple[contract.ProxyLine, ...]:
        """The servers of the proxy sets."""
        return (await self._told("proxies")).proxies

    async def users(self) -> tuple[contract.UserLine, ...]:
        """The registered users."""
        return (await self._told("users")).users

    async def accounts(self) -> tuple[contract.AccountLine, ...]:
        """The registrations of the device's own."""
        return (await self._told("accounts")).accounts

    async def trials(self) -> tuple[contract.TrialLine, ...]:
        """The test calls that run and those whose results are kept."""
        return (await self._told("trials")).trials

    async def rehearsals(self) -> tuple[contract.RehearsalLine, ...]:
        """The rows of Test_Call."""
        return (await self._told("rehearsals")).rehearsals

    async def rehearse(self, index: int, action: str) -> contract.RehearsalLine:
        """Begins or ends a series of test calls. Raises Invalid."""
        answer = await self._engine.ask(lambda number: contract.Rehearse(number, index, action))
        if isinstance(answer, contract.Refused):
            raise Invalid("; ".join(answer.reasons))
        assert isinstance(answer, contract.Told)
        return answer.rehearsals[0]

    async def blocked(self) -> tuple[contract.BlockedLine, ...]:
        """The addresses nobody listens to."""
        return (await self._told("blocked")).blocked

    async def dial(self, line: contract.TrialLine, talk: Talk) -> contract.TrialLine:
        """Begins a test call. Raises Invalid for one that cannot be made."""
        answer = await self._engine.ask(lambda number: contract.Dial(number, line, talk))
        if isinstance(answer, contract.Refused):
            raise Invalid("; ".join(answer.reasons))
        assert isinstance(answer, contract.Told)
        return answer.trials[0]

    async def trace(self, session: int = 0, *, everything: bool = False) -> contract.Traced:
        """The messages of a session (or all), or without one which sessions are kept."""
        answer = await self._engine.ask(lambda number: contract.Trace(number, session, everything))
        if not isinstance(answer, contract.Traced):
            raise Conflict("The call engine does not tell its trace")
        return answer

    async def state(self) -> contract.State:
        """The engine at a glance."""
        state = (await self._told("state")).state
        assert state is not None
        return state

    async def clear(self) -> None:
        """Tears all calls down."""
        await self.drop(0)

    async def inside(self, what: str) -> str:
        """Its log, or where its threads or tasks are just now ("log", "threads", "tasks")."""
        return (await self._told(what)).text

    async def drop(self, session: int) -> None:
        """Tears a call down."""
        answer = await self._engine.ask(lambda number: contract.Drop(number, session))
        if isinstance(answer, contract.Refused):
            raise NotFound("; ".join(answer.reasons))
