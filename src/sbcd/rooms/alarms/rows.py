"""The two tables of alarms in memory, in step with the journal.

One rule: every row that comes or goes here is in the journal before the call returns."""

from datetime import datetime

from sbcd.rooms.alarms.alarm import Alarm
from sbcd.rooms.alarms.store import Journal


class Rows:
    """Active and history, both by the number of their row, ascending."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        kept = journal.read()
        self.active = {row.id: row for row in kept.active}
        self.history = {row.id: row for row in kept.history}
        self.last_change: datetime | None = kept.last_change
        self.next = kept.next
        self.most_active, self.most_history = 120, 500

    @property
    def full(self) -> bool:
        """Whether the active table has no room for one more."""
        return len(self.active) >= self.most_active

    def record(self, row: Alarm, enters: bool = False, leaves: Alarm | None = None) -> None:
        """One transaction: a history row, and what it changes in the active table."""
        self.history[row.id] = row
        if leaves:
            del self.active[leaves.id]
        if enters:
            self.active[row.id] = row
        if enters or leaves:
            self.last_change = row.date
        self._journal.write(row, enters, leaves.id if leaves else None, self._drop())

    def limit(self, active: int, history: int) -> None:
        """New sizes; rows that are active already stay."""
        self.most_active, self.most_history = active, history
        if dropped := self._drop():
            self._journal.trim(dropped)

    def forget(self) -> None:
        """Empties both."""
        self._journal.forget(self.next)
        self.active.clear()
        self.history.clear()
        self.last_change = None

    def close(self) -> None:
        """Closes the journal; the rows stay in it."""
        self._journal.close()

    def _drop(self) -> int:
        """Drops the oldest history rows over the limit; the highest number dropped, or 0."""
        dropped = 0
        while len(self.history) > self.most_history:
            dropped = next(iter(self.history))
            del self.history[dropped]
        return dropped
