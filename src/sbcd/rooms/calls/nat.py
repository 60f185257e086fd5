"""Where the media of a peer are sent: as it announced, or to where its packets come from (NatMode).

One rule: whether a peer is behind a NAT is told by its signalling: its Contact names another address than
the one it speaks from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sbcd.media.contract import Nat
from sbcd.rooms.calls.reach import on_loopback
from sbcd.rooms.calls.routing import literal
from sbcd.sip.grammar import Malformed
from sbcd.sip.headers import Uri

if TYPE_CHECKING:
    from sbcd.rooms.calls.legs import Leg
    from sbcd.rooms.calls.routing import Router

AUTO, OFF, FORCE, SIGNALLED = 0, 1, 2, 3
WORDS: tuple[Nat, ...] = ("auto", "off", "force")


def nat(router: Router, leg: Leg) -> Nat:
    """How the media of a leg find it."""
    mode = router.plan.timers.nat
    if mode != SIGNALLED:
        return WORDS[mode] if mode < len(WORDS) else "auto"
    return "force" if behind(leg, router.plan.loopback) else "off"


def behind(leg: Leg, loopback: bool) -> bool:
    """Whether the Contact of a peer names another address than it speaks from; a name tells nothing."""
    try:
        host = Uri.parse(leg.target).host
    except Malformed:
        return False
    return literal(host) and (on_loopback(host) if loopback else host) != leg.flow.remote[0]
