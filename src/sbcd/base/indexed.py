"""Values by index as one immutable value: what two of them have in common they share.

One rule: making one of another costs what was changed, and so does knowing what differs between the two."""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar, cast

from immutables import Map

T = TypeVar("T")
U = TypeVar("U")

FEW = 256
"""So many changes since they were last put in order are worth patching the order."""


class Indexed(Generic[T]):
    """Iterated by ascending index. `rows` is for quick look-ups, and in no order."""

    __slots__ = ("_base", "_late", "_mark", "_order", "_touched", "rows")

    def __init__(self, pairs: Iterable[tuple[int, T]] = ()) -> None:
        """Of pairs of index and value."""
        self.rows: Map[int, T] = Map(pairs)
        self._mark = object()
        self._base: object = None  # the mark of the one that `_touched` is counted from
        self._touched: Collection[int] = ()
        self._order: tuple[list[int], list[T]] | None = None
        self._late: tuple[tuple[list[int], list[T]], Mapping[int, T | None]] | None = None

    @classmethod
    def of(cls, items: Iterable[T]) -> "Indexed[T]":
        """Of values that know their `index`."""
        return cls((cast("Any", item).index, item) for item in items)

    def get(self, index: int) -> T | None:
        """One value, or None."""
        return self.rows.get(index)

    def __getitem__(self, place: int) -> T:
        """The value at a place in the order."""
        return self.ordered[place]

    def __contains__(self, index: object) -> bool:
        return index in self.rows

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[T]:
        return iter(self.ordered)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Indexed) or len(self) != len(other):
            return False
        return all(self.rows.get(index) == other.rows.get(index) for index in self.since(other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Indexed({self.ordered!r})"

    @property
    def ordered(self) -> Sequence[T]:
        """The values by ascending index; put in order when first asked for."""
        if self._order is None:
            self._order = _patched(*self._late) if self._late is not None else _sorted(self.rows)
            self._late = None
        return self._order[1]

    def but(self, changes: Mapping[int, T | None]) -> "Indexed[T]":
        """The same with some values put, and those that are None taken away."""
        if not changes:
            return self
        rows = self.rows.mutate()
        for index, value in changes.items():
            if value is not None:
                rows[index] = value
            elif index in rows:
                del rows[index]
        new: Indexed[T] = Indexed()
        new.rows = rows.finish()
        new._base, new._touched = self._mark, tuple(changes)
        if self._order is not None:
            new._late = self._order, changes
        elif self._late is not None:
            new._late = self._late[0], {**self._late[1], **changes}
        if new._late is not None and len(new._late[1]) > FEW:
            new._late = None
        return new

    def since(self, old: "Indexed[T]") -> Collection[int]:
        """Where this may differ from another; known when one was made of the other, else looked for."""
        if self is old:
            return ()
        if self._base is old._mark:
            return self._touched
        if old._base is self._mark:
            return old._touched
        get = old.rows.get
        found = {index for index, value in self.rows.items() if get(index) != value}
        found.update(index for index in old.rows if index not in self.rows)
        return found

    def made(
        self, make: Callable[[T], U], known: "tuple[Indexed[T], Indexed[U]] | None" = None
    ) -> "Indexed[U]":
        """What `make` makes of each value; `known` is what it made of another of these, of which the values
        that are the same are taken."""
        if known is not None:
            touched = self.since(known[0])
            if len(touched) * 2 <= len(self):
                at = self.rows
                return known[1].but({i: make(at[i]) if i in at else None for i in sorted(touched)})
        return Indexed(zip(self._indexes(), [make(value) for value in self.ordered], strict=True))

    def _indexes(self) -> list[int]:
        self.ordered  # noqa: B018 - puts them in order
        assert self._order is not None
        return self._order[0]


def _sorted(rows: "Map[int, T]") -> tuple[list[int], list[T]]:
    indexes = sorted(rows)
    return indexes, [rows[index] for index in indexes]


def _patched(order: tuple[list[int], list[T]], changes: Mapping[int, T | None]) -> tuple[list[int], list[T]]:
    indexes, values = order[0], order[1].copy()
    for index, value in changes.items():
        at = bisect_left(indexes, index)
        there = at < len(indexes) and indexes[at] == index
        if there and value is not None:
            values[at] = value
            continue
        if indexes is order[0] and (there or value is not None):
            indexes = indexes.copy()
        if there:
            del indexes[at], values[at]
        elif value is not None:
            indexes.insert(at, index)
            values.insert(at, value)
    return indexes, values
