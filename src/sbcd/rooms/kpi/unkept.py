"""What was counted and is not on disk yet: the entities that moved since their totals were last written.

One rule: an entity leaves only for good; what could not be written comes back."""

from collections.abc import Sequence

from sbcd.rooms.kpi.entity import Entity


class Unkept:
    """The entities that moved."""

    def __init__(self) -> None:
        self._moved: set[Entity] = set()
        self._leaving: set[Entity] = set()
        self.add = self._moved.add

    def totals(self) -> list[tuple[str, int, Sequence[int]]]:
        """Place, index and raw totals of each, as they are now."""
        return [(one.place.path, one.index, one.totals.copy()) for one in self._moved]

    def leave(self) -> None:
        """What `totals` told is being written."""
        self._leaving, self._moved = self._moved, set()
        self.add = self._moved.add

    def come_back(self) -> None:
        """It could not be."""
        self._moved |= self._leaving

    def drop(self, entity: Entity | None) -> None:
        """It is not configured any more."""
        if entity is not None:
            self._moved.discard(entity)
            self._leaving.discard(entity)
