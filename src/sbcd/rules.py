"""Checks of the rooms as a follower of the configuration: it says no, and does nothing.

One rule: a check has no effects."""

from collections.abc import Callable, Iterable

from sbcd.base.errors import Problem
from sbcd.config.snapshot import Change

Check = Callable[[Change], Iterable[Problem]]


class Rules:
    """Follows the configuration with checks alone."""

    def __init__(self, *checks: Check) -> None:
        self._checks = checks

    def check(self, change: Change) -> Iterable[Problem]:
        for check in self._checks:
            yield from check(change)

    async def apply(self, change: Change) -> None:
        """Nothing to do."""
