"""`/metrics`: the current values as Prometheus reads them, in OpenMetrics 1.0 or the older text format.

One rule: it shows what `/kpi/current` shows, counters as counters; what is null is not there."""

import re
from collections.abc import AsyncIterator, Callable, Iterator

from sbcd.base.errors import NotFound
from sbcd.rooms.kpi.catalogue import Parameter, Place
from sbcd.rooms.kpi.meters import Meters
from sbcd.rooms.kpi.tables import KpiParams
from sbcd.web.route import Level, Operation, Request, Response, Route, described

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "sbcd_"
CHUNK = 200  # lines sent at once


def family(base: str) -> str:
    """`attemptedCallsIn` is sbcd_attempted_calls_in."""
    words = re.findall(r"[A-Z]{2,}(?=[A-Z][a-z]|$)|[A-Z]?[a-z0-9]+|[A-Z]+[a-z0-9]*", base)
    return PREFIX + "_".join(word.lower() for word in words)


def escaped(text: str) -> str:
    """A label value between its quotes."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


class Metrics:
    """Writes the page from the meters; families are worked out once."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters
        self._families: dict[str, list[tuple[Place, Parameter]]] = {}
        for place in meters.catalogue.places.values():
            for parameter in place.current.values():
                name = family(parameter.base)
                self._families.setdefault(name, []).append((place, parameter))

    def lines(self, open: bool) -> Iterator[str]:
        """All lines. `open`: in OpenMetrics, otherwise in the text format 0.0.4."""
        for name, members in self._families.items():
            samples = [
                sample for place, parameter in members for sample in self._samples(name, place, parameter)
            ]
            if not samples:
                continue
            parameter = members[0][1]
            kind = "counter" if parameter.counted else "gauge"
            shown = name if open or not parameter.counted else f"{name}_total"
            yield f"# HELP {shown} {parameter.help}\n"
            yield f"# TYPE {shown} {kind}\n"
            yield from samples
        if open:
            yield "# EOF\n"

    def _samples(self, name: str, place: Place, parameter: Parameter) -> Iterator[str]:
        labels = f'application="{place.application}",group="{place.group}",entity="{place.entity}"'
        shown = f"{name}_total" if parameter.counted else name
        if not self._meters.fed(place).keys() & {parameter.base}:
            return
        if not place.indexed:
            value = self._meters.value(place, 0, parameter)
            if value is not None:
                yield f'{shown}{{{labels},index="",name=""}} {value}\n'
            return
        for index, named in self._meters.indexes(place).items():
            value = self._meters.value(place, index, parameter)
            if value is not None:
                yield f'{shown}{{{labels},index="{index}",name="{escaped(named.name)}"}} {value}\n'

    async def chunks(self, open: bool) -> AsyncIterator[bytes]:
        """The page in pieces, so that a large one blocks nobody."""
        part: list[str] = []
        for line in self.lines(open):
            part.append(line)
            if len(part) >= CHUNK:
                yield "".join(part).encode()
                part = []
        yield "".join(part).encode()


def routes(metrics: Metrics, params: Callable[[], KpiParams]) -> list[Route]:
    """`/metrics`, when it is switched on, for those whose level is high enough."""

    async def show(request: Request) -> Response:
        settings = params()
        if not settings.metrics:
            raise NotFound("The metrics page is switched off (MetricsEnable)")
        if request.user.level < settings.metrics_level:
            return described("The metrics page needs a higher access level", 403)
        open = "application/openmetrics-text" in request.headers.get("accept", "")
        return Response(200, metrics.chunks(open), OPENMETRICS if open else PLAIN)

    page = Operation(Level.MONITOR, show, "KPIs for Prometheus", gives=PLAIN, statuses=(200, 403, 404))
    return [Route("/metrics", get=page)]
