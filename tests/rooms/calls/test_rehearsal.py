"""Series of test calls by table (Test_Call), in virtual time."""

import pytest

from rooms.calls.playbook import ALICE, ANSWER, BOB, Hands, brief, invite, plan, says, within
from rooms.calls.test_trials import Phones
from sbcd.base.errors import Invalid, NotFound
from sbcd.config import ini, loading
from sbcd.config.catalogue import catalogue
from sbcd.config.schema import Schema
from sbcd.declared import DECLARED
from sbcd.rooms.calls.diagnostics import CALLED, CONTINUOUS, Rehearsal, Testing
from sbcd.rooms.calls.planner import Around, planned


def hands(**more: object) -> Hands:
    standard = {"endpoint": "1000", "called": "2000", "group": "B", "rate": 1, "duration": 5, "digits": "1"}
    row = Rehearsal(0, **{**standard, **more})
    hands = Hands()
    hands.switch.trials.voices = Phones()
    hands.follow(plan(testing=Testing(rows=(row,))))
    return hands


def act(hands: Hands, action: str) -> None:
    hands.switch.now = hands.now
    hands.switch.trials.rehearsals.act(0, action)
    hands._sent(hands.switch.flush())


def answer(hands: Hands) -> int:
    """Bob answers every INVITE that waits and every BYE; how many calls that were."""
    asked = [one for one in hands.take(BOB) if brief([one]) in (["INVITE"], ["BYE"])]
    for one in asked:
        hands.hear(BOB, says(one, 200, ANSWER if one.method == "INVITE" else b"", tag=f"b{one.call_id}"))
    return sum(1 for one in asked if one.method == "INVITE")


def line(hands: Hands) -> tuple[str, int, int, int, int]:
    one = hands.switch.trials.rehearsals.series[0].line()
    return one.summary, one.active, one.attempts, one.established, one.failed


def test_a_run_makes_each_call_once_at_its_rate() -> None:
    world = hands(channels=3)
    assert line(world)[0] == "Idle", "nothing begins by itself"
    act(world, "dial")
    total = answer(world)
    assert total == 1
    for _ in range(12):
        world.wait(1)
        total += answer(world)
    assert total == 3
    assert line(world) == ("Idle", 0, 3, 3, 0)
    assert not world.facts, "no figure of calls counts them"


def test_a_continuous_run_keeps_so_many_calls_up_until_it_is_over() -> None:
    world = hands(channels=2, mode=CONTINUOUS, minutes=1)
    act(world, "dial")
    most = total = 0
    for _ in range(80):
        total += answer(world)
        most = max(most, line(world)[1])
        world.wait(1)
    answer(world)
    assert most == 2
    assert total > 10
    assert line(world) == ("Idle", 0, total, total, 0)


def test_refusals_are_counted_and_drop_ends_it() -> None:
    world = hands(channels=5, duration=100)
    act(world, "dial")
    world.hear(BOB, says(world.take(BOB)[0], 486))
    world.wait(1)
    answer(world)
    assert line(world) == ("Running", 1, 2, 1, 1)
    act(world, "drop")
    assert "BYE" in brief(world.take(BOB))
    assert line(world)[:2] == ("Idle", 0)
    world.wait(10)
    assert "INVITE" not in brief(world.take(BOB))


def test_a_schedule_begins_a_run_again_and_again() -> None:
    world = hands(interval=1)
    total = 0
    for _ in range(130):
        world.wait(1)
        total += answer(world)
    assert total == 3, "after 5, 65 and 125 seconds"


def test_the_called_party_takes_calls_of_its_group() -> None:
    world = hands(endpoint="4711", party=CALLED, group="A")
    world.hear(ALICE, invite("4711"))
    answered = world.take(ALICE)[-1]
    assert answered.status == 200
    world.hear(ALICE, within(answered, "ACK", 1))
    assert line(world) == ("Receiving", 1, 1, 1, 0)
    world.hear(ALICE, within(answered, "BYE", 2))
    assert line(world) == ("Idle", 0, 1, 1, 0)
    assert world.switch.trials.rehearsals.series[0].disconnected == 1
    world.hear(ALICE, invite("4712", call="other", Via="SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKo"))
    assert "INVITE" in brief(world.take(BOB)), "another number goes on"
    with pytest.raises(Invalid, match="called party"):
        act(world, "dial")
    with pytest.raises(NotFound):
        world.switch.trials.rehearsals.act(7, "dial")


def test_a_row_that_stays_goes_on_and_one_that_goes_ends() -> None:
    world = hands(channels=1, duration=100)
    act(world, "dial")
    answer(world)
    kept = world.switch.plan.testing
    world.follow(plan(testing=Testing(prefix="9", rows=kept.rows)))
    assert line(world)[0] == "Running"
    world.take()
    world.follow(plan())
    assert "BYE" in brief(world.take(BOB))


INI = """
[ Test_Call ]
FORMAT Test_Call_Index = Test_Call_EndpointURI, Test_Call_CalledURI, Test_Call_RouteBy, HEADS;
Test_Call 0 = "1000@x", "2000", 2, "", "10.0.0.7:5080", 2, 0, 4, 30, 1, 15;
Test_Call 1 = "4711", "", 1, "Default_IPG", "", -1, 1, 1, 20, 0, 0;
Test_Call 2 = "1", "2", 0, "", "", -1, 0, 1, 20, 0, 0;
[ \\Test_Call ]
"""
HEADS = (
    "IPGroupName DestAddress DestTransportType CallParty MaxChannels CallDuration TestMode ScheduleInterval"
)


def test_the_table_becomes_rows() -> None:
    """As real devices write it: the table's name before each column."""
    schema = Schema(DECLARED)
    heads = ", ".join(f"Test_Call_{name}" for name in HEADS.split())
    text = INI.replace("HEADS", heads).replace('"Default_IPG"', '""').encode()
    rows = planned(loading.full(schema, ini.read(text, schema, catalogue())), Around()).testing.rows
    assert [row.index for row in rows] == [0, 1], "a gateway's routing has no way here"
    first = rows[0]
    assert (first.endpoint, first.called) == ("1000", "2000")
    assert (first.address, first.transport) == ("10.0.0.7:5080", "TLS")
    assert (first.channels, first.duration, first.mode) == (4, 30, 1)
    assert (first.interval, first.digits) == (15, "3212333")
    assert rows[1].party == CALLED
