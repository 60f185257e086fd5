"""Colours of what was heard: green, yellow or red by the thresholds of a QoE Profile.

One rule: it gets worse at a threshold, and better only beyond the threshold and its hysteresis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

GREEN, YELLOW, RED = 2, 1, 0
MOS, DELAY, LOSS, JITTER = 0, 1, 2, 3
FALLING: Final = frozenset({MOS})  # less of it is worse


class Rule(msgspec.Struct, frozen=True, gc=False):
    """A row of QOEColorRules. Thresholds: MOS in tenths, delay and jitter in milliseconds, loss in percent.
    `remote`: of what the far side hears of us."""

    measured: int
    remote: bool
    minor: int
    minor_hysteresis: int
    major: int
    major_hysteresis: int


class Colouring(msgspec.Struct, frozen=True, gc=False):
    """A QoE Profile."""

    name: str
    rules: tuple[Rule, ...]


def colour(rule: Rule, value: float, before: int = GREEN) -> int:
    """The colour of a value, after it had another one."""
    sign = -1 if rule.measured in FALLING else 1
    over = sign * value
    if over > sign * rule.major or (before == RED and over > sign * rule.major - rule.major_hysteresis):
        return RED
    if over > sign * rule.minor or (before < GREEN and over > sign * rule.minor - rule.minor_hysteresis):
        return YELLOW
    return GREEN


class Colours:
    """The colours of legs, remembered from one measurement to the next."""

    def __init__(self) -> None:
        self._last: dict[tuple[int, str], dict[int, int]] = {}

    def of(
        self,
        leg: tuple[int, str],
        colouring: Colouring | None,
        here: Mapping[int, float],
        there: Mapping[int, float],
    ) -> tuple[int | None, int | None]:
        """The colours of a leg, as we hear it and as it hears us: the worst of what was measured (`here`,
        `there`: by the numbers of `Rule.measured`); None when no rule says anything of it."""
        if colouring is None:
            return None, None
        last = self._last.setdefault(leg, {})
        found: tuple[list[int], list[int]] = [], []
        for position, rule in enumerate(colouring.rules):
            value = (there if rule.remote else here).get(rule.measured)
            if value is not None:
                last[position] = colour(rule, value, last.get(position, GREEN))
                found[rule.remote].append(last[position])
        return min(found[0], default=None), min(found[1], default=None)

    def forget(self, leg: tuple[int, str]) -> None:
        """It is over."""
        self._last.pop(leg, None)


def percent(lost: int | None, packets: int) -> float | None:
    """Lost packets of all that were sent."""
    return None if lost is None or packets + lost <= 0 else 100 * lost / (packets + lost)
