"""All meters of the device: facts move them, polls read into them, an interval empties them.

One rule: nothing here reads a clock or a disk; `monotonic` is given, the caller says when an interval
ends. A figure that nothing feeds is None, never an invented 0 (R18)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sbcd.rooms.kpi.catalogue import Catalogue, Parameter, Place
from sbcd.rooms.kpi.entity import Entity, Taken, rounded
from sbcd.rooms.kpi.feeds import Feed, Spot, connected
from sbcd.rooms.kpi.indexes import Indexes, Named
from sbcd.rooms.kpi.unkept import Unkept


class Meters:
    """Current values of everything in the catalogue."""

    def __init__(self, catalogue: Catalogue, feeds: Iterable[Feed], monotonic: Callable[[], float]) -> None:
        self.catalogue = catalogue
        self._indexes = Indexes()
        self.names = self._indexes.names
        self.epoch = 0
        self.boundary = monotonic()  # when the running interval began
        self._monotonic = monotonic
        self._entities: dict[Place, dict[int, Entity]] = {place: {} for place in catalogue.places.values()}
        self._fed: dict[Place, dict[str, bool]] = {place: {} for place in self._entities}
        self._unrolled: list[Entity] = []
        self.unkept = Unkept()
        self._taken: list[Taken] = []
        self._spots = connected(catalogue, feeds, self.feed)

    # --- what feeds what ------------------------------------------------------------------------

    def feed(self, place: Place, bases: Iterable[str], idle: bool) -> None:
        """Says that these bases are fed there; `idle`: they are 0 before anything happened."""
        for base in bases:
            if base in place.slots or base in place.gauges:
                self._fed[place][base] = idle or self._fed[place].get(base, False)

    def fed(self, place: Place) -> dict[str, bool]:
        """The bases that are fed there, and whether they are 0 (or else unknown) when idle."""
        return self._fed[place]

    # --- what moves them ------------------------------------------------------------------------

    def observe(self, fact: Any) -> None:
        """A fact happened; what nobody feeds on costs one or two look-ups."""
        kind, way = type(fact), getattr(fact, "way", None)
        spots = self._spots.get((kind, way))
        if spots:
            self._move(spots, fact)
        if way is not None and (spots := self._spots.get((kind, None))):
            self._move(spots, fact)

    def _move(self, spots: list[Spot], fact: Any) -> None:
        now = self._monotonic()
        for spot in spots:
            entities = [] if spot.everywhere is None else [self._entity(spot.everywhere, 0)]
            for place, index_of in spot.indexed:
                index = index_of(fact)
                if index in self.names.get(place.entity, ()):
                    entities.append(self._entity(place, index))
            for feed in spot.feeds:
                if feed.when is None or feed.when(fact):
                    for entity in entities:
                        feed.apply(entity, fact, now)

    def _entity(self, place: Place, index: int) -> Entity:
        found = self._entities[place].get(index)
        if found is None:
            found = Entity(place, index, self.epoch, self.boundary)
            self._entities[place][index] = found
        elif found.epoch != self.epoch:
            self._taken.append(found.roll(self.epoch, self.boundary))
        self.unkept.add(found)
        return found

    def sample(self, path: str, index: int, base: str, value: float | None) -> None:
        """Somebody read a gauge off an instrument; None: it could not be read."""
        self._entity(self.catalogue.places[path], index).sample(base, value)

    def level(self, path: str, index: int, base: str, value: float) -> None:
        """A level is known from elsewhere (what stands in an engine that was found)."""
        self._entity(self.catalogue.places[path], index).level(base, value, self._monotonic())

    def reading(self, path: str, index: int, base: str, total: int, before: int | None) -> None:
        """A counter of somebody else's stands at `total`; it stood at `before`. What went backwards began
        again at 0, so ours never goes backwards."""
        if before is not None:
            place = self.catalogue.places[path]
            self._entity(place, index).count(base, total - before if total >= before else total)

    def configured(self, entity: str, names: Mapping[int, Named]) -> list[tuple[str, int]]:
        """Which indexes an entity has from now on; returns the (place, index) whose meters are gone."""
        return self.renamed(entity, {**dict.fromkeys(self.names.get(entity, ())), **names})

    def renamed(self, entity: str, names: Mapping[int, Named | None]) -> list[tuple[str, int]]:
        """The same, of those indexes only that came, are called otherwise, or went (None)."""
        return self._drop(self._indexes.edit(entity, names, self._monotonic()))

    def bury(self) -> list[tuple[str, int]]:
        """Drops the meters of indexes that went a while ago; returns their (place, index)."""
        return self._drop(self._indexes.bury(self._monotonic()))

    def _drop(self, dead: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
        lost = []
        for entity, index in dead:
            for place in (one for one in self._entities if one.entity == entity):
                self.unkept.drop(self._entities[place].pop(index, None))
                lost.append((place.path, index))
        return lost

    def emptied(self, *applications: str) -> None:
        """Whoever held the levels of these applications is gone (the engine died): levels fall to 0."""
        for place, entities in self._entities.items():
            for index in list(entities) if place.application in applications else ():
                self._entity(place, index).empty(self._monotonic())

    # --- what they show -------------------------------------------------------------------------

    def values(self, place: Place, index: int, parameters: Iterable[Parameter]) -> list[int | None]:
        """Current parameters of one entity; None when nothing feeds one or nobody can know it now (R18).

        This and `across` are what pollers ask for: plain loops, no call for a counter."""
        fed, slots = self._fed[place], place.slots
        entity = self._entities[place].get(index)
        if entity is None:
            return [0 if fed.get(parameter.base) else None for parameter in parameters]
        totals, gauges, now = entity.totals, entity.gauges, self._monotonic()
        found: list[int | None] = []
        for parameter in parameters:
            base = parameter.base
            if base not in fed:
                found.append(None)
            elif parameter.counted:
                total = totals[slots[base]]
                found.append(total if parameter.scale == 1 else total // parameter.scale)
            elif base in gauges:
                figure = gauges[base].value(now)
                found.append(None if figure is None else rounded(figure))
            else:
                found.append(0 if fed[base] else None)
        return found

    def value(self, place: Place, index: int, parameter: Parameter) -> int | None:
        """One current parameter."""
        return self.values(place, index, (parameter,))[0]

    def across(self, place: Place, indexes: Iterable[int], parameter: Parameter) -> list[int | None]:
        """One current parameter of many indexes."""
        idle = self._fed[place].get(parameter.base)
        entities = self._entities[place]
        if not entities or idle is None:
            return [None if idle is None or not idle else 0 for _ in indexes]
        if not parameter.counted:
            return [self.value(place, index, parameter) for index in indexes]
        slot, scale = place.slots[parameter.base], parameter.scale
        found = [0 if (one := entities.get(index)) is None else one.totals[slot] for index in indexes]
        return [*(total // scale for total in found)] if scale > 1 else [*found]

    def gauge(self, place: Place, index: int, base: str) -> Any:
        """The gauge itself, or None before it was first moved (profiles read the sums of ratios)."""
        return None if (one := self._entities[place].get(index)) is None else one.gauges.get(base)

    def since(self, place: Place, index: int, parameter: Parameter) -> int:
        """What a counter was moved by in the running interval (history sums + this = the counter)."""
        if (entity := self._entities[place].get(index)) is None:
            return 0
        slot = place.slots[parameter.base]
        then = entity.then if entity.epoch == self.epoch else entity.totals
        return entity.totals[slot] // parameter.scale - then[slot] // parameter.scale

    def indexes(self, place: Place) -> Mapping[int, Named]:
        """The indexes of an indexed place, ascending."""
        return self.names.get(place.entity, {})

    # --- intervals ------------------------------------------------------------------------------

    def close(self) -> None:
        """The interval ends now for everybody; `drain` collects what it was like, in parts.

        Who closes has drained the interval before; what was not collected would pass for this one's."""
        self.epoch += 1
        self.boundary = self._monotonic()
        self._unrolled = [entity for entities in self._entities.values() for entity in entities.values()]

    def drain(self, most: int | None = None) -> Iterator[Taken]:
        """Up to `most` more entities of the interval that was closed (all when None)."""
        count = 0
        while self._unrolled and (most is None or count < most):
            entity = self._unrolled.pop()
            count += 1
            if entity.epoch != self.epoch and self._entities[entity.place].get(entity.index) is entity:
                self._taken.append(entity.roll(self.epoch, self.boundary))
        taken, self._taken = self._taken, []
        yield from taken

    @property
    def drained(self) -> bool:
        """Whether everything of the last interval was collected."""
        return not self._unrolled and not self._taken

    def restore(self, path: str, index: int, totals: Sequence[int], then: Sequence[int]) -> None:
        """Continues counting from totals that were kept, of which `then` belong to earlier intervals;
        ignored when they do not fit the catalogue."""
        place = self.catalogue.places.get(path)
        if place is not None and len(totals) == len(then) == len(place.slots):
            entity = self._entity(place, index)
            entity.totals, entity.then = list(totals), list(then)
