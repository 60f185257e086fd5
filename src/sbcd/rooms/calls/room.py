"""The room of calls on the device's side: the configuration becomes the engine's plan, facts become alarms.

One rule: a change is done when the engine has committed it (R28); what the engine refuses is a Conflict and
leaves it as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Any

from sbcd.base.errors import Conflict, Invalid, Problem, SbcdError
from sbcd.config.reading import Parts, Reading
from sbcd.config.snapshot import Change, Snapshot
from sbcd.rooms.alarms import Alarms
from sbcd.rooms.calls import contract, protecting
from sbcd.rooms.calls.alarming import Alarming
from sbcd.rooms.calls.amending import amendment, whole
from sbcd.rooms.calls.asking import Asking, Engine
from sbcd.rooms.calls.facts import AnyFact
from sbcd.rooms.calls.plan import Plan
from sbcd.rooms.calls.planner import FOLLOWED, Around, planned
from sbcd.rooms.calls.routing import Router
from sbcd.rooms.calls.ruling import RULES, problems
from sbcd.rooms.calls.standing import Sessions


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan, and what it was made of."""

    snapshot: Snapshot
    around: Around
    plan: Plan
    kinds: set[type[Any]]


class Plans:
    """The plans of the last snapshots: a change asks for that of before and after several times, and most
    changes touch nothing that a plan is made of."""

    KEPT = 3

    def __init__(self, around: Callable[[Snapshot], Around]) -> None:
        self.around = around
        self._kept: list[Kept] = []
        self._parts = Parts()

    def of(self, snapshot: Snapshot, since: Change | None = None) -> Plan:
        """The plan of a snapshot; of `since.new`, that of `since.old` serves when nothing of it changed."""
        for kept in self._kept:
            if kept.snapshot is snapshot:
                return kept.plan
        around = self.around(snapshot)
        for kept in reversed(self._kept):
            if kept.around != around:
                continue
            around = kept.around  # the very same is compared at once
            if since is not None and kept.snapshot is since.old and not since.touches(*kept.kinds):
                self._parts.moved(since.old, snapshot)
                return self._keep(replace(kept, snapshot=snapshot))
        reading = Reading(snapshot)
        return self._keep(Kept(snapshot, around, planned(reading, around, self._parts), reading.kinds))

    def _keep(self, new: Kept) -> Plan:
        self._kept = [*self._kept[1 - self.KEPT :], new]
        return new.plan


