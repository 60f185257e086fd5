"""Manipulation sets in calls, in virtual time: what a peer hears and what the call hears of a peer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sbcd.base.errors import Invalid
from sbcd.config import ini
from sbcd.config.catalogue import catalogue
from sbcd.config.schema import Schema
from sbcd.declared import DECLARED
from sbcd.rooms.calls.messages import condition, rule
from sbcd.rooms.calls.plan import Interface, IpGroup, Match, MessageRule, RoutingRule
from sbcd.rooms.calls.routing import Router
from sbcd.rooms.calls.tables.messages import MessageManipulations
from sbcd.rooms.calls.tables.rules import ConditionTable

from .playbook import ALICE, ANSWER, BOB, Hands, brief, invite, plan, says, within

IN, OUT, BEFORE = 1, 2, 3
ADD, REMOVE, MODIFY = 0, 1, 2


def hands(*rows: tuple[Any, ...], **more: Any) -> Hands:
    """Rows: set, type, condition, subject, action, value. B hears set OUT; set IN is done to what A says."""
    messages = tuple(MessageRule(n, *row) for n, row in enumerate(rows))
    groups = (
        IpGroup(0, "A", 0, 0, 0, inbound_set=IN, outbound_set=-1),
        IpGroup(1, "B", 0, 0, 1, host="b.example", inbound_set=-1, outbound_set=OUT),
    )
    return Hands(plan(messages=messages, ip_groups=groups, **more))


def test_what_the_caller_says_is_changed_before_routing() -> None:
    world = hands(
        (
            IN,
            "invite.request",
            "",
            "header.request-uri.url.user",
            MODIFY,
            "'9' + header.request-uri.url.user",
        ),
        routing=(RoutingRule(0, "A to B", Match(dest_user="9"), source=0, ip_group=1),),
    )
    world.hear(ALICE, invite())
    (out,) = world.take(BOB)
    assert out.uri == "sip:92000@b.example"


def test_what_the_called_hears_is_changed_and_the_dialog_goes_on() -> None:
    world = hands(
        (OUT, "any.request", "", "header.contact.url.host", MODIFY, "'sbc.example'"),
        (OUT, "invite.request", "", "header.x-trunk", ADD, "param.ipg.src.name + '>' + param.ipg.dst.name"),
        (OUT, "", "", "header.user-agent", MODIFY, "'hidden'"),
    )
    world.hear(ALICE, invite())
    (out,) = world.take(BOB)
    assert out.contact.uri.host == "sbc.example"
    assert (out.get("X-Trunk"), out.get("User-Agent")) == ("A>B", "hidden")
    world.hear(BOB, says(out, 200, ANSWER))
    ok = world.take(ALICE)[0]
    assert "hidden" not in bytes(ok).decode()
    world.hear(ALICE, within(ok, "ACK", 1))
    world.take()
    world.hear(ALICE, within(ok, "BYE", 2))
    assert "BYE" in brief(world.take(BOB))
    assert world.empty is False or world.switch.calls == {}


def test_a_variable_of_the_session_joins_both_legs() -> None:
    world = hands(
        (IN, "invite.request", "", "var.session.host", MODIFY, "header.to.url.host"),
        (OUT, "invite.request", "var.session.host != ''", "header.x-host", ADD, "var.session.host"),
    )
    world.hear(ALICE, invite())
    (out,) = world.take(BOB)
    assert out.get("X-Host") == invite().to.uri.host


def test_what_the_called_says_is_changed_for_the_caller() -> None:
    world = hands()
    messages = (MessageRule(0, IN, "invite.response.486", "", "header.reason", ADD, "'SIP;cause=17'"),)
    groups = (IpGroup(0, "A", 0, 0, 0), IpGroup(1, "B", 0, 0, 1, inbound_set=IN))
    world.follow(plan(messages=messages, ip_groups=groups))
    world.hear(ALICE, invite())
    (out,) = world.take(BOB)
    world.hear(BOB, says(out, 486))
    (refused,) = world.take(ALICE)
    assert refused.get("Reason") == "SIP;cause=17"


def test_a_set_before_classification_decides_who_it_is() -> None:
    interface = (Interface(0, "SIP", "127.0.9.9", "", 5060, 5060, 0, 0, pre_set=BEFORE),)
    world = hands(
        (BEFORE, "", "param.message.address.src.address == '127.0.0.1'", "header.x-seen", ADD, "'yes'"),
        (OUT, "invite", "", "header.x-also", ADD, "'here'"),
        interfaces=interface,
    )
    world.hear(ALICE, invite())
    (out,) = world.take(BOB)
    assert (out.get("X-Seen"), out.get("X-Also")) == ("yes", "here")


def test_a_rule_that_is_not_understood_names_its_row_and_column() -> None:
    with pytest.raises(Invalid, match=r"MessageManipulations 0 ActionSubject: 'heder' is no subject"):
        Router(plan(messages=(MessageRule(0, 1, "", "", "heder", ADD, "'1'"),)))


SAMPLES = Path(__file__).parents[3].joinpath("../shared/samples").resolve()


def sample_rows() -> Iterator[tuple[str, Any]]:
    for path in sorted(SAMPLES.glob("*.ini")):
        loaded = ini.read(path.read_bytes(), Schema(DECLARED), catalogue())
        for table in (MessageManipulations, ConditionTable):
            for row in loaded.rows.get(table.__table__.ini, {}).values():
                yield path.name, row


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real configuration files are not here")
def test_every_rule_of_real_configurations_is_understood() -> None:
    count = 0
    for _name, row in sample_rows():
        if isinstance(row, MessageManipulations):
            rule(row.message_type, row.condition, row.subject, int(row.action), row.value)
        else:
            condition(row.condition)
        count += 1
    assert count > 50
