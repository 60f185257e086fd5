"""The configuration on disk: a checkpoint and a log of epochs after it (ADR 0011).

One rule: a record is whole (length and CRC) or it is not there; what follows a broken one is not read.
Nothing here refuses to start: a value that today's software does not take is left out and told in `lost`."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import compress
from operator import is_not
from typing import Any, Protocol

import msgspec

from sbcd.config.draft import Draft
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Change, Inert, Key, Snapshot
from sbcd.config.table import Column, Params, Row, values_of

DIGESTS = 1 << 256

Op = tuple[str, str, int, list[tuple[str, str]]]
"""("row" | "carried" | "inactive" | "gone", table, index, cells) or ("param" | "scalar", name, -1, cells)."""


class Epoch(msgspec.Struct, tag="epoch", array_like=True):
    """One applied change: what was touched, as it is now."""

    number: int
    by: str
    digest: str
    ops: list[Op]


class Mark(msgspec.Struct, tag="mark", array_like=True):
    """`saved`: the running configuration is the saved one from here on; `reverted`: the other way round."""

    what: str


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Epoch | Mark).decode


class Disk(Protocol):
    """A folder of the vault."""

    def read(self, name: str) -> bytes | None: ...
    def replace(self, name: str, content: bytes | Iterable[bytes]) -> None: ...
    def remove(self, name: str) -> None: ...
    def names(self) -> list[str]: ...


class Log(Protocol):
    """A file that only grows (base.appender)."""

    size: int

    def append(self, data: bytes) -> None: ...
    def close(self) -> None: ...


@dataclass(slots=True)
class State:
    """What is on disk."""

    saved: Snapshot
    running: Snapshot
    epoch: int = 0
    saved_digest: int = 0
    digest: int = 0
    lost: list[str] = field(default_factory=list)


def frame(record: Epoch | Mark) -> bytes:
    """A record with its length and checksum."""
    body = _encode(record)
    return len(body).to_bytes(4, "big") + zlib.crc32(body).to_bytes(4, "big") + body


def frames(data: bytes) -> Iterator[tuple[int, Epoch | Mark]]:
    """The whole records of a file, each with the position behind it."""
    at = 0
    while at + 8 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        body = data[at + 8 : end]
        if end > len(data) or zlib.crc32(body) != int.from_bytes(data[at + 4 : at + 8], "big"):
            return
        try:
            record = _decode(body)
        except msgspec.DecodeError:
            return
        at = end
        yield at, record


def _texts(column: Column, held: Any) -> str:
    """One value as text; the elements of an array or list as JSON."""
    write = column.codec.write
    if column.listed or column.array is not None:
        return msgspec.json.encode([write(item) for item in held]).decode()
    return write(held)


def _row_cells(row: Row) -> list[tuple[str, str]]:
    """The cells of a row that are not at their default, by INI name; carried ones with a leading `=`."""
    heads = row.__table__
    values = values_of(row)
    columns = heads.columns
    cells = [
        (column.ini, value if type(value) is str else column.codec.write(value))
        for place in compress(heads.places, map(is_not, values, heads.unset))  # most are at their default
        if place and (value := values[place]) != (column := columns[place - 1]).default
    ]
    return [*cells, *(("=" + name, text) for name, text in values[0])] if values[0] else cells


def _ops(key: Key, held: Any) -> list[Op]:
    """What there is at a key (see snapshot.value)."""
    if isinstance(key, tuple):
        table, index = key
        active, inactive = held
        if inactive is not None:
            return [("inactive", table, index, list(inactive.cells))]
        if active is None:
            return [("gone", table, index, [])]
        if isinstance(active, Inert):
            return [("carried", table, index, list(active.cells))]
        return [("row", table, index, _row_cells(active))]
    if isinstance(key, str):
        return [("scalar", key, -1, [] if held is None else [held])]
    return [
        ("param", column.ini, -1, [("", _texts(column, current))] if current != column.default else [])
        for column in key.__params__
        for current in (getattr(held, column.name),)
    ]


def _weigh(ops: Iterable[Op]) -> int:
    """The digests of what is there (not of what is at its default), added: the order does not matter."""
    total = 0
    for op in ops:
        if op[0] != "gone" and (op[2] >= 0 or op[3]):
            total += int.from_bytes(blake2b(_encode(op), digest_size=32).digest(), "big")
    return total


def delta(change: Change, digest: int) -> tuple[list[Op], int]:
    """A change as records, and the digest of the configuration after it."""
    ops: list[Op] = []
    for key, old, new in change.entries():
        after = _ops(key, new)
        digest += _weigh(after)
        if old == (None, None):  # a new row
            ops += after
            continue
        before = _ops(key, old)
        digest -= _weigh(before)
        ops += [op for op, was in zip(after, before, strict=True) if op != was]
    return ops, digest % DIGESTS


class Replay:
    """Records to snapshots, under the names and ranges of today's software."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        empty = Snapshot.empty()
        self.state = State(empty, empty)

    def all(self, data: bytes) -> int:
        """Goes through the whole records of a file; where the last of them ends."""
        end = 0
        for end, record in frames(data):  # noqa: B007
            self.take(record)
        return end

    def take(self, record: Epoch | Mark) -> None:
        """Goes one record further."""
        state = self.state
        if isinstance(record, Mark):
            if record.what == "saved":
                state.saved, state.saved_digest = state.running, state.digest
            else:
                state.running, state.digest = state.saved, state.saved_digest
            return
        draft = Draft(state.running)
        for op in record.ops:
            try:
                self._op(draft, op)
            except ValueError as error:
                state.lost.append(f"{op[1]} {op[2]}: {error}")
        state.running = draft.finish()
        state.epoch, state.digest = record.number, int(record.digest, 16)

    def _op(self, draft: Draft, op: Op) -> None:
        what, name, index, cells = op
        if what == "gone":
            draft.remove(name, index)
        elif what == "row":
            self._row(draft, name, index, cells)
        elif what == "carried":
            draft.put_any(name, index, Inert(tuple(cells)))
        elif what == "inactive":
            draft.put_inactive(name, index, Inert(tuple(cells)))
        elif what == "scalar":
            draft.carry(cells[0][0] if cells else name, cells[0][1] if cells else None)
        else:
            self._param(draft, name, cells)

    def _row(self, draft: Draft, name: str, index: int, cells: list[tuple[str, str]]) -> None:
        table = self._schema.table(name)
        if table is None:
            raise ValueError("no such table any more")
        values: dict[str, Any] = {}
        carried = []
        for ini, text in cells:
            column = table.by_ini.get(ini.lower())
            if ini.startswith("="):
                carried.append((ini[1:], text))
            elif column is None:
                self.state.lost.append(f"{name} {index} {ini}: no such column any more")
            else:
                values[column.name] = column.read(text)
        try:
            make: Any = table.row
            draft.put(index, make(carried=tuple(carried), **values))
        except TypeError as error:
            raise ValueError(str(error)) from error

    def _param(self, draft: Draft, name: str, cells: list[tuple[str, str]]) -> None:
        found = self._schema.scalar(name)
        if found is None:
            raise ValueError("no such parameter any more")
        params, column, _ = found
        held: Any = column.default
        if cells and (column.listed or column.array is not None):
            held = tuple(column.read(text) for text in msgspec.json.decode(cells[0][1], type=list[str]))
        elif cells:
            held = column.read(cells[0][1])
        kind: type[Params] = params.values
        draft.set(draft.params(kind).but(**{column.name: held}))


