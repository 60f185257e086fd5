"""Call setup rules in calls, in virtual time: what they ask and set, and when a route does not apply."""

from typing import Any

import pytest
from msgspec import structs

from sbcd.base.errors import Invalid
from sbcd.config.draft import Draft
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Change
from sbcd.declared import DECLARED
from sbcd.rooms.calls import ruling
from sbcd.rooms.calls.plan import DialPlan, Interface, IpGroup, Match, MessageRule, RoutingRule, SetupRule
from sbcd.rooms.calls.routing import Router
from sbcd.rooms.calls.tables.messages import CallSetupRules

from .playbook import ALICE, BOB, Hands, brief, invite, plan

FACTORY = Schema(DECLARED).factory()
ADD, REMOVE, MODIFY, PREFIX, RUN, EXIT = 0, 1, 2, 3, 20, 21
NONE, LDAP, DIAL_PLAN = 0, 1, 2
DIRECTORY = DialPlan("DP", (("+4930[1-3]", "berlin"), ("200", "tenant=one;site=b"), ("1", "caller")))


def rows(*given: tuple[Any, ...]) -> tuple[SetupRule, ...]:
    """Set, query, target, question, previous, condition, subject, action, value."""
    return tuple(SetupRule(n, *row) for n, row in enumerate(given))


def hands(*given: tuple[Any, ...], group: int = 1, interface: int = -1, **more: Any) -> Hands:
    """Set `group` belongs to the calls of A."""
    parts: dict[str, Any] = {
        "setup": rows(*given),
        "dial_plans": (DIRECTORY,),
        "interfaces": (Interface(0, "SIP", "127.0.9.9", "", 5060, 5060, 0, 0, setup=interface),),
        "ip_groups": (
            IpGroup(0, "A", 0, 0, 0, setup=group),
            IpGroup(1, "B", 0, 0, 1, host="b.example", outbound_set=2),
        ),
        "messages": (MessageRule(0, 2, "invite", "", "header.x-told", ADD, "var.session.told"),),
    }
    return Hands(plan(**{**parts, **more}))


def told(world: Hands, **more: str) -> str:
    """What B hears of the variable."""
    world.hear(ALICE, invite(**more))
    (out,) = world.take(BOB)
    return out.get("X-Told")


def ask(question: str, when: str, what: str = "var.session.told") -> tuple[Any, ...]:
    return (1, DIAL_PLAN, "DP", question, False, when, what, MODIFY, "dialplan.result")


def test_a_dial_plan_is_asked_and_its_result_crosses_the_call() -> None:
    assert told(hands(ask("param.call.dst.user", "dialplan.found exists"))) == "tenant=one;site=b"


def test_the_question_may_be_a_header_and_the_first_answer_ends_the_run() -> None:
    world = hands(
        ask("Header.P-Asserted-Identity.URL.User", "DialPlan.Found exists"),
        (1, NONE, "", "", True, "", "", EXIT, "True"),
        ask("Param.Call.Src.User", "DialPlan.Found exists"),
    )
    assert told(world, P_Asserted_Identity="<sip:+49302@a.example>") == "berlin"
    world = hands(*[structs.astuple(row)[1:] for row in world.switch.plan.setup])
    assert told(world, P_Asserted_Identity="<sip:+49309@a.example>") == "caller"


def test_what_is_not_found_does_not_exist() -> None:
    world = hands(
        (1, DIAL_PLAN, "DP", "'999'", False, "dialplan.found !exists", "var.session.told", MODIFY, "'no'")
    )
    assert told(world) == "no"


def test_a_directory_that_cannot_be_asked_found_nothing() -> None:
    question = "'telephoneNumber=' + param.call.dst.user"
    world = hands((1, LDAP, "AD", question, False, "ldap.found !exists", "", EXIT, "false"))
    world.hear(ALICE, invite())
    assert brief(world.take(ALICE))[-1] == "404 INVITE"
    assert not world.take(BOB)


def test_numbers_hosts_and_headers_are_set() -> None:
    world = hands(
        (1, NONE, "", "", False, "", "param.call.dst.user", PREFIX, "'9'"),
        (1, NONE, "", "", False, "param.call.dst.user == '92000'", "header.x-also", ADD, "'seen'"),
        (1, NONE, "", "", False, "", "param.call.src.user", MODIFY, "'7'"),
    )
    world.hear(ALICE, invite())
    (out,) = world.take(BOB)
    assert (out.uri, out.from_.uri.user, out.get("X-Also")) == ("sip:92000@b.example", "7", "seen")


