"""A plan told by how it differs from another: what changed goes to the engine, not the whole.

One rule: `amended(old, *amendment(old, new))` is `new`; single items are told where none came or went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sbcd.rooms.calls.plan import Plan

Part = dict[str, msgspec.Raw]
FEW = 4  # a part is told item by item when no more than one of so many differs

_encode = msgspec.msgpack.Encoder().encode
_decoders = {field.name: msgspec.msgpack.Decoder(field.type).decode for field in msgspec.structs.fields(Plan)}


def amendment(old: Plan, new: Plan) -> tuple[Part, Part]:
    """The parts of `new` that are not as in `old`: those to be taken whole, and those of which single items
    are, by their index."""
    whole: Part = {}
    items: Part = {}
    for name in Plan.__struct_fields__:
        before, after = getattr(old, name), getattr(new, name)
        if before is after or before == after:
            continue
        differing = _differing(before, after)
        if differing is None:
            whole[name] = msgspec.Raw(_encode(after))
        else:
            items[name] = msgspec.Raw(_encode(differing))
    return whole, items


def _differing(before: Any, after: Any) -> list[Any] | None:
    """The items that differ; None where they are not the same rows in the same order, or not few."""
    if not isinstance(before, tuple) or not isinstance(after, tuple) or len(before) != len(after):
        return None
    pairs = [(x, y) for x, y in zip(before, after, strict=True) if x is not y]
    if len(pairs) * FEW > len(after):
        return None
    if any(getattr(x, "index", None) is None or x.index != getattr(y, "index", None) for x, y in pairs):
        return None
    return [y for _, y in pairs]


def amended(plan: Plan, whole: Mapping[str, msgspec.Raw], items: Mapping[str, msgspec.Raw]) -> Plan:
    """The plan with these parts and items in place of its own."""
    changes = {name: _decoders[name](raw) for name, raw in whole.items()}
    for name, raw in items.items():
        fresh = {item.index: item for item in _decoders[name](raw)}
        changes[name] = tuple(fresh.get(item.index, item) for item in getattr(plan, name))
    return msgspec.structs.replace(plan, **changes)
