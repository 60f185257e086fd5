"""How the machine is: processor, memory, disk and network links, watched and told as alarms.

One rule: what crosses a threshold must come back well below it before the alarm ends, so that a value near
the line raises one alarm and not a hundred."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sbcd.config.show import Show
from sbcd.rooms.alarms import Alarms, Severity, alarm_type

OVERLOAD = alarm_type("acBoardOverloadAlarm")
LINK = alarm_type("acBoardEthernetLinkAlarm")
RESET_NEEDED = alarm_type("acResetNeededAlarm")
CONFIGURATION = alarm_type("acBoardConfigurationError")
STARTED = alarm_type("acBoardEvBoardStarted")
BLOCKED = alarm_type("acWEBUserAccessDisabled")
RESETTING = alarm_type("acBoardEvResettingBoard")
BOARD = "Board#1"

HIGH, FULL = 90.0, 97.0
"""Percent in use from which on it is Major, and Critical."""
BACK = 5.0
"""Percent below a threshold at which it counts as left."""
LASTING = 3
"""Looks in a row at a busy processor before it is an overload; a short peak is none."""


@dataclass(frozen=True, slots=True)
class Load:
    """Percent in use; None where the machine does not tell."""

    processor: float | None
    memory: float | None
    disk: float | None


class Health:
    """Looks at the machine every time it is ticked. `links` tells which network links are up; `moved` is
    called with the name of one that went down or came back."""

    def __init__(
        self,
        alarms: Alarms,
        load: Callable[[], Load],
        links: Callable[[], Mapping[str, bool]],
        moved: Callable[[str, bool], None],
    ) -> None:
        self._alarms, self._load, self._links, self._moved = alarms, load, links, moved
        self._busy = 0
        self._last: Load | None = None
        self._up: dict[str, bool] = {}
        mine = (BOARD, f"{BOARD}/Memory", f"{BOARD}/Disk")  # standing still, after a crash
        self._levels = {source: Severity.MAJOR for source in alarms.sources(OVERLOAD) if source in mine}

    def tick(self, now: datetime) -> None:
        """To be called every ten seconds or so."""
        load = self._last = self._load()
        if load.processor is not None:
            self._busy = self._busy + 1 if load.processor >= HIGH else 0
            waiting = self._busy < LASTING and BOARD not in self._levels
            used = min(load.processor, HIGH - 1) if waiting else load.processor
            self._judge(BOARD, "The processor", used, most=Severity.MAJOR)
        self._judge(f"{BOARD}/Memory", "The memory", load.memory)
        self._judge(f"{BOARD}/Disk", "The disk of the state directory", load.disk)
        self._watch_links()

    def show(self) -> Show:
        """`show system utilization`: what was seen at the last look. "Data" is the router of a device that
        has one; this one has none."""

        def told(words: Sequence[str]) -> str:
            load = self._last or Load(None, None, None)
            used = [("CPUs utilization: Data 0% Voice", load.processor)]
            used += [("CPUs Used Memory: Data 0% Voice", load.memory), ("Used disk:", load.disk)]
            return "\n".join(f"{what} {'-' if it is None else f'{it:.0f}%'}" for what, it in used)

        return Show("system utilization", "How much of the processor, memory and disk is in use.", told)

    def _judge(self, source: str, what: str, used: float | None, most: Severity = Severity.CRITICAL) -> None:
        if used is None:
            return
        before = self._levels.get(source, Severity.CLEARED)
        critical = used >= FULL - (BACK if before is Severity.CRITICAL else 0)
        high = used >= HIGH - (BACK if before else 0)
        level = min(most, Severity.CRITICAL if critical else Severity.MAJOR) if high else Severity.CLEARED
        if level is before:
            return
        if level is Severity.CLEARED:
            del self._levels[source]
            self._alarms.clear(OVERLOAD, source, f"{what} is in use to {used:.0f} % again")
        else:
            self._levels[source] = level
            self._alarms.raise_(OVERLOAD, source, f"{what} is in use to {used:.0f} %", level)

    def _watch_links(self) -> None:
        """A link that was up since the start and is not now; one that never was is nobody's."""
        for number, (name, up) in enumerate(sorted(self._links().items()), 1):
            source = f"{BOARD}/EthernetLink#{number}"
            before = self._up.get(name, source not in self._alarms.sources(LINK) and up)
            if before is not up:
                if up:
                    self._alarms.clear(LINK, source, f"Network link {name} is up")
                else:
                    self._alarms.raise_(LINK, source, f"Network link {name} is down")
                self._moved(name, up)
            self._up[name] = up


def reset_needed(alarms: Alarms, needed: bool) -> None:
    """Whether some of the configuration waits for a reset (R12)."""
    if needed:
        alarms.raise_(
            RESET_NEEDED, BOARD, "The configuration was changed; some of it needs a reset to take effect"
        )
    else:
        alarms.clear(RESET_NEEDED, BOARD, "Nothing waits for a reset any more")


def troubled(alarms: Alarms, text: str) -> None:
    """The configuration could not be followed, or not be taken back; stays until the reset."""
    alarms.raise_(CONFIGURATION, BOARD, text)


def blocked(alarms: Alarms, text: str) -> None:
    """Somebody guessed passwords and is kept out for a while (R33)."""
    alarms.event(BLOCKED, BOARD, text)


def started(alarms: Alarms) -> None:
    """The device is at work."""
    alarms.event(STARTED, BOARD, "The device has started")


def resetting(alarms: Alarms) -> None:
    """The device is about to reset; ends with it."""
    alarms.raise_(RESETTING, BOARD, "The device resets, as it was asked to")