def test_tags_decide_the_route() -> None:
    world = hands(
        ask("param.call.dst.user", "dialplan.found exists", "dsttags"),
        (1, NONE, "", "", False, "dsttags.site == 'b'", "srctags.from", MODIFY, "'setup'"),
        routing=(
            RoutingRule(0, "nowhere", Match(dest_tags="site=c"), source=0, ip_group=0),
            RoutingRule(1, "there", Match(dest_tags="site=b", source_tags="from=setup"), ip_group=1),
        ),
    )
    world.hear(ALICE, invite())
    assert brief(world.take(BOB)) == ["INVITE"]


def test_exit_false_makes_a_route_not_apply_and_the_next_one_is_tried() -> None:
    world = hands(
        (5, NONE, "", "", False, "param.call.dst.user prefix '2'", "var.session.told", MODIFY, "'tried'"),
        (5, NONE, "", "", True, "", "", EXIT, "False"),
        group=-1,
        routing=(
            RoutingRule(0, "not this", Match(), source=0, ip_group=0, setup=5),
            RoutingRule(1, "this", Match(), source=0, ip_group=1),
        ),
    )
    assert told(world) == "tried"


def test_exit_in_a_set_that_was_run_ends_the_whole_run() -> None:
    """As in a real configuration: 'found: run the set that says True; else False'."""
    found = "param.call.dst.user prefix '20'"
    given = (
        (2, NONE, "", "", False, found, "", RUN, "3"),
        (2, NONE, "", "", False, "", "", EXIT, "False"),
        (3, NONE, "", "", False, "", "", EXIT, "True"),
    )
    assert told(hands(*given, group=2)) == ""
    world = hands(*given, group=2)
    world.hear(ALICE, invite("3000"))
    assert brief(world.take(ALICE))[-1] == "404 INVITE"


def test_sets_that_run_each_other_end() -> None:
    world = hands((1, NONE, "", "", False, "", "", RUN, "'1'"))
    world.hear(ALICE, invite())
    assert brief(world.take(ALICE))[-1] == "404 INVITE"


def test_rules_of_an_interface_run_before_classification() -> None:
    no = (4, NONE, "", "", False, "header.user-agent contains 'bad'", "", EXIT, "False")
    yes = (4, NONE, "", "", False, "", "header.request-uri.url.user", MODIFY, "'77'")
    world = hands(no, yes, group=-1, interface=4)
    world.hear(ALICE, invite())
    (out,) = world.take(BOB)
    assert out.uri == "sip:77@b.example"
    world.hear(ALICE, invite(call="call-2", User_Agent="bad one"))
    assert brief(world.take(ALICE))[-1] == "500 INVITE"
    assert "Unclassified" in world.told()


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ((1, DIAL_PLAN, "DP", "nonsense", False, "", "", EXIT, "True"), "AttributesToQuery: 'nonsense'"),
        ((1, NONE, "", "", False, "what", "", EXIT, "True"), "Condition: 'what' is no subject"),
        ((1, NONE, "", "", False, "", "", EXIT, "perhaps"), "ActionValue: exit needs True or False"),
        ((1, NONE, "", "", False, "", "", RUN, "x"), "ActionValue: 'x' is no number"),
        ((1, NONE, "", "", False, "", "heder", MODIFY, "'1'"), "ActionSubject: 'heder' is no subject"),
        ((1, NONE, "", "", False, "", "header.via", MODIFY, "'1'"), "header.via belongs to the device"),
    ],
)
def test_a_rule_that_is_not_understood_names_row_and_column(row: tuple[Any, ...], why: str) -> None:
    with pytest.raises(Invalid) as told:
        Router(plan(setup=rows(row)))
    assert str(told.value).startswith("CallSetupRules 0 ")
    assert why in str(told.value)


def test_a_configuration_is_told_all_of_it() -> None:
    draft = Draft(FACTORY)
    draft.put(3, CallSetupRules(condition="what")).put(4, CallSetupRules(subject="heder", value="'1'"))
    found = [(p.table, p.row, p.column) for p in ruling.problems(Change(FACTORY, draft.finish()))]
    assert found == [("CallSetupRules", 3, "Condition"), ("CallSetupRules", 4, "ActionSubject")]
