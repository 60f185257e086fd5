"""Patterns, classification, routing and manipulation over a plan, as pure questions."""

import pytest

from sbcd.base.errors import Invalid
from sbcd.rooms.calls.dialplan import PlanTrie
from sbcd.rooms.calls.manipulate import rewrite
from sbcd.rooms.calls.matching import Asked, tags
from sbcd.rooms.calls.patterns import matcher
from sbcd.rooms.calls.plan import (
    ClassificationRule,
    DialPlan,
    GroupSet,
    IpGroup,
    Manipulation,
    Match,
    Plan,
    RoutingRule,
    Srd,
)
from sbcd.rooms.calls.routing import Router, address, weighted


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("0", ["0", "0123"], ["123", ""]),
        ("9xxxx#", ["91234"], ["912345", "9123", "9a234"]),
        ("[10-25,7]", ["10", "19x", "25", "7", "77"], ["9", "26", "1"]),
        ("+2711123[1000-1999]", ["+27111231000", "+271112319995"], ["+27111232000", "27111231000"]),
        ("03(5)", ["03125", "035"], ["0312", "3125"]),
        ("zn", ["12", "99"], ["02", "11"]),
        ("112#", ["112"], ["1123"]),
        ("$", [""], ["1"]),
        ("alice", ["alice", "alicex"], ["bob"]),
    ],
)
def test_patterns(pattern: str, yes: list[str], no: list[str]) -> None:
    found = matcher(pattern)
    assert found is not None
    assert [text for text in yes if not found(text)] == []
    assert [text for text in no if found(text)] == []


def test_everything_costs_nothing() -> None:
    assert matcher("*") is None
    assert matcher("") is None


@pytest.mark.parametrize("pattern", ["[1-", "[5-12]", "[9-1]"])
def test_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(Invalid):
        matcher(pattern)


def test_the_most_specific_rule_of_a_dial_plan() -> None:
    plan = PlanTrie(
        [("4", "eu"), ("49", "de"), ("49x", "de-any"), ("493", "berlin"), ("112#", "sos"), ("(99)", "s")]
    )
    asked = ("41", "49", "495", "4930", "112", "1125", "599")
    assert [plan.tag(number) for number in asked] == ["eu", "de", "de-any", "berlin", "sos", "", "s"]


def test_a_dial_plan_of_many() -> None:
    plan = PlanTrie((f"{number:06}", f"t{number}") for number in range(50_000))
    assert plan.tag("0123456789") == "t12345"


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ({"remove_left": 1, "prefix": "+49"}, "0123", "+49123"),
        ({"remove_right": 2, "suffix": "#"}, "12345", "123#"),
        ({"leave_right": 4}, "123456", "3456"),
        ({"leave_right": 0, "prefix": "x"}, "123", "x"),
        ({"remove_right": 9}, "123", ""),
    ],
)
def test_rewriting_a_number(rule: dict[str, int], before: str, after: str) -> None:
    assert rewrite(before, Manipulation(0, "", Match(), **rule)) == after  # type: ignore[arg-type]


class Alive:
    """Everybody lives, the dice shows a half, turns go round."""

    def __init__(self, *dead: int) -> None:
        self.dead, self.turns = dead, -1

    def usable(self, group: IpGroup) -> bool:
        return group.index not in self.dead

    def chance(self) -> float:
        return 0.5

    def turn(self, set_index: int, of: int) -> int:
        self.turns += 1
        return self.turns % of

    def owner(self, host: str) -> IpGroup | None:
        return None


GROUPS = tuple(IpGroup(i, f"G{i}", 0, 0, i, tags=(("default", f"g{i}"),)) for i in range(5))
SRDS = (Srd(0, "S", dial_plan="D"),)


def names(router: Router, asked: Asked, living: Alive, **more: int) -> list[list[str]]:
    """The groups that are tried, one line for each turn."""
    found = router.routes(asked, GROUPS[0], living, **more)  # type: ignore[arg-type]
    return [[target.group.name if target.group else "-" for target in turn] for turn in found]


