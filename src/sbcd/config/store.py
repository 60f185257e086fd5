"""The running configuration and the only way to change it.

One rule: one writer at a time, and all or nothing. Every problem is told before anything happens; when a
follower cannot go along, those before it (and it) go back; readers never wait (ADR 0003)."""

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, Protocol, TypeVar

from sbcd.base.errors import Conflict, InvalidConfig, Problem, SbcdError
from sbcd.config.check import problems
from sbcd.config.journal import Epoch, Journal, Mark, State, delta
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Change, Key, Snapshot, value

T = TypeVar("T")
Edit = Callable[[Snapshot], Snapshot]
Preparer = Callable[[Change], Awaitable[Snapshot]]
Listener = Callable[[Change, int], None]
Offload = Callable[[Callable[[], Any]], Awaitable[Any]]
Witness = Callable[[Change, Any], None]


class Judge(Protocol):
    """Says why the Asker (None: the device itself) may not make a change."""

    def __call__(self, change: Change, by: Any) -> Iterable[Problem]: ...


class Follower(Protocol):
    """A part of the device that does what the configuration says."""

    def check(self, change: Change) -> Iterable[Problem]:
        """Every reason against the change, without any effect."""
        ...

    async def apply(self, change: Change) -> None:
        """Goes from `change.old` to `change.new`; depends on these two only, so that
        `apply(change.reversed())` is its undoing. Conflict when it can't."""
        ...


class Asker(Protocol):
    """Who wants the change (web.User)."""

    @property
    def name(self) -> str: ...


async def _here(work: Callable[[], T]) -> T:
    return work()


class _Open:
    """What is still to be done by hand: save (`unsaved`), reset (`waiting`: what is in effect until then)."""

    def __init__(self, unsaved: Iterable[Key]) -> None:
        self.unsaved = set(unsaved)
        self.waiting: dict[tuple[Key, str], Any] = {}

    def account(self, change: Change, saved: Snapshot | None) -> None:
        """Follows a change that was made; looks at what it touched only. `saved`: None when it was saved."""
        if saved is None:
            self.unsaved.clear()
        for key, old, new in change.entries():
            if saved is None:
                pass
            elif value(saved, key) == new:
                self.unsaved.discard(key)
            else:
                self.unsaved.add(key)
            if isinstance(key, tuple):
                old, new = old[0], new[0]
            heads = getattr(new, "__table__", None) or getattr(new, "__params__", None)
            if heads is None or not heads.resetting:
                continue
            for column in heads.resetting:
                effective = self.waiting.get((key, column.name), getattr(old, column.name, None))
                if getattr(new, column.name) == effective:
                    self.waiting.pop((key, column.name), None)
                else:
                    self.waiting[key, column.name] = effective


class _Keeper:
    """Brings records to the disk, elsewhere than in the loop, and begins a new checkpoint when it is time."""

    def __init__(
        self,
        journal: Journal,
        offload: Offload,
        spawn: Callable[[Coroutine[Any, Any, None]], object] | None,
        told: Callable[[str], None],
    ) -> None:
        self._journal = journal
        self.offload = offload
        self._spawn = spawn
        self._told = told

    async def write(self, *records: Epoch | Mark) -> None:
        try:
            await self.offload(lambda: self._journal.append(*records))
        except OSError as error:
            raise Conflict(f"Cannot write the configuration to disk: {error.strerror or error}") from error

    async def tidy(self, state: State) -> None:
        """Begins a new checkpoint when the journal has become long; the writing holds nobody up."""
        if not self._journal.big:
            return
        still = State(state.saved, state.running, state.epoch, state.saved_digest, state.digest)
        try:
            generation = self._journal.turn()
        except OSError as error:
            self._told(f"Cannot begin a new journal: {error}")
            return
        work = self._checkpoint(still, generation)
        if self._spawn is None:
            await work
        else:
            self._spawn(work)

    async def _checkpoint(self, still: State, generation: int) -> None:
        try:
            await self.offload(lambda: self._journal.checkpoint(still, generation))
        except OSError as error:
            self._told(f"Cannot write a checkpoint, the journal goes on: {error}")


