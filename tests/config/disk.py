"""A store on a real directory, for tests: everything happens at once, in one task."""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from config.model import DECLARED
from sbcd.base.appender import Appender
from sbcd.base.errors import Problem
from sbcd.base.vault import Vault
from sbcd.config.journal import Journal
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Change, Snapshot
from sbcd.config.store import Follower, Store


def journal(folder: Path, schema: Schema) -> Journal:
    vault = Vault(folder)
    return Journal(vault, lambda name, size: Appender(vault.path(name), size), schema)


def store(folder: Path, followers: Sequence[Follower] = (), **more: Any) -> Store:
    schema = more.pop("schema", None) or Schema(DECLARED)
    return Store(schema, journal(folder, schema), asyncio.Lock(), followers=followers, **more)


class Recorder:
    """A follower that does what it is told, remembers where it stands, and fails when asked to."""

    def __init__(self, name: str = "", log: list[str] | None = None) -> None:
        self.name = name
        self.log = [] if log is None else log
        self.at = Snapshot.empty()
        self.fails: Exception | None = None
        self.objects: list[Problem] = []

    def check(self, change: Change) -> Iterable[Problem]:
        return self.objects

    async def apply(self, change: Change) -> None:
        assert self.at == change.old or self.at == change.new  # an undo may find it half-way
        self.log.append(f"{self.name}+" if change.new is not self.at else f"{self.name}-")
        if self.fails is not None:
            error, self.fails = self.fails, None
            raise error
        self.at = change.new
