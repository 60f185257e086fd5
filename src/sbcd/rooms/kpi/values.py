"""The values of parameters: in lists, one by one, across indexes; now or in an interval.

One rule: a current parameter that is asked for an interval answers from its history twin (R19).

Lists are what clients poll: what never changes of an item is written once and kept, a request adds values."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from sbcd.base.errors import Invalid, NotFound
from sbcd.rooms.kpi.catalogue import Node, Parameter, Place
from sbcd.rooms.kpi.forms import INDEX, Forms, item
from sbcd.rooms.kpi.history import History
from sbcd.rooms.kpi.meters import Meters
from sbcd.rooms.kpi.pages import Cursor, cut_names, cut_numbers, flag, number, only
from sbcd.rooms.kpi.past import Past, text
from sbcd.rooms.kpi.shapes import ROOT, Single, Then, Thens
from sbcd.web.route import Request, Response, answer


class Values:
    """Answers every page that shows values."""

    def __init__(self, meters: Meters, history: History) -> None:
        self.meters = meters
        self.past = Past(meters, history)
        self._forms = Forms()

    def across(self, mode: str, place: Place, request: Request) -> Response:
        """One parameter (`kpi`) of every index, or of the one with this `id`."""
        query = request.query
        only(query, "before", "after", "limit", "id", "kpi", "detailed", "interval")
        detailed = flag(query, "detailed", True)
        parameter = _named(place, mode, query["kpi"])
        wanted = number(query, "id")
        indexes: Sequence[int] = list(self.meters.indexes(place))
        if wanted is not None:
            indexes = [wanted] if wanted in indexes else []
        shown, cursor = cut_numbers(indexes, query)
        if mode == "current" and "interval" not in query:
            values = self.meters.across(place, shown, parameter)
        else:
            interval = self._interval(query)
            if interval is None and "interval" in query:
                return Response(204)
            values = [self._then(mode, place, index, [parameter], interval)[0] for index in shown]
        form = self._forms.form(
            (mode, place.path, parameter.id, detailed),
            shown,
            lambda: [item(mode, place, parameter, f"/{index}", detailed) for index in shown],
        )
        return _page(form.filled(values) if values else "", cursor)

    def searched(self, mode: str, nodes: list[Node], request: Request) -> Response:
        """The parameter `kpi` of every global entity below these nodes."""
        query = request.query
        only(query, "kpi", "detailed", "interval")
        rows: list[str] = []
        found = False
        pending = list(nodes)
        while pending:
            node = pending.pop(0)
            pending = [*node.children.values(), *pending]
            for place in node.places.values():
                parameter = place.parameters(mode).get(query["kpi"].lower())
                if parameter is not None and not place.indexed:
                    found = True
                    rows.append(self._rows(mode, place, 0, [parameter], query))
        if not found:
            raise Invalid(f"'kpi': there is no {query['kpi'][:60]!r} here")
        return _page(",".join(filter(None, rows)), None)

    def parameters(self, mode: str, place: Place, index: int, request: Request) -> Response:
        """All parameters of an entity, or a page of them."""
        query = request.query
        only(query, "before", "after", "limit", "kpi", "interval", "detailed")
        parameters: Collection[Parameter] = place.parameters(mode).values()
        cursor = None
        if "kpi" in query:
            parameters = [_named(place, mode, query["kpi"])]
        elif not query.keys().isdisjoint(("before", "after", "limit")):
            shown, cursor = cut_names([parameter.id for parameter in parameters], query)
            parameters = [place.parameters(mode)[id.lower()] for id in shown]
        return _page(self._rows(mode, place, index, parameters, query), cursor)

    def single(self, mode: str, place: Place, index: int, wanted: str, request: Request) -> Response:
        """One parameter: its value, or its values in intervals (R19)."""
        query = request.query
        only(query, "interval", "detailed")
        parameter = place.parameters(mode).get(wanted.lower())
        if parameter is None:
            raise NotFound(f"There is no parameter {wanted[:60]!r} in {mode}/{place.path}")
        detailed = flag(query, "detailed", False)
        if "interval" in query:
            other = parameter if mode == "history" else place.twin(parameter)
            found = self.past.values(place, index, other, query["interval"])
            items = [Then(str(interval), text(value)) for interval, value in found]
            return answer(Thens(items)) if items else Response(204)
        value = self._values(mode, place, index, [parameter], query)
        single = Single(parameter.id, value=value[0] if value else None)
        if detailed:
            at = f"{place.path}/{index}" if place.indexed else place.path
            single.name, single.description = parameter.name, parameter.help
            single.url = f"{ROOT}/{mode}/{at}/{parameter.id}"
        return answer(single)

    # --- how ------------------------------------------------------------------------------------

    def _interval(self, query: Mapping[str, str]) -> int | None:
        """The interval asked for, by default the newest; None when there is no such one."""
        return self.past.resolve(query.get("interval", "last"))

    def _values(
        self, mode: str, place: Place, index: int, some: Collection[Parameter], query: Mapping[str, str]
    ) -> list[int | None]:
        """Values now, or in the interval asked for; empty when there is no such one."""
        if mode == "current" and "interval" not in query:
            return self.meters.values(place, index, some)
        interval = self._interval(query)
        if interval is None and "interval" in query:
            return []
        return self._then(mode, place, index, some, interval)

    def _then(
        self, mode: str, place: Place, index: int, some: Collection[Parameter], interval: int | None
    ) -> list[int | None]:
        """Values in an interval; None where it has no such figure, or before the first interval."""
        if interval is None:
            return [None] * len(some)
        figures = self.past.at(place, index, interval)
        twins = some if mode == "history" else [place.twin(parameter) for parameter in some]
        return [None if twin is None else figures(twin) for twin in twins]

    def _rows(
        self, mode: str, place: Place, index: int, some: Collection[Parameter], query: Mapping[str, str]
    ) -> str:
        """The items of a list; none when there is no such interval."""
        detailed = flag(query, "detailed", True)
        values = self._values(mode, place, index, some, query)
        if not values:
            return ""
        at = INDEX if place.indexed else ""
        form = self._forms.form(
            (mode, place.path, detailed, len(some), next(iter(some)).id),
            list(some),
            lambda: [item(mode, place, parameter, at and f"/{at}", detailed) for parameter in some],
        )
        return form.filled(values).replace(INDEX, str(index))


def _page(rows: str, cursor: Cursor | None) -> Response:
    """200 with items, 204 when there is nothing to show (R20)."""
    if not rows:
        return Response(204)
    more = "" if cursor is None else ',"cursor":' + msgspec.json.encode(cursor).decode()
    return Response(200, f'{{"items":[{rows}]{more}}}'.encode())


def _named(place: Place, mode: str, name: str) -> Parameter:
    """The parameter that `?kpi=` names; one that is not there is a bad query parameter (R20)."""
    found = place.parameters(mode).get(name.lower())
    if found is None:
        raise Invalid(f"'kpi': there is no {name[:60]!r} in {mode}/{place.path}")
    return found