class Store:
    """Holds `running` and `saved`.

    lock: one for this store alone. offload: runs slow work elsewhere. shield: lets a change finish when who
    asked for it has gone. spawn: starts work nobody waits for. prepare: may rewrite a new snapshot before it
    is checked (passwords to hashes). told: where what went wrong beyond a refusal is told."""

    def __init__(
        self,
        schema: Schema,
        journal: Journal,
        lock: AbstractAsyncContextManager[Any],
        *,
        followers: Sequence[Follower] = (),
        prepare: Sequence[Preparer] = (),
        offload: Offload = _here,
        shield: Callable[[Awaitable[Any]], Awaitable[Any]] | None = None,
        spawn: Callable[[Coroutine[Any, Any, None]], object] | None = None,
        told: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.schema = schema
        self.followers, self.prepare = list(followers), list(prepare)
        self._disk = _Keeper(journal, offload, spawn, told)
        self._lock = lock
        self._shield = shield
        self._told = told
        self._listeners: list[Listener] = []
        self._witnesses: list[Witness] = []
        self.judges: list[Judge] = []  # why the Asker may not make a change
        self._stuck = self._started = False
        state = journal.load()
        self.new = state is None  # there was no configuration on disk
        if journal.unreadable:
            told("Cannot read the stored configuration: the device begins as a new one, the files are kept")
        if state is None:
            factory = schema.factory()
            _, digest = delta(Change(Snapshot.empty(), factory), 0)
            state = State(factory, factory, 0, digest, digest)
            journal.begin(state)
        for lost in state.lost:
            told(f"Cannot take over from the stored configuration: {lost}")
        self._state = state
        self._open = _Open(Change(state.saved, state.running).differences())

    @property
    def running(self) -> Snapshot:
        """What the device does."""
        return self._state.running

    @property
    def saved(self) -> Snapshot:
        """What it will do after a reset without saving."""
        return self._state.saved

    @property
    def epoch(self) -> int:
        """The number of changes applied since the device was new."""
        return self._state.epoch

    @property
    def digest(self) -> str:
        """64 hex digits that name the saved configuration, whatever way it came about."""
        return f"{self._state.saved_digest:064x}"

    @property
    def save_needed(self) -> bool:
        """Whether running and saved differ (R12)."""
        return bool(self._open.unsaved)

    @property
    def reset_needed(self) -> bool:
        """Whether a changed parameter waits for a reset (R12), or an undo failed."""
        return bool(self._open.waiting) or self._stuck

    def tell(self, listener: Listener) -> None:
        """Has `listener` told of every change that was made, with its epoch."""
        self._listeners.append(listener)

    def witness(self, listener: Witness) -> None:
        """Has `listener` told of every change that was made, with the Asker or None."""
        self._witnesses.append(listener)

    async def start(self) -> None:
        """Brings the followers to the running configuration; who can't is told of, and the device starts.

        What is changed before is checked by them, and applied here."""
        self._started = True
        change = Change(Snapshot.empty(), self.running)
        for follower in self.followers:
            try:
                await follower.apply(change)
            except (SbcdError, OSError) as error:
                self._told(f"Cannot start with the whole configuration: {error}")

    def check(self, change: Change) -> list[Problem]:
        """Every problem of a change, without any effect."""
        found = list(problems(change, self.schema.tables))
        return found or self._objections(change)

    def _objections(self, change: Change, by: Asker | None = None) -> list[Problem]:
        told = [problem for follower in self.followers for problem in follower.check(change)]
        return told + [problem for judge in self.judges for problem in judge(change, by)]

    async def change(
        self, edit: Edit, by: Asker | None = None, *, save: bool = False, heavy: bool = False
    ) -> Change:
        """Applies `edit` to the running configuration, and saves when told so. A `heavy` one (thousands of
        rows) is edited and checked elsewhere than in the loop.

        InvalidConfig with every problem, or Conflict when a follower can't: then nothing has changed."""
        work = self._disk.offload if heavy else _here
        return await self._whole(self._change(edit, by, save, work))

    async def change_to(self, snapshot: Snapshot, by: Asker | None = None) -> Change:
        """Makes `snapshot` the running one, whatever ran before (`change` loses no other's edit)."""
        return await self.change(lambda running: snapshot, by)

    async def save(self) -> None:
        """Makes the running configuration the saved one, at the cost of one record."""
        await self._whole(self._save())

    async def revert(self) -> None:
        """Makes the saved configuration the one the next start runs; followers are left alone (reset)."""
        await self._whole(self._revert())

    async def _whole(self, work: Coroutine[Any, Any, T]) -> T:
        return await (work if self._shield is None else self._shield(work))

    async def _change(self, edit: Edit, by: Asker | None, save: bool, work: Offload) -> Change:
        async with self._lock:
            new = await work(partial(edit, self.running))
            for prepare in self.prepare:
                new = await prepare(Change(self.running, new))
            change = Change(self.running, new)
            found = await work(lambda: list(problems(change, self.schema.tables)))
            found = found or self._objections(change, by)  # followers may rely on names and references
            if found:
                raise InvalidConfig(found)
            ops, digest = await work(partial(delta, change, self._state.digest))
            if ops:
                await self._apply(change)
                epoch = Epoch(self.epoch + 1, "" if by is None else by.name, f"{digest:x}", ops)
                try:
                    await self._disk.write(*([epoch, Mark("saved")] if save else [epoch]))
                except BaseException:
                    await self._undo(change, self.followers if self._started else ())
                    raise
                self._state.running, self._state.epoch, self._state.digest = new, epoch.number, digest
                self._open.account(change, None if save else self._state.saved)
            elif save:
                await self._disk.write(Mark("saved"))
            if save:
                self._saved()
            await self._disk.tidy(self._state)
        if ops:
            self._tell(change, by)
        return change

    def _tell(self, change: Change, by: Asker | None) -> None:
        """Tells who wants to know; the change is made, so what goes wrong there is not the client's."""
        calls = [partial(listener, change, self.epoch) for listener in self._listeners]
        calls += [partial(witness, change, by) for witness in self._witnesses]
        for call in calls:
            try:
                call()
            except Exception as error:
                self._told(f"Cannot tell of a changed configuration: {error!r}")

    async def _apply(self, change: Change) -> None:
        for count, follower in enumerate(self.followers if self._started else ()):
            try:
                await follower.apply(change)
            except BaseException as error:
                await self._undo(change, self.followers[: count + 1])
                if isinstance(error, OSError):
                    raise Conflict(f"Cannot apply the configuration: {error}") from error
                raise

    async def _undo(self, change: Change, followers: Sequence[Follower]) -> None:
        for follower in reversed(followers):
            try:
                await follower.apply(change.reversed())
            except Exception as error:  # one that can't go back must not keep the others from it
                self._stuck = True
                self._told(f"Cannot undo a refused configuration, a reset is needed: {error}")

    async def _save(self) -> None:
        async with self._lock:
            if self._open.unsaved:
                await self._disk.write(Mark("saved"))
                self._saved()

    def _saved(self) -> None:
        self._state.saved, self._state.saved_digest = self._state.running, self._state.digest
        self._open.unsaved.clear()

    async def _revert(self) -> None:
        async with self._lock:
            if self._open.unsaved:
                await self._disk.write(Mark("reverted"))