class Journal:
    """The folder `config/`: `N.checkpoint`, and `N.journal` for what happened after it.

    The generation before the current one stays as a second copy: its checkpoint and both journals say the
    same as the current checkpoint and journal."""

    LEAST = 1 << 20  # bytes of journal before a new checkpoint is worth it

    def __init__(self, disk: Disk, open_log: Callable[[str, int | None], Log], schema: Schema) -> None:
        self._disk = disk
        self._open = open_log
        self._schema = schema
        self._log: Log | None = None
        self._generation = 0
        self._checkpoint_size = 0
        self.unreadable = False
        """Whether there was a configuration of which no copy is whole."""

    def load(self) -> State | None:
        """What is on disk, from the newest checkpoint that is whole; None on a device that never had any."""
        names = self._names()
        checkpoints = [names[name] for name in names if name.endswith(".checkpoint")]
        for generation in sorted(checkpoints, reverse=True):
            replay = Replay(self._schema)
            data = self._disk.read(f"{generation}.checkpoint") or b""
            if not data or replay.all(data) != len(data):
                continue
            self._checkpoint_size = len(data)
            self._generation = generation
            end = replay.all(self._disk.read(f"{generation}.journal") or b"")
            while f"{self._generation + 1}.journal" in names:
                self._generation += 1
                end = replay.all(self._disk.read(f"{self._generation}.journal") or b"")
            self._log = self._open(f"{self._generation}.journal", end)
            return replay.state
        self._generation = max(names.values(), default=0)  # what cannot be read is not written over
        self.unreadable = bool(names)
        return None

    def _names(self) -> dict[str, int]:
        """The files of the journal, each with its generation."""
        parts = ((name, name.partition(".")) for name in self._disk.names())
        kinds = ("checkpoint", "journal")
        return {
            name: int(number) for name, (number, _, kind) in parts if number.isdecimal() and kind in kinds
        }

    def begin(self, state: State) -> None:
        """Starts a new log with this state as its checkpoint."""
        self.checkpoint(state, self.turn())

    def append(self, *records: Epoch | Mark) -> None:
        """Writes records and returns when they are on the disk; OSError when they are not."""
        if self._log is None:
            raise OSError("the journal is not open")
        self._log.append(b"".join(frame(record) for record in records))

    @property
    def big(self) -> bool:
        """Whether it is time for a checkpoint."""
        return self._log is not None and self._log.size > max(self.LEAST, self._checkpoint_size)

    def turn(self) -> int:
        """Begins a new journal; the old one is needed until the `checkpoint` of this moment's state, with the
        generation that comes back, is done."""
        log = self._open(f"{self._generation + 1}.journal", 0)
        if self._log is not None:
            self._log.close()
        self._log = log
        self._generation += 1
        return self._generation

    def checkpoint(self, state: State, generation: int) -> None:
        """Writes the state of a `turn`, and removes what nobody needs after it."""
        saved, _ = delta(Change(Snapshot.empty(), state.saved), 0)
        later, _ = delta(Change(state.saved, state.running), 0)
        data = frame(Epoch(state.epoch, "", f"{state.saved_digest:x}", saved)) + frame(Mark("saved"))
        data += frame(Epoch(state.epoch, "", f"{state.digest:x}", later))
        self._disk.replace(f"{generation}.checkpoint", data)
        self._checkpoint_size = len(data)
        for name, its in self._names().items():
            if its < generation - 1:
                self._disk.remove(name)
