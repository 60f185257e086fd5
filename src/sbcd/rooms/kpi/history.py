"""What was measured: one row per interval, place and index, in SQLite, bounded, one transaction an interval.

One rule: rows belong to one boot of the device. A crash of the process keeps them and the totals that
counting goes on from, with the number of the last fact that is in them; a reset of the device (another boot
id) clears them, as it clears the counters."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import msgspec

from sbcd.rooms.kpi.catalogue import Catalogue

KEPT = 200  # intervals (facts/kpi.md: history tables hold at most 200 rows)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS boot (id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS interval (id INTEGER PRIMARY KEY, start REAL NOT NULL, end REAL NOT NULL);
CREATE TABLE IF NOT EXISTS measured (
    place TEXT NOT NULL, idx INTEGER NOT NULL, interval INTEGER NOT NULL, vals BLOB NOT NULL,
    PRIMARY KEY (place, idx, interval)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS total (
    place TEXT NOT NULL, idx INTEGER NOT NULL, vals BLOB NOT NULL, PRIMARY KEY (place, idx)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counted (
    place TEXT NOT NULL, idx INTEGER NOT NULL, vals BLOB NOT NULL, PRIMARY KEY (place, idx)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mark (engine TEXT NOT NULL, taken INTEGER NOT NULL, began REAL NOT NULL);
CREATE TABLE IF NOT EXISTS crossed (source TEXT PRIMARY KEY, severity INTEGER NOT NULL) WITHOUT ROWID;
"""
_TABLES = ("boot", "interval", "measured", "total", "counted", "mark", "crossed")

_pack = msgspec.msgpack.Encoder().encode
_values = msgspec.msgpack.Decoder(list[int | None]).decode
_totals = msgspec.msgpack.Decoder(list[int]).decode


@dataclass(frozen=True, slots=True)
class Interval:
    """One that is over. `start` and `end`: seconds of the epoch."""

    id: int
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Line:
    """What one entity measured in it: history values, and raw totals at its end, both packed."""

    place: str
    index: int
    values: bytes
    totals: bytes


@dataclass(frozen=True, slots=True)
class Mark:
    """What is in the counters: the facts of this life of the engine up to number `taken`; the running
    interval began at `began`, seconds of the epoch (0: nothing was kept yet)."""

    engine: str = ""
    taken: int = 0
    began: float = 0.0


@dataclass(frozen=True, slots=True)
class Counted:
    """Raw totals by place and index, those that moved since they were last kept; thresholds that are
    crossed, by the source of their alarm; and the mark they belong to."""

    totals: Sequence[tuple[str, int, Sequence[int]]] = ()
    crossed: Mapping[str, int] = field(default_factory=dict)
    mark: Mark = Mark()


def line(place: str, index: int, values: Sequence[int | None], totals: Sequence[int]) -> Line:
    """Packs what an entity measured, in the order of its place's history parameters and slots."""
    return Line(place, index, _pack(values), _pack(totals))


