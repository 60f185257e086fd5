"""The catalogue against the facts (R17, R19): every id at its place, and no other."""

import csv
from pathlib import Path

import pytest

from sbcd.rooms.kpi import read
from sbcd.rooms.kpi.catalogue import spoken_name

FACTS = Path(__file__).parents[3] / "../shared/facts/kpi.csv"


@pytest.mark.skipif(not FACTS.exists(), reason="the facts are not beside the repository")
def test_r19_ids_are_exactly_those_of_the_facts() -> None:
    wanted = set()
    for row in csv.DictReader(FACTS.read_text().splitlines()):
        place = f"{row['application']}/{row['group']}/{row['entity']}"
        wanted.add((row["mode"], place, row["id"], row["kind"] == "counter", row["unit"].split(" ")[0]))
    have = {
        (mode, place.path, parameter.id, parameter.counted, parameter.unit)
        for place in read().places.values()
        for mode in ("current", "history")
        for parameter in place.parameters(mode).values()
    }
    assert have == wanted


def test_the_two_newer_ratios_are_there() -> None:
    place = read().places["sbc/callStats/global"]
    assert {"failedcallsinratio", "failedcallsoutratio"} <= place.current.keys()


def test_r17_parameters_are_alphabetical_as_in_the_guide() -> None:
    ids = [parameter.id for parameter in read().places["sbc/callStats/ipGroup"].current.values()]
    assert ids == sorted(ids, key=str.lower)
    assert (ids[0], ids[1], ids[-1]) == (
        "abnormalTerminatedCallsInTotal",
        "abnormalTerminatedCallsOutTotal",
        "shortCallsCounterTotal",
    )


def test_names_and_descriptions_are_spoken_as_in_the_guide() -> None:
    place = read().places["sbc/callStats/ipGroup"]
    total, rate = place.current["abnormalterminatedcallsintotal"], place.current["attemptedcallsrateout"]
    assert (total.name, total.help) == (
        "Abnormal Terminated Calls In Total",
        "Total number of abnormally terminated inbound calls (after connect)",
    )
    assert (rate.name, rate.help) == (
        "Attempted Calls Rate Out",
        "Rate of attempted outbound calls (call attempts per second)",
    )
    assert place.history["attemptedcallsin"].help == "Number of attempted inbound calls in the interval"


@pytest.mark.parametrize(
    ("id", "name"),
    [
        ("mediaMOSIn", "Media MOS In"),
        ("mediaKBytesInTotal", "Media KBytes In Total"),
        ("crc4MultiframeErrors", "Crc4 Multiframe Errors"),
        ("userDefinedFailuresIn26Total", "User Defined Failures In26 Total"),
    ],
)
def test_names_split_at_capitals(id: str, name: str) -> None:
    assert spoken_name(id) == name


def test_every_current_parameter_knows_its_twin() -> None:
    without = {
        parameter.id
        for place in read().places.values()
        for parameter in place.current.values()
        if place.twin(parameter) is None
    }
    assert without == {"failedCallsInRatio", "failedCallsOutRatio", "aclDroppedTotal"}
