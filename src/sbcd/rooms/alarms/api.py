"""`/alarms` and below, as the guide's chapter "Alarms" has it (R14-R16).

One rule: a page is cut from the numbers of the rows and nothing else, so rows may come and go between two
requests and who follows a cursor sees every row that stays exactly once."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any

import msgspec

from sbcd.base.errors import Invalid, NotFound
from sbcd.rooms.alarms.alarm import Alarm
from sbcd.rooms.alarms.model import Alarms
from sbcd.web.route import Level, Operation, Query, Request, Response, Route, answer

PAGE = 20
END = "-1"
"""The cursor that says there is no more (R14)."""


class Entry(msgspec.Struct):
    """What an index page says of a folder or of an alarm."""

    id: str
    description: str
    url: str


class Index(msgspec.Struct):
    """The folders below /alarms."""

    alarms: list[Entry]


class Cursor(msgspec.Struct):
    """Where the neighbours of a page begin; "-1" when there are none."""

    after: str
    before: str


class Page(msgspec.Struct):
    """Some alarms, ascending by number."""

    alarms: list[Entry]
    cursor: Cursor


class Detail(msgspec.Struct):
    """One alarm; `oid` with `?oid=1` only (R15)."""

    id: str
    description: str
    severity: str
    source: str
    date: str
    url: str
    oid: str | msgspec.UnsetType = msgspec.UNSET


class LastChange(msgspec.Struct, rename="camel"):
    """When the active table last changed, in the device's own time (R16)."""

    last_change: str


def page(rows: Mapping[int, Alarm], query: Mapping[str, str], folder: str) -> Page | None:
    """The page a query asks for, None when it is empty. Invalid names the parameter that is wrong."""
    if query.get("after") and query.get("before"):
        raise Invalid("'after' and 'before' cannot be given together")
    limit = _number(query, "limit", PAGE)
    if limit < 1:
        raise Invalid("'limit' must be at least 1")
    after, before = _number(query, "after", None), _number(query, "before", None)
    numbers = list(rows)
    if -1 in (after, before):  # a cursor that said there is no more, followed all the same
        return None
    if before is not None:
        end = bisect_left(numbers, before)
        start = max(0, end - limit)
    else:
        start = 0 if after is None else bisect_right(numbers, after)
        end = min(len(numbers), start + limit)
    shown = numbers[start:end]
    if not shown:
        return None
    cursor = Cursor(
        str(shown[-1]) if end < len(numbers) else END,
        str(shown[0]) if start > 0 else END,
    )
    return Page([Entry(str(number), rows[number].text, _url(folder, number)) for number in shown], cursor)


def detail(alarm: Alarm, folder: str, oid: str | None) -> Detail:
    """One alarm in full. The date is UTC with milliseconds, as the guide shows it."""
    return Detail(
        str(alarm.id),
        alarm.text,
        alarm.severity.title,
        alarm.source,
        alarm.date.strftime("%Y-%m-%dT%H:%M:%S.") + f"{alarm.date.microsecond // 1000:03}Z",
        _url(folder, alarm.id),
        msgspec.UNSET if oid is None else oid,
    )


def routes(alarms: Alarms, zone: Callable[[], tzinfo]) -> list[Route]:
    """The tree. `zone` tells the device's time zone, for lastChange (R16)."""

    async def index(_request: Request) -> Response:
        return answer(Index([_folder("active", "Active alarms"), _folder("history", "History alarms")]))

    async def last_change(_request: Request) -> Response:
        changed = alarms.last_change
        if changed is None:
            raise NotFound("No alarm was raised since the device started")
        local = changed.astimezone(zone()).replace(microsecond=0)
        return answer(LastChange(local.isoformat(" ")))

    return [
        Route("/alarms", get=_get(index, "The alarm tables", Index), help="Device alarms"),
        *_table(alarms, "active", lambda: alarms.active),
        *_table(alarms, "history", lambda: alarms.history),
        Route(
            "/alarms/active/lastChange",
            get=_get(last_change, "When the active alarms last changed", LastChange, statuses=(200, 404)),
        ),
    ]


def _table(alarms: Alarms, folder: str, rows: Callable[[], Mapping[int, Alarm]]) -> list[Route]:
    async def listed(request: Request) -> Response:
        found = page(rows(), request.query, folder)
        return Response(204) if found is None else answer(found)

    async def one(request: Request) -> Response:
        wanted = request.query.get("oid") or "0"
        if wanted not in {"0", "1"}:
            raise Invalid("'oid' must be 0 or 1")
        number = request.params["id"]
        known = number.isascii() and number.isdigit() and len(number) < 20
        alarm = rows().get(int(number)) if known else None
        if alarm is None:
            raise NotFound(f"There is no {folder} alarm with this id")
        oid = alarm.type.oid(alarms.enterprise) if wanted == "1" else None
        return answer(detail(alarm, folder, oid))

    paging = (
        Query("limit", "How many alarms at most; 20 if not given.", "integer"),
        Query("after", "Alarms after this cursor."),
        Query("before", "The page of alarms just before this cursor."),
    )
    oid = (Query("oid", "1 adds the OID of the alarm's SNMP trap.", "integer"),)
    title = f"{folder} alarms".capitalize()
    return [
        Route(f"/alarms/{folder}", get=_get(listed, title, Page, paging, (200, 204)), help=title),
        Route(
            f"/alarms/{folder}/{{id}}", get=_get(one, f"One of the {folder} alarms", Detail, oid, (200, 404))
        ),
    ]


def _get(
    run: Any,
    summary: str,
    gives: type[msgspec.Struct],
    query: tuple[Query, ...] | None = None,
    statuses: tuple[int, ...] = (200,),
) -> Operation:
    return Operation(Level.MONITOR, run, summary, gives=gives, query=query, statuses=statuses)


def _number(query: Mapping[str, str], name: str, missing: Any) -> Any:
    """A query parameter as a number; an empty one counts as not given (R5)."""
    text = query.get(name, "")
    if not text:
        return missing
    if text == END or (text.isascii() and text.isdigit() and len(text) < 20):
        return int(text)
    raise Invalid(f"'{name}' must be a number")


def _folder(name: str, description: str) -> Entry:
    return Entry(name, description, f"/api/v1/alarms/{name}")


def _url(folder: str, number: int) -> str:
    return f"/api/v1/alarms/{folder}/{number}"
