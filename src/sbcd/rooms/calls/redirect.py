"""3xx: who was called says where else to try (SBCRemote3xxBehavior: handle locally).

One rule: the new address is a new destination for the routing table, rules for 3xx included; nobody is led
around in circles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sbcd.rooms.calls.facts import Forwarded
from sbcd.rooms.calls.routing import REDIRECT
from sbcd.sip.message import Response

if TYPE_CHECKING:
    from sbcd.rooms.calls.attempt import Attempt
    from sbcd.rooms.calls.call import Call

HANDLE_LOCALLY = 2
MOST_TRIED = 10  # attempts of one call, redirected ones included


def redirected(call: Call, attempt: Attempt, response: Response) -> bool:
    """Goes on with the first Contact of a 3xx; False when the caller shall hear the 3xx himself."""
    group, asked, caller = attempt.target.group, call.asked, call.a
    if call.router.profile(group).redirect != HANDLE_LOCALLY or call.tried >= MOST_TRIED:
        return False
    contact = response.contact
    if contact is None or asked is None or caller is None or caller.group is None:
        return False
    asked.dest_user, asked.dest_host = contact.uri.number, contact.uri.host
    call.tell(Forwarded, attempt.leg)
    rerouting = group.index if group is not None else -1
    call.targets = call.router.routes(asked, caller.group, call.switch, "", REDIRECT, rerouting)
    call.advance()
    return True
