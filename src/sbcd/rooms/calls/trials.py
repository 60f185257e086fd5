"""All test calls: those that run, and the results of those that are over.

One rule: few run at a time and results are kept for a while only; a test is no way to load the device."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from msgspec import structs

from sbcd.base.errors import Invalid
from sbcd.media.tones import Talk
from sbcd.rooms.calls.contract import Dial, TrialLine
from sbcd.rooms.calls.dialled import NO_RESOURCES, Dialled, Taken
from sbcd.rooms.calls.matching import Asked
from sbcd.rooms.calls.plan import Match, RoutingRule, Server
from sbcd.rooms.calls.rehearsal import Rehearsals, Series
from sbcd.rooms.calls.routing import Target, address
from sbcd.rooms.calls.trial import Trial
from sbcd.sip.events import Flow
from sbcd.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from sbcd.rooms.calls.desk import Desk
    from sbcd.rooms.calls.plan import IpGroup

MOST = 20
"""That run at a time."""
KEEP = 720
"""Seconds a result is kept."""
MOST_KEPT = 1000
LONGEST = 720
"""Seconds a call for the test number may last."""


class Voices(Protocol):
    """The telephones behind test calls (`edge.voice`)."""

    def open(self, host: str) -> int:
        """A telephone that listens on `host`: its port, 0 when it cannot."""
        ...

    def talk(self, port: int, to: tuple[str, int], talk: Talk) -> None:
        """It talks to `to` from now on."""
        ...

    def counts(self, port: int) -> tuple[int, int]:
        """Packets sent and received."""
        ...

    def close(self, port: int) -> None:
        """It hangs up."""
        ...


class Mute:
    """Where there are no telephones."""

    def open(self, host: str) -> int:
        return 0

    def talk(self, port: int, to: tuple[str, int], talk: Talk) -> None:
        pass

    def counts(self, port: int) -> tuple[int, int]:
        return (0, 0)

    def close(self, port: int) -> None:
        pass


class Trials:
    """The test calls of the device."""

    def __init__(self, switch: Desk) -> None:
        self.switch = switch
        self.voices: Voices = Mute()
        self.running: dict[int, Trial] = {}
        self.kept: dict[int, Trial] = {}
        self.of: dict[int, Series] = {}  # the series that a running one belongs to
        self.rehearsals = Rehearsals(self)

    # --- to call ---

    def dial(self, wanted: Dial, secret: tuple[str, str] = ("", "")) -> TrialLine:
        """Begins a test call; `secret`: its own user name and password. Raises Invalid for what cannot be
        called, and when too many run."""
        if self.switch.locked:
            raise Invalid("The device is locked: it makes no calls")
        if len(self.running) >= MOST:
            raise Invalid(f"{MOST} test calls are running already")
        target = self._target(wanted.line)
        self.switch.sessions += 1
        line = structs.replace(wanted.line, session=self.switch.sessions, keep=KEEP)
        trial = Dialled(self, self.switch.router, line, wanted.talk)
        trial.group = target.group
        trial.secret = secret
        trial.leg = self.switch.out_leg(trial, target.group)
        trial.call_id = trial.leg.call_id
        self.running[trial.session] = trial
        asked = Asked("INVITE", source_user=line.calling, dest_user=line.called)
        self.switch.reach.places(target, asked, trial.found)
        return trial.line()

    def _target(self, line: TrialLine) -> Target:
        router = self.switch.router
        rule = RoutingRule(-1, "test call", Match())
        if line.address:
            host, port = address(line.address)
            if not host:
                raise Invalid(f"destAddress: {line.address!r} is no address")
            if line.interface >= 0 and line.interface not in router.interfaces:
                raise Invalid(f"outInterface: there is no SIP Interface {line.interface}")
            return Target(rule, None, Server(host, port, line.transport.lower()), line.interface)
        for row in router.groups.values():
            if line.group in (row.name, str(row.index)):
                return Target(rule, row)
        raise Invalid(f"destIpGroup: there is no IP Group {line.group!r}")

    # --- to be called ---

    def stripped(self, user: str) -> str:
        """The number behind the prefix for test calls through the device (SBCtestID)."""
        prefix = self.switch.plan.testing.through
        return user[len(prefix) :] if prefix and user.startswith(prefix) else user

    def wanted(self, user: str, group: str) -> bool:
        """Whether a call of a group to this number is for the device itself (TestCallID, Test_Call)."""
        prefix = self.switch.plan.testing.prefix
        return (bool(prefix) and user.startswith(prefix)) or self.rehearsals.called(user, group) is not None

    def take(self, txn: ServerTransaction, flow: Flow, asked: Asked, group: IpGroup) -> None:
        """Answers it."""
        if len(self.running) >= MOST:
            self.switch.refuse(txn, 486)
            return
        self.switch.sessions += 1
        line = TrialLine(
            self.switch.sessions, asked.dest_user, asked.source_user, group=group.name, timeout=LONGEST
        )
        self.switch.named(line.session, txn.request.call_id)
        trial = Taken(self, self.switch.router, line, Talk())
        self.running[trial.session] = trial
        series = self.rehearsals.called(asked.dest_user, group.name)
        if series is not None:
            series.attempts += 1
            series.running.add(trial.session)
            self.of[trial.session] = series
        trial.begin(txn, flow, group)

    # --- afterwards ---

    def connected(self, trial: Trial) -> None:
        """Both talk."""
        if (series := self.of.get(trial.session)) is not None:
            series.established += 1

    def finished(self, trial: Trial) -> None:
        """Its result is kept."""
        if self.running.pop(trial.session, None) is None:
            return
        if (series := self.of.pop(trial.session, None)) is not None:
            series.finished(trial)
        now = self.switch.now
        trial.until = now + KEEP
        self.kept[trial.session] = trial
        for session, old in list(self.kept.items()):
            if old.until > now and len(self.kept) <= MOST_KEPT:
                break
            del self.kept[session]

    def find(self, session: int) -> Trial | None:
        """A test call that runs or whose result is still kept."""
        trial = self.running.get(session) or self.kept.get(session)
        if trial is None or (trial.over and trial.until <= self.switch.now):
            return None
        return trial

    def lines(self) -> Iterator[TrialLine]:
        """All of them, oldest first."""
        for session in sorted({*self.running, *self.kept}):
            if (trial := self.find(session)) is not None:
                yield trial.line()


__all__ = ["NO_RESOURCES", "Trials", "Voices"]
