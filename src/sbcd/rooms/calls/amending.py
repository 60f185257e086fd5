"""A plan told by how it differs from another: what changed goes to the engine, not the whole.

One rule: `amended(old, amendment(old, new))` is `new`; finding out, telling and hearing cost what differs."""

from __future__ import annotations

from typing import Any, get_args

import msgspec

from sbcd.base.indexed import Indexed
from sbcd.rooms.calls.plan import INDEXED, Plan

FEW = 4  # a part is told item by item when no more than one of so many differs

_encode = msgspec.msgpack.Encoder().encode


def _decoder(name: str, kind: Any) -> Any:
    return msgspec.msgpack.Decoder(list[get_args(kind)[0]] if name in INDEXED else kind).decode  # type: ignore[misc]


_decoders = {field.name: _decoder(field.name, field.type) for field in msgspec.structs.fields(Plan)}


class Amendment(msgspec.Struct, frozen=True):
    """The parts of a plan that differ, by their names: those to be taken whole, and those of which single
    items are new (`items`) or no more there (`gone`, their indexes)."""

    whole: dict[str, msgspec.Raw] = {}
    items: dict[str, msgspec.Raw] = {}
    gone: dict[str, list[int]] = {}

    def __repr__(self) -> str:  # the parts may hold passwords (R34)
        return f"Amendment({', '.join([*self.whole, *self.items, *self.gone])})"


def amendment(old: Plan, new: Plan) -> Amendment:
    """What `new` is besides `old`."""
    told = Amendment({}, {}, {})
    for name in Plan.__struct_fields__:
        before, after = getattr(old, name), getattr(new, name)
        if before is after:
            continue
        if name in INDEXED:
            _differing(told, name, before, after)
        elif before != after:
            told.whole[name] = msgspec.Raw(_encode(after))
    return told


def whole(plan: Plan) -> Amendment:
    """All of a plan."""
    return amendment(EMPTY, plan)


def _differing(told: Amendment, name: str, before: Indexed[Any], after: Indexed[Any]) -> None:
    found = [index for index in sorted(after.since(before)) if before.get(index) != after.get(index)]
    if len(found) * FEW > len(after):
        told.whole[name] = msgspec.Raw(_encode(list(after)))
        return
    if fresh := [after.rows[index] for index in found if index in after]:
        told.items[name] = msgspec.Raw(_encode(fresh))
    if gone := [index for index in found if index not in after]:
        told.gone[name] = gone


def amended(plan: Plan, told: Amendment) -> Plan:
    """The plan with these parts and items in the place of its own. Raises msgspec.DecodeError."""
    changes: dict[str, Any] = {name: _decoders[name](raw) for name, raw in told.whole.items()}
    changes |= {name: Indexed.of(changes[name]) for name in INDEXED if name in changes}
    for name in {*told.items, *told.gone}:
        items: dict[int, Any] = dict.fromkeys(told.gone.get(name, ()))
        if name in told.items:
            items |= {item.index: item for item in _decoders[name](told.items[name])}
        changes[name] = getattr(plan, name).but(items)
    return msgspec.structs.replace(plan, **changes)


EMPTY = Plan()