def test_alternatives_and_forks_below_their_rule() -> None:
    rules = (
        RoutingRule(0, "other", Match(dest_user="9"), ip_group=4),
        RoutingRule(1, "main", Match(dest_user="1"), ip_group=1, group_policy=1),
        RoutingRule(2, "member", Match(), ip_group=2, alternative=3),
        RoutingRule(3, "alternative", Match(), ip_group=3, alternative=1),
        RoutingRule(4, "only when 12", Match(dest_user="12"), ip_group=4, alternative=2),
        RoutingRule(5, "next", Match(), ip_group=4),
    )
    router = Router(Plan(ip_groups=GROUPS, srds=SRDS, routing=rules))
    assert names(router, Asked("INVITE", dest_user="11"), Alive()) == [["G1", "G2"], ["G3"]]
    assert names(router, Asked("INVITE", dest_user="12"), Alive()) == [["G1", "G2"], ["G3"], ["G4"]]
    assert names(router, Asked("INVITE", dest_user="5"), Alive()) == [["G4"]]


def test_request_types_and_triggers() -> None:
    rules = (
        RoutingRule(0, "options", Match(request=6), dest_type=1, address="internal"),
        RoutingRule(1, "after 3xx of G1", Match(), trigger=1, reroute=1, ip_group=2),
        RoutingRule(2, "initial", Match(), trigger=4, ip_group=1),
    )
    router = Router(Plan(ip_groups=GROUPS, srds=SRDS, routing=rules))
    (found,) = next(iter(router.routes(Asked("OPTIONS"), GROUPS[0], Alive())))
    assert found.action == "200"
    assert names(router, Asked("INVITE"), Alive()) == [["G1"]]
    assert names(router, Asked("INVITE"), Alive(), trigger=1, rerouting=1) == [["G2"]]
    assert names(router, Asked("INVITE"), Alive(), trigger=1, rerouting=3) == []


def test_group_sets_and_tags() -> None:
    sets = (
        GroupSet(0, "round", 0, (), ((1, 1), (2, 1), (3, 1))),
        GroupSet(1, "homing", 2, (("country", "de"),), ((1, 1), (2, 1))),
    )
    rules = (
        RoutingRule(0, "set", Match(dest_user="1"), dest_type=11, group_set=0),
        RoutingRule(1, "by tag", Match(dest_user="4"), dest_type=12, tag="country"),
        RoutingRule(2, "by default tag", Match(), dest_type=12),
    )
    plans = (DialPlan("D", (("49", "country=de"), ("7", "g3"))),)
    router = Router(Plan(ip_groups=GROUPS, srds=SRDS, routing=rules, group_sets=sets, dial_plans=plans))
    living = Alive()
    assert names(router, Asked("INVITE", dest_user="1"), living) == [["G1"], ["G2"], ["G3"]]
    assert names(router, Asked("INVITE", dest_user="1"), living) == [["G2"], ["G3"], ["G1"]]
    for user, dead, expected in (("49", (), [["G1"], ["G2"]]), ("49", (1,), [["G2"]]), ("71", (), [["G3"]])):
        asked = Asked("INVITE", dest_user=user)
        router.tag(asked, GROUPS[0])
        assert names(router, asked, Alive(*dead)) == expected


def test_classification_from_the_top() -> None:
    rules = (
        ClassificationRule(0, "deny", Match(source_user="666"), allow=False),
        ClassificationRule(1, "net", Match(), address="52.*.*.*", transport=2, ip_group=1),
        ClassificationRule(2, "host", Match(source_host="*.teams.example"), ip_group=2),
    )
    router = Router(Plan(ip_groups=GROUPS, classification=rules))

    def who(**more: str) -> object:
        found = router.by_table(Asked("INVITE", **more))  # type: ignore[arg-type]
        return found and (found[1].index if found[1] else "denied")

    assert who(source_user="666") == "denied"
    assert who(address="52.1.2.3", transport="tls") == 1
    assert who(address="52.1.2.3", transport="udp") is None
    assert who(source_host="sip.TEAMS.example") == 2


def test_small_things() -> None:
    assert address("10.0.0.1:5070") == ("10.0.0.1", 5070)
    assert address("[2001:db8::1]:5062") == ("2001:db8::1", 5062)
    assert address("2001:db8::1") == ("2001:db8::1", 0)
    assert tags("Country=de; premium") == {("country", "de"), ("default", "premium")}
    ordered = weighted([(GROUPS[1], 1), (GROUPS[2], 9)], lambda: 0.5)
    assert [group.index for group, _ in ordered] == [2, 1]
