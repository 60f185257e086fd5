"""The guide's chapter "Alarms", replayed (R14-R16), and what must hold for every page."""

import asyncio
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbcd.base.clock import Clock
from sbcd.base.errors import Invalid, NotFound
from sbcd.rooms.alarms import Alarms, Severity, alarm_type
from sbcd.rooms.alarms.api import page, routes
from sbcd.web.route import Request

TRUNK = alarm_type("acTrunksAlarmNearEndLOS")


class Still(Clock):
    def wall(self) -> datetime:
        return datetime(2010, 3, 1, 23, 0, 0, 999, tzinfo=UTC)


def get(alarms: Alarms, path: str, zone: Callable[[], tzinfo] = lambda: UTC, **query: str) -> Any:
    """(status, body) of a GET; the path is a pattern of the route table with its variables filled."""
    *folders, last = path.split("/")
    tree = {route.path: route for route in routes(alarms, zone)}
    route = tree.get(path) or tree["/".join(folders) + "/{id}"]
    assert route.get
    assert set(query) <= {known.name for known in route.get.query or ()}
    request = cast("Request", SimpleNamespace(query=query, params={"id": last}))
    response = asyncio.run(route.get.run(request))
    assert isinstance(response.body, bytes)
    return response.status, json.loads(response.body) if response.body else None


def three() -> Alarms:
    """The alarms of the guide's examples."""
    alarms = Alarms(Still())
    alarms.raise_(TRUNK, "Board#1", "Trunk is down", Severity.MAJOR)
    alarms.raise_(
        alarm_type("acHwFailureAlarm"), "Board#1", "Device will explode in 15 min", Severity.CRITICAL
    )
    alarms.raise_(alarm_type("acIDSPolicyAlarm"), "Board#1", "Intrusion detected", Severity.MINOR)
    return alarms


def entry(number: int, text: str, folder: str = "active") -> dict[str, str]:
    return {"id": str(number), "description": text, "url": f"/api/v1/alarms/{folder}/{number}"}


def test_the_index() -> None:
    assert get(three(), "/alarms") == (
        200,
        {
            "alarms": [
                {"id": "active", "description": "Active alarms", "url": "/api/v1/alarms/active"},
                {"id": "history", "description": "History alarms", "url": "/api/v1/alarms/history"},
            ]
        },
    )


def test_the_guides_walk_through_the_active_alarms() -> None:
    alarms = three()
    assert get(alarms, "/alarms/active", limit="2") == (
        200,
        {
            "alarms": [entry(1, "Trunk is down"), entry(2, "Device will explode in 15 min")],
            "cursor": {"after": "2", "before": "-1"},
        },
    )
    assert get(alarms, "/alarms/active", after="2") == (
        200,
        {"alarms": [entry(3, "Intrusion detected")], "cursor": {"after": "-1", "before": "3"}},
    )
    assert get(alarms, "/alarms/active", after="3") == (204, None)


def test_backwards() -> None:
    """R14: before=N is the page just before N, ascending like every page."""
    alarms = three()
    assert get(alarms, "/alarms/active", before="3", limit="1") == (
        200,
        {
            "alarms": [entry(2, "Device will explode in 15 min")],
            "cursor": {"after": "2", "before": "2"},
        },
    )
    assert get(alarms, "/alarms/active", before="1") == (204, None)


def test_no_alarms_are_204_and_the_cursor_of_the_end_leads_nowhere() -> None:
    assert get(Alarms(Still()), "/alarms/active") == (204, None)
    assert get(Alarms(Still()), "/alarms/history") == (204, None)
    assert get(three(), "/alarms/active", after="-1") == (204, None)
    assert get(three(), "/alarms/active", before="-1") == (204, None)


def test_the_default_page_has_twenty() -> None:
    alarms = Alarms(Still())
    for index in range(21):
        alarms.raise_(TRUNK, f"Interfaces#0/Trunk#{index}", "Trunk is down")
    _, body = get(alarms, "/alarms/active")
    assert (len(body["alarms"]), body["cursor"]) == (20, {"after": "20", "before": "-1"})
    _, body = get(alarms, "/alarms/active", limit="", after="")
    assert len(body["alarms"]) == 20, "R5: empty query parameters are skipped"
    _, body = get(alarms, "/alarms/active", limit="100000")
    assert len(body["alarms"]) == 21


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"limit": "1.5"}, "limit"),
        ({"limit": "٣"}, "limit"),
        ({"after": "last"}, "after"),
        ({"before": "-2"}, "before"),
        ({"after": "1", "before": "3"}, "after"),
        ({"after": "9" * 30}, "after"),
    ],
)
def test_wrong_queries_name_the_parameter(query: dict[str, str], named: str) -> None:
    with pytest.raises(Invalid, match=named):
        get(three(), "/alarms/history", **query)


def test_one_alarm_and_its_oid() -> None:
    """R15."""
    alarms = three()
    detail = {
        "id": "1",
        "description": "Trunk is down",
        "severity": "Major",
        "source": "Board#1",
        "date": "2010-03-01T23:00:00.000Z",
        "url": "/api/v1/alarms/active/1",
    }
    assert get(alarms, "/alarms/active/1") == (200, detail)
    assert get(alarms, "/alarms/active/1", oid="0") == (200, detail)
    with_oid = detail | {"oid": "1.3.6.1.4.1.5003.9.10.1.21.2.0.49"}
    assert get(alarms, "/alarms/active/1", oid="1") == (200, with_oid)
    alarms.enterprise = "1.3.6.1.4.1.99"
    assert get(alarms, "/alarms/active/1", oid="1")[1]["oid"] == "1.3.6.1.4.1.99.2.0.49"
    with pytest.raises(Invalid, match="oid"):
        get(alarms, "/alarms/active/1", oid="2")


