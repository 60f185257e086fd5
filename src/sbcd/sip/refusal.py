"""Why a sound request is refused before anybody looks at what it wants (RFC 3261 8.2, 16.3).

One rule: the order of the checks is the RFC's: method, URI scheme, hops, extensions, body."""

from collections.abc import Collection, Iterable
from typing import Final

import msgspec

from sbcd.sip.grammar import Malformed
from sbcd.sip.message import Request

UDP_MOST: Final = 1300  # bytes, RFC 3261 18.1.1


class Refusal(msgspec.Struct, frozen=True):
    """A status and the headers that go with it."""

    status: int
    headers: dict[str, str] = {}


def refusal(
    request: Request,
    methods: Collection[str],
    extensions: Collection[str] = (),
    bodies: Collection[str] = ("application/sdp",),
) -> Refusal | None:
    """The refusal of a request, or None. `methods` in capitals, `extensions` (option tags) and `bodies`
    (media types; nothing means every one) in lower case."""
    if request.method not in methods:
        known = request.method in ALL
        return Refusal(405 if known else 501, {"Allow": ", ".join(methods)})
    try:
        if request.target.scheme not in {"sip", "sips", "tel"}:
            return Refusal(416)
        if request.number("Max-Forwards", 255) == 0 and request.method != "OPTIONS":
            return Refusal(483)
        missing = [tag for tag in request.listed("Require") if tag.lower() not in extensions]
    except Malformed:
        return Refusal(400)
    if missing and request.method not in {"ACK", "CANCEL"}:
        return Refusal(420, {"Unsupported": ", ".join(missing)})
    return _body(request, bodies) or _accept(request, bodies)


def _body(request: Request, bodies: Iterable[str]) -> Refusal | None:
    accepted = tuple(bodies)
    if not request.body or not accepted:
        return None
    disposition = request.get("Content-Disposition").lower().replace(" ", "")
    if "handling=optional" in disposition:
        return None
    encoding = request.get("Content-Encoding").lower()
    if request.content_type not in accepted or encoding not in {"", "identity"}:
        return Refusal(415, {"Accept": ", ".join(accepted), "Accept-Encoding": "identity"})
    return None


def _accept(request: Request, bodies: Collection[str]) -> Refusal | None:
    """406 when the answer would be of no type the sender takes (RFC 4475 3.3.15)."""
    if request.method != "INVITE" or "Accept" not in request.headers or not bodies:
        return None
    ranges = {one.partition(";")[0].strip().lower() for one in request.listed("Accept")}
    types = {*bodies, *(f"{one.partition('/')[0]}/*" for one in bodies), "*/*"}
    return None if ranges & types else Refusal(406)


def too_large(size: int, mtu: int = 1500) -> bool:
    """Whether a request of this many bytes must leave over TCP instead of UDP (18.1.1): within 200 bytes of
    the path MTU."""
    return size > min(UDP_MOST, mtu - 200)


ALL: Final = frozenset(
    {"INVITE", "ACK", "BYE", "CANCEL", "REGISTER", "OPTIONS", "PRACK", "SUBSCRIBE", "NOTIFY", "PUBLISH"}
    | {"INFO", "REFER", "MESSAGE", "UPDATE"}
)
