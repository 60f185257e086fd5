"""The ordered rules of a configuration as parts of the plan: classification, routing, manipulations.

One rule: the order of the rows is the order of the rules; 'Any' and '*' cost nothing later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from sbcd.base.errors import Invalid, Problem
from sbcd.base.indexed import Indexed
from sbcd.config.snapshot import Change, Snapshot
from sbcd.rooms.calls import plan
from sbcd.rooms.calls.messages import condition, rule
from sbcd.rooms.calls.policy import signature
from sbcd.rooms.calls.setup import step
from sbcd.rooms.calls.tables.core import SRD, SIPInterface
from sbcd.rooms.calls.tables.messages import (
    CallSetupRules,
    MaliciousSignatureDB,
    MessageManipulations,
    MessagePolicy,
)
from sbcd.rooms.calls.tables.peers import IPGroup
from sbcd.rooms.calls.tables.profiles import IpProfile
from sbcd.rooms.calls.tables.proxies import IPGroupSet
from sbcd.rooms.calls.tables.rules import (
    Classification,
    ConditionTable,
    IP2IPRouting,
    IPInboundManipulation,
    IPOutboundManipulation,
    SBCAlternativeRoutingReasons,
)
from sbcd.rooms.calls.tables.words import ListType, RowRole, SendRejection

if TYPE_CHECKING:
    from sbcd.rooms.calls.planner import Around

RULES: tuple[type[Any], ...] = (
    Classification,
    ConditionTable,
    IP2IPRouting,
    IPInboundManipulation,
    IPOutboundManipulation,
    SBCAlternativeRoutingReasons,
    MessageManipulations,
    CallSetupRules,
    MessagePolicy,
    MaliciousSignatureDB,
)


def rules(
    around: Around, part: Callable[..., tuple[Any, ...]], rows: Callable[..., Indexed[Any]]
) -> dict[str, Any]:
    """These parts of the plan, by their names in it; `part` and `rows` make one, or know it."""
    reasons = frozenset(part("reasons", make=reasons_of))
    return {
        "classification": rows("classification", make=lambda s: classification(s, around), by=Classification),
        "routing": rows("routing", make=routing, by=IP2IPRouting),
        "inbound": rows("inbound", make=inbound, by=IPInboundManipulation),
        "outbound": rows("outbound", make=outbound, by=IPOutboundManipulation),
        "messages": rows("messages", make=messages, by=MessageManipulations),
        "setup": rows("setup", make=setups, by=CallSetupRules),
        "policies": part("policies", make=policies),
        "signatures": part("signatures", make=signatures),
        "conditions": part("conditions", make=conditions),
        "alternative_reasons": (("", reasons),) if reasons else (),
    }


def problems(change: Change) -> Iterator[Problem]:
    """Texts of changed rows that the language of messages does not understand, with their place."""
    for index, (_, row) in change.changed(MessageManipulations).items():
        if row is not None:
            try:
                rule(row.message_type, row.condition, row.subject, int(row.action), row.value)
            except Invalid as error:
                column, _, why = str(error).partition(": ")
                yield Problem(why, table="MessageManipulations", row=index, column=column)
    for index, (_, asks) in change.changed(CallSetupRules).items():
        if asks is not None:
            try:
                step(setup(index, asks))
            except Invalid as error:
                column, _, why = str(error).partition(": ")
                yield Problem(why, table="CallSetupRules", row=index, column=column)
    for index, (_, known) in change.changed(MaliciousSignatureDB).items():
        if known is not None:
            try:
                signature(known.name, known.pattern)
            except Invalid as error:
                why = str(error).partition("Pattern: ")[2]
                yield Problem(why, table="MaliciousSignatureDB", row=index, column="Pattern")
    for index, (_, held) in change.changed(ConditionTable).items():
        if held is not None:
            try:
                condition(held.condition)
            except Invalid as error:
                yield Problem(str(error), table="ConditionTable", row=index, column="Condition")


def reasons_of(snapshot: Snapshot) -> Iterator[int]:
    """Answers after which an alternative is tried."""
    for row in snapshot.rows(SBCAlternativeRoutingReasons).values():
        yield row.release_cause


def conditions(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Conditions that rules name."""
    for row in snapshot.rows(ConditionTable).values():
        yield row.name, row.condition


def messages(snapshot: Snapshot) -> Iterator[plan.MessageRule]:
    """What is done to messages."""
    for index, row in snapshot.rows(MessageManipulations).items():
        previous = row.role == RowRole.USE_PREVIOUS_CONDITION
        texts = (row.message_type, row.condition, row.subject)
        yield plan.MessageRule(index, row.set_id, *texts, int(row.action), row.value, previous)


def setups(snapshot: Snapshot) -> Iterator[plan.SetupRule]:
    """What is asked and set before routing."""
    for index, row in snapshot.rows(CallSetupRules).items():
        yield setup(index, row)


