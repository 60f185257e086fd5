"""An alarm as a trap, a line and JSON: every object, every limit."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from sbcd.rooms.alarms import Alarm, Severity, alarm_type
from sbcd.rooms.alarms.notices import Device, as_json, date_and_time, line, link, one_line, trap

LOST = Alarm(
    32003,
    alarm_type("acProxyConnectionLost"),
    "Board#1/ProxyConnection#8",
    Severity.MAJOR,
    "Proxy Set 8 (main): no server answers",
    ("one", "", "three"),
    datetime(2026, 3, 1, 23, 0, 5, 678_000, tzinfo=UTC),
    4200,
    Severity.MAJOR,
)
DEVICE = Device("gate", "", "", "4711")


def test_a_trap_has_its_sixteen_objects_in_order() -> None:
    found = trap(LOST, Severity.CRITICAL, DEVICE)
    assert found[:2] == [
        ("1.3.6.1.2.1.1.3.0", "ticks", 4200),
        ("1.3.6.1.6.3.1.1.4.1.0", "oid", "1.3.6.1.4.1.5003.9.10.1.21.2.0.94"),
    ]
    assert [oid for oid, _, _ in found[2:]] == [
        f"1.3.6.1.4.1.5003.9.10.1.21.1.{number}.0" for number in range(1, 17)
    ]
    assert [value for _, _, value in found[2:]] == [
        93,  # the number of the trap less one
        b"Proxy Set 8 (main): no server answers",
        b"Board#1/ProxyConnection#8",
        4,
        2,  # 32003 gone round the MIB's 0..32000
        1,
        6,
        b"one",
        b"",
        b"three",
        bytes.fromhex("07ea 03 01 17 00 05 06 2b 00 00"),
        5,
        b"gate",
        b"",
        b"",
        b"4711",
    ]
    assert {kind for _, kind, value in found[2:] if isinstance(value, int)} == {"integer"}


def test_the_enterprise_moves_the_trap_and_not_its_objects() -> None:
    found = trap(LOST, Severity.MAJOR, DEVICE, "1.3.6.1.4.1.99")
    assert found[1][2] == "1.3.6.1.4.1.99.2.0.94"
    assert found[2][0] == "1.3.6.1.4.1.5003.9.10.1.21.1.1.0"


def test_a_link_that_goes_down_is_named_by_its_index() -> None:
    assert link(False, 3, 12) == [
        ("1.3.6.1.2.1.1.3.0", "ticks", 12),
        ("1.3.6.1.6.3.1.1.4.1.0", "oid", "1.3.6.1.6.3.1.1.5.3"),
        ("1.3.6.1.2.1.2.2.1.1.3", "integer", 3),
        ("1.3.6.1.2.1.2.2.1.7.3", "integer", 1),
        ("1.3.6.1.2.1.2.2.1.8.3", "integer", 2),
    ]


def test_texts_of_more_octets_than_characters_are_cut_between_characters() -> None:
    text = {oid: value for oid, _, value in trap(replace(LOST, text="ä" * 199 + "b"), Severity.MAJOR, DEVICE)}
    cut = text["1.3.6.1.4.1.5003.9.10.1.21.1.2.0"]
    assert isinstance(cut, bytes)
    assert cut.decode() == "ä" * 100


def test_date_and_time_tells_the_zone() -> None:
    west = datetime(2026, 12, 31, 23, 59, 59, 0, timezone(-timedelta(hours=3, minutes=30)))
    assert date_and_time(west) == bytes.fromhex("07ea 0c 1f 17 3b 3b 00 2d 03 1e")


def test_the_line_of_a_raise_a_clear_and_an_event() -> None:
    assert line(LOST) == (
        "RAISE-ALARM: acProxyConnectionLost; Textual Description: Proxy Set 8 (main): no server answers; "
        "Severity Major; Source Board#1/ProxyConnection#8; Unique ID: 32003; Additional Info1: one; "
        "Additional Info3: three."
    )
    assert line(replace(LOST, severity=Severity.CLEARED, info=("", "", ""))).startswith(
        "CLEAR-ALARM: acProxy"
    )
    assert line(replace(LOST, type=alarm_type("acActivityLog"))).startswith("EVENT: acActivityLog; ")


@given(st.text())
def test_nobody_writes_lines_of_his_own(text: str) -> None:
    """A peer's name or reason may stand in a text; it must not forge a second line."""
    assert len(one_line(text).splitlines()) <= 1
    assert "\n" not in line(replace(LOST, text=text))
    assert "\r" not in line(replace(LOST, text=text))


def test_json_has_rests_names() -> None:
    assert as_json(LOST, DEVICE) == {
        "id": "32003",
        "name": "acProxyConnectionLost",
        "oid": "1.3.6.1.4.1.5003.9.10.1.21.2.0.94",
        "kind": "alarm",
        "description": "Proxy Set 8 (main): no server answers",
        "severity": "Major",
        "source": "Board#1/ProxyConnection#8",
        "additionalInfo": ["one", "three"],
        "date": "2026-03-01T23:00:05.678Z",
        "systemUpTime": 4200,
        "serialNumber": "4711",
        "deviceName": "gate",
    }
