"""Colours by the thresholds of QoE Profiles, with their hysteresis."""

from pathlib import Path

import pytest

from sbcd.config import ini, loading
from sbcd.config.catalogue import catalogue
from sbcd.config.schema import Schema
from sbcd.declared import DECLARED
from sbcd.media.contract import Count
from sbcd.rooms.calls.anchor import heard, heard_there
from sbcd.rooms.calls.colours import DELAY, JITTER, LOSS, MOS, Colouring, Colours, Rule, colour, percent
from sbcd.rooms.calls.planner import Around, planned

SAMPLES = Path(__file__).parents[3] / ".." / "shared" / "samples"
SOUND = Rule(MOS, False, 36, 1, 29, 1)
LOST = Rule(LOSS, False, 4, 2, 11, 2)


@pytest.mark.parametrize(
    ("rule", "values", "colours"),
    [
        (SOUND, [42, 36, 35, 36, 37, 29, 28, 29, 30, 36, 37], [2, 2, 1, 1, 2, 1, 0, 0, 1, 1, 2]),
        (LOST, [0, 4, 5, 3, 2, 12, 10, 9, 3, 2], [2, 2, 1, 1, 2, 0, 0, 1, 1, 2]),
    ],
)
def test_worse_at_once_better_beyond_the_hysteresis(
    rule: Rule, values: list[float], colours: list[int]
) -> None:
    found, before = [], 2
    for value in values:
        before = colour(rule, value, before)
        found.append(before)
    assert found == colours


def test_the_worst_counts_and_each_direction_by_itself() -> None:
    world = Colours()
    profile = Colouring("q", (SOUND, LOST, Rule(JITTER, True, 35, 10, 70, 10)))
    assert world.of((1, "a"), profile, {MOS: 42.0, LOSS: 5.0}, {JITTER: 80.0}) == (1, 0)
    assert world.of((1, "a"), profile, {MOS: 42.0, LOSS: 3.0}, {JITTER: 65.0}) == (1, 0)  # hysteresis
    assert world.of((2, "a"), profile, {MOS: 42.0, LOSS: 3.0}, {}) == (2, None)
    world.forget((1, "a"))
    assert world.of((1, "a"), profile, {MOS: 42.0, LOSS: 3.0}, {JITTER: 30.0}) == (2, 2)
    assert world.of((1, "a"), None, {MOS: 10.0}, {}) == (None, None)


def test_what_was_counted_becomes_what_is_judged() -> None:
    mine = Count(
        packets=90, lost=10, jitter=12.5, round_trip=150.0, codec="PCMA", lost_there=5, jitter_there=3.0
    )
    here = heard(mine)
    assert (here[LOSS], here[JITTER], here[DELAY]) == (10.0, 12.5, 150.0)
    assert 10 < here[MOS] < 45
    there = heard_there(mine, Count(packets=100, codec="PCMA"))
    assert (there[LOSS], there[JITTER]) == (5.0, 3.0)
    assert MOS in there
    assert heard(Count()) == {}
    assert percent(None, 5) is None


def test_a_real_configuration_has_its_rules() -> None:
    sample = next(iter(SAMPLES.glob("05_*.ini")), None)
    if sample is None:
        pytest.skip("the sample files are not here")
    schema = Schema(DECLARED)
    loaded = ini.read(sample.read_bytes(), schema, catalogue())
    plan = planned(loading.full(schema, loaded), Around())
    (quality,) = plan.qualities
    assert (quality.name, quality.rules[0], len(quality.rules)) == ("Default_QoE", SOUND, 10)
    assert "Default_QoE" in {row.quality for row in plan.realms}
    assert "Default_QoE" in {row.quality for row in plan.ip_groups}
