"""Everything said between device and engine survives the wire."""

import msgspec

from sbcd.rooms.calls import facts
from sbcd.rooms.calls.amending import whole
from sbcd.rooms.calls.contract import Down, Facts, Prepare, Up
from sbcd.rooms.calls.facts import Attempted, Ended, Way
from sbcd.rooms.calls.plan import IpGroup, Plan


def test_a_plan_goes_down() -> None:
    said = Prepare(7, 3, whole(Plan(ip_groups=(IpGroup(1, "Teams", 0, 0, 1, password="hush"),))))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(said), type=Down) == said


def test_facts_come_up() -> None:
    said = Facts(
        "b1", 12, [Attempted(1.5, 1, Way.IN, 0, 0, 1), Ended(9.0, 1, Way.OUT, 1, 0, 1, 7.5, False, "BYE")]
    )
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(said), type=Up) == said


def test_every_fact_is_in_the_union() -> None:
    told = {
        value
        for value in vars(facts).values()
        if isinstance(value, type) and issubclass(value, facts.Fact) and value.__struct_config__.tag
    }
    assert told == set(facts.AnyFact.__args__)


def test_secrets_have_no_repr() -> None:
    """R34."""
    said = repr(Plan(ip_groups=(IpGroup(1, "T", 0, 0, 1, password="hush"),)))
    assert "hush" not in said
