"""A request arrives outside every dialog: who sent it, is it allowed, and what begins with it.

One rule: whoever is not known is refused before anything is remembered of him."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sbcd.rooms.calls.call import Call
from sbcd.rooms.calls.facts import Reason, Unclassified, Way
from sbcd.rooms.calls.legs import Leg, contact
from sbcd.rooms.calls.matching import Asked
from sbcd.rooms.calls.outside import Outside
from sbcd.rooms.calls.passing import ALLOW, strange
from sbcd.rooms.calls.protection import CLASSIFICATION
from sbcd.rooms.calls.registration import Registration
from sbcd.rooms.calls.replacing import replaces
from sbcd.rooms.calls.rewriting import scene_of
from sbcd.rooms.calls.routing import USER
from sbcd.rooms.calls.session import too_small
from sbcd.sip.events import Flow
from sbcd.sip.headers import Uri
from sbcd.sip.message import Request, reply
from sbcd.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from sbcd.rooms.calls.desk import Desk
    from sbcd.rooms.calls.plan import IpGroup

SOURCES = {  # IPGroup.SourceUriInput and DestUriInput
    0: "From",
    1: "To",
    3: "P-Asserted-Identity",
    5: "P-Preferred-Identity",
    6: "Route",
    7: "Diversion",
    8: "History-Info",
    9: "P-Associated-URI",
    10: "P-Called-Party-ID",
    11: "Contact",
}
REQUEST_URI = 2
LOCKED_SECONDS = 10  # in Retry-After before a reset, when nothing else is configured
REGISTERED_ONLY, SAME_SOURCE = 1, 2


def asked_of(request: Request, flow: Flow) -> Asked:
    """A request as the rules see it."""
    source, dest = request.from_.uri, request.target
    asked = Asked(
        request.method,
        flow.interface,
        flow.remote[0],
        flow.remote[1],
        flow.transport,
        source.number,
        source.host,
        dest.number,
        dest.host,
    )
    asked.scene = lambda one: scene_of(request, one, flow)
    return asked


def uri_of(request: Request, choice: int) -> Uri | None:
    """The URI that an IP Group takes its numbers from, when it is not the usual one."""
    if choice == REQUEST_URI:
        return request.target
    name = SOURCES.get(choice)
    if name is None or name not in request.headers:
        return None
    found = request.addresses(name)
    return found[0].uri if found else None


def classify(switch: Desk, request: Request, asked: Asked, flow: Flow) -> tuple[IpGroup | None, str]:
    """The IP Group of the sender and the routing policy its rule names: by user, by proxy set, by table."""
    router = switch.router
    binding = switch.registrar.sender(flow)
    if binding is not None and (group := router.groups.get(binding.group)) is not None:
        return group, ""
    for index in switch.proxies.senders(flow):
        found = router.by_proxy_set(index)
        if found is not None:
            return found, ""
    classified = router.by_table(asked)
    if classified is not None:
        return classified[1], classified[0].policy
    if switch.plan.unclassified_allowed:
        interface = router.interfaces.get(flow.interface)
        return next((g for g in router.plan.ip_groups if interface and g.srd == interface.srd), None), ""
    return None, ""


def arrived(switch: Desk, txn: ServerTransaction, flow: Flow) -> None:
    """A request without a To tag."""
    request = txn.request
    method = request.method
    if request.target.scheme not in {"sip", "sips", "tel"}:
        switch.refuse(txn, 416)
        return
    if method in {"BYE", "PRACK", "UPDATE", "INFO"}:
        switch.refuse(txn, 481)
        return
    if request.number("Max-Forwards", 255) == 0 and method != "OPTIONS":
        switch.refuse(txn, 483)
        return
    if unknown := strange(request):
        switch.refuse(txn, 420, headers={"Unsupported": [unknown]})
        return
    if switch.locked and method in {"INVITE", "REGISTER", "SUBSCRIBE"}:
        wait = switch.plan.timers.retry_after or LOCKED_SECONDS
        switch.refuse(txn, 503, headers={"Retry-After": [str(wait)]})
        return
    asked = asked_of(request, flow)
    interface = switch.router.interfaces.get(flow.interface)
    request = rewritten(switch, txn, asked, flow, interface.pre_set if interface is not None else -1)
    known = interface is None or interface.setup < 0 or prepared(switch, txn, asked, flow, interface.setup)
    group, policy = classify(switch, txn.request, asked, flow) if known else (None, "")
    if group is None:
        unclassified(switch, txn, flow)
        return
    request = rewritten(switch, txn, asked, flow, group.inbound_set, group)
    bound = switch.registrar.called(asked.dest_user)
    if bound is not None:
        asked.dest_user, asked.dest_host = bound.user, bound.aor.partition("@")[2]
    if group.source_uri >= 0 and (uri := uri_of(request, group.source_uri)) is not None:
        asked.source_user, asked.source_host = uri.number, uri.host
    if group.dest_uri >= 0 and (uri := uri_of(request, group.dest_uri)) is not None:
        asked.dest_user, asked.dest_host = uri.number, uri.host
    if not switch.guard.stops(txn, asked, group):
        admitted(switch, txn, flow, asked, group, policy)


def admitted(
    switch: Desk, txn: ServerTransaction, flow: Flow, asked: Asked, group: IpGroup, policy: str
) -> None:
    """The sender is who he says: his call is for us (a test call), or goes on."""
    if txn.request.method == "INVITE" and switch.trials.wanted(asked.dest_user, group.name):
        switch.trials.take(txn, flow, asked, group)
        return
    asked.dest_user = switch.trials.stripped(asked.dest_user)
    accepted(switch, txn, flow, asked, group, policy)


def rewritten(
    switch: Desk, txn: ServerTransaction, asked: Asked, flow: Flow, number: int, group: IpGroup | None = None
) -> Request:
    """The request after a manipulation set; what the rules see of it follows."""
    request = switch.router.rewriter.arrived(number, txn.request, asked, flow, group)
    if request is not txn.request:
        txn.request = request
        again = asked_of(request, flow)
        asked.source_user, asked.source_host = again.source_user, again.source_host
        asked.dest_user, asked.dest_host = again.dest_user, again.dest_host
        asked.scene = lambda one: scene_of(request, one, flow, group)
    elif group is not None:
        asked.scene = lambda one: scene_of(txn.request, one, flow, group)
    return request


def prepared(switch: Desk, txn: ServerTransaction, asked: Asked, flow: Flow, number: int) -> bool:
    """Runs call setup rules before classification; what the rules see of a changed request follows."""
    applies = switch.router.setup.run(number, asked)
    if asked.request is not None:
        txn.request, asked.request = asked.request, None
        again = asked_of(txn.request, flow)
        asked.source_user, asked.source_host = again.source_user, again.source_host
        asked.dest_user, asked.dest_host = again.dest_user, again.dest_host
    return applies


def accepted(
    switch: Desk, txn: ServerTransaction, flow: Flow, asked: Asked, group: IpGroup, policy: str
) -> None:
    """The sender is known: the call, or whatever it is, begins."""
    request = txn.request
    switch.sessions += 1
    switch.named(switch.sessions, request.call_id)
    privacy = 0
    if switch.router.inbound:
        asked.source_user, asked.dest_user, privacy = switch.router.inbound.apply(
            asked, group.index, policy=policy
        )
    switch.router.tag(asked, group)
    if request.method != "INVITE":
        errand(switch, txn, asked, group, policy)
        return
    own = contact(leg_user(request), txn.flow, group)
    if "Replaces" in request.headers and replaces(switch, txn, group, own):
        return
    call = begun(switch, txn, asked, privacy)
    txn.owner = call
    leg = Leg(call, Way.IN, group, txn.flow, request.call_id, txn.tag)
    leg.found(request)
    leg.contact = contact(leg_user(request), txn.flow, group)
    switch.remember(leg)
    switch.calls[call.session] = call
    call.begin(leg)
    if refused := refusal(switch, call, group, request):
        status, why = refused
        if status == 422:
            call.respond(422, {"Min-SE": [str(switch.plan.timers.least_session_expires)]})
        call.refuse(status, why, again=switch.plan.timers.retry_after if status == 503 else 0)
        return
    call.go(group, policy)


def errand(switch: Desk, txn: ServerTransaction, asked: Asked, group: IpGroup, policy: str) -> None:
    """What begins no call goes its way."""
    request = txn.request
    leg = Leg(None, Way.IN, group, txn.flow, request.call_id, txn.tag)
    kind = Registration if request.method == "REGISTER" else Outside
    outside = kind(switch, switch.sessions, switch.router, txn, asked, leg)
    leg.call, leg.seat = outside, outside.seat
    txn.owner = outside
    leg.found(request)
    leg.contact = contact(leg_user(request), txn.flow, group)
    if request.method == "SUBSCRIBE":
        switch.remember(leg)
    outside.go(group, policy)


def begun(switch: Desk, txn: ServerTransaction, asked: Asked, privacy: int) -> Call:
    """The call. When a REFER or 3xx led it back here it goes to what its marked address stands for."""
    call = Call(switch, switch.sessions, switch.router, txn, asked)
    call.privacy = privacy
    if mark := switch.marks.meant(txn.request.target):
        call.trigger, call.rerouting, call.sought = mark.trigger, mark.group, mark.uri
        asked.dest_host, asked.hop = mark.uri.host, (mark.uri.port or 0, mark.uri.transport or "")
    return call


def leg_user(request: Request) -> str:
    """The user part of our Contact towards the caller: what he called."""
    user = request.target.user
    return user if user.isascii() and len(user) <= 64 else ""


def refusal(switch: Desk, call: Call, group: IpGroup, request: Request) -> tuple[int, Reason] | None:
    """Why a known sender may not call now."""
    urgent = switch.emergencies.admits(call)
    if not urgent and (len(switch.calls) > switch.plan.capacity or switch.overloaded):
        return 503, Reason.NO_RESOURCES
    if too_small(call, request):
        return 422, Reason.OTHER
    if group.kind == USER and blocks(switch, group, call):
        return 403, Reason.ADMISSION
    if switch.admission.refuses(call, group, Way.IN) and not urgent:
        return 480, Reason.ADMISSION
    return None


def blocks(switch: Desk, group: IpGroup, call: Call) -> bool:
    """Whether calls of users that are not registered are refused (BlockUnRegUsers)."""
    assert call.a is not None
    assert call.asked is not None
    interface = switch.router.interfaces.get(call.a.flow.interface)
    srd = switch.router.srds.get(group.srd)
    if not group.registers:
        return False
    mode = interface.block_unregistered if interface is not None else -1
    if mode < 0:
        mode = srd.block_unregistered if srd is not None else 0
    if mode == REGISTERED_ONLY:
        return not switch.registrar.known(group.index, call.asked.source_user)
    if mode == SAME_SOURCE:
        return switch.registrar.sender(call.a.flow) is None
    return False


def unclassified(switch: Desk, txn: ServerTransaction, flow: Flow) -> None:
    """Nobody knows the sender."""
    switch.tell(Unclassified(switch.wall(), switch.srd(flow.interface), flow.interface, txn.request.method))
    switch.intrusions.event(CLASSIFICATION, flow)
    interface = switch.router.interfaces.get(flow.interface)
    status = interface.unclassified if interface is not None else 500
    if status == 0:
        switch.silence(txn)
        return
    switch.refuse(txn, status)


def options(switch: Desk, txn: ServerTransaction) -> None:
    """OPTIONS that asks the device itself (no user part)."""
    response = reply(txn.request, 200, "", {"Allow": ALLOW, "Accept": "application/sdp"}, tag=txn.tag)
    switch.do(switch.endpoint.respond(txn, response, switch.now))
