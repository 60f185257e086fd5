"""`/metrics` read by the official client library's parsers; it shows what /kpi/current shows."""

from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain

from rooms.kpi.stage import CATALOGUE, Stage, Tried, Won
from sbcd.rooms.calls import kpis
from sbcd.rooms.kpi import Named
from sbcd.rooms.kpi.metrics import Metrics, family


def test_both_formats_parse_and_say_what_kpi_says() -> None:
    stage = Stage(feeds=kpis.feeds(lambda *_: ()))
    stage.meters.configured("ipGroup", {1: Named('the "quoted" \\ one\nand more')})
    for open, parse in ((True, openmetrics), (False, plain)):
        text = "".join(Metrics(stage.meters).lines(open))
        families = {one.name: one for one in parse(text)}
        assert len(families) > 100
        shown = {
            (sample.name, sample.labels["entity"], sample.labels["index"]): sample.value
            for one in families.values()
            for sample in one.samples
        }
        for place in CATALOGUE.places.values():
            for index in stage.meters.indexes(place) if place.indexed else (0,):
                for parameter in place.current.values():
                    name = family(parameter.base) + ("_total" if parameter.counted else "")
                    value = stage.meters.value(place, index, parameter)
                    key = (name, place.entity, str(index) if place.indexed else "")
                    if place.application == "gateway":
                        continue
                    assert shown.get(key) == value, key


def test_counters_are_counters_and_labels_say_where() -> None:
    stage = Stage()
    stage.meters.observe(Tried(1))
    stage.meters.observe(Won(1))
    text = "".join(Metrics(stage.meters).lines(True))
    families = {one.name: one for one in openmetrics(text)}
    attempted = families["sbcd_attempted_calls_in"]
    assert attempted.type == "counter"
    sample = next(one for one in attempted.samples if one.labels["index"] == "1")
    assert (sample.name, sample.value) == ("sbcd_attempted_calls_in_total", 1)
    assert sample.labels == {
        "application": "sbc",
        "group": "callStats",
        "entity": "ipGroup",
        "index": "1",
        "name": "Teams-c",
    }
    assert families["sbcd_active_calls_in"].type == "gauge"
    assert "sbcd_busy_calls_in" not in families  # null is not there