class Calls(Asking):
    """What the device knows of its calls, and whom it asks."""

    def __init__(
        self,
        engine: Engine,
        around: Callable[[Snapshot], Around],
        alarms: Alarms,
        lock: AbstractAsyncContextManager[Any],
    ) -> None:
        """`lock` lets one plan be prepared and committed at a time."""
        super().__init__(engine)
        self._lock = lock
        self._plans = Plans(around)
        self.alarming = Alarming(alarms)
        self._listeners: list[Callable[[AnyFact], None]] = []
        self._renewals: list[Callable[[], None]] = []
        self._snapshot = Snapshot.empty()
        self._epoch = 0
        self._router: Router | None = None  # of the last plan that was found good
        self._runs: tuple[int, Plan] | None = None  # the epoch and plan that the engine runs, if that is sure
        self._pending = False
        self.media_address = ""  # of the first media realm
        self.sessions = Sessions()

    def tell(self, listener: Callable[[AnyFact], None], renewed: Callable[[], None] = lambda: None) -> None:
        """`listener` gets every fact, in order; `renewed` is called when a new engine knows no calls."""
        self._listeners.append(listener)
        self._renewals.append(renewed)

    # --- the configuration is followed ---

    def check(self, change: Change) -> Iterable[Problem]:
        """What the engine could not understand."""
        wrong = [*problems(change), *protecting.problems(change)]
        yield from wrong
        if wrong:
            return
        old, new = self._plans.of(change.old), self._plans.of(change.new, since=change)
        if new is old:
            return
        try:
            self._router = Router(new, self._router)
        except Invalid as error:
            yield Problem(str(error))

    async def apply(self, change: Change) -> None:
        """The engine runs with the new plan when this returns."""
        self._snapshot = change.new
        if change.old is Snapshot.empty():
            await self.begin()
            return
        old, new = self._plans.of(change.old), self._plans.of(change.new, since=change)
        if old is not new and old != new:
            await self.install()

    async def again(self) -> None:
        """What is around the configuration has changed (licence, files): the engine follows. Conflict."""
        self._plans = Plans(self._plans.around)
        if self._snapshot is not Snapshot.empty():
            await self.install()

    async def begin(self) -> None:
        """The first plan. What cannot be done now (a port in use) must not keep the device from starting:
        an alarm stands until `tick` succeeds."""
        if self._snapshot is Snapshot.empty():
            return  # an engine that came up before there is anything to tell it
        self._pending = True
        try:
            await self.install(lenient=True)
        except SbcdError as error:
            self.alarming.engine_lost(str(error))
        else:
            self.alarming.engine_back()

    async def tick(self) -> None:
        """Every few seconds: what could not be done at the start is tried again."""
        if self._pending:
            await self.begin()

    async def install(self, *, lenient: bool = False) -> None:
        """Prepare and commit. `lenient` (at the start): an alarm stands for what could not be bound."""
        async with self._lock:
            await self._install(lenient)

    async def _install(self, lenient: bool) -> None:
        plan = self._plans.of(self._snapshot)
        self.alarming.planned(plan)
        self.media_address = next((row.ipv4 or row.ipv6 for row in plan.realms), "")
        self._epoch += 1
        epoch = self._epoch
        runs, self._runs = self._runs, None  # whatever happens now, it is not sure that this plan runs
        prepared = await self._prepared(epoch, plan, lenient, runs)
        await self._done(lambda number: contract.Commit(number, epoch))
        self._runs = (epoch, plan)
        self._pending = bool(prepared.missing)
        if lenient:
            self.alarming.missing(prepared.missing)

    async def _prepared(
        self, epoch: int, plan: Plan, lenient: bool, runs: tuple[int, Plan] | None
    ) -> contract.Done:
        """Tells the engine the plan; when it runs one that is known, only what differs from that."""
        if runs is not None and not lenient:
            base, old = runs
            differing = amendment(old, plan)
            answer = await self._engine.ask(lambda n: contract.Prepare(n, epoch, differing, base))
            if not isinstance(answer, contract.Unknown):
                return self._good(answer)
        told = whole(plan)
        return await self._done(lambda number: contract.Prepare(number, epoch, told, lenient=lenient))

    @staticmethod
    def _good(answer: contract.Up) -> contract.Done:
        if isinstance(answer, contract.Refused):
            raise Conflict("; ".join(answer.reasons))
        assert isinstance(answer, contract.Done)
        return answer

    async def _done(self, make: Callable[[int], contract.Command]) -> contract.Done:
        return self._good(await self._engine.ask(make))

    async def certificates(self, *contexts: int) -> None:
        """New credentials of TLS contexts serve new connections."""
        await self._done(lambda number: contract.Install(number, contexts))

    # --- what is told ---

    def heard(self, facts: Iterable[AnyFact]) -> None:
        """Facts of the engine, each once and in order."""
        for fact in facts:
            self.sessions.heard(fact)
            self.alarming.heard(fact)
            for listener in self._listeners:
                listener(fact)

    def renewed(self) -> None:
        """Another engine, or another device with the same one: what stands in it is asked for."""
        self.sessions.forget()
        self.alarming.forget()
        for renewed in self._renewals:
            renewed()

    # --- asking (and see `asking`) ---

    async def lock(self) -> None:
        """New calls are refused (R11)."""
        await self._done(contract.Lock)

    async def unlock(self) -> None:
        """They are taken again."""
        await self._done(contract.Unlock)


TABLES = (*FOLLOWED, *RULES)
