"""The guide's chapter "Performance Monitoring", example by example, and the refusals (R5, R17-R22)."""

from datetime import timedelta, timezone
from typing import Any

import pytest

from rooms.kpi.stage import CATALOGUE, GROUPS, Lost, Stage, Tried
from sbcd.rooms.kpi import Named

GROUP0 = "/kpi/current/sbc/callStats/ipGroup/0"


@pytest.fixture
def stage() -> Stage:
    return Stage(hidden={"userDefined"}, length=60)


def ids(body: Any) -> list[str]:
    return [item["id"] for item in body["items"]]


def test_guide_kpi(stage: Stage) -> None:
    assert stage.get("/kpi") == (
        200,
        {
            "items": [
                {"id": "current", "description": "Real-time KPIs", "url": "/api/v1/kpi/current"},
                {"id": "history", "description": "Historical KPIs", "url": "/api/v1/kpi/history"},
                {"id": "interval", "description": "Intervals Information", "url": "/api/v1/kpi/interval"},
            ]
        },
    )


def test_guide_applications_and_their_groups(stage: Stage) -> None:
    status, body = stage.get("/kpi/current")
    assert status == 200
    assert ids(body) == ["system", "sbc", "gateway", "media", "network"]
    by_id = {item["id"]: item for item in body["items"]}
    assert by_id["sbc"] == {
        "id": "sbc",
        "description": "SBC application statistics",
        "url": "/api/v1/kpi/current/sbc",
        "groups": ["callStats", "otherStats", "sipRecStats"],
    }
    assert by_id["media"]["description"] == "Media application statistics"
    assert by_id["media"]["groups"] == ["clusterStats", "coderStats", "dspStats", "mediaStats"]
    assert ids(stage.get("/kpi/current?after=sbc")[1]) == ["gateway", "media", "network"]


def test_guide_groups(stage: Stage) -> None:
    _, body = stage.get("/kpi/current/sbc")
    assert body["items"][:2] == [
        {"id": "callStats", "description": "Call statistics", "url": "/api/v1/kpi/current/sbc/callStats"},
        {
            "id": "otherStats",
            "description": "Other Dialogs statistics",
            "url": "/api/v1/kpi/current/sbc/otherStats",
        },
    ]


def test_guide_entities_whatever_the_case(stage: Stage) -> None:
    _, body = stage.get("/kpi/CURRENT/sbc/callstats")
    assert body["items"][:2] == [
        {
            "id": "global",
            "description": "Global call statistics",
            "url": "/api/v1/kpi/current/sbc/callStats/global",
        },
        {
            "id": "ipGroup",
            "description": "Per-IPGroup statistics",
            "url": "/api/v1/kpi/current/sbc/callStats/ipGroup",
        },
    ]


def test_guide_cursor_example_1(stage: Stage) -> None:
    status, body = stage.get("/kpi/current/sbc/callStats/ipGroup?limit=2")
    assert status == 200
    assert body["items"][0] == {
        "id": "0",
        "name": "Teams PS",
        "description": "Teams server",
        "url": "/api/v1/kpi/current/sbc/callStats/ipGroup/0",
    }
    assert body["cursor"] == {"start": "0", "before": "-1", "after": "1", "end": "2"}
    _, body = stage.get("/kpi/current/sbc/callStats/ipGroup?limit=2&after=1")
    assert ids(body) == ["2"]  # R35: the guide's second page listing id 1 again is a slip
    assert body["cursor"] == {"start": "0", "before": "2", "after": "-1", "end": "2"}


def test_guide_cursor_example_2(stage: Stage) -> None:
    for fact in (Tried(0), Lost(0)):
        stage.meters.observe(fact)
    _, body = stage.get(f"{GROUP0}?detailed=false&limit=2")
    assert body == {
        "items": [
            {"id": "abnormalTerminatedCallsInTotal", "value": None},  # nothing feeds it on this stage (R18)
            {"id": "abnormalTerminatedCallsOutTotal", "value": None},
        ],
        "cursor": {
            "start": "abnormalTerminatedCallsInTotal",
            "before": "-1",
            "after": "abnormalTerminatedCallsOutTotal",
            "end": "shortCallsCounterTotal",
        },
    }