class History:
    """The intervals of this boot. `add` and `forget` may be called from another thread than the rest."""

    def __init__(self, path: Path | str, boot: str, catalogue: Catalogue, kept: int = KEPT) -> None:
        self.kept = kept
        self._path = str(path)
        self._boot = f"{boot} {_digest(catalogue)}"
        self._read = self._open()
        self._write = self._read if self._path == ":memory:" else self._connect()

    def _connect(self) -> sqlite3.Connection:
        link = sqlite3.connect(self._path, timeout=5, check_same_thread=False, isolation_level=None)
        link.execute("PRAGMA journal_mode=WAL")
        link.execute("PRAGMA synchronous=NORMAL")  # what a power cut takes, the reset would clear anyway
        link.execute("PRAGMA journal_size_limit=4194304")
        return link

    def _open(self) -> sqlite3.Connection:
        try:
            link = self._connect()
            self._prepare(link)
        except sqlite3.DatabaseError:  # a damaged file: what it held is lost, the device goes on
            for suffix in ("", "-wal", "-shm"):
                Path(self._path + suffix).unlink(missing_ok=True)
            link = self._connect()
            self._prepare(link)
        return link

    def _prepare(self, link: sqlite3.Connection) -> None:
        link.executescript(_SCHEMA)
        row = link.execute("SELECT id FROM boot").fetchone()
        if row == (self._boot,):
            return
        link.execute("BEGIN IMMEDIATE")
        for table in _TABLES:
            link.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
        link.execute("INSERT INTO boot VALUES (?)", (self._boot,))
        link.execute("COMMIT")

    def close(self) -> None:
        """Closes the file."""
        self._read.close()
        self._write.close()

    # --- writing --------------------------------------------------------------------------------

    def add(self, interval: Interval, lines: Iterable[Line], counted: Counted | None = None) -> None:
        """Keeps an interval with everything measured in it, in one transaction with what is counted now;
        drops what is too old."""
        oldest = interval.id - self.kept
        measured, totals, dropped = [], [], []
        for line in lines:
            measured.append((line.place, line.index, interval.id, line.values))
            totals.append((line.place, line.index, line.totals))
            dropped.append((line.place, line.index, oldest))
        with self._transaction() as link:
            link.execute("INSERT INTO interval VALUES (?, ?, ?)", (interval.id, interval.start, interval.end))
            link.execute("DELETE FROM interval WHERE id <= ?", (oldest,))
            link.executemany("INSERT OR REPLACE INTO measured VALUES (?, ?, ?, ?)", measured)
            link.executemany("INSERT OR REPLACE INTO total VALUES (?, ?, ?)", totals)
            link.executemany("DELETE FROM measured WHERE place = ? AND idx = ? AND interval <= ?", dropped)
            if counted is not None:
                _keep(link, counted)

    def keep(self, counted: Counted) -> None:
        """Keeps what is counted now, between two intervals."""
        with self._transaction() as link:
            _keep(link, counted)

    def forget(self, gone: Sequence[tuple[str, int]]) -> None:
        """Removes entities that are no longer configured."""
        with self._transaction() as link:
            for table in ("measured", "total", "counted"):
                link.executemany(f"DELETE FROM {table} WHERE place = ? AND idx = ?", gone)  # noqa: S608

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._write)

    # --- reading --------------------------------------------------------------------------------

    def intervals(self) -> list[Interval]:
        """All that are kept, newest first (R22)."""
        rows = self._read.execute(
            "SELECT id, start, end FROM interval ORDER BY id DESC LIMIT ?", (self.kept,)
        )
        return [Interval(*row) for row in rows]

    def has(self, id: int) -> bool:
        """Whether this interval is kept."""
        return self._read.execute("SELECT 1 FROM interval WHERE id = ?", (id,)).fetchone() is not None

    def newest(self) -> int:
        """The id of the newest interval; 0 when there is none yet."""
        return int(self._read.execute("SELECT coalesce(max(id), 0) FROM interval").fetchone()[0])

    def values(self, place: str, index: int, first: int, last: int) -> dict[int, list[int | None]]:
        """What an entity measured in the intervals first ... last; those without a row are left out."""
        rows = self._read.execute(
            "SELECT interval, vals FROM measured WHERE place = ? AND idx = ? AND interval BETWEEN ? AND ?",
            (place, index, first, last),
        )
        return {interval: _values(blob) for interval, blob in rows}

    def totals(self) -> list[tuple[str, int, list[int], list[int]]]:
        """By place and index: raw totals as they were last kept, and at the end of the newest interval."""
        then = self._totals("total")
        now = then | self._totals("counted")
        return [(*key, totals, then.get(key) or [0] * len(totals)) for key, totals in now.items()]

    def _totals(self, table: str) -> dict[tuple[str, int], list[int]]:
        with closing(self._read.execute(f"SELECT place, idx, vals FROM {table}")) as rows:  # noqa: S608
            return {(place, index): _totals(blob) for place, index, blob in rows}

    def mark(self) -> Mark:
        """Up to where the kept totals count."""
        row = self._read.execute("SELECT engine, taken, began FROM mark").fetchone()
        return Mark(*row) if row else Mark()

    def crossed(self) -> dict[str, int]:
        """The thresholds that were crossed, by the source of their alarm."""
        return dict(self._read.execute("SELECT source, severity FROM crossed"))


def _keep(link: sqlite3.Connection, counted: Counted) -> None:
    packed = [(place, index, _pack(totals)) for place, index, totals in counted.totals]
    link.executemany("INSERT OR REPLACE INTO counted VALUES (?, ?, ?)", packed)
    mark = counted.mark
    link.execute("DELETE FROM mark")
    link.execute("INSERT INTO mark VALUES (?, ?, ?)", (mark.engine, mark.taken, mark.began))
    link.execute("DELETE FROM crossed")
    link.executemany("INSERT INTO crossed VALUES (?, ?)", counted.crossed.items())


class _Transaction:
    """BEGIN, then COMMIT, or ROLLBACK when something went wrong."""

    def __init__(self, link: sqlite3.Connection) -> None:
        self.link = link

    def __enter__(self) -> sqlite3.Connection:
        self.link.execute("BEGIN IMMEDIATE")
        return self.link

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self.link.execute("COMMIT" if kind is None else "ROLLBACK")


def _digest(catalogue: Catalogue) -> str:
    """Rows are arrays in the catalogue's order: another catalogue cannot read them."""
    text = "\n".join(
        f"{place.path} {list(place.slots)} {list(place.history)}" for place in catalogue.places.values()
    )
    return sha256(text.encode()).hexdigest()[:16]
