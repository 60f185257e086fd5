"""Which software runs, which is loaded, and the way from one to the other and back.

One rule: the device always knows a slot that worked; a new one is on trial until it reports healthy."""

from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sbcd.base.errors import Conflict, Invalid
from sbcd.base.vault import Vault
from sbcd.rooms.alarms import Alarms, Severity, alarm_type
from sbcd.rooms.software import container

T = TypeVar("T")

FAILED = alarm_type("acSWUpgradeAlarm")
SOURCE = "System#0"
HEALTHY_AFTER = 3.0
"""Seconds that a version on trial must have served before it counts as healthy."""


class UpgradeStatus(StrEnum):
    """`upgradeStatus` of /status (guide 9); its other values belong to HA."""

    NONE = "None"
    IN_PROGRESS = "In Progress"


class Slots(msgspec.Struct, frozen=True):
    """Names below `slots/`, empty for the software that the device was installed with.

    `trial` is to be started once; it was started when `tried`, and replaces `active` when it reports
    healthy; `failed` fell back. `floor` is the oldest version that may be loaded, `trial_floor` the one
    that holds once the trial succeeds."""

    active: str = ""
    trial: str | None = None
    tried: bool = False
    failed: str | None = None
    floor: str = "0"
    trial_floor: str = "0"

    def settled(self) -> "Slots":
        """At a start: a version that was tried and never reported has failed."""
        return Slots(self.active, failed=self.trial, floor=self.floor) if self.tried else self


class Shelf(Protocol):
    """What makes and removes slots: folders with a virtual environment each (edge)."""

    def unpack(self, wheels: Sequence[Path], slot: Path) -> None:
        """Makes the slot of the wheels. `Invalid` when one cannot be installed."""
        ...

    def tidy(self, folder: Path, active: str) -> None:
        """Removes the slots of the folder that the active one does not need."""
        ...


class Offload(Protocol):
    """Does slow work aside."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]: ...


STATE = "slots.json"


def read_slots(vault: Vault) -> Slots:
    stored = vault.read(STATE)
    return msgspec.json.decode(stored, type=Slots) if stored else Slots()


def write_slots(vault: Vault, slots: Slots) -> None:
    vault.replace(STATE, msgspec.json.encode(slots))


class Software:
    """The software loads of the device."""

    def __init__(
        self,
        vault: Vault,
        trusted: Sequence[Ed25519PublicKey],
        version: str,
        alarms: Alarms,
        *,
        shelf: Shelf,
        offload: Offload,
        max_version: Callable[[], str] = str,
    ) -> None:
        self._vault, self._trusted, self.version, self._alarms = vault, trusted, version, alarms
        self._shelf, self._offload, self._max_version = shelf, offload, max_version
        self.busy = False
        self._up_since: float | None = None
        self.slots = read_slots(vault)
        self._tidy()
        if self.slots.failed is not None:
            text = f"Software upgrade failed: version {self.slots.failed} did not report healthy in time."
            alarms.raise_(FAILED, SOURCE, text, severity=Severity.MAJOR)

    @property
    def status(self) -> UpgradeStatus:
        """The truth of /status: a load being unpacked or on trial is in progress."""
        if self.busy or self.slots.trial is not None:
            return UpgradeStatus.IN_PROGRESS
        return UpgradeStatus.NONE

    def refuse_when_busy(self) -> None:
        """409 while an upgrade is under way (R10)."""
        if self.status is UpgradeStatus.IN_PROGRESS:
            raise Conflict("A software upgrade is under way")

    async def load(self, file: Path) -> str:
        """Checks a load, unpacks it into a slot of its own and puts it on trial for the next start.

        Returns its version. `Invalid` or `Conflict`, and nothing has changed."""
        self.refuse_when_busy()
        self.busy = True
        try:
            head = await self._offload(lambda: self._unpack_load(file))
        except OSError as error:
            raise Conflict(f"The software load cannot be unpacked: {error.strerror}") from error
        else:
            # Put on trial only now, when the slot is complete: a crash before this leaves the old software.
            floor = max(head.minimum, self.slots.floor, key=container.release)
            self._write(Slots(self.slots.active, head.version, floor=self.slots.floor, trial_floor=floor))
        finally:
            self.busy = False
        return head.version

    def abandon(self) -> None:
        """The load is not to be started after all."""
        self._write(Slots(self.slots.active, floor=self.slots.floor))

    def _tidy(self) -> None:
        """Before anyone loads something: removes what earlier loads, and those that a crash broke off, left
        behind."""
        if self.slots.trial is None:  # otherwise the guard still needs the old slot
            self._shelf.tidy(self._vault.root / "slots", self.slots.active)
            self._shelf.tidy(self._vault.root / "incoming", "")

    def _unpack_load(self, file: Path) -> container.Head:
        with file.open("rb") as stream:
            head = container.read_head(stream, self._trusted)
            self._allow(head)
            folder = self._vault.path(f"incoming/{head.version}/x").parent
            wheels = []
            try:
                for member, pieces in container.members(stream, head):
                    wheel = folder / member.name
                    with wheel.open("wb") as out:
                        out.writelines(pieces)
                    wheels.append(wheel)
                slot = self._vault.path(f"slots/{head.version}")
                self._shelf.unpack(wheels, slot)
            finally:
                for path in folder.iterdir():
                    path.unlink()
                folder.rmdir()
        return head

    def _allow(self, head: container.Head) -> None:
        version = container.release(head.version)
        if version < container.release(self.slots.floor):
            raise Invalid(f"version {head.version} is older than {self.slots.floor}, the oldest one allowed")
        if (most := self._max_version()) and version > container.release(most):
            raise Invalid(f"version {head.version} is newer than the license allows ({most})")
        if head.version == self.slots.active:
            raise Invalid(f"version {head.version} is running already")

    def tick(self, monotonic: float) -> None:
        """Reports a version on trial healthy once it has served for a while."""
        if not self.slots.tried:
            return
        if self._up_since is None:
            self._up_since = monotonic
        if monotonic - self._up_since < HEALTHY_AFTER:
            return
        self._write(Slots(active=self.slots.trial or "", floor=self.slots.trial_floor))
        self._alarms.clear(FAILED, SOURCE, f"Software version {self.version} runs.")

    def _write(self, slots: Slots) -> None:
        write_slots(self._vault, slots)
        self.slots = slots
