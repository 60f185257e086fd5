"""A plan that follows a configuration change by change is the one that is made of it at once, and so is what
the router makes of it; the engine gets there by the differences alone."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sbcd.config.draft import Draft
from sbcd.config.reading import Parts
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Snapshot
from sbcd.declared import DECLARED
from sbcd.rooms.calls.amending import EMPTY, amended, amendment
from sbcd.rooms.calls.guard import Guard
from sbcd.rooms.calls.plan import Plan
from sbcd.rooms.calls.planner import Around, planned
from sbcd.rooms.calls.routing import NOBODY, Router
from sbcd.rooms.calls.tables.core import SRD
from sbcd.rooms.calls.tables.messages import MessageManipulations
from sbcd.rooms.calls.tables.peers import IPGroup, SBCUserInfoTable
from sbcd.rooms.calls.tables.proxies import (
    DialPlan,
    DialPlanRule,
    IPGroupSet,
    IPGroupSetMember,
    ProxyIp,
    ProxySet,
)
from sbcd.rooms.calls.tables.rules import Classification, ConditionTable, IP2IPRouting
from sbcd.rooms.calls.tables.settings import SipParams

FACTORY = Schema(DECLARED).factory()
AROUND = Around()
NAMES = st.sampled_from(["a", "b", "c"])
SMALL = st.integers(0, 3)


def rows(**of: Any) -> st.SearchStrategy[Any]:
    return st.none() | st.fixed_dictionaries(of)


TABLES: dict[type[Any], st.SearchStrategy[Any]] = {
    SRD: rows(name=NAMES),
    ProxySet: rows(name=NAMES, srd=NAMES),
    ProxyIp: rows(proxy_set=SMALL, position=SMALL, address=st.sampled_from(["10.0.0.1", "10.0.0.2:5080"])),
    IPGroup: rows(
        name=NAMES,
        srd=NAMES,
        proxy_set=NAMES,
        classify_by_proxy_set=st.booleans(),
        type=st.sampled_from([0, 1]),
    ),
    IPGroupSet: rows(name=NAMES),
    DialPlan: rows(name=NAMES),
    DialPlanRule: rows(dial_plan=NAMES, position=SMALL, name=NAMES, prefix=NAMES, tag=NAMES),
    SBCUserInfoTable: rows(ip_group=NAMES, local_user=NAMES, username=NAMES),
    IPGroupSetMember: rows(ip_group_set=SMALL, position=SMALL, ip_group=NAMES),
    IP2IPRouting: rows(name=NAMES, src_ip_group=NAMES, dest_ip_group=NAMES, condition=NAMES),
    Classification: rows(name=NAMES, ip_group=NAMES, condition=NAMES),
    ConditionTable: rows(name=NAMES, condition=st.sampled_from(["", "header.from.url.user == '1'"])),
    MessageManipulations: rows(set_id=SMALL, subject=st.just("header.x-a"), value=st.just("'1'")),
}
Edit = st.one_of(*(st.tuples(st.just(t), SMALL, row) for t, row in TABLES.items()))
Steps = st.lists(st.tuples(st.lists(Edit, max_size=4), st.booleans()), max_size=6)


def walk(steps: list[tuple[list[tuple[type[Any], int, Any]], bool]]) -> list[Snapshot]:
    """Configurations, each made of the one before; some are taken back (undone) before the next."""
    found = [FACTORY]
    for edits, undone in steps:
        draft = Draft(found[-1])
        for table, index, row in edits:
            if row is None:
                draft.remove(table, index)
            else:
                draft.put(index, table(**row))
        found += [draft.finish(), found[-1]] if undone else [draft.finish()]
    return found


@settings(max_examples=150, deadline=None)
@given(Steps)
def test_it_gets_there_by_changes(steps: list[tuple[list[tuple[type[Any], int, Any]], bool]]) -> None:
    parts = Parts()
    plan, router, engine = EMPTY, Router(EMPTY), EMPTY
    guard: Any = Guard(None, b"")  # type: ignore[arg-type]
    for snapshot in walk(steps):
        new = planned(snapshot, AROUND, parts)
        at_once = planned(snapshot, AROUND)
        assert new == at_once
        engine, plan = amended(engine, amendment(plan, new)), new
        assert engine == at_once
        guard.follow(engine.users, ())
        anew: Any = Guard(None, b"")  # type: ignore[arg-type]
        anew.follow(at_once.users, ())
        assert guard._known == anew._known
        router = Router(engine, router)
        assert known(router) == known(Router(at_once))


def known(router: Router) -> dict[str, Any]:
    """What a router has made of its plan, as far as it can be compared."""
    return {
        "rules": [rule for rule, _ in router._rules],
        "classes": [rule for rule, *_ in router._classes],
        "conditions": [match._condition is None for _, match in router._rules],
        "sets": {index: held for index, held in router._by_set.items() if held != NOBODY},
        "tries": {name: row for name, (row, _) in router._tries.items()},
        "messages": [number for number in range(4) if number in router.rewriter._sets],
    }


def test_one_row_makes_one_item() -> None:
    draft = Draft(FACTORY)
    for index in range(1, 200):
        draft.put(index, ProxySet(name=f"p{index}", srd="DefaultSRD"))
        draft.put(index, IPGroup(name=f"g{index}", srd="DefaultSRD", proxy_set=f"p{index}"))
    base = draft.finish()
    parts = Parts()
    old = planned(base, AROUND, parts)
    changed = Draft(base).put(7, ProxySet(name="p7", srd="DefaultSRD", keep_alive_time=9)).finish()
    new = planned(changed, AROUND, parts)
    assert list(new.proxy_sets.since(old.proxy_sets)) == [7]
    assert new.ip_groups is old.ip_groups, "its name is still the same"
    shared: list[str] = [n for n in Plan.__struct_fields__ if getattr(old, n) is getattr(new, n)]
    assert {"ip_groups", "routing", "srds", "interfaces"} <= set(shared)
    params = planned(Draft(changed).set(SipParams(user_agent="x")).finish(), AROUND, parts)
    assert params.ip_groups is old.ip_groups
