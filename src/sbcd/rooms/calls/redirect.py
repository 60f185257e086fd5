"""3xx: who was called says where else to try (SBCRemote3xxBehavior: handle locally).

One rule: the new address is a new destination for the routing table, rules for 3xx included; nobody is led
around in circles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sbcd.rooms.calls.facts import Forwarded
from sbcd.rooms.calls.marks import DATABASE, GROUP_NAME, LOCAL_HOST, elsewhere
from sbcd.rooms.calls.routing import REDIRECT
from sbcd.sip.grammar import Malformed
from sbcd.sip.headers import Address
from sbcd.sip.message import Response

if TYPE_CHECKING:
    from sbcd.rooms.calls.attempt import Attempt
    from sbcd.rooms.calls.call import Call
    from sbcd.rooms.calls.ending import Session

HANDLE_LOCALLY = 2
BEHAVIORS = {1: DATABASE, 3: GROUP_NAME, 4: LOCAL_HOST}
MOST_TRIED = 10  # attempts of one call, redirected ones included


def told(call: Session, response: Response) -> list[str]:
    """The Contacts of a 3xx as the caller hears them (SBCRemote3xxBehavior of his profile)."""
    caller = call.a
    contacts = response.headers["Contact"]
    if caller is None:
        return contacts
    behavior = BEHAVIORS.get(call.router.profile(caller.group).redirect, 0)
    if not behavior:
        return contacts
    try:
        found = response.addresses("Contact")
    except Malformed:
        return contacts
    return [
        str(Address(elsewhere(call.switch, caller, one.uri, behavior, REDIRECT, -1), one.display, one.params))
        for one in found
    ]


def redirected(call: Call, attempt: Attempt, response: Response) -> bool:
    """Goes on with the first Contact of a 3xx; False when the caller shall hear the 3xx himself."""
    group, asked, caller = attempt.target.group, call.asked, call.a
    if asked is None or caller is None or caller.group is None or call.tried >= MOST_TRIED:
        return False
    if HANDLE_LOCALLY not in {call.router.profile(side).redirect for side in (group, caller.group)}:
        return False
    contact = response.contact
    if contact is None or contact.uri.scheme not in {"sip", "sips", "tel"}:
        return False
    uri = contact.uri
    asked.dest_user, asked.dest_host, asked.hop = uri.number, uri.host, (uri.port or 0, uri.transport or "")
    call.tell(Forwarded, attempt.leg)
    call.trigger, call.rerouting = REDIRECT, group.index if group is not None else -1
    call.sought = msgspec.structs.replace(uri, headers="")
    call.targets = call.router.routes(asked, caller.group, call.switch, "", REDIRECT, call.rerouting)
    call.advance()
    return True
