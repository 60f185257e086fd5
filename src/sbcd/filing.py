"""The rooms of files in the device: auxiliary files, licence, software, debug file, configuration package.

One rule: what they have in common is how they meet the rest, and that is all that stands here."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any

import msgspec

from sbcd import __version__
from sbcd.base.clock import Clock
from sbcd.base.credentials import Credentials
from sbcd.base.errors import Invalid, SbcdError
from sbcd.base.vault import Vault
from sbcd.config.show import Show
from sbcd.config.snapshot import Snapshot
from sbcd.edge import slots
from sbcd.edge.process import Process
from sbcd.edge.tls import Contexts
from sbcd.rooms import auxfiles, debugfile, license, package, software
from sbcd.rooms.alarms import Alarms, alarm_type
from sbcd.rooms.auxfiles import AuxFiles, Loaded
from sbcd.rooms.calls.plan import DialPlan, UserSecret
from sbcd.rooms.calls.tables.peers import IPGroup
from sbcd.rooms.configuration import Configuration
from sbcd.rooms.debugfile import DebugFiles, Part
from sbcd.rooms.license import Identity, License
from sbcd.rooms.package import INI, Package
from sbcd.rooms.software import Software
from sbcd.rooms.tls import Tls, travel
from sbcd.signing import LICENSE, SOFTWARE, trusted
from sbcd.web.route import Route, User

DIAL_PLAN_REPLACED = alarm_type("acDialPlanFileReplaced")

Begun = Awaitable[Callable[[], Awaitable[None]]]
Kept = tuple[set[str], Mapping[str, bytes]]


class IniPart:
    """The configuration in a package."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def members(self, password: str | None) -> Iterator[tuple[str, bytes]]:
        yield INI, self._configuration.text()

    def check(self, members: Mapping[str, bytes], password: str | None) -> Kept:
        try:
            self._configuration.examine(members[INI])
        except Invalid as error:
            raise Invalid(f"{INI}: {error}") from error
        return {INI}, {INI: members[INI]}


class TlsPart:
    """The TLS contexts in a package."""

    def __init__(self, tls: Tls, contexts: Contexts) -> None:
        self._tls, self._contexts = tls, contexts

    def members(self, password: str | None) -> Iterable[tuple[str, bytes]]:
        return self._tls.members(password)

    def check(self, members: Mapping[str, bytes], password: str | None) -> Kept:
        found = travel.read(members, password, self._contexts.check)
        opened = {f"{index}.json": msgspec.json.encode(held) for index, held in found.items()}
        return {name for name in members if name.endswith((".crt", ".root", ".pkey"))}, opened

    @staticmethod
    def arrive(members: Mapping[str, bytes], vault: Vault) -> None:
        """Writes what `check` kept; a context that came without a key keeps the pair that it has."""
        for name, content in members.items():
            if not name.endswith(".json"):
                continue
            index, held = int(name.removesuffix(".json")), msgspec.json.decode(content, type=Credentials)
            old = Credentials.read(vault, index) or Credentials()
            pair = held if held.served else old
            Credentials(pair.key, pair.chain, pair.waiting, held.roots, old.terms).write(vault, index)


class AuxPart:
    """The auxiliary files in a package."""

    def __init__(self, files: AuxFiles) -> None:
        self._files = files

    def members(self, password: str | None) -> Iterable[tuple[str, bytes]]:
        return self._files.members()

    def check(self, members: Mapping[str, bytes], password: str | None) -> Kept:
        AuxFiles.check(dict(members))
        mine = {kind.member for kind in auxfiles.KINDS} & set(members)
        return mine, {name: members[name] for name in mine}


