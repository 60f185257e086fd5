"""Facts move values (R18): 0 where something feeds, null where nothing does, nothing for who is not there."""

import pytest

from rooms.kpi.stage import CALLS, CATALOGUE, FEEDS, GROUP, GROUPS, Lost, Stage, Tried, Won
from sbcd.rooms.kpi import Count, Meters, Named


def test_a_fact_moves_the_device_and_the_group_it_names() -> None:
    stage = Stage()
    for group in (0, 0, 1):
        stage.meters.observe(Tried(group))
    shown = [
        stage.value(f"current/sbc/callStats/{place}/attemptedCallsInTotal")
        for place in ("global", "ipGroup/0", "ipGroup/1", "ipGroup/2")
    ]
    assert shown == [3, 2, 1, 0]


def test_r18_what_nothing_feeds_is_null_and_a_ratio_without_calls_too() -> None:
    stage = Stage()
    assert stage.value("current/sbc/callStats/global/busyCallsInTotal") is None
    assert stage.value("current/sbc/callStats/global/answerSeizureRatio") is None
    stage.meters.observe(Won(1))
    stage.meters.observe(Lost(1))
    assert stage.value("current/sbc/callStats/global/answerSeizureRatio") == 50
    stage.go(61)
    assert stage.value("current/sbc/callStats/global/answerSeizureRatio") is None


def test_a_fact_about_a_group_that_is_not_configured_moves_the_device_only() -> None:
    stage = Stage()
    stage.meters.observe(Tried(77))
    stage.meters.observe(Tried(-1))
    assert stage.value("current/sbc/callStats/global/attemptedCallsInTotal") == 2
    assert len(list(stage.meters._entities[CATALOGUE.places["sbc/callStats/ipGroup"]])) == 0


def test_a_deleted_group_takes_its_meters_along() -> None:
    stage = Stage()
    stage.meters.observe(Tried(1))
    stage.meters.configured("ipGroup", {0: GROUPS[0]})
    stage.go(61)
    assert ("sbc/callStats/ipGroup", 1) in stage.meters.bury()
    stage.meters.configured("ipGroup", GROUPS)
    assert stage.value("current/sbc/callStats/ipGroup/1/attemptedCallsInTotal") == 0
    assert stage.value("current/sbc/callStats/global/attemptedCallsInTotal") == 1


def test_a_change_that_is_taken_back_costs_no_counter() -> None:
    stage = Stage()
    stage.meters.observe(Tried(1))
    stage.meters.configured("ipGroup", {0: GROUPS[0]})
    stage.go(10)
    assert stage.meters.configured("ipGroup", GROUPS) == []
    stage.go(61)
    assert stage.meters.bury() == []
    assert stage.value("current/sbc/callStats/ipGroup/1/attemptedCallsInTotal") == 1


def test_another_group_at_the_same_index_begins_anew() -> None:
    stage = Stage()
    stage.meters.observe(Tried(1))
    stage.meters.configured("ipGroup", {})
    lost = stage.meters.configured("ipGroup", {**GROUPS, 1: Named("another")})
    assert ("sbc/callStats/ipGroup", 1) in lost
    assert stage.value("current/sbc/callStats/ipGroup/1/attemptedCallsInTotal") == 0


def test_levels_fall_when_their_holder_is_gone() -> None:
    stage = Stage()
    stage.meters.observe(Won(0))
    assert stage.value("current/sbc/callStats/global/activeCallsIn") == 1
    stage.meters.emptied("sbc", "media")
    stage.meters.observe(Lost(0))  # told late
    assert stage.value("current/sbc/callStats/global/activeCallsIn") == 0


def test_a_reading_of_a_counter_that_began_again_never_goes_backwards() -> None:
    stage = Stage()
    place = CATALOGUE.places["network/portStats/port"]
    stage.meters.feed(place, ["bytesIn"], True)
    before = None
    for total in (1000, 1500, 20):
        stage.meters.reading(place.path, 0, "bytesIn", total, before)
        before = total
    assert stage.meters.value(place, 0, place.current["bytesintotal"]) == 520


def test_a_feed_of_a_base_that_does_not_exist_stops_the_start() -> None:
    with pytest.raises(KeyError, match="noSuchCalls"):
        Meters(CATALOGUE, [Count(Tried, CALLS, "noSuchCalls", GROUP)], lambda: 0.0)
    Meters(CATALOGUE, FEEDS, lambda: 0.0)


def test_entities_are_made_when_something_happens_to_them() -> None:
    stage = Stage()
    stage.meters.configured("ipGroup", dict.fromkeys(range(5000), GROUPS[0]))
    assert sum(map(len, stage.meters._entities.values())) == 0
    stage.meters.observe(Tried(4999))
    assert sum(map(len, stage.meters._entities.values())) == 2
