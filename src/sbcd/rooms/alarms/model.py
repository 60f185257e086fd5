"""What is wrong now, and what was: raise, clear, and the two tables.

One rule: nothing is answered or told before the journal holds it; what stands is raised once, however often
it is reported."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sbcd.base.clock import Clock
from sbcd.rooms.alarms.alarm import LONGEST_SOURCE, LONGEST_TEXT, NO_INFO, Alarm, Info, fitted, three
from sbcd.rooms.alarms.catalogue import ENTERPRISE, AlarmType, Kind, Severity, alarm_type
from sbcd.rooms.alarms.rows import Rows
from sbcd.rooms.alarms.store import Journal

OVERFLOW = alarm_type("acActiveAlarmTableOverflow")
MOST_UNSEEN = 1000
"""How many standing alarms outside the active table are remembered, so that a flood costs no memory."""

Key = tuple[str, str]
Listener = Callable[[Alarm], None]
Judge = Callable[[AlarmType, str, Severity], Severity | None]
"""What a severity becomes for this operator (alarm customization); None keeps the alarm quiet."""


@dataclass(slots=True)
class _Standing:
    """A lasting state as it was reported, and the raise row that shows it (None: kept quiet)."""

    type: AlarmType
    source: str
    severity: Severity
    text: str
    info: Info
    shown: Alarm | None = None


def _as_reported(_type: AlarmType, _source: str, severity: Severity) -> Severity | None:
    return severity


class Alarms:
    """The active table (rows by the number of their raise) and the history (raises and clears)."""

    def __init__(self, clock: Clock, journal: Journal | None = None) -> None:
        """Without a journal the alarms live in memory alone (tests)."""
        self._clock = clock
        self.enterprise = ENTERPRISE
        """Where the notifications stand in the MIB (SNMPTrapEnterpriseOid)."""
        self._rows = Rows(journal or Journal(None))
        self._listeners: list[Listener] = []
        self._judge: Judge = _as_reported
        self._unseen: dict[Key, _Standing] = {}
        self._standing: dict[Key, _Standing] = {
            (row.type.name, row.source): _Standing(
                row.type, row.source, row.reported, row.text, row.info, row
            )
            for row in self._rows.active.values()
        }

    def tell(self, listener: Listener) -> None:
        """From now on `listener` is called with every raise, clear and event, after it is recorded."""
        self._listeners.append(listener)

    def raise_(
        self,
        type: AlarmType,
        source: str,
        text: str,
        severity: Severity | None = None,
        info: Iterable[str] = NO_INFO,
    ) -> None:
        """Something is wrong; `severity` defaults to the catalogue's. Reporting the same again does nothing,
        another severity or text makes a new raise row in the place of the old one."""
        if type.kind is Kind.EVENT:
            raise ValueError(f"{type.name} is an event and cannot stand")
        reported = _Standing(
            type,
            fitted(source, LONGEST_SOURCE),
            type.severity if severity is None else severity,
            fitted(text, LONGEST_TEXT),
            three(info),
        )
        key = (type.name, reported.source)
        before = self._standing.get(key) or self._unseen.get(key)
        if before and (before.severity, before.text) == (reported.severity, reported.text):
            return
        self._show(key, reported, before)

    def clear(self, type: AlarmType, source: str, text: str = "") -> None:
        """It is right again. Clearing what does not stand does nothing; the text defaults to the raise's."""
        key = (type.name, fitted(source, LONGEST_SOURCE))
        standing = self._standing.pop(key, None) or self._unseen.pop(key, None)
        if standing and standing.shown:
            self._end(standing, standing.shown, fitted(text, LONGEST_TEXT) or standing.text)

    def event(
        self,
        type: AlarmType,
        source: str,
        text: str,
        severity: Severity | None = None,
        info: Iterable[str] = NO_INFO,
    ) -> None:
        """Something happened. It is told to the listeners and stands in no table."""
        severity = type.severity if severity is None else severity
        judged = self._judge(type, fitted(source, LONGEST_SOURCE), severity)
        if judged is not None:
            self._tell(
                self._row(
                    type,
                    fitted(source, LONGEST_SOURCE),
                    judged,
                    fitted(text, LONGEST_TEXT),
                    three(info),
                    severity,
                ),
            )

    def sources(self, type: AlarmType) -> list[str]:
        """Where an alarm of this type stands; for a room that starts again and finds what it left behind."""
        found = [key[1] for key in (*self._standing, *self._unseen) if key[0] == type.name]
        return list(dict.fromkeys(found))

    @property
    def active(self) -> Mapping[int, Alarm]:
        """The active table, ascending by number."""
        return self._rows.active

    @property
    def history(self) -> Mapping[int, Alarm]:
        """Raise and clear rows since the last reset, ascending by number (R15)."""
        return self._rows.history

    @property
    def last_change(self) -> datetime | None:
        """When a row last entered or left the active table; None when none ever did since the reset (R16)."""
        return self._rows.last_change

    @property
    def version(self) -> int:
        """A number that grows with everything that happens."""
        return self._rows.next

    @property
    def severity(self) -> Severity:
        """The gravest active severity; CLEARED when nothing is wrong."""
        return max((alarm.severity for alarm in self._rows.active.values()), default=Severity.CLEARED)

    def limit(self, active: int, history: int) -> None:
        """Sizes of the tables (ActiveAlarmTableMaxSize, AlarmHistoryTableMaxSize)."""
        self._rows.limit(active, history)

    def customize(self, judge: Judge) -> None:
        """New severity rules, applied at once to everything that stands."""
        self._judge = judge
        for key, standing in [*self._standing.items(), *self._unseen.items()]:
            judged = judge(standing.type, standing.source, standing.severity)
            if judged is not (standing.shown.severity if standing.shown else None):
                self._show(key, standing, standing)

    def forget(self) -> None:
        """The device is about to reset: its alarms end with it; the numbers go on (R14, R15)."""
        self._rows.forget()
        self._standing, self._unseen = {}, {}

    def close(self) -> None:
        """Closes the journal; alarms stay in it for a start that is no reset."""
        self._rows.close()

    # ---- how rows come and go ----

    def _show(self, key: Key, standing: _Standing, before: _Standing | None) -> None:
        """Puts a reported state where it belongs: into the table, out of it, or among the unseen."""
        old = before.shown if before else None
        judged = self._judge(standing.type, standing.source, standing.severity)
        self._standing.pop(key, None)
        self._unseen.pop(key, None)
        if judged is None:
            standing.shown = None
            self._remember(key, standing)
            if old:
                self._end(standing, old, old.text)
            return
        row = standing.shown = self._of(standing, judged, standing.text)
        if standing.type.kind is Kind.PASSING:
            self._remember(key, standing)
            self._tell(row)
            return
        free = not self._rows.full or standing.type is OVERFLOW
        fits = old.id in self._rows.active if old else free
        if fits:
            self._standing[key] = standing
        else:
            self._remember(key, standing)
        self._rows.record(row, fits, old if fits else None)
        self._tell(row)
        if not fits:
            self.raise_(OVERFLOW, "System#0", "The active alarm table is full; alarms are missing in it.")

    def _end(self, standing: _Standing, old: Alarm, text: str) -> None:
        """The clear row of what was shown."""
        row = self._of(standing, Severity.CLEARED, text)
        if standing.type.kind is Kind.ALARM:
            self._rows.record(row, leaves=self._rows.active.get(old.id))
        self._tell(row)

    def _remember(self, key: Key, standing: _Standing) -> None:
        self._unseen[key] = standing
        if len(self._unseen) > MOST_UNSEEN:
            del self._unseen[next(iter(self._unseen))]

    def _of(self, standing: _Standing, severity: Severity, text: str) -> Alarm:
        reported = standing.severity
        return self._row(standing.type, standing.source, severity, text, standing.info, reported)

    def _row(
        self, type: AlarmType, source: str, severity: Severity, text: str, info: Info, reported: Severity
    ) -> Alarm:
        number = self._rows.next
        self._rows.next += 1
        now, uptime = self._clock.wall(), self._clock.uptime()
        return Alarm(number, type, source, severity, text, info, now, uptime, reported)

    def _tell(self, row: Alarm) -> None:
        for listener in self._listeners:
            listener(row)