class Filing:
    """Builds these rooms and gives their routes, shows and ticks to the device."""

    def __init__(
        self,
        vault: Vault,
        clock: Clock,
        process: Process,
        alarms: Alarms,
        identity: Identity,
        usage: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        self._vault, self._process = vault, process
        self._alarms = alarms
        self.aux = AuxFiles(vault.room("files/aux"), clock, self._replaced)
        issuers = trusted(vault.room(LICENSE))
        self.license = License(vault.room(LICENSE), identity, issuers, clock, alarms, usage=usage)
        self.software = Software(
            vault.room(SOFTWARE),
            trusted(vault.room(SOFTWARE)),
            __version__,
            alarms,
            shelf=slots,
            offload=process.offload,
            max_version=self.license.max_version,
        )
        self._clock = clock
        self._content: dict[str, Any] = {kind: self.aux.content(kind) for kind in ("dialplan", "usersInfo")}

    def routes(
        self, parts: Mapping[str, Part], ini: IniPart, tls: TlsPart, reset: Callable[[bool, User], Begun]
    ) -> list[Route]:
        """`parts` are the members of a debug file; `reset` begins a reset, saving or not."""
        self.package = Package(self._vault.room("files/package"), [ini, tls, AuxPart(self.aux)])
        self.debug = DebugFiles(
            self._vault.room("files/debug"),
            self._clock,
            parts,
            core_dumps=lambda: core_dumps(self._vault.path("run/x").parent),
            token=lambda: token_hex(16),
            start=self._process.spawn,
            aside=self._process.offload,
        )
        return [
            *software.routes(self.software, lambda by: reset(True, by)),
            *package.routes(self.package, lambda by: reset(False, by), self._process.offload),
            *debugfile.routes(self.debug),
            *auxfiles.routes(self.aux),
            *license.routes(self.license),
        ]

    def _replaced(self, kind: str, file: Loaded) -> None:
        if kind == "dialplan":
            text = f"Dial plan file replacement complete. {file.summary}"
            self._alarms.event(DIAL_PLAN_REPLACED, "Board#1", text)

    def tell(self, again: Callable[[], Awaitable[None]]) -> None:
        """`again` is awaited when a licence or dial plan has changed: calls follow, or it is a Conflict."""

        async def by_licence(capacities: Mapping[str, int]) -> None:
            await again()

        async def by_file(kind: str, content: object) -> None:
            if kind in self._content:
                old, self._content[kind] = self._content[kind], content
                try:
                    await again()
                except SbcdError:
                    self._content[kind] = old
                    raise

        self.license.tell(by_licence)
        self.aux.tell(by_file)

    def dial_plans(self) -> tuple[DialPlan, ...]:
        """The dial plans of the loaded file."""
        plans: Any = self._content["dialplan"] or {}
        return tuple(
            DialPlan(name, tuple((rule.prefix, rule.tag) for rule in rules)) for name, rules in plans.items()
        )

    def users(self, running: Snapshot) -> tuple[UserSecret, ...]:
        """The SBC users of the loaded file; a group may be named by its name or its index."""
        info = self._content["usersInfo"]
        return tuple(
            UserSecret(group_of(running, user.group), user.local, user.name, user.password)
            for user in (info.sbc if info is not None else ())
        )

    def tone(self, number: int) -> tuple[int, int] | None:
        """The frequencies in Hz of a call progress tone; None when no loaded file has it."""
        tones: Any = self.aux.content("cpt")
        found = next((one for one in tones.tones if one.type == number), None) if tones is not None else None
        return (found.low, found.high) if found is not None else None

    def shows(self) -> list[Show]:
        help = "The auxiliary files that are loaded"
        return [Show("system auxiliary-files", help, lambda words: auxfiles.show(self.aux))]

    def start(self) -> None:
        """What was begun before a restart goes on; alarms and trials are looked after."""
        self.debug.resume()
        for left in self._vault.path("run/uploads/x").parent.glob("upload-*"):  # of a crash
            left.unlink(missing_ok=True)
        self._process.every(1, lambda now: self.software.tick(self._clock.monotonic()))
        self._process.every(60, lambda now: self._process.spawn(self.license.tick(now)))

    async def arrive(self, take: Callable[[bytes], Awaitable[object]]) -> None:
        """A package that was staged before the reset becomes the device, before anyone uses its parts.

        It can be done again from the beginning after a crash anywhere in it (all or nothing, R8)."""
        vault = self._vault.room("files/package")
        members = Package.staged(vault)
        if members is None:
            return
        TlsPart.arrive(members, self._vault.room("tls"))
        self.aux.install(members)
        await take(members[INI])
        Package.done(vault)


def group_of(running: Snapshot, text: str) -> int:
    """The IP group of that name or index; -1 when there is none."""
    found = running.find(IPGroup, text) if text else None
    if found is not None:
        return found[0]
    known = text.isdecimal() and running.row(IPGroup, int(text)) is not None
    return int(text) if known else -1


def core_dumps(folder: Path) -> dict[str, Part]:
    """The newest dump that a crash of the call engine left in its working folder; memory as it was, so with
    secrets in it: only who asks for it gets it."""
    found = sorted(folder.glob("core*"), key=lambda path: path.stat().st_mtime)[-1:]
    return {f"core/{path.name}": partial(Path, path) for path in found}
