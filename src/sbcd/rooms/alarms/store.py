"""The journal: the alarm tables on disk, so that a crash loses nothing that was answered.

One rule: one commit, synced to the disk, for each row. The alarms live in memory; this is read at start only.
A disk that does not take a row never stops the alarm: the row is kept and written with the next one."""

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from sbcd.rooms.alarms.alarm import Alarm, three
from sbcd.rooms.alarms.catalogue import CATALOGUE, Severity

MOST_PENDING = 2000
"""Rows kept while the disk refuses them."""

_TABLES = """
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS history (
    id INTEGER PRIMARY KEY, type TEXT NOT NULL, source TEXT NOT NULL, severity INTEGER NOT NULL,
    text TEXT NOT NULL, info TEXT NOT NULL, date TEXT NOT NULL, uptime INTEGER NOT NULL,
    reported INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS active AS SELECT * FROM history WHERE 0;
CREATE UNIQUE INDEX IF NOT EXISTS active_id ON active (id);
"""
_INSERT = "INSERT OR REPLACE INTO {} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_SET = "INSERT OR REPLACE INTO kept VALUES (?, ?)"

Statement = tuple[str, tuple[Any, ...]]


@dataclass(slots=True)
class Kept:
    """What a journal held when it was opened."""

    next: int = 1
    history: list[Alarm] = field(default_factory=list)
    active: list[Alarm] = field(default_factory=list)
    last_change: datetime | None = None


class Journal:
    """A SQLite file in WAL mode. `boot` names the run of the machine: rows of another run are forgotten,
    because the tables reach back to the last reboot (R15). The end of a process alone is no reboot."""

    def __init__(self, path: Path | None, boot: str = "") -> None:
        self.trouble: str | None = None
        """Why the last row could not be written; None when all are on disk."""
        self._pending: deque[list[Statement]] = deque(maxlen=MOST_PENDING)
        try:
            self._open(path)
        except sqlite3.DatabaseError:
            if path is None or not path.exists():
                raise
            path.replace(path.with_name(path.name + ".damaged"))  # a broken journal must not stop the device
            for part in ("-wal", "-shm"):
                path.with_name(path.name + part).unlink(missing_ok=True)
            self._open(path)
        if self._kept("boot") != boot:
            self.forget(self.read().next)
            self._write([(_SET, ("boot", boot))])

    def _open(self, path: Path | None) -> None:
        self._base = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
        try:
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=FULL")
            self._base.executescript(_TABLES)
        except sqlite3.DatabaseError:
            self._base.close()
            raise

    def read(self) -> Kept:
        """Everything in it. Rows of types that this software does not know are left out."""
        history, active = (
            [alarm for row in self._rows(f"SELECT * FROM {table} ORDER BY id") if (alarm := _alarm(row))]  # noqa: S608
            for table in ("history", "active")
        )
        changed = self._kept("last_change")
        newest = max((row[0] for row in self._rows("SELECT max(id) FROM history") if row[0]), default=0)
        return Kept(
            max(int(self._kept("next") or 1), newest + 1),
            history,
            active,
            datetime.fromisoformat(changed) if changed else None,
        )

    def write(self, row: Alarm, enters: bool, leaves: int | None, dropped: int) -> None:
        """A history row, what it changes in the active table, and the number up to which history is over."""
        values = _values(row)
        statements: list[Statement] = [(_INSERT.format("history"), values)]
        if leaves is not None:
            statements.append(("DELETE FROM active WHERE id = ?", (leaves,)))
        if enters:
            statements.append((_INSERT.format("active"), values))
        if enters or leaves is not None:
            statements.append((_SET, ("last_change", row.date.isoformat())))
        if dropped:
            statements.append(("DELETE FROM history WHERE id <= ?", (dropped,)))
        self._write(statements)

    def trim(self, dropped: int) -> None:
        """History up to this number is over."""
        self._write([("DELETE FROM history WHERE id <= ?", (dropped,))])

    def forget(self, following: int) -> None:
        """Empties the tables; the numbers go on at `following`."""
        self._write(
            [
                (_SET, ("next", str(following))),
                ("DELETE FROM history", ()),
                ("DELETE FROM active", ()),
                ("DELETE FROM kept WHERE name = 'last_change'", ()),
            ]
        )

    def close(self) -> None:
        self._base.close()

    def _write(self, statements: list[Statement]) -> None:
        self._pending.append(statements)
        try:
            while self._pending:
                self._commit(self._pending[0])
                self._pending.popleft()
            self.trouble = None
        except sqlite3.Error as error:
            self.trouble = str(error)

    def _commit(self, statements: list[Statement]) -> None:
        self._base.execute("BEGIN IMMEDIATE")
        try:
            for text, values in statements:
                self._base.execute(text, values)
            self._base.execute("COMMIT")
        except sqlite3.Error:
            if self._base.in_transaction:
                self._base.execute("ROLLBACK")
            raise

    def _rows(self, query: str, values: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        with closing(self._base.execute(query, values)) as found:
            yield from found

    def _kept(self, name: str) -> str | None:
        return next(
            (value for (value,) in self._rows("SELECT value FROM kept WHERE name = ?", (name,))), None
        )


_encode: Callable[[Any], bytes] = msgspec.json.encode


def _values(row: Alarm) -> tuple[Any, ...]:
    return (
        row.id,
        row.type.name,
        row.source,
        int(row.severity),
        row.text,
        _encode(row.info).decode(),
        row.date.isoformat(),
        row.uptime,
        int(row.reported),
    )


def _alarm(row: tuple[Any, ...]) -> Alarm | None:
    number, name, source, severity, text, info, date, uptime, reported = row
    if name not in CATALOGUE:
        return None
    return Alarm(
        number,
        CATALOGUE[name],
        source,
        Severity(severity),
        text,
        three(msgspec.json.decode(info)),
        datetime.fromisoformat(date),
        uptime,
        Severity(reported),
    )
