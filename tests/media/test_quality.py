"""The E-model against figures that G.107 and G.113 lead to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbcd.media.quality import mos


@pytest.mark.parametrize(
    ("codec", "lost", "round_trip", "expected"),
    [
        ("PCMA", 0, 0, 4.39),
        ("pcmu", 0, 300, 4.29),
        ("G729", 0, 0, 4.1),
        ("PCMA", 20, 0, 4.24),
        ("PCMA", 100, 0, 3.27),
        ("PCMA", 0, 800, 2.77),
        ("PCMA", 1000, 0, 1.06),
    ],
)
def test_estimates(codec, lost, round_trip, expected):
    assert mos(codec, 1000 - lost if lost < 1000 else 1, lost, 1.0, round_trip) == pytest.approx(
        expected, abs=0.12
    )


def test_what_cannot_be_known_is_none():
    assert mos("OPUS", 1000, 0, 0, 0) is None
    assert mos("PCMA", 0, 0, 0, 0) is None


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.floats(0, 1000), st.floats(0, 10_000))
def test_more_loss_is_never_better(packets, lost, jitter, round_trip):
    one, two = (
        mos("PCMA", packets, lost, jitter, round_trip),
        mos("PCMA", packets, lost * 2, jitter, round_trip),
    )
    assert 1.0 <= two <= one <= 4.5
