"""GET /status (guide 9, R13): what the device says of itself, gathered from those who know it.

One rule: a value nobody knows is null, never invented."""

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Literal

import msgspec

from sbcd.web.route import Level, Operation, Request, Response, Route, answer


class Status(msgspec.Struct, kw_only=True):
    """The fields in the guide's order."""

    localTimeStamp: str
    ipAddress: str | None
    subnetMask: str | None
    defaultGateway: str | None
    productType: str
    versionID: str
    protocolType: Literal["SIP"] = "SIP"
    operationalState: Literal["UNLOCKED", "LOCKED"]
    highAvailability: Literal["Operational", "Not Operational"]
    serialNumber: str
    macAddress: str | None
    systemUpTime: int
    saveNeeded: bool
    resetNeeded: bool
    upgradeStatus: Literal[
        "None",
        "In Progress",
        "Hitless-beforeSwitchOver",
        "Hitless-beforeSwitchBack",
        "Hitless-WaitRdnReconnect",
    ] = "None"
    mcUpgradeStatus: Literal["None", "In Progress"] = "None"


Gather = Callable[[], Status]


class MediaComponent(msgspec.Struct):
    """One media relay behind the call engine (R30)."""

    id: str
    name: str
    address: str
    status: str
    activeSessions: int | None


class MediaComponents(msgspec.Struct):
    mediaComponents: list[MediaComponent]


def stamp(now: datetime, zone: tzinfo) -> str:
    """RFC 3339 with milliseconds, and `Z` or the device's UTC offset (R13)."""
    local = now.astimezone(zone)
    return local.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def routes(gather: Gather, components: Callable[[], list[MediaComponent]] = list) -> list[Route]:
    """`components` are the media relays; none is 204."""

    async def status(request: Request) -> Response:
        return answer(gather())

    async def mc_status(request: Request) -> Response:
        found = components()
        return answer(MediaComponents(found)) if found else Response(204)

    device = Operation(Level.MONITOR, status, "Device status", gives=Status)
    relays = Operation(
        Level.MONITOR, mc_status, "Media components", gives=MediaComponents, statuses=(200, 204)
    )
    return [
        Route("/status", device, help="Device status"),
        Route("/mc_status", relays, help="Status of the media components"),
    ]
