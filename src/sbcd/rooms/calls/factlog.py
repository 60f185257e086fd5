"""Facts on their way up: numbered, kept until they were taken, bounded.

One rule: nothing is sent twice on one link, nothing is forgotten before it is acknowledged, and when the
reader stays away too long the oldest go and are counted."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice

from sbcd.rooms.calls.contract import Facts
from sbcd.rooms.calls.facts import AnyFact

MOST = 500_000
BATCH = 500
WINDOW = 20_000  # sent and not yet taken: what is counted is written once a second


class FactLog:
    """The queue of facts of one life of the engine."""

    def __init__(self, boot: str, most: int = MOST) -> None:
        self.boot = boot
        self.lost = 0
        self._most = most
        self._held: deque[AnyFact] = deque()
        self._first = 1  # number of the oldest that is held
        self._sent = 1  # number of the next to be sent

    def __len__(self) -> int:
        return len(self._held)

    def add(self, fact: AnyFact) -> None:
        """One more."""
        self._held.append(fact)
        if len(self._held) > self._most:
            self._held.popleft()
            self._first += 1
            self._sent = max(self._sent, self._first)
            self.lost += 1

    def linked(self) -> None:
        """A new reader: all that was not taken is sent (again)."""
        self._sent = self._first

    def next(self) -> Facts | None:
        """The next batch, or None when there is none or too much is on its way."""
        ahead = self._sent - self._first
        if ahead >= WINDOW or ahead >= len(self._held):
            return None
        batch = list(islice(self._held, ahead, min(ahead + BATCH, WINDOW)))
        found = Facts(self.boot, self._sent, batch)
        self._sent += len(batch)
        return found

    def taken(self, boot: str, number: int) -> None:
        """All up to this number were taken."""
        if boot != self.boot:
            return
        while self._first <= number and self._held:
            self._held.popleft()
            self._first += 1


class Reader:
    """Who takes the facts: each once, whatever is told again."""

    def __init__(self) -> None:
        self._known = ("", 0)
        self.boot = ""  # the life of the engine that is read
        self.taken = 0  # number of the last fact of it that was heard

    def known(self, boot: str, taken: int) -> None:
        """Facts of that life up to this number were taken before this reader began."""
        self._known = boot, taken

    def met(self, boot: str) -> bool:
        """The engine says who it is; whether it is another than before."""
        if boot == self.boot:
            return False
        known, taken = self._known
        self.boot, self.taken = boot, taken if boot == known else 0
        return True

    def news(self, said: Facts) -> Sequence[AnyFact]:
        """Those of the facts that were not heard yet."""
        if said.boot != self.boot:
            return []
        skip = max(self.taken + 1 - said.first, 0)
        self.taken = max(self.taken, said.first + len(said.facts) - 1)
        return said.facts[skip:]
