"""A REFER inside a call: is it passed on, rewritten, or carried out here (SBCRemoteReferBehavior)?

One rule: the profile of whoever would get the REFER decides; it is carried out here, too, when the profile of
who sent it says so. What is sent on says nothing of this side that the other must not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sbcd.rooms.calls.marks import DATABASE, GROUP_NAME, LOCAL_HOST, elsewhere
from sbcd.rooms.calls.routing import HANDLED, REFER
from sbcd.rooms.calls.transfer import Transfer
from sbcd.sip.grammar import Malformed
from sbcd.sip.headers import Address
from sbcd.sip.message import Request

if TYPE_CHECKING:
    from sbcd.rooms.calls.desk import Desk
    from sbcd.rooms.calls.ending import Session
    from sbcd.rooms.calls.legs import Leg
    from sbcd.sip.transaction import ServerTransaction


def referred(call: Session, leg: Leg, dest: Leg, txn: ServerTransaction) -> bool:
    """A REFER of `leg`: True when it is dealt with here; else it is passed on, maybe rewritten."""
    request, switch = txn.request, call.switch
    mine, theirs = call.router.profile(leg.group), call.router.profile(dest.group)
    if HANDLED not in {mine.refer, theirs.refer}:
        txn.request = rewritten(switch, request, leg, dest, theirs.refer)
        return False
    try:
        (target,) = request.addresses("Refer-To")
    except (Malformed, ValueError):
        switch.refuse(txn, 400, leg)
        return True
    if target.uri.scheme not in {"sip", "sips", "tel"}:
        switch.refuse(txn, 416, leg)
    elif call.transfer is not None or not call.up:
        switch.refuse(txn, 491, leg)
    else:
        call.transfer = Transfer(call, leg, dest, request, target.uri)
        call.transfer.accept(txn)
    return True


def rewritten(switch: Desk, request: Request, leg: Leg, dest: Leg, behavior: int) -> Request:
    """The REFER as it is passed on."""
    if behavior not in {DATABASE, GROUP_NAME, LOCAL_HOST}:
        return request
    try:
        (target,) = request.addresses("Refer-To")
    except (Malformed, ValueError):
        return request
    by = leg.group.index if leg.group is not None else -1
    uri = elsewhere(switch, dest, target.uri, behavior, REFER, by)
    return request.but({"Refer-To": str(Address(uri, target.display, target.params))})
