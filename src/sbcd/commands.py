"""What the device asks of the call engine, and the answers.

One rule: every command gets exactly one answer with its number, whatever happens while it is carried out."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
from typing import TYPE_CHECKING

import msgspec

from sbcd import stacks
from sbcd.base.errors import Invalid, SbcdError
from sbcd.edge.link import Link
from sbcd.edge.names import Answer
from sbcd.edge.stream import Listen
from sbcd.edge.tracing import Collector
from sbcd.rooms.calls import contract, telling
from sbcd.rooms.calls.amending import EMPTY, amended
from sbcd.rooms.calls.plan import Plan
from sbcd.rooms.calls.routing import Router

if TYPE_CHECKING:
    from sbcd.engine import Engine

_log = logging.getLogger("sbcd.engine")
TIDY_AFTER = 2.0  # seconds


class Commands:
    """What the device asks, and its answers."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.link: Link | None = None
        self._prepared: tuple[int, Router] | None = None
        self._current: Router | None = None
        self._decode = msgspec.msgpack.Decoder(contract.Down).decode
        self._encode = msgspec.msgpack.Encoder().encode
        self._tasks: set[asyncio.Task[None]] = set()
        self._tidying: asyncio.TimerHandle | None = None

    def linked(self) -> Link:
        """A device connects: it is the one from now on."""
        link = Link(self._heard, self._lost)
        link.drained = self.engine.tell
        old, self.link = self.link, link
        if old is not None:
            old.close()
        link.opened = lambda: self._hello(link)
        return link

    def _hello(self, link: Link) -> None:
        engine = self.engine
        if link is self.link:
            calls = len(engine.switch.calls)
            self.say(contract.Hello(engine.boot, os.getpid(), engine.epoch, engine.switch.locked, calls))
            engine.facts.linked()
            engine._wake()
            engine.media.retell()
            engine.tell()

    def say(self, message: contract.Up) -> None:
        """To the device, if there is one."""
        if self.link is not None:
            self.link.say(self._encode(message))

    def _lost(self, link: Link) -> None:
        if link is self.link:
            self.link = None

    def _heard(self, link: Link, message: bytes) -> None:
        try:
            said = self._decode(message)
        except msgspec.DecodeError as error:
            _log.error("Cannot read what the device says: %s", error)
            link.close()
            return
        if isinstance(said, contract.Acknowledge):
            self.engine.facts.taken(said.boot, said.number)
            self.engine.tell()
            return
        task = asyncio.get_running_loop().create_task(self._obey(said))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _obey(self, said: contract.Command) -> None:
        try:
            answer = await self._do(said)
        except Exception as error:
            _log.exception("Cannot carry out %s", type(said).__name__)
            answer = contract.Refused(said.id, (f"the call engine failed: {error}",))
        self.say(answer)

    async def _do(self, said: contract.Command) -> contract.Up:
        engine, switch = self.engine, self.engine.switch
        switch.now = engine.clock.monotonic()
        match said:
            case contract.Prepare():
                return self._prepare(said)
            case contract.Commit():
                return await self._commit(said)
            case contract.Abort():
                self._prepared = None
                engine.doors.abort()
            case contract.Lock() | contract.Unlock():
                switch.locked = isinstance(said, contract.Lock)
            case contract.Drain():
                await self._drain(said.seconds)
            case contract.Install():
                for index in said.contexts:
                    self._load(index)
            case contract.Ask():
                return self._told(said)
            case contract.Drop(session=0):
                for each in list(switch.calls.values()):
                    each.end("disconnected by operator")
                engine._send(switch.flush())
            case contract.Drop():
                if (call := switch.calls.get(said.session)) is not None:
                    call.end("disconnected by operator")
                elif (trial := switch.trials.find(said.session)) is not None:
                    trial.drop()
                else:
                    return contract.Refused(said.id, (f"there is no call {said.session}",))
                engine._send(switch.flush())
            case contract.Dial() | contract.Rehearse():
                return self._dial(said)
            case contract.Trace():
                return self._traced(said)
            case contract.Stop():
                engine.over.set()
        return contract.Done(said.id)

    def _told(self, asked: contract.Ask) -> contract.Told:
        engine = self.engine
        match asked.what:
            case "log":
                return contract.Told(asked.id, text="\n".join(engine.ring.lines()))
            case "threads":
                return contract.Told(asked.id, text=stacks.threads().decode())
            case "tasks":
                return contract.Told(asked.id, text=stacks.tasks().decode())
        return telling.told(engine.switch, engine.facts, engine.epoch, asked)

    def _dial(self, said: contract.Dial | contract.Rehearse) -> contract.Up:
        trials = self.engine.switch.trials
        try:
            if isinstance(said, contract.Dial):
                told = contract.Told(said.id, trials=(trials.dial(said),))
            else:
                told = contract.Told(said.id, rehearsals=(trials.rehearsals.act(said.index, said.action),))
        except SbcdError as error:
            return contract.Refused(said.id, (str(error),))
        self.engine._send(self.engine.switch.flush())
        return told

    def _traced(self, said: contract.Trace) -> contract.Up:
        tracing = self.engine.tracing
        if said.session or said.everything:
            return contract.Traced(said.id, tracing.on, tuple(tracing.of(said.session)[-said.most :]))
        lines = (contract.TraceLine(*one) for one in tracing.kept())
        return contract.Traced(said.id, tracing.on, sessions=tuple(lines))

    def _load(self, index: int) -> None:
        with contextlib.suppress(Invalid, ValueError):  # what served before still serves; the device told why
            self.engine.contexts.load(index)

    def _prepare(self, said: contract.Prepare) -> contract.Up:
        if said.base and (self._current is None or said.base != self.engine.epoch):
            return contract.Unknown(said.id)
        base = self._current if said.base and self._current is not None else None
        plan = amended(EMPTY if base is None else base.plan, said.plan)
        try:
            router = Router(plan, base)
        except Invalid as error:
            return contract.Refused(said.id, (str(error),))
        if base is None or plan.interfaces is not base.plan.interfaces:  # Install tells of new credentials
            for index in {row.context for row in plan.interfaces if row.tls}:
                self._load(index)
        problems = self.engine.doors.prepare(listens(plan), lenient=said.lenient)
        if problems and not said.lenient:
            return contract.Refused(said.id, tuple(problems))
        self._prepared = (said.epoch, router)
        return contract.Done(said.id, tuple(problems))

    async def _commit(self, said: contract.Commit) -> contract.Up:
        engine = self.engine
        if self._prepared is None or self._prepared[0] != said.epoch:
            return contract.Refused(said.id, (f"plan {said.epoch} was not prepared",))
        (engine.epoch, router), self._prepared = self._prepared, None
        self._current, plan = router, router.plan
        engine.names.loopback = plan.loopback
        engine.names.ask_at(plan.naming.servers)
        engine.names.hosts = dict(plan.hosts)
        engine.names.services = {
            name: [Answer(s.host, s.port, s.transport, s.priority, s.weight) for s in servers]
            for name, servers in plan.services
        }
        engine.tracing.follow(plan.tracing.most, collector(plan))
        await engine.doors.commit()
        engine.media.follow(plan, lambda reply: None)
        engine._send(engine.switch.follow(router, engine.clock.monotonic()))
        self._tidy_soon()
        return contract.Done(said.id)

    def _tidy_soon(self) -> None:
        """Once, when the changes of a moment are over: nobody waits for it, and it takes a while."""
        if self._tidying is not None:
            self._tidying.cancel()
        self._tidying = asyncio.get_running_loop().call_later(TIDY_AFTER, tidy)

    async def _drain(self, seconds: float) -> None:
        done = asyncio.Event()
        self.engine.switch.ended = done.set
        if self.engine.switch.calls:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds or None):
                    await done.wait()


def tidy() -> None:
    """Sorts out what a new plan left behind."""
    gc.unfreeze()  # calls that were up at the last freeze and ended since
    gc.collect()
    gc.freeze()  # the plan lives long: it need not be looked at again and again


def collector(plan: Plan) -> Collector | None:
    """Where the trace is sent."""
    row = plan.tracing
    return Collector(row.host, row.port, row.agent, row.key) if row.host else None


def listens(plan: Plan) -> list[Listen]:
    """The doors a plan wants."""
    found: list[Listen] = []
    for row in plan.interfaces:
        for host in filter(None, (row.ipv4, row.ipv6)):
            public = row.public if host == row.ipv4 else ""
            if row.udp:
                found.append(Listen(row.index, row.name, "udp", host, row.udp, public))
            if row.tcp:
                beats = row.keepalive
                found.append(Listen(row.index, row.name, "tcp", host, row.tcp, public, keepalive=beats))
            if row.tls:
                secured = (row.context, row.mutual, row.keepalive)
                found.append(Listen(row.index, row.name, "tls", host, row.tls, public, *secured))
            first, last = row.more_udp
            for port in range(first, last + 1) if first else ():
                found.append(Listen(row.index, row.name, "udp", host, port, public))
    return found