def test_guide_indexes(stage: Stage) -> None:
    base = "/kpi/current/sbc/callStats/ipGroup"
    assert ids(stage.get(f"{base}?after=0")[1]) == ["1", "2"]
    assert ids(stage.get(f"{base}?limit=3")[1]) == ["0", "1", "2"]
    assert ids(stage.get(f"{base}?id=1")[1]) == ["1"]
    assert stage.get(f"{base}?detailed=false")[1]["items"][0] == {"id": "0", "url": f"/api/v1{base}/0"}


def test_guide_parameters(stage: Stage) -> None:
    for _ in range(5):
        stage.meters.observe(Tried(0))
    status, body = stage.get(GROUP0)
    assert status == 200
    assert "cursor" not in body  # R21
    assert len(body["items"]) == 41
    by_id = {item["id"]: item for item in body["items"]}
    assert by_id["attemptedCallsInTotal"] == {
        "id": "attemptedCallsInTotal",
        "name": "Attempted Calls In Total",
        "description": "Total number of attempted inbound calls",
        "url": f"/api/v1{GROUP0}/attemptedCallsInTotal",
        "value": "5",  # R18: a string in lists
    }
    assert ids(stage.get(f"{GROUP0}?limit=1")[1]) == ["abnormalTerminatedCallsInTotal"]
    assert ids(stage.get(f"{GROUP0}?after=postDialDelay")[1]) == ["shortCallsCounterTotal"]
    assert stage.get(f"{GROUP0}?kpi=attemptedCallsRateIn")[1]["items"] == [by_id["attemptedCallsRateIn"]]


def test_guide_one_parameter(stage: Stage) -> None:
    stage.meters.observe(Lost(0))
    expected = {"id": "noAnswerCallsInTotal", "value": 1}  # R18: a number alone
    assert stage.get(f"{GROUP0}/noanswercallsintotal") == (200, expected)
    _, body = stage.get(f"{GROUP0}/noAnswerCallsInTotal?detailed=true")
    assert body == {
        **expected,
        "name": "No Answer Calls In Total",
        "description": "Total number of inbound calls that nobody answered",
        "url": f"/api/v1{GROUP0}/noAnswerCallsInTotal",
    }


def test_r19_guide_current_counter_over_intervals_answers_from_history(stage: Stage) -> None:
    assert stage.get(f"{GROUP0}/noAnswerCallsInTotal?interval=all") == (204, None)
    for calls in (2, 1, 0):
        for _ in range(calls):
            stage.meters.observe(Lost(0))
        stage.go(60)
    expected = [
        {"interval": "3", "value": "0"},
        {"interval": "2", "value": "1"},
        {"interval": "1", "value": "2"},
    ]
    assert stage.get(f"{GROUP0}/noAnswerCallsInTotal?interval=all") == (200, {"items": expected})
    history = GROUP0.replace("current", "history")
    assert stage.get(f"{history}/noAnswerCallsIn?interval=all") == (200, {"items": expected})
    assert stage.get(f"{history}/noAnswerCallsIn?interval=last")[1] == {"items": expected[:1]}
    assert stage.get(f"{history}/noAnswerCallsIn?interval=1")[1] == {"items": expected[2:]}
    assert stage.get(f"{history}/noAnswerCallsIn?interval=77") == (204, None)
    assert stage.get(f"{history}?interval=2&kpi=noAnswerCallsIn")[1]["items"][0]["value"] == "1"
    assert stage.get(f"{GROUP0}?interval=2&kpi=noAnswerCallsInTotal")[1]["items"][0]["value"] == "1"


