"""Which indexes each entity has, by the configuration or the machine, and how they are called.

One rule: an index that goes keeps its meters for a while: a change that could not be carried out is taken
back, and a port may come back. One that comes again under another name begins anew."""

from collections.abc import Mapping
from dataclasses import dataclass

PARTING = 60.0  # seconds that meters outlive their index
MOST = 32768  # of one entity (facts/kpi.md: element index 0..32767)

Key = tuple[str, int]  # entity and index


@dataclass(frozen=True, slots=True)
class Named:
    """An index as discovery shows it."""

    name: str
    description: str = ""


class Indexes:
    """The indexes of all entities; `now` is monotonic seconds."""

    def __init__(self) -> None:
        self.names: dict[str, dict[int, Named]] = {}  # by entity, ascending; none until told
        self._parting: dict[Key, tuple[str, float]] = {}  # the name it had, and since when it is gone

    def edit(self, entity: str, names: Mapping[int, Named | None], now: float) -> list[Key]:
        """Those of an entity that came, are called otherwise or went (None); the others stay as they are.
        Returns those whose meters must not go on."""
        held, dead = dict(self.names.get(entity, {})), []
        ordered = True
        for index, named in names.items():
            before = held.pop(index, None) if named is None else held.get(index)
            if named is None:
                if before is not None:
                    self._parting[entity, index] = (before.name, now)
                continue
            if not 0 <= index < MOST:
                continue
            if self._parting.pop((entity, index), (named.name, now))[0] != named.name:
                dead.append((entity, index))
            ordered = ordered and (before is not None or index > next(reversed(held), -1))
            held[index] = named
        self.names[entity] = held if ordered else dict(sorted(held.items()))
        return dead

    def bury(self, now: float) -> list[Key]:
        """Those that went long ago, told once."""
        dead = [key for key, (_, since) in self._parting.items() if since <= now - PARTING]
        for key in dead:
            del self._parting[key]
        return dead
