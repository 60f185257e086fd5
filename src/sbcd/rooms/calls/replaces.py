"""Replaces (RFC 3891): a call that takes the place of another one's leg.

One rule: the identifiers of one side mean nothing on the other; they are found among our legs and told as
those of the leg opposite, or they are somebody else's and pass as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sbcd.rooms.calls.legs import Leg, Stage
from sbcd.sip.grammar import Malformed
from sbcd.sip.headers import Valued
from sbcd.sip.message import Headers, Message

if TYPE_CHECKING:
    from sbcd.rooms.calls.desk import Desk
    from sbcd.rooms.calls.plan import IpGroup

AS_IS = 2  # SBCRemoteReplacesBehavior


def named(switch: Desk, text: str) -> Leg | None:
    """Our leg of the dialog that a Replaces value names, whichever of the two told it."""
    try:
        value = Valued.parse(text)
    except Malformed:
        return None
    one, two = value.params.get("to-tag") or "", value.params.get("from-tag") or ""
    for mine, theirs in ((one, two), (two, one)):
        leg = switch.legs.get(mine)
        if leg is not None and leg.call_id == value.value and leg.remote_tag == theirs:
            return leg
    return None


def opposite(leg: Leg) -> Leg | None:
    """The leg on the other side of a leg that is up."""
    other = leg.call.other(leg) if leg.stage == Stage.CONNECTED else None
    return other if other is not None and other.stage == Stage.CONNECTED else None


def value(leg: Leg) -> str:
    """The dialog of a leg as its peer is told of it."""
    return f"{leg.call_id};to-tag={leg.remote_tag};from-tag={leg.local_tag}"


def replacing(switch: Desk, headers: Headers, heard: Message, group: IpGroup | None, behavior: int) -> None:
    """The Replaces of an INVITE that goes to `group`: ours become those of the leg opposite."""
    if "Replaces" not in heard.headers:
        return
    text = heard.get("Replaces")
    leg = named(switch, text) if behavior != AS_IS else None
    other = opposite(leg) if leg is not None else None
    theirs = other.group if other is not None else None
    if other is not None and theirs is not None and group is not None and theirs.index == group.index:
        text = value(other)
    headers["Replaces"] = [text]
