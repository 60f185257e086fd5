"""Gauges as transcripts: what is told when, what is shown, what an interval was like."""

from hypothesis import given
from hypothesis import strategies as st

from sbcd.rooms.kpi.gauges import Level, Rate, Ratio, Sample


def test_a_level_is_averaged_over_time() -> None:
    level = Level(start=0)
    level.put(2, now=10)  # 0 for 10 s
    level.put(4, now=20)  # 2 for 10 s
    assert level.value(40) == 4
    assert level.take(0, 40) == ((0 * 10 + 2 * 10 + 4 * 20) / 40, 4, 0)
    assert level.take(40, 50) == (4, 4, 4)  # nothing moved: still 4


def test_a_level_never_falls_below_zero() -> None:
    level = Level(start=0)
    level.put(-1, now=1)
    assert level.value(1) == 0


def test_a_level_taken_late_ends_at_the_boundary() -> None:
    level = Level(start=0)
    level.put(1, now=0)
    assert level.take(0, 60) == (1, 1, 0)
    level.put(3, now=90)
    assert level.take(60, 120) == (2, 3, 1)


def test_a_rate_is_what_the_last_second_held() -> None:
    rate = Rate()
    for now in (0.0, 0.5, 0.9, 1.2):
        rate.add(1, now)
    assert [rate.value(now) for now in (1.2, 1.4999, 1.5, 1.95, 2.3)] == [3, 3, 2, 1, 0]
    assert rate.take(0, 10) == (0.4, 3, 0)
    assert rate.take(10, 20) == (0, 0, 0)


def test_a_ratio_forgets_after_a_minute_and_an_interval_keeps_all() -> None:
    ratio = Ratio()
    assert ratio.value(0) is None  # R18: no calls, no ratio
    ratio.add(100, 1, now=5)
    ratio.add(0, 1, now=30)
    assert ratio.value(60) == 50
    assert ratio.value(65.5) == 0  # the answered one is more than a minute ago
    assert ratio.value(95) is None
    assert ratio.take(0, 900) == (50, 100, 0)
    assert ratio.take(900, 1800) == (None, None, None)


def test_a_ratio_holds_at_most_a_minute_of_seconds() -> None:
    ratio = Ratio()
    for now in range(1000):
        ratio.add(1, 1, now / 2)
    assert len(ratio.buckets) <= 61


def test_a_sample_that_cannot_be_read_is_unknown() -> None:
    sample = Sample()
    for value in (10.0, 30.0, None):
        sample.put(value)
    assert sample.value(0) is None
    assert sample.take(0, 60) == (20, 30, 10)
    assert sample.take(60, 120) == (None, None, None)


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 9), st.integers(1, 9)), max_size=60))
def test_the_window_is_the_sum_of_its_last_minute(steps: list[tuple[float, int, int]]) -> None:
    ratio, now, told = Ratio(), 0.0, []
    for wait, part, whole in steps:
        now += wait
        ratio.add(part, whole, now)
        told.append((now // 1, part, whole))
        inside = [(p, w) for second, p, w in told if second > now // 1 - 60]
        expected = sum(p for p, _ in inside) / sum(w for _, w in inside)
        assert abs((ratio.value(now) or 0) - expected) < 1e-9
