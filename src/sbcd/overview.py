"""What GET /status says (R13), gathered from the configuration and from those who know the rest.

One rule: a value nobody knows is null."""

from ipaddress import IPv4Network

from sbcd import __version__
from sbcd.base.clock import Clock
from sbcd.config.snapshot import Snapshot
from sbcd.config.store import Store
from sbcd.rooms.license import Identity
from sbcd.rooms.network.tables import ApplicationTypes, InterfaceMode, InterfaceTable
from sbcd.rooms.software import UpgradeStatus
from sbcd.rooms.status import Status, stamp
from sbcd.rooms.system.local import local_time
from sbcd.rooms.system.tables import WebParams

PRODUCT = "sbcd"
OAMP = {
    ApplicationTypes.OAMP,
    ApplicationTypes.OAMP_MEDIA,
    ApplicationTypes.OAMP_CONTROL,
    ApplicationTypes.ALL,
}


def own_interface(running: Snapshot) -> InterfaceTable | None:
    """The IPv4 interface for management."""
    rows = running.rows(InterfaceTable).values()
    return next(
        (r for r in rows if r.application_types in OAMP and r.mode == InterfaceMode.IPV4_MANUAL), None
    )


def product(running: Snapshot) -> str:
    """The product name, or what UserProductName calls it."""
    web = running.params(WebParams)
    return web.user_product if web.use_product and web.user_product else PRODUCT


class Overview:
    """Tells the status; what the configuration says is read once a configuration."""

    def __init__(self, store: Store, clock: Clock, identity: Identity) -> None:
        self._store, self._clock, self._identity = store, clock, identity
        self._read(store.running)

    def _read(self, running: Snapshot) -> None:
        own = own_interface(running)
        self._running, self._product, self._zone = running, product(running), local_time(running)
        self._address = own.ip_address if own else None
        self._mask = str(IPv4Network((0, own.prefix_length)).netmask) if own else None
        self._gateway = own.gateway if own else None

    def status(self, *, locked: bool, upgrade: UpgradeStatus = UpgradeStatus.NONE) -> Status:
        """GET /status (R13)."""
        if self._store.running is not self._running:
            self._read(self._store.running)
        return Status(
            localTimeStamp=stamp(self._clock.wall(), self._zone),
            ipAddress=self._address,
            subnetMask=self._mask,
            defaultGateway=self._gateway,
            productType=self._product,
            versionID=__version__,
            operationalState="LOCKED" if locked else "UNLOCKED",
            highAvailability="Not Operational",
            serialNumber=self._identity.serial,
            macAddress=self._identity.mac or None,
            systemUpTime=self._clock.uptime(),
            saveNeeded=self._store.save_needed,
            resetNeeded=self._store.reset_needed,
            upgradeStatus=upgrade.value,
        )


def header(told: Status, features: str = "") -> list[str]:
    """What stands at the top of an exported INI file; `features` are those of the licence, between `;`."""
    nowhere = "0.0.0.0"  # noqa: S104 - the device's word for none
    return [
        f"Board: {told.productType}",
        f"Serial Number: {told.serialNumber}",
        f"Software Version: {told.versionID}",
        f"Board IP Address: {told.ipAddress or nowhere}",
        f"Board Subnet Mask: {told.subnetMask or nowhere}",
        f"Board Default Gateway: {told.defaultGateway or nowhere}",
        f";;Key features:;{features}",
    ]
