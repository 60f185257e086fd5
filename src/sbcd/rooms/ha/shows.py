"""`show high-availability status`: whether there is a pair, and what this unit is called."""

from collections.abc import Callable, Sequence

from sbcd.config.show import Show
from sbcd.config.snapshot import Snapshot
from sbcd.rooms.ha.tables import HaParams


def shows(running: Callable[[], Snapshot], state: Callable[[], str]) -> list[Show]:
    """`state`: as `/status` says it, "Operational" or "Not Operational"."""

    def status(words: Sequence[str]) -> str:
        configured = running().params(HaParams)
        lines = [f"High availability: {state()}"]
        if configured.unit_name:
            lines.append(f"Unit name: {configured.unit_name}")
        if configured.remote_address not in {"", "0.0.0.0"}:  # noqa: S104 - none
            lines += [f"Other unit: {configured.remote_address}", f"Priority: {configured.priority}"]
        return "\n".join(lines)

    return [Show("high-availability status", "Whether the other unit is in step.", status)]
