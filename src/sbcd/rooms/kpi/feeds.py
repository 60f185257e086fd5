"""How a room says which fact moves which figure: feeds are declared, the meters do the rest.

One rule: a feed reads one fact and nothing else; it names bases of the catalogue, and a base it feeds
is never null at the entities it names (counters, rates and levels begin at 0)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sbcd.rooms.kpi.catalogue import GLOBAL, Catalogue, Place
from sbcd.rooms.kpi.entity import Entity

Bases = str | Callable[[Any], Iterable[str]]  # one base, or which ones this fact means


def _one(fact: Any) -> int:
    return 1


@dataclass(frozen=True)
class Feed:
    """A fact of this type, on this way (None: whichever), moves `base` in `group` ("sbc/callStats").

    `at` tells for each indexed entity the index that the fact is about (negative: none); `everywhere`
    says whether the global entity moves too. `bases` lists what a computed `base` may yield."""

    fact: type
    group: str
    base: Bases
    at: Mapping[str, Callable[[Any], int]] = field(default_factory=dict)
    way: Any = None
    when: Callable[[Any], bool] | None = None
    everywhere: bool = True
    bases: tuple[str, ...] = ()

    idle = True  # 0 before any fact came; False: nobody can know

    def named(self) -> tuple[str, ...]:
        """Every base that this feed may move."""
        return (self.base,) if isinstance(self.base, str) else self.bases

    def apply(self, entity: Entity, fact: Any, now: float) -> None:
        """What the fact does at one entity."""
        if isinstance(self.base, str):
            self.move(entity, self.base, fact, now)
            return
        for base in self.base(fact):
            self.move(entity, base, fact, now)

    def move(self, entity: Entity, base: str, fact: Any, now: float) -> None:
        """What the fact does to one figure there."""
        raise NotImplementedError


@dataclass(frozen=True)
class Count(Feed):
    """Adds to a counter: one, or `amount` (bytes for KB, milliseconds for minutes), a whole number."""

    amount: Callable[[Any], int] = _one

    def move(self, entity: Entity, base: str, fact: Any, now: float) -> None:
        entity.count(base, self.amount(fact))


@dataclass(frozen=True)
class PerSecond(Feed):
    """Moves a rate over the sliding second."""

    amount: Callable[[Any], float] = _one

    def move(self, entity: Entity, base: str, fact: Any, now: float) -> None:
        entity.rate(base, self.amount(fact), now)


@dataclass(frozen=True)
class Move(Feed):
    """Moves a level up or down, or to what the fact says (`to`)."""

    by: float = 0
    to: Callable[[Any], float] | None = None

    def move(self, entity: Entity, base: str, fact: Any, now: float) -> None:
        if self.to is None:
            entity.shift(base, self.by, now)
        else:
            entity.level(base, self.to(fact), now)


@dataclass(frozen=True)
class Share(Feed):
    """A part of a whole over the one-minute window, in the parameter's unit; an average with whole 1."""

    part: Callable[[Any], float] = _one
    whole: Callable[[Any], float] = _one

    idle = False

    def move(self, entity: Entity, base: str, fact: Any, now: float) -> None:
        entity.ratio(base, self.part(fact), self.whole(fact), now)


@dataclass(frozen=True)
class Hold(Feed):
    """A level that is the sum of what each holder (`key`) has now: the fact tells its new value.

    A holder of a computed base leaves the base it held before; a value of 0 lets go. `held` names the
    kind of holding, the same in the feed that lets go. `needs` names another kind that the holder must
    have at the place: what is told after the end holds nothing."""

    held: str = ""
    needs: str = ""
    key: Callable[[Any], Any] = id
    value: Callable[[Any], float] = _one

    def apply(self, entity: Entity, fact: Any, now: float) -> None:
        key = self.key(fact)
        if self.needs and (self.needs, key) not in entity.held:
            return
        bases = (self.base,) if isinstance(self.base, str) else tuple(self.base(fact))
        entity.hold((self.held, key), bases, self.value(fact), now)


@dataclass(slots=True)
class Spot:
    """Feeds of one fact that share a group and the way to find its indexes."""

    everywhere: Place | None
    indexed: tuple[tuple[Place, Callable[[Any], int]], ...]
    feeds: list[Feed]


Spots = dict[tuple[type, Any], list[Spot]]


def connected(
    catalogue: Catalogue, feeds: Iterable[Feed], fed: Callable[[Place, Iterable[str], bool], None]
) -> Spots:
    """The feeds by the type and way of their facts, so that a fact finds its own at once.

    `fed` is told which bases are fed where. KeyError when a feed names a base that its group has not."""
    spots: Spots = {}
    for feed in feeds:
        places = [catalogue.places[f"{feed.group}/{entity}"] for entity in feed.at]
        everywhere = catalogue.places[f"{feed.group}/{GLOBAL}"] if feed.everywhere else None
        reached = [*places, everywhere] if everywhere is not None else places
        for place in reached:
            fed(place, feed.named(), feed.idle)
        known = {base for place in reached for base in (*place.slots, *place.gauges)}
        if unknown := set(feed.named()) - known:
            raise KeyError(f"{feed.group} has no {sorted(unknown)}")
        indexed = tuple(zip(places, feed.at.values(), strict=True))
        here = spots.setdefault((feed.fact, feed.way), [])
        for spot in here:
            if spot.everywhere is everywhere and spot.indexed == indexed:
                spot.feeds.append(feed)
                break
        else:
            here.append(Spot(everywhere, indexed, [feed]))
    return spots
