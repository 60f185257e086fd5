"""The JSON of /kpi and below, as the guide's chapter 10 shows it.

One rule: what a kind of page does not show is left out, not null; a null value says that nobody knows."""

import msgspec

from sbcd.rooms.kpi.pages import Cursor
from sbcd.web.route import Response, answer

ROOT = "/api/v1/kpi"
MODES = {"current": "Real-time KPIs", "history": "Historical KPIs"}


class Item(msgspec.Struct, omit_defaults=True):
    """A node of the tree or a parameter; what a kind of page does not show is left out."""

    id: str
    name: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType = msgspec.UNSET
    url: str | msgspec.UnsetType = msgspec.UNSET
    groups: list[str] | msgspec.UnsetType = msgspec.UNSET
    value: str | msgspec.UnsetType | None = msgspec.UNSET


class Items(msgspec.Struct, omit_defaults=True):
    """A page of them."""

    items: list[Item]
    cursor: Cursor | msgspec.UnsetType = msgspec.UNSET


class Single(msgspec.Struct, omit_defaults=True):
    """One parameter: its value is a number here (R18)."""

    id: str
    name: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType = msgspec.UNSET
    url: str | msgspec.UnsetType = msgspec.UNSET
    value: int | msgspec.UnsetType | None = msgspec.UNSET


class Span(msgspec.Struct):
    """One interval; times are the device's own, RFC 3339."""

    id: int
    start: str
    end: str
    url: str


class Spans(msgspec.Struct, omit_defaults=True):
    """Intervals, newest first (R22)."""

    intervals: list[Span]
    cursor: Cursor | msgspec.UnsetType = msgspec.UNSET


class Then(msgspec.Struct):
    """What a parameter was in one interval."""

    interval: str
    value: str | None


class Thens(msgspec.Struct):
    """What it was in several, newest first."""

    items: list[Then]


def page(items: list[Item], cursor: Cursor | None) -> Response:
    """200 with items, 204 when there is nothing to show (R20)."""
    return answer(Items(items, cursor or msgspec.UNSET)) if items else Response(204)
