"""By what a request finds its transaction, and by which way its response goes back.

One rule: only the topmost Via, the flow and (for old clients) the dialog's identifiers are looked at."""

import msgspec

from sbcd.sip.events import Flow
from sbcd.sip.grammar import Malformed, split
from sbcd.sip.headers import Via
from sbcd.sip.message import Request, Response
from sbcd.sip.transaction import Key


def key_of(request: Request) -> Key:
    """By what a request finds its transaction (17.2.3); without a branch of RFC 3261 by the old rules."""
    method = "INVITE" if request.method in {"ACK", "CANCEL"} else request.method
    via = request.via
    if branch := via.branch:
        return branch, via.sent_by, method
    number = request.cseq.number
    return (
        request.call_id,
        request.from_.tag,
        number,
        request.uri,
        via.sent_by,
        via.params.get("branch"),
        method,
    )


def branch_of(response: Response) -> str:
    """The branch of our Via as it came back; nothing when there is more than our Via, or none of ours."""
    vias = response.headers["Via"]
    via = vias[0]
    start = via.find(";branch=z9hG4bK")
    if len(vias) > 1 or "," in via:
        return ""
    if start < 0 or '"' in via or " " in (branch := via[start + 8 :].partition(";")[0]):
        try:
            return Via.parse(via).branch
        except Malformed:
            return ""
    return branch


def stamped(request: Request, flow: Flow) -> tuple[Request, Flow]:
    """The request with `received` and `rport` in its top Via (18.2.1, RFC 3581), and where the response
    goes (18.2.2)."""
    via = request.via
    host, port = flow.remote
    wants = "rport" in via.params
    if not wants and via.host == host:
        there = flow if flow.reliable else msgspec.structs.replace(flow, remote=(host, via.sent_by[1]))
        return request, there
    params = {**via.params, "received": host}
    if wants:
        params["rport"] = str(port)
    via = Via(via.transport, via.host, via.port, params)
    lines = request.headers["Via"]
    rest = split(lines[0])[1:] if "," in lines[0] else []
    request.headers["Via"] = [str(via), *rest, *lines[1:]]
    request.stamp(via)
    if flow.reliable or wants:
        return request, flow
    return request, msgspec.structs.replace(flow, remote=(host, via.sent_by[1]))


def merge_key(request: Request) -> Key:
    """By what the same request is known that came by another way (8.2.2.2). The Request-URI is part of it:
    two branches of a fork to two users behind us are two calls."""
    return request.call_id, request.from_.tag, request.cseq.number, request.method, request.uri


def prack_key(request: Request) -> Key:
    """By what a PRACK finds its provisional (RFC 3262 7.2); nothing matches when RAck cannot be read."""
    parts = request.get("RAck").split()
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts[:2]):
        return ()
    return request.call_id, request.to.tag, int(parts[1]), int(parts[0])


def plain(reason: str) -> str:
    """A reason as it may stand in a start line."""
    return "".join(char if char.isprintable() and char.isascii() else "?" for char in reason)[:80]
