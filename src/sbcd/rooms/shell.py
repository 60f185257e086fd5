"""CLI scripts over REST: the running configuration as a script, a script as the configuration, and scripts
that mix configuration with show commands (guide 5.3, R23, R25).

One rule: lines are followed in order; a failed configuration line drops its block and ends the script, a
failed command is told and the script goes on; whatever was activated before stays."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar

import msgspec

from sbcd.base.errors import Invalid, InvalidConfig, Problem, SbcdError
from sbcd.config.cli import Block, Changed, Execute, Grammar, Printed, Session, omitted, write
from sbcd.config.show import Show, Shows
from sbcd.config.snapshot import Snapshot
from sbcd.config.store import Store
from sbcd.web.route import File, Level, Operation, Request, Response, Route, User, answer, described

T = TypeVar("T")
Offload = Callable[[Callable[[], T]], Awaitable[T]]
Command = Callable[[Sequence[str], User], Awaitable[str]]
"""A quick command that is no configuration: the words behind its name, and who gives it; its output."""

LARGEST_SCRIPT = 8 << 20
LARGEST_INCREMENTAL = 2 << 20  # what is followed and applied within the six seconds of R23
LARGEST_OUTPUT = 16 << 20  # characters; then no show command is executed any more
PATIENCE = 4.5  # seconds; the same, so that the answer is there within the six of R23
MOST_TOLD = 100
ACTIONS = (
    "copy",
    "reload",
    "ping",
    "traceroute",
    "debug",
    "clear",
    "start",
    "erase",
    "telnet",
    "ssh",
)
_NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_OTHER_FILES = {"[": "an INI file", "<": "a page", "{": "JSON"}  # by how their first line begins


class Resetting(Protocol):
    """Who can reset the device."""

    async def begin(self, save: bool, graceful: int, by: User) -> Callable[[], Awaitable[None]]: ...


class Outcome(msgspec.Struct):
    """The answer of an incremental script (R23); `status` is "success" or "failed"."""

    status: str
    output: str
    description: str


class Described(msgspec.Struct):
    description: str


def script(content: bytes) -> list[str]:
    """The lines of an upload; Invalid when it is no text."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("The file is not a CLI script: it is not text") from None
    if _NOT_TEXT.search(text):
        raise Invalid("The file is not a CLI script: it holds control characters")
    lines = re.split(r"\r\n|\r|\n", text)
    if not any(line.strip() for line in lines):
        raise Invalid("The file is not a CLI script: it is empty")
    first = next((line.strip() for line in lines if line.strip() and line.strip()[0] not in "#;"), " ")
    if first[0] in _OTHER_FILES:
        raise Invalid(f"The file is not a CLI script: it is {_OTHER_FILES[first[0]]}")
    return lines


@dataclass(slots=True)
class _Run:
    """One script under way: what was printed, what failed, and what waits to be applied in one go."""

    user: User
    until: float  # when its time is over
    output: list[str] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    waiting: list[Block | str] = field(default_factory=list)
    carried: dict[str, None] = field(default_factory=dict)
    skipped: list[int] = field(default_factory=list)  # lines of show commands that came too late
    length: int = 0  # characters of the show commands
    over: bool = False

    def fail(self, line: int, why: str) -> None:
        """A line failed; most of a long list of failures is left out."""
        self.failed.append(line)
        if len(self.failed) <= MOST_TOLD:
            self.output.append(f"Cannot execute line {line}: {why}")

    def end(self, rest: Sequence[int]) -> Outcome:
        """The answer. `rest`: numbers of the lines that were not reached."""
        if self.over and rest:
            lines = f"Lines {rest[0]}-{rest[-1]} were" if len(rest) > 1 else f"Line {rest[0]} was"
            self.output.append(f"{lines} not executed")
        if self.skipped:
            self.failed.append(self.skipped[0])
            self.output.append(
                f"Cannot execute line {self.skipped[0]} and {len(self.skipped) - 1} more with show commands: "
                f"there are {PATIENCE} seconds and {LARGEST_OUTPUT >> 20} MB for those of a script"
            )
        description = "Incremental CLI Script file was loaded."
        if self.failed:
            description = f"Incremental CLI script failed at line {min(self.failed)}."
        if self.carried:
            description += f" Carried without effect: {_listed(self.carried)}."
        status = "failed" if self.failed else "success"
        return Outcome(status, "".join(f"{text}\n" for text in self.output), description)

    def refuse(self, line: int, error: SbcdError, block: Block | None = None) -> None:
        """What an error says, at the line it comes from."""
        if not isinstance(error, InvalidConfig):
            self.fail(line, str(error))
            return
        told = block.located(error.problems) if block is not None else list(error.problems)
        bare = [str(Problem(p.what, None, p.table, p.row, p.column)) for p in told[:MOST_TOLD]]
        self.fail(told[0].line or line, "; ".join(bare))


