"""The values of parameters: in lists, one by one, across indexes; now or in an interval.

One rule: a current parameter that is asked for an interval answers from its history twin (R19)."""

from collections.abc import Callable, Mapping
from functools import partial

from sbcd.base.errors import Invalid, NotFound
from sbcd.rooms.kpi.catalogue import Node, Parameter, Place
from sbcd.rooms.kpi.history import History
from sbcd.rooms.kpi.meters import Meters
from sbcd.rooms.kpi.pages import cut_names, cut_numbers, flag, number, only
from sbcd.rooms.kpi.past import Past, text
from sbcd.rooms.kpi.shapes import ROOT, Item, Single, Then, Thens, page
from sbcd.web.route import Request, Response, answer


class Values:
    """Answers every page that shows values."""

    def __init__(self, meters: Meters, history: History) -> None:
        self.meters = meters
        self.past = Past(meters, history)

    def across(self, mode: str, place: Place, request: Request) -> Response:
        """One parameter (`kpi`) of every index, or of the one with this `id`."""
        query = request.query
        only(query, "before", "after", "limit", "id", "kpi", "detailed", "interval")
        parameter = _named(place, mode, query["kpi"])
        wanted = number(query, "id")
        indexes = [index for index in self.meters.indexes(place) if wanted in (None, index)]
        shown, cursor = cut_numbers(indexes, query)
        return page([self._item(mode, place, index, parameter, query) for index in shown], cursor)

    def searched(self, mode: str, nodes: list[Node], request: Request) -> Response:
        """The parameter `kpi` of every global entity below these nodes."""
        query = request.query
        only(query, "kpi", "detailed", "interval")
        items = []
        pending = list(nodes)
        while pending:
            node = pending.pop(0)
            pending = [*node.children.values(), *pending]
            for place in node.places.values():
                parameter = place.parameters(mode).get(query["kpi"].lower())
                if parameter is not None and not place.indexed:
                    items.append(self._item(mode, place, 0, parameter, query))
        if not items:
            raise Invalid(f"'kpi': there is no {query['kpi'][:60]!r} here")
        return page(items, None)

    def _item(
        self, mode: str, place: Place, index: int, parameter: Parameter, query: Mapping[str, str]
    ) -> Item:
        """One parameter as an item of a list."""
        figures = self._figures(mode, place, index, query)
        return _item(f"{ROOT}/{mode}/{_at(place, index)}", parameter, figures(parameter), query)

    def _figures(
        self, mode: str, place: Place, index: int, query: Mapping[str, str]
    ) -> Callable[[Parameter], int | None]:
        """From a parameter to its value: now, or in the interval that is asked for."""
        wanted = query.get("interval")
        if mode == "current" and wanted is None:
            return partial(self.meters.value, place, index)
        figures = self.past.at(place, index, wanted)
        if mode == "history":
            return figures

        def twin(parameter: Parameter) -> int | None:
            other = place.twin(parameter)
            return None if other is None else figures(other)

        return twin

    def parameters(self, mode: str, place: Place, index: int, request: Request) -> Response:
        """All parameters of an entity, or a page of them."""
        query = request.query
        only(query, "before", "after", "limit", "kpi", "interval", "detailed")
        flag(query, "detailed", True)
        if query.get("interval") is not None and not self.past.known(query["interval"]):
            return Response(204)
        if "kpi" in query:
            return page([self._item(mode, place, index, _named(place, mode, query["kpi"]), query)], None)
        parameters = place.parameters(mode)
        names = [parameter.id for parameter in parameters.values()]
        shown, cursor = cut_names(names, query)
        figures = self._figures(mode, place, index, query)
        url = f"{ROOT}/{mode}/{_at(place, index)}"
        items = [_item(url, parameters[id.lower()], figures(parameters[id.lower()]), query) for id in shown]
        return page(items, cursor)

    def single(self, mode: str, place: Place, index: int, wanted: str, request: Request) -> Response:
        """One parameter: its value, or its values in intervals (R19)."""
        query = request.query
        only(query, "interval", "detailed")
        parameter = place.parameters(mode).get(wanted.lower())
        if parameter is None:
            raise NotFound(f"There is no parameter {wanted[:60]!r} in {mode}/{place.path}")
        if query.get("interval") is not None:
            other = parameter if mode == "history" else place.twin(parameter)
            found = self.past.values(place, index, other, query["interval"])
            items = [Then(str(interval), text(value)) for interval, value in found]
            return answer(Thens(items)) if items else Response(204)
        single = Single(parameter.id, value=self._figures(mode, place, index, query)(parameter))
        if flag(query, "detailed", False):
            single.name, single.description = parameter.name, parameter.help
            single.url = f"{ROOT}/{mode}/{_at(place, index)}/{parameter.id}"
        return answer(single)


def _at(place: Place, index: int) -> str:
    return f"{place.path}/{index}" if place.indexed else place.path


def _named(place: Place, mode: str, name: str) -> Parameter:
    """The parameter that `?kpi=` names; one that is not there is a bad query parameter (R20)."""
    found = place.parameters(mode).get(name.lower())
    if found is None:
        raise Invalid(f"'kpi': there is no {name[:60]!r} in {mode}/{place.path}")
    return found


def _item(url: str, parameter: Parameter, value: int | None, query: Mapping[str, str]) -> Item:
    shown = None if value is None else str(value)
    if not flag(query, "detailed", True):
        return Item(parameter.id, value=shown)
    return Item(parameter.id, parameter.name, parameter.help, f"{url}/{parameter.id}", value=shown)
