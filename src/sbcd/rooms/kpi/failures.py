"""User-defined failure counters: which rule counts a failed request.

One rule: row N of the table is counter N + 1; without rows the group is not listed (facts/kpi.md)."""

import re
from collections.abc import Iterator, Mapping

from sbcd.base.errors import Problem
from sbcd.rooms.kpi.tables import FailureMethod, UserDefinedFailurePM

GROUP = "userDefined"
MOST = 26


def statuses(text: str) -> frozenset[int]:
    """The SIP statuses that "403, 5xx, 480-489" names; ValueError names the part that is wrong."""
    found: set[int] = set()
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        if match := re.fullmatch(r"([3-6])xx", part, re.IGNORECASE):
            first = int(match[1]) * 100
            found.update(range(first, first + 100))
        elif match := re.fullmatch(r"([3-6]\d\d)(?:-([3-6]\d\d))?", part):
            found.update(range(int(match[1]), int(match[2] or match[1]) + 1))
        else:
            raise ValueError(f"'{part}' is not a SIP failure status (300-699, 5xx, 500-504)")
    return frozenset(found)


class Failures:
    """The rules as they are now; asked by the feeds of calls."""

    def __init__(self) -> None:
        self._rules: list[tuple[int, frozenset[str], frozenset[int]]] = []

    def problems(self, rules: Mapping[int, UserDefinedFailurePM]) -> Iterator[Problem]:
        """What is wrong with rules, without effect."""
        for index, rule in rules.items():
            if index >= MOST:
                yield Problem(f"the index must be below {MOST}", table="UserDefinedFailurePM", row=index)
            try:
                statuses(rule.responses)
            except ValueError as error:
                yield Problem(str(error), table="UserDefinedFailurePM", row=index, column="ResponseCodes")

    def follow(self, rules: Mapping[int, UserDefinedFailurePM]) -> None:
        """New rules."""
        self._rules = []
        for index, rule in rules.items():
            both = rule.method is FailureMethod.BOTH
            methods = {"INVITE", "REGISTER"} if both else {rule.method.name}
            self._rules.append((index + 1, frozenset(methods), statuses(rule.responses)))

    def __call__(self, method: str, status: int, side: str) -> list[str]:
        """The counters that a failure moves; side: "In" or "Out"."""
        return [
            f"userDefinedFailures{side}{number}"
            for number, methods, codes in self._rules
            if method in methods and status in codes
        ]

    def hidden(self) -> set[str]:
        """The groups that discovery leaves out now."""
        return set() if self._rules else {GROUP}
