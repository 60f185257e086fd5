"""Lists of values as JSON text: what never changes of a list is written once, a request fills in the values.

One rule: a form is used again only for the very same rows; the forms that were used last are kept."""

from collections.abc import Callable, Hashable, Sequence

import msgspec

from sbcd.rooms.kpi.catalogue import Parameter, Place
from sbcd.rooms.kpi.shapes import ROOT

MOST = 64  # forms that are kept
INDEX = "\0"
"""Where the index stands in a form of one entity; no text of the catalogue has it."""


class Form:
    """The items of a list, without their values."""

    __slots__ = ("plain", "quoted", "rows")

    def __init__(self, rows: object, items: Sequence[str]) -> None:
        self.rows = rows
        self.plain = ["", *(f"}},{item}" for item in items)]
        self.plain[:2] = [items[0]]
        self.quoted = [f'{text}"' if not number else f'"{text}"' for number, text in enumerate(self.plain)]

    def filled(self, values: Sequence[int | None]) -> str:
        """The items with their values, which are strings or null (R18)."""
        parts = [""] * (2 * len(values) + 1)
        if None in values:
            parts[:-1:2] = self.plain
            parts[1::2] = ["null" if value is None else f'"{value}"' for value in values]
            parts[-1] = "}"
        else:
            parts[:-1:2] = self.quoted
            parts[1::2] = map(str, values)
            parts[-1] = '"}'
        return "".join(parts)


class Forms:
    """The forms that were used last."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, Form] = {}

    def form(self, key: Hashable, rows: object, items: Callable[[], Sequence[str]]) -> Form:
        """The form of this key for these rows; `items` writes them."""
        found = self._kept.get(key)
        if found is None or found.rows != rows:
            self._kept.pop(key, None)
            if len(self._kept) >= MOST:
                del self._kept[next(iter(self._kept))]
            found = self._kept[key] = Form(rows, items())
        return found


def item(mode: str, place: Place, parameter: Parameter, at: str, detailed: bool) -> str:
    """An item up to its value; `at` stands in its URL behind the place."""
    if not detailed:
        return f'{{"id":"{parameter.id}","value":'
    texts = {"id": parameter.id, "name": parameter.name, "description": parameter.help}
    url = f"{ROOT}/{mode}/{place.path}{at}/{parameter.id}"
    return msgspec.json.encode(texts).decode()[:-1] + f',"url":"{url}","value":'
