"""A small device for the KPI tests: time that moves by hand, made-up facts, and a way to ask its routes."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import msgspec

from sbcd.base.errors import Invalid, NotFound
from sbcd.rooms.kpi import Count, Feed, History, Intervals, Meters, Move, Named, PerSecond, Share, read
from sbcd.rooms.kpi.api import Tree, routes
from sbcd.rooms.kpi.plots import Plots
from sbcd.web.route import Level, Response, Route, User, Verb

CATALOGUE = read()
START = datetime(2026, 3, 1, 10, 0, 0, tzinfo=UTC)


@dataclass
class Time:
    """A wall clock and a monotonic clock."""

    wall: datetime = START
    mono: float = 1000.0

    def monotonic(self) -> float:
        return self.mono

    def go(self, seconds: float) -> datetime:
        """Both clocks go on."""
        self.wall += timedelta(seconds=seconds)
        self.mono += seconds
        return self.wall


@dataclass(frozen=True)
class Tried:
    group: int = 0


@dataclass(frozen=True)
class Won:
    group: int = 0


@dataclass(frozen=True)
class Lost:
    group: int = 0


GROUP: dict[str, Callable[[Any], int]] = {"ipGroup": lambda fact: fact.group}
CALLS = "sbc/callStats"
FEEDS: list[Feed] = [
    Count(Tried, CALLS, "attemptedCallsIn", GROUP),
    PerSecond(Tried, CALLS, "attemptedCallsRateIn", GROUP),
    Move(Won, CALLS, "activeCallsIn", GROUP, by=1),
    Move(Lost, CALLS, "activeCallsIn", GROUP, by=-1),
    Share(Won, CALLS, "answerSeizureRatio", GROUP, part=lambda _: 100),
    Share(Lost, CALLS, "answerSeizureRatio", GROUP, part=lambda _: 0),
    Count(Lost, CALLS, "noAnswerCallsIn", GROUP),
]
GROUPS = {
    0: Named("Teams PS", "Teams server"),
    1: Named("Teams-c", "Teams client"),
    2: Named("ITSP", "ITSP server"),
}


class _Request:
    verb = Verb.GET
    headers: ClassVar[dict[str, str]] = {}
    user = User("Admin", Level.MONITOR, "127.0.0.1")
    secure = False

    def __init__(self, path: str, params: dict[str, str], query: dict[str, str]) -> None:
        self.path, self.params, self.query = path, params, query


def ask(table: list[Route], url: str) -> tuple[int, Any]:
    """GET of a path below /api/v1: the status and the body. 404 for what is no route, 400 for bad queries."""
    parts = urlsplit(url)
    wanted = parts.path.strip("/").split("/")
    for route in table:
        pattern = route.path.strip("/").split("/")
        if len(pattern) != len(wanted):
            continue
        params = {p[1:-1]: w for p, w in zip(pattern, wanted, strict=True) if p.startswith("{")}
        if all(p.startswith("{") or p.lower() == w.lower() for p, w in zip(pattern, wanted, strict=True)):
            assert route.get
            query = dict(parse_qsl(parts.query))
            if not {*query} <= {known.name for known in route.get.query or ()}:
                return 400, None
            try:
                response: Response = asyncio.run(route.get.run(_Request(parts.path, params, query)))  # type: ignore[arg-type]
            except Invalid as error:
                return 400, str(error)
            except NotFound as error:
                return 404, str(error)
            assert isinstance(response.body, bytes)
            return response.status, msgspec.json.decode(response.body) if response.body else None
    return 404, None


@dataclass
class Stage:
    """Meters, history and routes over made-up or real feeds."""

    feeds: list[Feed] = field(default_factory=lambda: FEEDS)
    path: str = ":memory:"
    boot: str = "1"
    length: int = 900
    zone: tzinfo = UTC
    kept: int = 200
    start: datetime = START
    hidden: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.time = Time(self.start)
        self.meters = Meters(CATALOGUE, self.feeds, self.time.monotonic)
        self.meters.configured("ipGroup", GROUPS)
        self.history = History(self.path, self.boot, CATALOGUE, self.kept)
        self.intervals = Intervals(
            self.meters, self.history, self.time.wall, self.time.monotonic, length=self.length
        )
        self.tree = Tree(self.meters, self.history, lambda: self.zone, lambda: self.hidden)
        self.routes = routes(self.tree) + Plots(self.meters, self.history).routes()

    def go(self, seconds: float, tick: float = 1) -> None:
        """Time goes on with its ticks."""
        while seconds > 0:
            step = min(tick, seconds)
            self.intervals.tick(self.time.go(step))
            for _ in range(20):
                self.intervals.collect()
            seconds -= step

    def get(self, url: str) -> tuple[int, Any]:
        return ask(self.routes, url)

    def value(self, path: str) -> Any:
        """The value of one parameter by its path below /kpi."""
        status, body = self.get(f"/kpi/{path}")
        assert status == 200, (path, status, body)
        return body["value"]
