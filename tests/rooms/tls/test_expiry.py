"""The certificate rule: Minor, Major in the last week, Critical afterwards."""

from datetime import timedelta

import pytest

from rooms.tls.room import NOW
from sbcd.rooms.tls import expiry

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("left", "told"),
    [
        (61.0, None),
        (60.0, ("Minor", "The certificate of TLS context 3 will expire in 60 days")),
        (11.5, ("Minor", "The certificate of TLS context 3 will expire in 11 days")),
        (7.0, ("Major", "The certificate of TLS context 3 will expire in less than a week")),
        (0.9, ("Major", "The certificate of TLS context 3 will expire in less than a day")),
        (0.0, ("Critical", "The certificate of TLS context 3 has expired today")),
        (-20.0, ("Critical", "The certificate of TLS context 3 has expired 20 days ago")),
    ],
)
def test_severity_and_text(left: float, told: tuple[str, str] | None) -> None:
    found = expiry.judged(3, NOW + left * DAY, NOW, 60 * DAY)
    assert (found and (found[0].title, found[1])) == told


def test_start_0_is_quiet_until_the_end() -> None:
    assert expiry.judged(0, NOW + timedelta(seconds=1), NOW, 0 * DAY) is None
    assert expiry.judged(0, NOW, NOW, 0 * DAY) is not None


def test_the_next_look_does_not_miss_a_turn() -> None:
    assert expiry.next_look([], NOW, 7 * DAY) == NOW + 7 * DAY
    assert expiry.next_look([NOW + 100 * DAY], NOW, 7 * DAY) == NOW + 7 * DAY
    assert expiry.next_look([NOW + 9 * DAY], NOW, 7 * DAY) == NOW + 2 * DAY
    assert expiry.next_look([NOW + 3 * DAY, NOW - DAY], NOW, 7 * DAY) == NOW + 2 * DAY
    assert expiry.next_look([NOW + DAY / 2], NOW, 7 * DAY) == NOW + DAY / 2
