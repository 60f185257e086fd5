"""Test calls by table (Test_Call): series of calls that begin by a schedule or by a word of an operator.

One rule: a series is a number of test calls and nothing more; what is counted of it are their ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sbcd.base.errors import Invalid, NotFound, SbcdError
from sbcd.media.tones import Talk
from sbcd.rooms.calls.contract import Dial, RehearsalLine, TrialLine
from sbcd.rooms.calls.diagnostics import CALLED, CALLER, CONTINUOUS, Rehearsal

if TYPE_CHECKING:
    from sbcd.rooms.calls.trial import Trial
    from sbcd.rooms.calls.trials import Trials
    from sbcd.sip.timers import Timer

AUTOMATIC = 20
"""Seconds of a call whose duration is left to the device."""
ENDLESS = 3600 * 24 * 30
FIRST = 5.0
"""Seconds after a plan until a schedule begins."""


class Series:
    """A row at work."""

    def __init__(self, trials: Trials, row: Rehearsal) -> None:
        self.trials, self.switch, self.row = trials, trials.switch, row
        self.running: set[int] = set()
        self.placed = 0  # in this run
        self.begun = 0.0
        self.active = False
        self.attempts = self.established = self.failed = self.disconnected = 0
        self._next: Timer[Any] | None = None
        self._schedule: Timer[Any] | None = None
        if row.party == CALLER and row.interval:
            self._schedule = self.switch.timers.set(self.switch.now + FIRST, self._due)

    def close(self) -> None:
        """The row is gone or has changed."""
        self.switch.timers.drop(self._schedule)
        self.stop()

    def _due(self) -> None:
        self._schedule = self.switch.timers.set(self.switch.now + self.row.interval * 60.0, self._due)
        if not self.active:
            self.start()

    def start(self) -> None:
        """Begins a run. Raises Invalid for a row that is called and does not call."""
        if self.row.party == CALLED:
            raise Invalid(f"Test_Call {self.row.index} is the called party: it waits to be called")
        self.stop()
        self.active, self.placed, self.begun = True, 0, self.switch.now
        self._place()

    def stop(self) -> None:
        """Ends the run; its calls are hung up."""
        self.active = False
        self.switch.timers.drop(self._next)
        for session in list(self.running):
            trial = self.trials.running.get(session)
            if trial is not None:
                trial.drop()
        self.running.clear()

    def _place(self) -> None:
        """One more call, if there is to be one."""
        row, now = self.row, self.switch.now
        over = bool(row.minutes) and now - self.begun >= row.minutes * 60
        if not self.active or (over and row.mode == CONTINUOUS):
            self.active = False
            return
        if len(self.running) < row.channels and (row.mode == CONTINUOUS or self.placed < row.channels):
            self._dial()
        if row.mode == CONTINUOUS or self.placed < row.channels:
            self._next = self.switch.timers.set(now + 1.0 / row.rate, self._place)
        else:
            self.active = False

    def _dial(self) -> None:
        row = self.row
        seconds = {-1: AUTOMATIC, 0: ENDLESS}.get(row.duration, row.duration)
        line = TrialLine(
            0,
            row.called,
            row.endpoint,
            row.address,
            row.interface,
            row.transport,
            "" if row.address else row.group,
            timeout=seconds,
        )
        self.placed += 1
        self.attempts += 1
        try:
            told = self.trials.dial(Dial(0, line, Talk(digits=row.digits)), (row.user, row.password))
        except SbcdError:
            self.failed += 1
            return
        if told.session in self.trials.running:
            self.running.add(told.session)
            self.trials.of[told.session] = self
        else:
            self.failed += 1

    def finished(self, trial: Trial) -> None:
        """One of its calls is over."""
        self.running.discard(trial.session)
        if trial.leg.answered:
            self.disconnected += trial.by_peer
        else:
            self.failed += 1

    def line(self) -> RehearsalLine:
        """As it is now."""
        summary = "Running" if self.active or self.running else "Idle"
        if self.row.party == CALLED:
            summary = "Receiving" if self.running else "Idle"
        elapsed = self.switch.now - self.begun if self.begun else 0.0
        return RehearsalLine(
            self.row.index,
            self.row.endpoint,
            self.row.called,
            summary,
            len(self.running),
            self.attempts,
            self.established,
            self.failed,
            self.disconnected,
            elapsed,
        )


class Rehearsals:
    """All rows."""

    def __init__(self, trials: Trials) -> None:
        self.trials = trials
        self.series: dict[int, Series] = {}

    def follow(self, rows: tuple[Rehearsal, ...]) -> None:
        """A new plan: rows that are as they were go on."""
        wanted = {row.index: row for row in rows}
        for index, series in list(self.series.items()):
            if wanted.get(index) != series.row:
                self.series.pop(index).close()
        for index, row in wanted.items():
            if index not in self.series:
                self.series[index] = Series(self.trials, row)

    def called(self, user: str, group: str) -> Series | None:
        """The row that is called by this number."""
        for series in self.series.values():
            row = series.row
            if row.party == CALLED and row.endpoint == user and row.group in {"", group}:
                return series
        return None

    def act(self, index: int, action: str) -> RehearsalLine:
        """`dial`, `drop` or `restart`. Raises NotFound, Invalid."""
        series = self.series.get(index)
        if series is None:
            raise NotFound(f"There is no Test_Call {index}")
        if action == "drop":
            series.stop()
        else:
            series.start()
        return series.line()
