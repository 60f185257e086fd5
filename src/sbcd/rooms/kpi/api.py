"""`/kpi` and below: discovery at every level and the intervals (guide 10, R17-R22).

One rule: paths and names match whatever their case, answers use the catalogue's spelling."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import Any

import msgspec

from sbcd.base.errors import Invalid, NotFound
from sbcd.rooms.kpi.catalogue import Node, Place
from sbcd.rooms.kpi.history import History, Interval
from sbcd.rooms.kpi.meters import Meters
from sbcd.rooms.kpi.pages import cut_names, cut_newest, cut_numbers, flag, limited, number, only
from sbcd.rooms.kpi.shapes import MODES, ROOT, Item, Items, Single, Span, Spans, page
from sbcd.rooms.kpi.values import Values
from sbcd.web.route import Level, Operation, Query, Request, Response, Route, answer


class Tree:
    """Answers everything below /kpi."""

    def __init__(
        self, meters: Meters, history: History, zone: Callable[[], tzinfo], hidden: Callable[[], set[str]]
    ) -> None:
        self.meters = meters
        self.values = Values(meters, history)
        self.history = history
        self.zone = zone
        self.hidden = hidden  # groups that discovery does not list

    # --- the levels -----------------------------------------------------------------------------

    async def root(self, request: Request) -> Response:
        only(request.query)
        named = {**MODES, "interval": "Intervals Information"}
        return page([Item(id, description=help, url=f"{ROOT}/{id}") for id, help in named.items()], None)

    async def applications(self, mode: str, request: Request) -> Response:
        nodes = list(self.meters.catalogue.applications.values())
        if "kpi" in request.query:
            return self.values.searched(mode, nodes, request)
        return self._listed(f"{ROOT}/{mode}", nodes, request, groups=True)

    async def groups(self, mode: str, request: Request) -> Response:
        node = self._application(request)
        if "kpi" in request.query:
            return self.values.searched(mode, [node], request)
        hidden = self.hidden()
        nodes = [group for group in node.children.values() if group.id not in hidden]
        return self._listed(f"{ROOT}/{mode}/{node.id}", nodes, request)

    async def entities(self, mode: str, request: Request) -> Response:
        application, group = self._group(request)
        if "kpi" in request.query:
            return self.values.searched(mode, [group], request)
        nodes = [Node(place.entity, place.help) for place in group.places.values()]
        return self._listed(f"{ROOT}/{mode}/{application.id}/{group.id}", nodes, request)

    async def inside(self, mode: str, request: Request) -> Response:
        """An entity: its parameters when it is the global one, its indexes otherwise."""
        place = self._place(request)
        if place.indexed:
            return self._indexes(mode, place, request)
        return self.values.parameters(mode, place, 0, request)

    async def below(self, mode: str, request: Request) -> Response:
        """A parameter of a global entity, or one index of another."""
        place = self._place(request)
        if place.indexed:
            return self.values.parameters(mode, place, self._index(place, request), request)
        return self.values.single(mode, place, 0, request.params["index"], request)

    async def single(self, mode: str, request: Request) -> Response:
        place = self._place(request)
        if not place.indexed:
            raise NotFound(f"There is nothing below a parameter of {place.path}")
        return self.values.single(
            mode, place, self._index(place, request), request.params["parameter"], request
        )

    # --- discovery ------------------------------------------------------------------------------

    def _application(self, request: Request) -> Node:
        wanted = request.params["application"]
        found = self.meters.catalogue.applications.get(wanted.lower())
        if found is None:
            raise Invalid(f"There is no application {wanted[:60]!r}")
        return found

    def _group(self, request: Request) -> tuple[Node, Node]:
        application = self._application(request)
        wanted = request.params["group"]
        found = application.children.get(wanted.lower())
        if found is None:
            raise Invalid(f"There is no group {wanted[:60]!r} in {application.id}")
        return application, found

    def _place(self, request: Request) -> Place:
        _, group = self._group(request)
        wanted = request.params["entity"]
        found = group.places.get(wanted.lower())
        if found is None:
            raise Invalid(f"There is no entity {wanted[:60]!r} in {group.id}")
        return found

    def _index(self, place: Place, request: Request) -> int:
        wanted = request.params["index"]
        plain = wanted.isascii() and wanted.isdigit() and len(wanted) <= 5
        if not plain or int(wanted) not in self.meters.indexes(place):
            raise Invalid(f"There is no {place.entity} {wanted[:60]!r}")
        return int(wanted)

    def _listed(self, url: str, nodes: list[Node], request: Request, groups: bool = False) -> Response:
        query = request.query
        only(query, "before", "after", "limit", "detailed")
        detailed = flag(query, "detailed", True)
        by_id = {node.id: node for node in nodes}
        shown, cursor = cut_names(list(by_id), query)
        hidden = self.hidden()
        items = []
        for id in shown:
            item = Item(id, url=f"{url}/{id}")
            if detailed:
                item.description = by_id[id].help
            if groups:
                item.groups = [group.id for group in by_id[id].children.values() if group.id not in hidden]
            items.append(item)
        return page(items, cursor)

    def _indexes(self, mode: str, place: Place, request: Request) -> Response:
        query = request.query
        if "kpi" in query:
            return self.values.across(mode, place, request)
        only(query, "before", "after", "limit", "id", "detailed")
        detailed = flag(query, "detailed", True)
        names = self.meters.indexes(place)
        wanted = number(query, "id")
        shown, cursor = cut_numbers([index for index in names if wanted in (None, index)], query)
        url = f"{ROOT}/{mode}/{place.path}"
        items = [Item(str(index), url=f"{url}/{index}") for index in shown]
        if detailed:
            for item, index in zip(items, shown, strict=True):
                item.name = names[index].name
                item.description = names[index].description or f"{place.entity} {index}"
        return page(items, cursor)

    # --- intervals ------------------------------------------------------------------------------

    async def intervals(self, request: Request) -> Response:
        query = request.query
        only(query, "id", "before", "after", "limit")
        found = {interval.id: interval for interval in self.history.intervals()}
        wanted = query.get("id")
        if wanted is not None:
            limited(query)
            id = next(iter(found), 0) if wanted.lower() == "last" else number(query, "id")
            one = found.get(id or 0)
            return answer(Spans([self._span(one)])) if one else Response(204)
        shown, cursor = cut_newest(list(found), query)
        if not shown:
            return Response(204)
        return answer(Spans([self._span(found[id]) for id in shown], cursor or msgspec.UNSET))

    def _span(self, interval: Interval) -> Span:
        return Span(
            interval.id,
            self._local(interval.start),
            self._local(interval.end),
            f"{ROOT}/interval?id={interval.id}",
        )

    def _local(self, seconds: float) -> str:
        moment = datetime.fromtimestamp(seconds, UTC).astimezone(self.zone())
        return moment.replace(microsecond=0).isoformat()


_QUERY = {
    "before": Query("before", "What is listed before this one"),
    "after": Query("after", "What is listed after this one"),
    "limit": Query("limit", "At most so many", "integer"),
    "id": Query("id", "This one only", "string"),
    "kpi": Query("kpi", "This parameter only"),
    "interval": Query("interval", "An interval: its number, last, or all"),
    "detailed": Query("detailed", "false leaves out names and descriptions", "boolean"),
}


def _get(run: Any, summary: str, gives: type[msgspec.Struct], *query: str) -> Operation:
    return Operation(
        Level.MONITOR,
        run,
        summary,
        gives=gives,
        query=tuple(_QUERY[name] for name in query),
        statuses=(200, 204, 400, 404),
    )


def routes(tree: Tree) -> list[Route]:
    """The tree of the guide."""
    found = [
        Route(
            "/kpi",
            get=_get(tree.root, "What kinds of KPIs there are", Items),
            help="key indicators performance",
        )
    ]
    paged = ("before", "after", "limit", "kpi", "detailed", "interval")
    steps = (
        ("", tree.applications, "Applications and their groups", Items, paged),
        ("/{application}", tree.groups, "Groups of an application", Items, paged),
        ("/{application}/{group}", tree.entities, "Entities of a group", Items, paged),
        ("/{application}/{group}/{entity}", tree.inside, "An entity", Items, (*paged, "id")),
        ("/{application}/{group}/{entity}/{index}", tree.below, "An index or parameter", Items, paged),
        (
            "/{application}/{group}/{entity}/{index}/{parameter}",
            tree.single,
            "A parameter",
            Single,
            ("interval", "detailed"),
        ),
    )
    for mode, help in MODES.items():
        for path, run, summary, gives, query in steps:
            operation = _get(partial(run, mode), f"{help}: {summary}", gives, *query)
            found.append(Route(f"/kpi/{mode}{path}", get=operation))
    intervals = _get(tree.intervals, "Intervals, newest first", Spans, "id", "before", "after", "limit")
    found.append(Route("/kpi/interval", get=intervals))
    return found
