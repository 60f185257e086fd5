"""What a message must have before anybody acts on it (RFC 3261 8.1.1, 8.2, 16.3, 20).

One rule: the verdict is a text for the reason phrase, nothing when the message is sound. Only what every
request needs is judged here; what a method or body needs, its user judges."""

from typing import Final

from sbcd.sip.grammar import Malformed
from sbcd.sip.message import Message, Request, Response

NEEDED: Final = ("Via", "From", "To", "Call-ID", "CSeq")


def _shape(message: Message) -> str:
    """Headers that are missing; those that stand too often are seen while reading."""
    headers = message.headers
    for name in NEEDED:
        values = headers.get(name)
        if not values or not values[0]:
            return f"Missing {name} header"
    return ""


def request_flaw(request: Request) -> str:
    """Why a request deserves 400, or nothing. The topmost Via, From, To, CSeq and Request-URI are understood
    (and kept understood) by this."""
    if request.flaw:
        return request.flaw
    if request.version != "2.0":
        return "SIP version is not 2.0"
    if flaw := _shape(request):
        return flaw
    try:
        _ = request.via, request.from_, request.to, request.target
        if request.cseq.method != request.method:
            return "CSeq has another method"
        if request.target.headers and request.method != "REGISTER":
            return "Request-URI has headers"
        if "Max-Forwards" in request.headers:
            request.number("Max-Forwards", 255)
    except Malformed as error:
        return str(error)
    return ""


def response_flaw(response: Response) -> str:
    """Why a response cannot be used, or nothing."""
    if response.flaw:
        return response.flaw
    if flaw := _shape(response):
        return flaw
    try:
        _ = response.to, response.from_, response.cseq
    except Malformed as error:
        return str(error)
    return ""
