"""What stands in an engine that goes on while the device begins anew: calls and users as KPI levels.

One rule: levels are what is there now; what happened meanwhile comes as facts."""

from collections import Counter
from collections.abc import Iterable, Mapping

from sbcd.rooms.calls.contract import CallLine, UserLine
from sbcd.rooms.calls.facts import Way
from sbcd.rooms.calls.kpis import CALLS, OTHERS

Level = tuple[str, int, str, int]  # place, index, base, value
UP = {"Connected", "Held", "Releasing"}


def levels(lines: Iterable[CallLine], users: Iterable[UserLine], srds: Mapping[int, int]) -> list[Level]:
    """The levels of the device, the IP groups and the SRDs; `srds` tells the SRD of an IP group."""
    found = Counter[tuple[str, int, str]]()
    sessions = set()
    for line in lines:
        sessions.add(line.session)
        if line.state in UP:
            base = "activeCallsIn" if line.way is Way.IN else "activeCallsOut"
            found.update(_places(CALLS, line.ip_group, srds, base))
    for user in users:
        found.update(_places(OTHERS, user.ip_group, srds, "registeredUsers"))
    found[f"{CALLS}/global", 0, "activeSessions"] = len(sessions)
    return [(*place, value) for place, value in found.items()]


def _places(group: str, ip_group: int, srds: Mapping[int, int], base: str) -> list[tuple[str, int, str]]:
    places = [(f"{group}/global", 0, base)]
    if ip_group >= 0:
        places.append((f"{group}/ipGroup", ip_group, base))
        if ip_group in srds:
            places.append((f"{group}/srd", srds[ip_group], base))
    return places
