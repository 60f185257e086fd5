"""What leaves the device: the request of the outgoing leg, its numbers, identities and hosts.

One rule: no address, name or identifier of the incoming side is in it, except what the configuration and the
two people want the other to see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sbcd.rooms.calls.early import able, asking
from sbcd.rooms.calls.identity import diverted, escaped, identity
from sbcd.rooms.calls.legs import contact, with_user
from sbcd.rooms.calls.marks import unmarked
from sbcd.rooms.calls.passing import ALLOW, AUTHENTICATION, extensions, passed
from sbcd.rooms.calls.replaces import replacing
from sbcd.rooms.calls.routing import INITIAL, TO_URI
from sbcd.rooms.calls.session import proposal
from sbcd.sip.headers import Address, Uri, bracketed
from sbcd.sip.message import Headers, Request

if TYPE_CHECKING:
    from sbcd.rooms.calls.attempt import Attempt
    from sbcd.rooms.calls.call import Call
    from sbcd.rooms.calls.legs import Leg
    from sbcd.rooms.calls.matching import Asked
    from sbcd.rooms.calls.plan import IpGroup
    from sbcd.rooms.calls.profile import Profile
    from sbcd.rooms.calls.reach import Place
    from sbcd.rooms.calls.routing import Router, Target


def address_leg(
    leg: Leg, invite: Request, source: str, dest: str, from_host: str, place: Place, group: IpGroup | None
) -> None:
    """Gives the leg its From, To, Contact and first target."""
    local = leg.flow.local[0]
    caller = invite.from_
    named = (group.local_host if group else "") or from_host or leg.call.switch.plan.timers.name
    own = named or bracketed(local)
    leg.local = str(Address(with_user(caller.uri, escaped(source), own), caller.display))
    leg.contact = contact((group.contact_user if group else "") or escaped(source), leg.flow, group)
    if place.uri:
        leg.target = place.uri
        leg.remote = f"<{Uri('sip', escaped(dest), (group.host if group else '') or place.host)}>"
        return
    host = (group.host if group else "") or place.host or place.flow.remote[0]
    shown = None if (group is not None and group.host) or not place.port else place.port
    leg.target = str(with_user(invite.target, escaped(dest), host, shown))
    leg.remote = f"<{with_user(invite.target, escaped(dest), host)}>"


def manipulated(
    router: Router, asked: Asked, source: IpGroup, target: Target, trigger: int = INITIAL, rerouting: int = -1
) -> tuple[str, str, int]:
    """The users and the privacy after outbound manipulation."""
    if not router.outbound:
        return asked.source_user, asked.dest_user, 0
    dest = target.group.index if target.group is not None else -1
    return router.outbound.apply(asked, source.index, dest, target.rule.policy, trigger, rerouting)


def invitation(call: Call, attempt: Attempt, place: Place) -> Request:
    """The INVITE of the outgoing leg. Its body is still that of the caller."""
    invite, asked, a, leg = call.invite, call.asked, call.a, attempt.leg
    assert invite is not None
    assert asked is not None
    assert a is not None
    assert a.group is not None
    group = attempt.target.group
    source, dest, privacy = manipulated(
        call.router, asked, a.group, attempt.target, call.trigger, call.rerouting
    )
    if call.sought is not None:
        dest = unmarked(dest)
    address_leg(leg, invite, source, dest, a.group.host, place, group)
    if call.sought is not None and attempt.target.rule.dest_type == TO_URI:
        leg.target = str(msgspec.structs.replace(call.sought, user=escaped(dest)))
    also = AUTHENTICATION if group is not None and not group.user else ()
    headers = passed(invite, (*also, *call.carried))
    profile = call.router.profile(group)
    replacing(call.switch, headers, invite, group, profile.replaces)
    identity(leg, invite, headers, source, call.privacy or privacy, profile.assert_identity)
    diverted(headers, invite, profile, leg.target)
    common(headers, invite, call, profile)
    timer = proposal(call, profile, invite, headers)
    untimed = frozenset() if timer else frozenset({"timer"})
    knows, needs = asking(profile.prack, able(invite))
    supported = set(extensions(invite, "Supported", untimed | {"100rel"}).split(", ")) | knows
    required = set(extensions(invite, "Require", untimed).split(", ")) | needs
    if timer:
        supported.add("timer")
    for name, tags in (("Supported", supported - {""}), ("Require", required - {""})):
        if tags:
            headers[name] = [", ".join(sorted(tags))]
    return leg.request("INVITE", headers, invite.body)


def common(headers: Headers, heard: Request, call: Call, profile: Profile) -> None:
    """Max-Forwards, Allow, User-Agent and what else every request has; `profile`: of whom it goes to."""
    hops = heard.number("Max-Forwards", 255)
    headers["Max-Forwards"] = [str(70 if hops is None else hops - 1)]
    headers["Allow"] = [ALLOW]
    if "Expires" in heard.headers:
        headers["Expires"] = heard.headers["Expires"]
    own = [call.switch.plan.timers.user_agent]
    headers["User-Agent"] = heard.headers.get("User-Agent", own) if profile.keeps_agent else own
