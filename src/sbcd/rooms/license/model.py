"""The licence of the device: which key is installed, what it allows now, and when it warns.

One rule: a new key counts only when everyone who obeys it runs with it, otherwise the old one stays (R31)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sbcd.base.clock import Clock
from sbcd.base.errors import Conflict, Invalid, SbcdError
from sbcd.base.vault import Vault
from sbcd.rooms.alarms import Alarms, Severity, alarm_type
from sbcd.rooms.license import keys
from sbcd.rooms.license.keys import Licence

EXPIRY = alarm_type("acLicensePoolExpirationAlarm")
LIMIT = alarm_type("acLicensePoolApplicationAlarm")
WARN_DAYS, MAJOR_DAYS = 30, 7
NEAR, CALM = 0.9, 0.8
"""The limit alarm is raised at 90 % of a capacity and cleared below 80 %."""

User = Callable[[Mapping[str, int]], Awaitable[None]]
"""Takes the capacities into use; raises `Conflict` when it cannot."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this device is: its serial number and its MAC address, both as /status tells them."""

    serial: str
    mac: str


class _Stored(msgspec.Struct):
    key: str


class License:
    """The installed key and what follows from it."""

    def __init__(
        self,
        vault: Vault,
        identity: Identity,
        trusted: Sequence[Ed25519PublicKey],
        clock: Clock,
        alarms: Alarms,
        *,
        usage: Callable[[], Mapping[str, int]] = dict,
        paired: Callable[[], bool] = lambda: False,
    ) -> None:
        self._vault, self.identity, self._trusted = vault, identity, trusted
        self._clock, self._alarms, self._usage, self.paired = clock, alarms, usage, paired
        self._users: list[User] = []
        stored = vault.read("key.json")
        self.key = msgspec.json.decode(stored, type=_Stored).key if stored else ""
        self._licence = self._installed()
        # also what a crash left standing
        self._near = {source.rpartition("#")[2] for source in alarms.sources(LIMIT)}
        self._told: Mapping[str, int] = self.licence.capacities

    def _installed(self) -> Licence | None:
        try:
            return self._read(self.key) if self.key else None
        except Invalid:
            return None  # the issuer is no longer trusted, or the machine is another: the free capacity holds

    def tell(self, user: User) -> None:
        """`user` is awaited with the capacities at each change."""
        self._users.append(user)

    @property
    def licence(self) -> Licence:
        """What holds now: the installed licence, or the free one when there is none or it has expired."""
        licence = self._licence
        if licence is None or (licence.expires and self._clock.wall().date() > licence.expires):
            return keys.FREE
        return licence

    def capacity(self, name: str) -> int:
        """The capacity of that name in concurrent sessions (FEU: users)."""
        return self.licence.capacity(name)

    def has(self, feature: str) -> bool:
        return feature in self.licence.features

    def max_version(self) -> str:
        """The newest software that may run, empty when the licence sets no bound."""
        return self.licence.max_version

    def description(self) -> str:
        return self.licence.description()

    def used(self) -> Mapping[str, float | None]:
        """Used part of each capacity in per cent; None where there is no capacity."""
        usage = self._usage()
        held = {name: self.capacity(name) for name in keys.CAPACITIES}
        return {name: 100 * usage.get(name, 0) / most if most else None for name, most in held.items()}

    async def install(self, key: str) -> None:
        """Takes a key of this device into use; `Invalid` or `Conflict` and the old licence stays."""
        licence = self._read(key)
        old_key, old = self.key, self._licence
        self.key, self._licence = key.strip(), licence
        try:
            await self._apply()
            self._vault.replace("key.json", msgspec.json.encode(_Stored(self.key)))
        except (SbcdError, OSError):
            self.key, self._licence = old_key, old
            await self._apply()
            raise
        await self.tick(self._clock.wall())

    async def install_file(self, text: str) -> None:
        """Takes the key of this device out of a file for many (R31)."""
        key = keys.read_file(text).get(self.identity.serial)
        if key is None:
            raise Invalid(f"the licence file holds no key for serial number {self.identity.serial}")
        await self.install(key)

    def _read(self, key: str) -> Licence:
        licence = keys.read(key, self._trusted)
        if licence.serial != self.identity.serial:
            raise Invalid(
                f"the licence key is for serial number {licence.serial}, this is {self.identity.serial}"
            )
        if licence.expires and self._clock.wall().date() > licence.expires:
            raise Invalid(f"the licence key expired on {licence.expires}")
        return licence

    async def _apply(self) -> None:
        self._told = self.licence.capacities
        for user in self._users:
            await user(self._told)

    def refuse_on_pair(self) -> None:
        """A key for one unit cannot serve an HA pair (guide 11)."""
        if self.paired():
            raise Conflict(
                "License key can't be applied to device in HA configuration. Use license file instead."
            )

    async def tick(self, now: datetime) -> None:
        """Lets an expired licence end; raises and clears the alarms of expiry and of scarce capacities."""
        if self.licence.capacities != self._told:
            await self._apply()
        self._tick_expiry(now)
        for name, percent in self.used().items():
            source = f"Board#1/License#{name}"
            if percent is not None and percent >= 100 * NEAR:
                self._near.add(name)
                text = f"License capacity {name} is nearly used up: {self.capacity(name)} are licensed."
                self._alarms.raise_(LIMIT, source, text, severity=Severity.MAJOR)
            elif name in self._near and (percent is None or percent < 100 * CALM):
                self._near.discard(name)
                self._alarms.clear(LIMIT, source, f"License capacity {name} is free again.")

    def _tick_expiry(self, now: datetime) -> None:
        expires = self._licence.expires if self._licence else None
        left = (expires - now.date()).days if expires else WARN_DAYS + 1
        if left > WARN_DAYS:
            self._alarms.clear(EXPIRY, "Board#1", "The licence is valid.")
        elif left < 0:
            text = f"The licence expired on {expires}; the free capacity holds."
            self._alarms.raise_(EXPIRY, "Board#1", text, severity=Severity.CRITICAL)
        else:
            severity = Severity.MAJOR if left <= MAJOR_DAYS else Severity.MINOR
            text = f"The licence expires on {expires}."
            self._alarms.raise_(EXPIRY, "Board#1", text, severity=severity)
