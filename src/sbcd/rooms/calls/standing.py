"""What stands in an engine that goes on while the device begins anew: calls and users as KPI levels.

One rule: levels are what is there now; what happened meanwhile comes as facts."""

from collections import Counter
from collections.abc import Iterable, Mapping

from sbcd.rooms.calls.contract import CallLine, UserLine
from sbcd.rooms.calls.facts import AnyFact, SessionClosed, SessionOpened, StreamsChanged, Way
from sbcd.rooms.calls.kpis import CALLS, OTHERS

Level = tuple[str, int, str, int]  # place, index, base, value
UP = {"Connected", "Held", "Releasing"}


class Sessions:
    """The calls that are there, by the facts."""

    def __init__(self) -> None:
        self._open: set[int] = set()
        self._relayed: set[tuple[int, Way]] = set()

    @property
    def active(self) -> int:
        """How many there are."""
        return len(self._open)

    @property
    def anchored(self) -> int:
        """How many of them have their media go through the relay."""
        return (len(self._relayed) + 1) // 2

    def heard(self, fact: AnyFact) -> None:
        """One opened, closed, or began or ended to talk."""
        if isinstance(fact, SessionOpened):
            self._open.add(fact.session)
        elif isinstance(fact, SessionClosed):
            self._open.discard(fact.session)
        elif isinstance(fact, StreamsChanged):
            (self._relayed.add if fact.rtp + fact.srtp else self._relayed.discard)((fact.session, fact.way))

    def stand(self, lines: Iterable[CallLine]) -> None:
        """These are there: a device that begins anew finds them in the engine."""
        self._open = {line.session for line in lines}

    def forget(self) -> None:
        """Another engine, or another device with the same one."""
        self._open, self._relayed = set(), set()


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
