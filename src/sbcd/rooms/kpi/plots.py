"""`/kpi/plot`: a window of one parameter over many indexes in one request, for the plots of the Web page.

One rule: an addition to the guide's tree, listed nowhere in it; its figures are those of `/kpi/history`."""

import msgspec

from sbcd.base.errors import Invalid
from sbcd.rooms.kpi.history import History
from sbcd.rooms.kpi.meters import Meters
from sbcd.rooms.kpi.pages import limited, only
from sbcd.rooms.kpi.past import Past
from sbcd.rooms.kpi.thresholds import located
from sbcd.web.route import Level, Operation, Query, Request, Response, Route, answer

MOST_INDEXES = 50
MOST_INTERVALS = 200


class Line(msgspec.Struct):
    """One index: its values in the order of `intervals`, and what it is now; null where nobody knows."""

    index: str
    name: str
    values: list[int | None]
    now: int | None


class Plot(msgspec.Struct):
    """Intervals oldest first: their ids and ends (seconds of the epoch); a line for every index."""

    id: str
    description: str
    unit: str
    intervals: list[int]
    ends: list[int]
    lines: list[Line]


class Plots:
    """Answers the plots."""

    def __init__(self, meters: Meters, history: History) -> None:
        self._meters = meters
        self._history = history
        self._past = Past(meters, history)

    async def show(self, request: Request) -> Response:
        """`kpi`: a current parameter, as in its URL below /kpi/current but without index."""
        query = request.query
        only(query, "kpi", "id", "limit")
        found = located(self._meters.catalogue, query.get("kpi", ""))
        if found is None or (found[0].indexed and found[1] is not None):
            raise Invalid(f"'kpi': there is no {query.get('kpi', '')[:120]!r}")
        place, _, parameter = found
        named = self._meters.indexes(place) if place.indexed else {0: None}
        wanted = list(named)
        if "id" in query:
            texts = query["id"].split(",")
            wanted = [index for index in named if str(index) in texts]
        intervals = self._history.intervals()[: min(limited(query) or MOST_INTERVALS, MOST_INTERVALS)]
        twin = place.twin(parameter)
        ids = [interval.id for interval in reversed(intervals)]
        lines = []
        for index in wanted[:MOST_INDEXES]:
            its = named[index]
            lines.append(
                Line(
                    str(index) if place.indexed else "",
                    its.name if its is not None else place.help,
                    [value for _, value in self._past.window(place, index, twin, ids)],
                    self._meters.value(place, index, parameter),
                )
            )
        ends = [int(interval.end) for interval in reversed(intervals)]
        return answer(Plot(parameter.id, parameter.help, parameter.unit, ids, ends, lines))

    def routes(self) -> list[Route]:
        """The one page."""
        query = (
            Query("kpi", "The parameter: sbc/callStats/ipGroup/activeCallsIn"),
            Query("id", f"Indexes with commas, all by default; at most {MOST_INDEXES} are shown"),
            Query("limit", "The newest so many intervals", "integer"),
        )
        page = Operation(
            Level.MONITOR, self.show, "A window of one KPI", gives=Plot, query=query, statuses=(200, 400)
        )
        return [Route("/kpi/plot", get=page)]