@pytest.mark.parametrize("number", ["4", "0", "-1", "x", "1.0", "١", "9" * 40])
def test_unknown_alarms_are_404(number: str) -> None:
    for folder in ("active", "history"):
        with pytest.raises(NotFound):
            get(three(), f"/alarms/{folder}/{number}")


def test_history_has_raises_and_clears_under_its_own_urls() -> None:
    """R14: urls of history items point to history; R15: raise rows and clear rows."""
    alarms = three()
    alarms.clear(TRUNK, "Board#1", "Trunk is up")
    _, body = get(alarms, "/alarms/history")
    assert body["alarms"][0] == entry(1, "Trunk is down", "history")
    assert body["alarms"][3] == entry(4, "Trunk is up", "history")
    assert get(alarms, "/alarms/history/4")[1]["severity"] == "Cleared"
    with pytest.raises(NotFound):
        get(alarms, "/alarms/active/1")


def test_last_change_is_the_devices_own_time() -> None:
    """R16, with the guide's form `2016-06-09 19:00:00+03:00`."""
    with pytest.raises(NotFound):
        get(Alarms(Still()), "/alarms/active/lastChange")
    jerusalem = timezone(timedelta(hours=3))
    assert get(three(), "/alarms/active/lastChange", lambda: jerusalem) == (
        200,
        {"lastChange": "2010-03-02 02:00:00+03:00"},
    )
    assert get(three(), "/alarms/active/lastChange")[1] == {"lastChange": "2010-03-01 23:00:00+00:00"}


def test_a_page_of_full_tables_takes_under_five_milliseconds() -> None:
    alarms = Alarms(Still())
    alarms.limit(300, 1000)
    for index in range(1500):
        alarms.raise_(TRUNK, f"Interfaces#0/Trunk#{index}", "Trunk is down")
    started = time.perf_counter()
    for _ in range(20):
        get(alarms, "/alarms/history", limit="100")
    assert (time.perf_counter() - started) / 20 < 0.005


# ---- what must hold whatever happens between two requests ----

acts = st.lists(st.tuples(st.sampled_from(["raise", "clear", "read"]), st.integers(0, 9)), max_size=60)


def act(alarms: Alarms, what: str, index: int) -> None:
    if what == "raise":
        alarms.raise_(TRUNK, f"Trunk#{index}", f"down {len(alarms.history)}")
    elif what == "clear":
        alarms.clear(TRUNK, f"Trunk#{index}")


@settings(max_examples=150, deadline=None)
@given(acts, st.integers(1, 5), st.booleans())
def test_following_after_shows_every_row_that_stays_exactly_once(
    steps: list[tuple[str, int]], limit: int, active: bool
) -> None:
    """Ascending, nothing twice; what stood from the first page to the last is seen, new rows as well."""
    alarms = Alarms(Still())
    for index in range(4):
        act(alarms, "raise", index)
    rows = alarms.active if active else alarms.history
    staying = set(rows)
    seen: list[int] = []

    def read() -> bool:
        after = {"after": str(seen[-1])} if seen else {}
        found = page(rows, {"limit": str(limit), **after}, "active")
        if found is None:
            return False
        numbers = [int(shown.id) for shown in found.alarms]
        assert numbers == sorted(set(numbers))
        assert len(numbers) <= limit
        assert (found.cursor.after == "-1") == (numbers[-1] == max(rows))
        assert (found.cursor.before == "-1") == (numbers[0] == min(rows))
        seen.extend(numbers)
        return True

    for what, index in steps:
        if what == "read":
            read()
        else:
            act(alarms, what, index)
            staying &= set(rows)
    while read():
        pass
    assert seen == sorted(set(seen))
    assert staying <= set(seen)
    assert set(rows) <= set(seen), "at the end everything that stands was shown"


@settings(max_examples=150, deadline=None)
@given(acts, st.integers(1, 5), st.booleans())
def test_following_before_shows_every_row_that_stays_exactly_once(
    steps: list[tuple[str, int]], limit: int, active: bool
) -> None:
    alarms = Alarms(Still())
    for index in range(9):
        act(alarms, "raise", index)
    rows = alarms.active if active else alarms.history
    staying = set(rows)
    seen: list[int] = []
    first = max(rows) + 1

    def read() -> bool:
        found = page(rows, {"limit": str(limit), "before": str(seen[-1] if seen else first)}, "active")
        if found is None:
            return False
        numbers = [int(shown.id) for shown in found.alarms]
        assert numbers == sorted(set(numbers))
        assert (found.cursor.before == "-1") == (numbers[0] == min(rows))
        seen.extend(reversed(numbers))
        return True

    for what, index in steps:
        if what == "read":
            read()
        else:
            act(alarms, what, index)
            staying &= set(rows)
    while read():
        pass
    assert seen == sorted(set(seen), reverse=True)
    assert staying <= set(seen)