def test_r22_guide_intervals_are_newest_first(stage: Stage) -> None:
    stage.zone = timezone(timedelta(hours=1))
    stage.tree.zone = lambda: stage.zone
    assert stage.get("/kpi/interval") == (204, None)
    stage.go(60 * 5)
    _, body = stage.get("/kpi/interval?id=2")
    expected = {
        "id": 2,
        "start": "2026-03-01T11:01:00+01:00",
        "end": "2026-03-01T11:02:00+01:00",
        "url": "/api/v1/kpi/interval?id=2",
    }
    assert body == {"intervals": [expected]}

    def shown(query: str) -> list[int]:
        status, body = stage.get(f"/kpi/interval{query}")
        return [one["id"] for one in body["intervals"]] if status == 200 else []

    assert shown("") == [5, 4, 3, 2, 1]
    assert shown("?limit=2") == [5, 4]
    assert shown("?before=3") == [2, 1]
    assert shown("?after=3") == [5, 4]
    assert shown("?before=4&limit=2") == [3, 2]
    assert shown("?after=1&limit=2") == [3, 2]
    assert shown("?id=last") == [5]
    assert shown("?id=99") == []
    assert stage.get("/kpi/interval?limit=2")[1]["cursor"] == {
        "start": "5",
        "before": "4",
        "after": "-1",
        "end": "1",
    }


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/kpi/current/nosuch", 400),
        ("/kpi/current/sbc/nosuch", 400),
        ("/kpi/current/sbc/callStats/nosuch", 400),
        ("/kpi/current/sbc/callStats/ipGroup/9", 400),
        ("/kpi/current/sbc/callStats/ipGroup/x", 400),
        ("/kpi/current/sbc/callStats/ipGroup/-1", 400),
        ("/kpi/current/sbc/callStats/ipGroup/0/nosuch", 404),
        ("/kpi/current/sbc/callStats/global/nosuch", 404),
        ("/kpi/current/sbc/callStats/global/attemptedCallsInTotal/more", 404),
        ("/kpi/history/sbc/callStats/global/attemptedCallsInTotal", 404),  # R19: not an id of history
        ("/kpi/nosuch", 404),
        ("/kpi/current?limit=0", 400),
        ("/kpi/current?limit=x", 400),
        ("/kpi/current?after=nosuch", 400),
        ("/kpi/current?nosuch=1", 400),
        ("/kpi/current?detailed=maybe", 400),
        ("/kpi/current?interval=1", 400),
        ("/kpi/current/sbc/callStats/global?kpi=nosuch", 400),
        ("/kpi/current/sbc/callStats/global?id=1", 400),
        ("/kpi/current/sbc/callStats/global?interval=x", 400),
        ("/kpi/current/sbc/callStats/ipGroup?id=x", 400),
        ("/kpi/current/sbc/callStats/ipGroup?id=7", 204),
        ("/kpi/current/sbc/callStats/ipGroup?after=2", 204),
        ("/kpi/current/gateway/trunkStats/trunk", 204),
        ("/kpi/interval?id=x", 400),
        ("/kpi/interval?interval=1", 400),
    ],
)
def test_r20_refusals(stage: Stage, url: str, status: int) -> None:
    assert stage.get(url)[0] == status


def test_r20_every_group_answers_200_with_items_when_idle(stage: Stage) -> None:
    for place in CATALOGUE.places.values():
        for mode in ("current", "history"):
            path = f"/kpi/{mode}/{place.path}" + ("/0" if place.indexed else "")
            if place.indexed:
                stage.meters.configured(place.entity, {0: Named("first"), **GROUPS})
            status, body = stage.get(path)
            assert (status, len(body["items"])) == (200, len(place.parameters(mode))), path


def test_every_id_is_at_its_place_whatever_its_case(stage: Stage) -> None:
    for place in CATALOGUE.places.values():
        if place.indexed:
            stage.meters.configured(place.entity, {0: Named("first")})
        for mode in ("current", "history"):
            for parameter in place.parameters(mode).values():
                path = f"/kpi/{mode}/{place.path.upper()}" + ("/0" if place.indexed else "")
                status, body = stage.get(f"{path}/{parameter.id.swapcase()}")
                assert (status, body["id"]) == (200, parameter.id)


def test_user_defined_failures_are_hidden_while_no_rule_exists(stage: Stage) -> None:
    assert "userDefined" not in ids(stage.get("/kpi/current/sbc")[1])
    stage.hidden.clear()
    assert "userDefined" in ids(stage.get("/kpi/current/sbc")[1])
    assert "userDefined" in stage.get("/kpi/history?limit=2")[1]["items"][1]["groups"]


def test_one_parameter_of_every_index_in_one_request(stage: Stage) -> None:
    for group in (1, 1, 2):
        stage.meters.observe(Tried(group))
    stage.go(60)
    base = "sbc/callStats/ipGroup"
    _, body = stage.get(f"/kpi/current/{base}?kpi=attemptedCallsInTotal&detailed=false")
    assert [item["value"] for item in body["items"]] == ["0", "2", "1"]
    stage.meters.observe(Tried(2))
    _, plot = stage.get(f"/kpi/plot?kpi={base}/attemptedCallsInTotal&id=1,2")
    assert plot["intervals"] == [1]
    assert [(line["name"], line["values"], line["now"]) for line in plot["lines"]] == [
        ("Teams-c", [2], 2),
        ("ITSP", [1], 2),
    ]
    assert stage.get("/kpi/current/sbc/callStats?kpi=attemptedCallsInTotal")[1]["items"][0]["value"] == "4"
