"""Everything an operator may be told when something cannot be done.

Raised where it is found, with the place; `web.dispatch` alone turns it into a status (R3, R10)."""

from collections.abc import Iterable
from dataclasses import dataclass


class SbcdError(Exception):
    """The root of all refusals; its text is one human sentence without secrets."""


class Invalid(SbcdError):
    """The request or the file is wrong: 400."""


class NotFound(SbcdError):
    """No such resource: 404."""


class Conflict(SbcdError):
    """Right, but not now: the state of the device forbids it: 409 (R10)."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a configuration, and where (R3)."""

    what: str
    line: int | None = None
    table: str | None = None
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        place = "" if self.line is None else f"line {self.line}: "
        if self.table is not None:
            row = "" if self.row is None else f" {self.row}"
            column = "" if self.column is None else f" {self.column}"
            place += f"{self.table}{row}{column}: "
        return place + self.what


class InvalidConfig(Invalid):
    """A configuration with every problem it has, told at once."""

    MOST_TOLD = 100

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        told = [str(problem) for problem in self.problems[: self.MOST_TOLD]]
        if len(self.problems) > self.MOST_TOLD:
            told.append(f"and {len(self.problems) - self.MOST_TOLD} more")
        super().__init__("; ".join(told))