def setup(index: int, row: CallSetupRules) -> plan.SetupRule:
    """A row of it."""
    return plan.SetupRule(
        index,
        row.set_id,
        int(row.query_type),
        row.query_target,
        row.attributes_to_query,
        row.role == RowRole.USE_PREVIOUS_CONDITION,
        row.condition,
        row.subject,
        int(row.action),
        row.value,
    )


def policies(snapshot: Snapshot) -> Iterator[plan.MessagePolicy]:
    """What messages are taken."""
    for row in snapshot.rows(MessagePolicy).values():
        yield plan.MessagePolicy(
            row.name,
            row.max_message_length,
            row.max_header_length,
            row.max_body_length,
            row.max_num_headers,
            row.max_num_bodies,
            row.send_rejection == SendRejection.POLICY_DROP,
            row.method_list,
            row.method_list_type == ListType.POLICY_WHITELIST,
            row.body_list,
            row.body_list_type == ListType.POLICY_WHITELIST,
            row.use_malicious_signatures,
        )


def signatures(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """How attackers look."""
    for row in snapshot.rows(MaliciousSignatureDB).values():
        yield row.name, row.pattern


def group(snapshot: Snapshot, name: str) -> int:
    """An IP group by name; 'Any' and nothing are -1."""
    if not name or name.lower() == "any":
        return -1
    return snapshot.index(IPGroup, name)


def match(row: Any, **more: Any) -> plan.Match:
    """What all rules have: patterns of user and host on both sides."""
    return plan.Match(row.src_user, row.src_host, row.dest_user, row.dest_host, **more)


def classification(snapshot: Snapshot, around: Around) -> Iterator[plan.ClassificationRule]:
    """Who is it?"""
    for index, row in snapshot.rows(Classification).items():
        where = row.src_address
        if around.loopback and where.count(".") == 3:
            where = "127." + where.partition(".")[2]
        yield plan.ClassificationRule(
            index,
            row.name,
            match(row, condition=row.condition),
            snapshot.index(SRD, row.srd),
            snapshot.index(SIPInterface, row.sip_interface),
            where,
            row.src_port,
            int(row.src_transport),
            bool(row.action),
            group(snapshot, row.ip_group),
            row.ip_group_tag if row.ip_group_selection else "",
            row.dest_routing_policy,
            snapshot.index(IpProfile, row.ip_profile),
        )


def routing(snapshot: Snapshot) -> Iterator[plan.RoutingRule]:
    """Where to?"""
    for index, row in snapshot.rows(IP2IPRouting).items():
        yield plan.RoutingRule(
            index,
            row.name,
            match(
                row,
                request=int(row.request_type),
                condition=row.condition,
                source_tags=row.src_tags,
                dest_tags=row.dest_tags,
            ),
            row.routing_policy,
            group(snapshot, row.src_ip_group),
            group(snapshot, row.reroute_ip_group),
            int(row.trigger),
            int(row.dest_type),
            group(snapshot, row.dest_ip_group),
            snapshot.index(SIPInterface, row.dest_sip_interface),
            row.dest_address,
            row.dest_port,
            int(row.dest_transport),
            int(row.alt_route_options),
            int(row.group_policy),
            row.modified_dest_user,
            snapshot.index(IPGroupSet, row.ip_group_set),
            row.routing_tag,
            row.internal_action,
            row.call_setup_rules_set_id,
        )


def inbound(snapshot: Snapshot) -> Iterator[plan.Manipulation]:
    """Numbers as they come in."""
    for index, row in snapshot.rows(IPInboundManipulation).items():
        yield plan.Manipulation(
            index,
            row.name,
            match(row, request=int(row.request_type)),
            row.routing_policy,
            row.additional,
            group(snapshot, row.src_ip_group),
            **change(row),
        )


def outbound(snapshot: Snapshot) -> Iterator[plan.Manipulation]:
    """Numbers as they go out."""
    for index, row in snapshot.rows(IPOutboundManipulation).items():
        yield plan.Manipulation(
            index,
            row.name,
            match(
                row,
                request=int(row.request_type),
                condition=row.condition,
                source_tags=row.src_tags,
                dest_tags=row.dest_tags,
            ),
            row.routing_policy,
            row.additional,
            source=group(snapshot, row.src_ip_group),
            dest=group(snapshot, row.dest_ip_group),
            reroute=group(snapshot, row.reroute_ip_group),
            trigger=int(row.trigger),
            privacy=int(row.privacy_restriction_mode),
            **change(row),
        )


def change(row: Any) -> dict[str, Any]:
    """What a manipulation does."""
    return {
        "uri": int(row.manipulated_uri),
        "remove_left": row.remove_from_left,
        "remove_right": row.remove_from_right,
        "leave_right": row.leave_from_right,
        "prefix": row.prefix2_add,
        "suffix": row.suffix2_add,
    }
