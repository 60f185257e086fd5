"""The second program of the roof: the call engine, a process of its own (docs/adr: the engine process).

One rule: it carries calls whoever watches; it obeys the one device that is linked to it, and ends when that
device says so or when its folder is gone."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import secrets
import signal
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

import uvloop

from sbcd.base import log
from sbcd.base.clock import Clock
from sbcd.base.vault import Vault
from sbcd.commands import Commands
from sbcd.edge.link import serve
from sbcd.edge.names import Answer, Names, Wanted
from sbcd.edge.records import Records
from sbcd.edge.relaylink import RelayLink
from sbcd.edge.sip import Doors, ours
from sbcd.edge.tls import Contexts
from sbcd.edge.tracing import Tracing
from sbcd.edge.voice import Voices
from sbcd.media.contract import Command, Event, Relay, Reply
from sbcd.rooms.calls.anchor import Anchor
from sbcd.rooms.calls.cdr import FIELDS
from sbcd.rooms.calls.factlog import FactLog
from sbcd.rooms.calls.facts import AnyFact, Overloaded, Traffic
from sbcd.rooms.calls.naming import Found
from sbcd.rooms.calls.plan import Server
from sbcd.rooms.calls.reach import on_loopback
from sbcd.rooms.calls.switch import Switch
from sbcd.sip.endpoint import Endpoint
from sbcd.sip.events import Flow, Send
from sbcd.sip.transaction import Times

_log = logging.getLogger("sbcd.engine")
LATE, PUNCTUAL = 0.5, 0.1  # seconds the loop is late: overloaded; no longer (between them nothing changes)
BEAT = 0.25
ORPHANED = 120.0  # seconds without calls and without a device, after which the engine ends
TELL_AFTER = 0.05  # facts of so many seconds travel together
TICK = 0.02  # timers that follow each other more closely are done together
COLLECT = (3_000_000, 40, 100)
"""Calls leave no cycles (tests/rooms/calls/test_garbage.py): the collector has next to nothing to find, but
looks through all calls and transactions there are, a tenth of a second when the engine is busy. It is asked
when nobody waits (`_tidy`), and by itself only when this many more things are there than at its last look."""
QUIET, LITTER = 5.0, 10_000  # seconds without a message, and how many new things are worth a look


class Dice:
    """Random text and numbers; the text is what tags and branches are made of."""

    def __init__(self) -> None:
        self.chance = Random(secrets.randbits(128)).random
        self._pool = ""
        self._at = 0

    def unique(self) -> str:
        """64 bits that nobody can guess."""
        if self._at >= len(self._pool):
            self._pool, self._at = os.urandom(4096).hex(), 0
        self._at += 16
        return self._pool[self._at - 16 : self._at]


class Awakened:
    """A relay whose replies find the switch at the right time, and what follows from them is sent."""

    def __init__(self, relay: Relay, wake: Callable[[], None], settle: Callable[[], None]) -> None:
        self._relay, self._wake, self._settle = relay, wake, settle

    def ask(self, command: Command, then: Callable[[Reply], None]) -> None:
        """See `media.contract.Relay`."""

        def answered(reply: Reply) -> None:
            self._wake()
            then(reply)
            self._settle()

        self._relay.ask(command, answered)


class Engine:
    """The switch with its doors, its clock, its records and its link."""

    def __init__(self, vault: Vault, ring: log.Ring) -> None:
        self.vault, self.ring = vault, ring
        self.clock = Clock()
        dice = Dice()
        self.unique, self.chance = dice.unique, dice.chance
        self.boot = secrets.token_hex(4)
        self.facts = FactLog(self.boot)
        self.records = Records(vault.path("log/cdr.log"), "|".join(FIELDS))
        self.contexts = Contexts(vault.room("tls"))
        self.names = Names()
        self.names.mapped = on_loopback
        self.doors = Doors(self._receive, self._broken, self._failed, self.contexts)
        self.doors.drained = self.arm
        self.tracing = Tracing(self.doors, lambda: self.clock.wall().timestamp(), self.boot, ours)
        self.relay = RelayLink(self._happened)
        self.media = Anchor(Awakened(self.relay, self._wake, self._settle))
        self.switch = Switch(
            self, Endpoint(self.unique, Times()), self.media, self._resolve, self._tell, self.boot
        )
        self.media.switch = self.switch
        self.switch.record = self.records.add
        self.switch.trials.voices = Voices()
        self.switch.named = self.tracing.named
        self.epoch = 0
        self.commands = Commands(self)
        self.over = asyncio.Event()
        self._epoch_start = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._telling: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._beat_at = 0.0
        self._watched = self._heard = self.clock.monotonic()

    # --- what the switch is given (desk.World) ---

    def wall(self) -> float:
        """Seconds of the epoch."""
        return self._epoch_start + self.switch.now

    def local(self, interface: int, transport: str, v6: bool) -> tuple[str, int] | None:
        """Where we are on an interface."""
        return self.doors.local(interface, transport, v6)

    def _resolve(self, server: Server, hurry: bool, then: Callable[[list[Found]], None]) -> None:
        def found(answers: list[Answer]) -> None:
            self._wake()
            then([Found(*answer) for answer in answers])
            self._settle()

        wanted = Wanted(server.host, server.port, server.transport, server.method)
        self.names.resolve(wanted, found, hurry=hurry)

    def _wake(self) -> None:
        self.switch.now = self.clock.monotonic()

    def _settle(self) -> None:
        self._send(self.switch.flush())

    def _happened(self, event: Event) -> None:
        self._wake()
        self.media.happened(event)
        self._settle()

    # --- what comes in and goes out ---

    def _receive(self, data: bytes, flow: Flow) -> None:
        try:
            for send in self.switch.receive(data, flow, self.clock.monotonic()):
                self.doors.send(send)
        except Exception:
            _log.exception("Cannot handle a message from %s", flow.remote[0])

    def _broken(self, flow: Flow) -> None:
        self._send(self.switch.broken(flow, self.clock.monotonic()))

    def _failed(self, send: Send) -> None:
        asyncio.get_running_loop().call_soon(self._fail, send)

    def _fail(self, send: Send) -> None:
        self._send(self.switch.failed(send, self.clock.monotonic()))

    def _send(self, sends: Iterable[Send]) -> None:
        for send in sends:
            self.doors.send(send)
        self.arm()

    def arm(self) -> None:
        """One timer for everything that is due."""
        due = self.switch.deadline
        if due is None or (self._timer is not None and self._due <= due):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._due = due
        wait = max(due - self.clock.monotonic(), TICK)
        self._timer = asyncio.get_running_loop().call_later(wait, self._expire)

    def _expire(self) -> None:
        self._timer = None
        try:
            self._send(self.switch.expire(self.clock.monotonic()))
        except Exception:
            _log.exception("Cannot do what is due")
            self.arm()

    def _tell(self, fact: AnyFact) -> None:
        self.facts.add(fact)
        if self._telling is None:
            self._telling = asyncio.get_running_loop().call_later(TELL_AFTER, self.tell)

    def tell(self) -> None:
        """Facts go up, as far as the device takes them."""
        self._telling = None
        link = self.commands.link
        while link is not None and not link.full and (batch := self.facts.next()) is not None:
            self.commands.say(batch)

    def beat(self) -> None:
        """Four times a second: records, counters, lateness."""
        now = self.clock.monotonic()
        late = now - self._beat_at - BEAT if self._beat_at else 0.0
        self._beat_at = now
        self._epoch_start = self.clock.wall().timestamp() - now
        self.records.flush()
        self._tidy(now)
        self._traffic(now)
        self.media.measure()
        if (late > LATE) != self.switch.overloaded and (late > LATE or late < PUNCTUAL):
            self.switch.overloaded = late > LATE
            self._tell(Overloaded(self.wall(), self.switch.overloaded, round(late, 3)))
        if self.commands.link is not None or self.switch.calls:
            self._watched = now
        if now - self._watched > ORPHANED or not self.vault.root.is_dir():
            self.over.set()
        asyncio.get_running_loop().call_later(BEAT, self.beat)

    def _tidy(self, now: float) -> None:
        """What little garbage there is, is looked for when nobody waits."""
        if self.doors.counters.packets or self.switch.calls:
            self._heard = now
        elif now - self._heard > QUIET and gc.get_count()[0] > LITTER:
            gc.collect()

    def _traffic(self, now: float) -> None:
        seen, switch = self.doors.counters, self.switch
        self.switch.now = max(switch.now, now)
        seen.dropped, switch.intrusions.dropped = seen.dropped + switch.intrusions.dropped, 0
        if seen.packets or seen.dropped or seen.tls_attempted or seen.tls_refused or switch.transactions:
            strays, switch.strays = switch.strays + seen.strange, 0
            transactions, switch.transactions = switch.transactions, 0
            self._tell(
                Traffic(
                    self.wall(),
                    transactions,
                    max(seen.packets - strays, 0),
                    strays,
                    seen.dropped,
                    seen.tls_attempted,
                    seen.tls_refused,
                )
            )
            seen.packets = seen.strange = seen.dropped = seen.tls_attempted = seen.tls_refused = 0

    # --- life ---

    async def run(self) -> None:
        """Serves until it is told to stop."""
        self.switch.now = self.clock.monotonic()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self.over.set)
        await self.relay.start()
        server = await serve(self.vault.path("run/engine.sock"), self.commands.linked)
        self.beat()
        await self.over.wait()
        server.close()
        self.switch.now = self.clock.monotonic()
        for call in list(self.switch.calls.values()):
            call.end("engine stopped", abnormal=True)
        for trial in list(self.switch.trials.running.values()):
            trial.drop()
        self._send(self.switch.flush())
        self.tell()
        await asyncio.sleep(0.05)  # what was written leaves
        await self.doors.close()
        self.records.close()
        await self.relay.stop()
        if self.commands.link is not None:
            self.commands.link.close()


def main(arguments: list[str] | None = None) -> int:
    """`python -m sbcd.engine --state DIR`"""
    parser = argparse.ArgumentParser(prog="sbcd-engine", description="The call engine of sbcd.")
    parser.add_argument("--state", type=Path, required=True, metavar="DIR")
    options = parser.parse_args(arguments)
    ring = log.start()
    log.keep(options.state / "log" / "engine.log")
    gc.set_threshold(*COLLECT)

    async def live() -> None:
        await Engine(Vault(options.state), ring).run()

    uvloop.run(live())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
