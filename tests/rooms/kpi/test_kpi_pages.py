"""Paging properties at all levels (R17, R21): following a cursor shows everything exactly once, both ways."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rooms.kpi.stage import GROUPS, Stage
from sbcd.rooms.kpi import Named
from sbcd.rooms.kpi.pages import cut_newest, cut_numbers

LEVELS = (
    "/kpi/current",
    "/kpi/history/sbc",
    "/kpi/current/sbc/callStats",
    "/kpi/current/sbc/callStats/global",
    "/kpi/history/media/mediaStats/global",
    "/kpi/current/sbc/callStats/ipGroup/0",
    "/kpi/current/sbc/callStats/ipGroup",
)


def followed(stage: Stage, url: str, direction: str, limit: int) -> list[str]:
    """Every id that the pages show, from one end to the other."""
    found: list[str] = []
    query = f"?limit={limit}"
    if direction == "before":  # the last page, then backwards
        _, whole = stage.get(f"{url}?limit=1000")
        last = whole["cursor"]["end"]
        found = [last]
        query = f"?limit={limit}&before={last}"
    for _ in range(1000):
        status, body = stage.get(url + query)
        if status == 204:
            return found
        page = [item["id"] for item in body["items"]]
        assert len(page) <= limit
        found = found + page if direction == "after" else page + found
        cursor = body["cursor"]
        if cursor[direction] == "-1":
            return found
        assert cursor[direction] == (page[-1] if direction == "after" else page[0])
        query = f"?limit={limit}&{direction}={cursor[direction]}"
    raise AssertionError("the cursor never ends")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(LEVELS), st.integers(1, 60), st.sampled_from(["after", "before"]))
def test_r21_a_cursor_shows_everything_exactly_once(url: str, limit: int, direction: str) -> None:
    stage = Stage()
    _, body = stage.get(url)
    whole = [item["id"] for item in body["items"]]
    assert "cursor" not in body
    assert followed(stage, url, direction, limit) == whole


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, 32767), min_size=1, max_size=40), st.integers(1, 50), st.data())
def test_r21_indexes_page_though_some_are_missing(indexes: set[int], limit: int, data: Any) -> None:
    stage = Stage()
    stage.meters.configured("ipGroup", {index: Named("x") for index in indexes})
    url = "/kpi/current/sbc/callStats/ipGroup"
    assert followed(stage, url, "after", limit) == [str(index) for index in sorted(indexes)]
    somewhere = data.draw(st.integers(0, 32767))
    status, body = stage.get(f"{url}?after={somewhere}")
    expected = [str(index) for index in sorted(indexes) if index > somewhere]
    assert ([item["id"] for item in body["items"]] if status == 200 else []) == expected


@given(st.sets(st.integers(1, 999), max_size=30), st.integers(1, 40))
def test_r22_intervals_page_from_the_newest_backwards(ids: set[int], limit: int) -> None:
    newest = sorted(ids, reverse=True)
    found: list[int] = []
    query = {"limit": str(limit)}
    while True:
        shown, cursor = cut_newest(newest, query)
        found += shown
        if cursor is None or cursor.before == "-1":
            break
        query = {"limit": str(limit), "before": cursor.before}
    assert found == newest


def test_a_cursor_that_said_there_is_no_more_shows_nothing() -> None:
    assert cut_numbers(list(GROUPS), {"after": "-1"}) == ([], None)
    assert Stage().get("/kpi/current?after=-1") == (204, None)
