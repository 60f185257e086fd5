"""Pages and cursors of the KPI tree (guide 10, R17, R21, R22).

One rule: a page is cut from ordered ids alone; following a cursor shows everything exactly once."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from sbcd.base.errors import Invalid

END = "-1"
MOST_DIGITS = 18  # of a number in a query

T = TypeVar("T", str, int)


class Cursor(msgspec.Struct, frozen=True):
    """First and last id of the whole listing; what to ask for to see the page before and after this one."""

    start: str
    before: str
    after: str
    end: str


def number(query: Mapping[str, str], name: str) -> int | None:
    """A query parameter that is a number, -1 allowed; Invalid names it."""
    text = query.get(name)
    if text is None:
        return None
    digits = text.removeprefix("-") if text == END else text
    if not (digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS):
        raise Invalid(f"'{name}' is not a number")
    return int(text)


def limited(query: Mapping[str, str]) -> int | None:
    """The `limit`, at least 1."""
    limit = number(query, "limit")
    if limit is not None and limit < 1:
        raise Invalid("'limit' must be at least 1")
    return limit


def flag(query: Mapping[str, str], name: str, otherwise: bool) -> bool:
    """A query parameter that is true or false."""
    text = query.get(name, "true" if otherwise else "false").lower()
    if text not in {"true", "false"}:
        raise Invalid(f"'{name}' must be true or false")
    return text == "true"


def only(query: Mapping[str, str], *known: str) -> None:
    """Refuses what does not belong to this page (R20)."""
    for name in query:
        if name not in known:
            raise Invalid(f"'{name}' is not a query parameter of this URL")


def cut_names(names: Sequence[str], query: Mapping[str, str]) -> tuple[Sequence[str], Cursor | None]:
    """The page of a listing by name; `before` and `after` name a listed one, whatever its case (R5)."""
    places = {name.lower(): place for place, name in enumerate(names)}

    def place(name: str) -> int | None:
        text = query.get(name)
        if text is None or text == END:
            return None
        found = places.get(text.lower())
        if found is None:
            raise Invalid(f"'{name}': there is no {text[:60]!r} here")
        return found

    after, before = place("after"), place("before")
    start = 0 if after is None else after + 1
    end = len(names) if before is None else before
    return _cut(names, start, end, query)


def cut_numbers(numbers: Sequence[int], query: Mapping[str, str]) -> tuple[Sequence[int], Cursor | None]:
    """The page of an ascending listing by number; `before` and `after` need not be listed."""
    after, before = number(query, "after"), number(query, "before")
    start = 0 if after is None else bisect_right(numbers, after)
    end = len(numbers) if before in (None, -1) else bisect_left(numbers, before or 0)
    return _cut(numbers, start, end, query)


def _cut(
    ids: Sequence[T], start: int, end: int, query: Mapping[str, str]
) -> tuple[Sequence[T], Cursor | None]:
    if END in (query.get("after"), query.get("before")):  # a cursor that said there is no more
        return [], None
    limit = limited(query)
    end = max(start, end)
    if limit is not None:
        if "before" in query and "after" not in query:
            start = max(start, end - limit)
        end = min(end, start + limit)
    shown = ids[start:end]
    if not shown or not ("limit" in query or "before" in query or "after" in query):
        return shown, None
    before = str(ids[start]) if start > 0 else END
    after = str(ids[end - 1]) if end < len(ids) else END
    return shown, Cursor(str(ids[0]), before, after, str(ids[-1]))


def cut_newest(ids: Sequence[int], query: Mapping[str, str]) -> tuple[Sequence[int], Cursor | None]:
    """The page of a listing that is newest first (R22): `before` asks for older ones, `after` for newer.

    With `after` the page is the one next to it, otherwise the newest ones come first."""
    shown, cursor = cut_numbers(ids[::-1], _towards_newest(query))
    return shown[::-1], cursor and Cursor(cursor.end, cursor.before, cursor.after, cursor.start)


def _towards_newest(query: Mapping[str, str]) -> Mapping[str, str]:
    """Without a place to begin, `limit` counts from the newest end: as if asked before everything to come."""
    if "limit" in query and "before" not in query and "after" not in query:
        return {**query, "before": "9" * MOST_DIGITS}
    return query
