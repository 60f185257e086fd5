"""The auxiliary files of the device: which kinds there are, what is loaded, and who is told.

One rule: a file is loaded only when it was read without fault and everyone who uses it took it (R8, R28)."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec

from sbcd.base.clock import Clock
from sbcd.base.errors import Invalid, SbcdError
from sbcd.base.vault import Vault
from sbcd.rooms.auxfiles import cpt, dialplan, usersinfo, wrapper

_log = logging.getLogger("sbcd.auxfiles")
MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: `read` gives its content as a value and one line about it, or raises `Invalid`."""

    id: str
    help: str
    member: str
    limit: int
    read: Callable[[bytes], tuple[Any, str]]


def _tones(data: bytes) -> tuple[cpt.Tones, str]:
    tones = cpt.read(data)
    return tones, f"{len(tones.tones)} tones, {len(tones.rings)} ringing patterns, {tones.description}"


def _dial_plans(data: bytes) -> tuple[dict[str, tuple[dialplan.Rule, ...]], str]:
    plans = dialplan.read(_text(data))
    return plans, f"{len(plans)} plans, {sum(map(len, plans.values()))} lines"


def _users(data: bytes) -> tuple[usersinfo.UsersInfo, str]:
    users = usersinfo.read(_text(data))
    return users, f"{len(users.gateway)} gateway users, {len(users.sbc)} SBC users"


def _opaque(data: bytes) -> tuple[None, str]:
    return None, wrapper.check(data)


def _text(data: bytes) -> str:
    if b"\0" in data:
        raise Invalid(f"not a text file: byte {data.index(0)} is zero")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(f"not a text file: byte {error.start} is not UTF-8") from error


KINDS = (
    Kind("cpt", "Call progress tones file", "CPT.dat", MEGABYTE, _tones),
    Kind("prt", "Prerecorded tones file", "PRT.dat", 50 * MEGABYTE, _opaque),
    Kind("dialplan", "Dial plan file", "DPLN.dat", MEGABYTE, _dial_plans),
    Kind("casTable", "CAS table file", "CAS.dat", MEGABYTE, _opaque),
    Kind("amd", "Answer machine detection sensitivity file", "AMD.dat", MEGABYTE, _opaque),
    Kind("usersInfo", "User information file", "USERS.txt", 4 * MEGABYTE, _users),
    Kind("voiceprompts", "Voice prompts file", "VP.dat", 50 * MEGABYTE, _opaque),
    Kind("sbcWizard", "SBC wizard template package", "SBC_WIZARD.dat", 20 * MEGABYTE, _opaque),
    Kind("fxs", "FXS coefficients file", "FXS.dat", MEGABYTE, _opaque),
    Kind("fxo", "FXO coefficients file", "FXO.dat", MEGABYTE, _opaque),
)
"""Every kind, in the order of the guide; `member` is its name inside a configuration package."""


class Loaded(msgspec.Struct, frozen=True):
    """A loaded file: its version grows by one with each load of its kind."""

    name: str
    version: int
    size: int
    digest: str
    at: datetime
    summary: str


User = Callable[[str, Any], Awaitable[None]]
"""Takes a kind's id and its content (None: no file); raises `Conflict` when it cannot."""


class AuxFiles:
    """What is loaded, in the vault and as values."""

    def __init__(
        self, vault: Vault, clock: Clock, told: Callable[[str, Loaded], None] = lambda kind, file: None
    ) -> None:
        """`told` is called with every load that counts."""
        self._vault, self._clock, self._told = vault, clock, told
        self._kinds = {kind.id: kind for kind in KINDS}
        self._users: list[User] = []
        index = vault.read("index.json")
        self.loaded = msgspec.json.decode(index, type=dict[str, Loaded]) if index else {}
        self._content: dict[str, Any] = {}
        for id_, loaded in self.loaded.items():
            data = vault.read(self._file(id_, loaded.version))
            try:
                self._content[id_] = self._kinds[id_].read(data)[0] if data is not None else None
            except Invalid as error:  # taken by another version of this software: no reason not to start
                _log.warning("The %s file is not used: %s", id_, error)

    def tell(self, user: User) -> None:
        """`user` is awaited with each new content before the load counts."""
        self._users.append(user)

    def content(self, id_: str) -> Any:
        """The content of a kind as a value, None when no file is loaded or it is opaque."""
        return self._content.get(id_)

    def data(self, id_: str) -> bytes | None:
        """The bytes of a kind as they were loaded."""
        loaded = self.loaded.get(id_)
        return self._vault.read(self._file(id_, loaded.version)) if loaded else None

    async def load(self, id_: str, name: str, data: bytes) -> Loaded:
        """Takes a file into use; `Invalid` or `Conflict` and nothing has changed."""
        kind = self._kinds[id_]
        if not data:
            raise Invalid(f"the {kind.help.lower()} is empty")
        content, summary = kind.read(data)
        await self._apply(id_, content)
        old = self.loaded.get(id_)
        version = old.version + 1 if old else 1
        digest = sha256(data).hexdigest()
        loaded = Loaded(name[:64], version, len(data), digest, self._clock.wall(), summary)
        try:
            self._vault.replace(self._file(id_, version), data)
            self._vault.replace("index.json", msgspec.json.encode(self.loaded | {id_: loaded}))
        except OSError:
            await self._apply(id_, self._content.get(id_))
            raise
        self.loaded = self.loaded | {id_: loaded}
        self._content[id_] = content
        if old:
            self._vault.remove(self._file(id_, old.version))
        self._told(id_, loaded)
        return loaded

    async def _apply(self, id_: str, content: Any) -> None:
        """Tells every user of the kind; those told before one that refuses get the old content back."""
        told: list[User] = []
        try:
            for user in self._users:
                told.append(user)
                await user(id_, content)
        except SbcdError:
            for user in reversed(told[:-1]):
                await user(id_, self._content.get(id_))
            raise

    def members(self) -> Iterable[tuple[str, bytes]]:
        """Names and bytes for a configuration package."""
        for kind in KINDS:
            if (data := self.data(kind.id)) is not None:
                yield kind.member, data

    def install(self, members: dict[str, bytes]) -> None:
        """Makes the files of a package the only ones, before anyone uses them (at start)."""
        loaded: dict[str, Loaded] = {}
        for kind in KINDS:
            old = self.loaded.get(kind.id)
            if (data := members.get(kind.member)) is None:
                continue
            content, summary = kind.read(data)
            version = old.version + 1 if old else 1
            self._vault.replace(self._file(kind.id, version), data)
            digest = sha256(data).hexdigest()
            loaded[kind.id] = Loaded(kind.member, version, len(data), digest, self._clock.wall(), summary)
            self._content[kind.id] = content
        self._vault.replace("index.json", msgspec.json.encode(loaded))
        gone, self.loaded = self.loaded, loaded
        for id_, old in gone.items():
            self._vault.remove(self._file(id_, old.version))
            if id_ not in loaded:
                self._content.pop(id_, None)

    @staticmethod
    def check(members: dict[str, bytes]) -> None:
        """Reads the files of a package; `Invalid` names the member."""
        for kind in KINDS:
            if (data := members.get(kind.member)) is None:
                continue
            if len(data) > kind.limit:
                raise Invalid(f"{kind.member}: more than {kind.limit} bytes")
            try:
                kind.read(data)
            except Invalid as error:
                raise Invalid(f"{kind.member}: {error}") from error

    @staticmethod
    def _file(id_: str, version: int) -> str:
        return f"{id_}.{version}"
