"""The list of all show commands, each from the room that owns the facts."""

from collections.abc import Callable, Iterable

from sbcd.config.show import Show
from sbcd.config.snapshot import Snapshot
from sbcd.rooms.calls import shows as calls
from sbcd.rooms.ha import shows as high_availability
from sbcd.rooms.network import shows as network
from sbcd.rooms.system import shows as system
from sbcd.rooms.users import shows as users


def shows(
    running: Callable[[], Snapshot],
    header: Callable[[], Iterable[str]],
    uptime: Callable[[], int],
    ha: Callable[[], str],
) -> list[Show]:
    """`header` and `uptime` as `rooms.system.shows` wants them, `ha` as `rooms.ha.shows` does."""
    return [
        *system.shows(header, uptime),
        *network.shows(running),
        *users.shows(running),
        *calls.shows(running),
        *high_availability.shows(running, ha),
    ]