def _listed(names: Iterable[str]) -> str:
    told = list(names)
    more = f" and {len(told) - MOST_TOLD} more" if len(told) > MOST_TOLD else ""
    return ", ".join(told[:MOST_TOLD]) + more


class Shell:
    """Runs scripts on the configuration of `store`; `shows` are all show commands."""

    def __init__(
        self,
        grammar: Grammar,
        store: Store,
        shows: Iterable[Show],
        offload: Offload[Any],
        activity: Callable[[str, User, str], None] = lambda what, user, code: None,
        monotonic: Callable[[], float] = lambda: 0.0,
        commands: Mapping[str, Command] | None = None,
    ) -> None:
        self.commands = commands or {}
        self.grammar = grammar
        self.store = store
        self.shows = Shows([*shows, Show("running-config", "The running configuration.", self._config)])
        self.offload = offload
        self.activity = activity
        self.monotonic = monotonic

    def text(self) -> str:
        """The running configuration as a script, lines ended as the device ends them."""
        return write(self.grammar, self.store.running).replace("\n", "\r\n")

    async def _config(self, words: Sequence[str]) -> str:
        full = words[-1:] == ["full"]
        part = self.grammar.part(words[:-1] if full else words)
        running = self.store.running
        return str(await self.offload(lambda: write(self.grammar, running, part, full))).rstrip("\n")

    def whole(self, lines: Sequence[str]) -> tuple[Snapshot, Block, dict[str, None]]:
        """What a full script makes of a device without configuration, all its edits with their lines, and
        what of it is only carried; InvalidConfig with every bad line."""
        session = Session(self.grammar, self.grammar.schema.factory())
        problems: list[Problem] = []
        edits = Block()
        carried: dict[str, None] = {}
        for number, line in enumerate([*lines, None], 1):
            try:
                for event in session.end() if line is None else session.take(number, line):
                    if isinstance(event, Changed):
                        edits.lines.update(event.block.lines)
                        carried |= event.block.carried()
                    elif isinstance(event, Execute):
                        word = event.text.split()[0]
                        problems.append(Problem(f"'{word}' is no configuration command", number))
            except InvalidConfig as error:
                problems += [
                    Problem(p.what, p.line or number, p.table, p.row, p.column) for p in error.problems
                ]
            except SbcdError as error:
                problems.append(Problem(str(error), number))
        if problems:
            raise InvalidConfig(problems)
        return session.base, edits, carried

    async def run(self, lines: Sequence[str], user: User) -> Outcome:
        """Follows a script; what it prints and whether every line was good."""
        run = _Run(user, self.monotonic() + PATIENCE)
        session = Session(self.grammar, self.store.running)
        number = 0
        while not run.over:
            follow = partial(self._follow, session, run, lines, number)
            number, orders, refusal = await self.offload(follow)
            await self._apply(run)
            if run.over:
                break
            if refusal is not None:
                run.refuse(number, refusal)
                run.over = session.failed_inside
            for order in orders if not run.over else ():
                await self._execute(run, session, order)
            if number >= len(lines):
                break
        return run.end([n + 1 for n in range(number, len(lines)) if lines[n].strip()])

    def _follow(
        self, session: Session, run: _Run, lines: Sequence[str], number: int
    ) -> tuple[int, list[Execute], SbcdError | None]:
        """Lines up to the first command or refusal: (lines done, commands, reason of the refusal)."""
        while number <= len(lines):
            try:
                # behind the last line the script ends, and with it the block it left open
                events = session.take(number + 1, lines[number]) if number < len(lines) else session.end()
            except SbcdError as error:
                return min(number + 1, len(lines)), [], error
            number += 1
            run.waiting += [event.block for event in events if isinstance(event, Changed)]
            run.waiting += [event.text for event in events if isinstance(event, Printed) and event.text]
            if orders := [event for event in events if isinstance(event, Execute)]:
                if not self._too_late(run, orders):
                    return number, orders, None
                run.skipped += [order.line for order in orders]
        return number, [], None

    def _too_late(self, run: _Run, orders: Sequence[Execute]) -> bool:
        """Whether these are show commands and the time or the room for them is used up."""
        shows = all(order.text.partition(" ")[0] == "show" for order in orders)
        return shows and (run.length > LARGEST_OUTPUT or self.monotonic() > run.until)

    async def _apply(self, run: _Run) -> None:
        """Applies what waits, up to the first block that is refused."""
        waiting, run.waiting = run.waiting, []
        await self._part(run, waiting)

    async def _part(self, run: _Run, items: list[Block | str]) -> None:
        """Applies blocks in one change; when that is refused, first the one half, then the other."""
        blocks = [item for item in items if isinstance(item, Block)]
        texts = [item for item in items if isinstance(item, str)]
        try:
            if blocks:
                await self._change(blocks, run.user)
                for block in blocks:
                    run.carried |= block.carried()
        except SbcdError as error:
            if len(blocks) > 1:
                middle = next(i for i, item in enumerate(items) if item is blocks[len(blocks) // 2])
                await self._part(run, items[:middle])
                if not run.over:
                    await self._part(run, items[middle:])
                return
            at = next(i for i, item in enumerate(items) if item is blocks[0])
            run.output += [item for item in items[:at] if isinstance(item, str)]
            run.refuse(blocks[0].last, error, blocks[0])
            run.over = True
        else:
            run.output += texts

    async def _change(self, blocks: Sequence[Block], user: User) -> None:
        def edit(running: Snapshot) -> Snapshot:
            for block in blocks:
                running = block.onto(running)
            return running

        await self.store.change(edit, user)

    async def _execute(self, run: _Run, session: Session, order: Execute) -> None:
        """One command that is not configuration."""
        word, _, rest = order.text.partition(" ")
        try:
            if word == "show":
                run.output.append((await self.shows.run(rest)).rstrip("\n"))
                run.length += len(run.output[-1])
            elif word == "write" and not rest.strip():
                await self.store.save()
                self.activity("Save configuration", run.user, "fb")
                run.output.append("Writing configuration...done")
            elif (command := self.commands.get(word.lower())) is not None:
                run.output.append(await command(rest.split(), run.user))
            elif word.lower() in ACTIONS:
                run.fail(order.line, f"'{word}' is not available in a script")
            else:
                run.fail(order.line, f"unknown command '{word[:40]}'")
        except SbcdError as error:
            run.fail(order.line, str(error))


class Scripts:
    """The handlers below /files/cliScript. What a script cannot hold is named in the answers (R27): in a
    header of the download, in the description of the upload."""

    def __init__(self, shell: Shell, resetting: Resetting) -> None:
        self.shell = shell
        self.resetting = resetting

    async def download(self, request: Request) -> Response:
        shell = self.shell
        text = await shell.offload(shell.text)
        lost = omitted(shell.store.running, shell.grammar.schema.tables)
        headers = {"X-Not-In-Script": ", ".join(lost[:MOST_TOLD])} if lost else {}
        return Response(200, text.encode(), media=BYTES, headers=headers)

    async def replace(self, request: Request) -> Response:
        shell = self.shell
        upload = await request.upload(LARGEST_SCRIPT)
        lines = script(upload.read())
        new, edits, carried = await shell.offload(lambda: shell.whole(lines))
        lost = omitted(shell.store.running, shell.grammar.schema.tables)
        try:
            await shell.store.change(lambda running: new, request.user, save=True)
        except InvalidConfig as error:
            raise InvalidConfig(edits.located(error.problems)) from error
        shell.activity("CLI script file load", request.user, "cli")
        text = "Device will reset now to activate new configuration"
        if carried:
            text += f". Carried without effect: {_listed(carried)}"
        if lost:
            text += f". What a script cannot hold is gone: {_listed(lost)}"
        done = described(text)
        done.then = await self.resetting.begin(False, 0, request.user)
        return done

    async def run(self, request: Request) -> Response:
        upload = await request.upload(LARGEST_INCREMENTAL)
        outcome = await self.shell.run(script(upload.read()), request.user)
        self.shell.activity("Incremental CLI script file load", request.user, "cli")
        return answer(outcome)


BYTES = "application/octet-stream"
LOAD = partial(
    Operation,
    Level.SECURITY_ADMINISTRATOR,
    takes=File,
    statuses=(200, 400, 409),
    exclusive=True,
)


def routes(shell: Shell, resetting: Resetting) -> list[Route]:
    """`/files/cliScript` and below."""
    scripts = Scripts(shell, resetting)
    what = "The running configuration as a CLI script"
    get = Operation(Level.SECURITY_ADMINISTRATOR, scripts.download, what, gives=BYTES)
    whole = LOAD(scripts.replace, "Replaces the whole configuration and resets the device", gives=Described)
    some = LOAD(scripts.run, "Runs a script of configuration and show commands", gives=Outcome)
    return [
        Route("/files/cliScript", get=get, put=whole, help="CLI configuration script"),
        Route("/files/cliScript/incremental", put=some),
    ]
