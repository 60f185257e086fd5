"""Who is said to call and who diverted it: P-Asserted-Identity, Privacy, Diversion, History-Info.

One rule: what an IP Profile says about one of these headers decides on the INVITE that leaves to its peer;
without such a word the header passes as it came. Diversions are read and written as RFC 7544 maps them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote, unquote

import msgspec

from sbcd.rooms.calls.legs import with_user
from sbcd.sip.grammar import Malformed
from sbcd.sip.headers import Address, Uri, bracketed
from sbcd.sip.message import Headers, Message, Request

if TYPE_CHECKING:
    from sbcd.rooms.calls.legs import Leg
    from sbcd.rooms.calls.plan import Profile

IDENTITIES = ("P-Asserted-Identity", "P-Preferred-Identity", "Privacy")
RESTRICT, REVEAL = 2, 3  # IPOutboundManipulation.PrivacyRestrictionMode
ADD, REMOVE = 1, 2  # SBCAssertIdentity, SBCDiversionMode, SBCHistoryInfoMode
ANONYMOUS: Final = '"Anonymous" <sip:anonymous@anonymous.invalid>'
USER_SAFE: Final = "-_.!~*'()&=+$,;?/"  # RFC 3261 user-unreserved
CAUSES: Final = {  # RFC 7544 7.1
    "unconditional": "302",
    "user-busy": "486",
    "no-answer": "408",
    "deflection": "480",
    "unavailable": "503",
}
REASONS: Final = {cause: reason for reason, cause in CAUSES.items()} | {"487": "deflection"}
UNKNOWN: Final = "404"
MOST_DIVERSIONS: Final = 20
DIGITS: Final = re.compile(r"\+?[0-9]+")  # a number, which a tel URI can hold


def escaped(user: str) -> str:
    """A user part as it stands in a URI."""
    return user if user.isascii() and user.removeprefix("+").isalnum() else quote(user, USER_SAFE)


def identity(leg: Leg, invite: Request, headers: Headers, source: str, privacy: int, asserted: int) -> None:
    """From, P-Asserted-Identity and Privacy, as privacy mode and profile want it; hosts of the other side
    vanish."""
    if not privacy and not asserted and not any(name in invite.headers for name in IDENTITIES):
        return
    own = Address.parse(leg.local).uri.host
    tel = leg.call.switch.plan.timers.tel_asserted and DIGITS.fullmatch(source) is not None
    for name in ("P-Asserted-Identity", "P-Preferred-Identity"):
        if name in invite.headers:
            headers[name] = [
                str(Address(with_user(held.uri, held.uri.user, own), held.display))
                if held.uri.scheme in {"sip", "sips"}
                else str(held)
                for held in invite.addresses(name)
            ]
    restricted = "Privacy" in invite.headers
    if restricted:
        headers["Privacy"] = invite.headers["Privacy"]
    if asserted == ADD and source.lower() != "anonymous":
        headers.setdefault("P-Asserted-Identity", [f"<tel:{source}>" if tel else leg.local])
    if privacy == RESTRICT:
        named = f"tel:{source}" if tel else f"sip:{escaped(source)}@{bracketed(own)}"
        headers.setdefault("P-Asserted-Identity", [f"<{named}>"])
        headers["Privacy"] = ["id"]
        leg.local = ANONYMOUS
    elif privacy == REVEAL and restricted:
        headers.pop("Privacy", None)
        known = next(iter(invite.addresses("P-Asserted-Identity")), None)
        if known is not None and invite.from_.uri.user.lower() == "anonymous":
            leg.local = str(Address(with_user(known.uri, known.uri.user, own), known.display))
    if asserted == REMOVE:
        headers.pop("P-Asserted-Identity", None)


# --- by whom it was diverted ---


class Diverted(NamedTuple):
    """Somebody who was called before, and why the call went on to the next."""

    uri: Uri
    display: str
    cause: str  # as RFC 4458 numbers it
    private: bool


def diversions(heard: Message) -> list[Diverted]:
    """Those of the Diversion headers, the first one first (the headers have the newest first)."""
    found = []
    for held in _readable(heard, "Diversion"):
        reason = (held.params.get("reason") or "").strip('"').lower()
        private = (held.params.get("privacy") or "off").strip('"').lower() != "off"
        found.append(Diverted(held.uri, held.display, CAUSES.get(reason, UNKNOWN), private))
    return found[::-1]


def history(heard: Message) -> list[Diverted]:
    """Those of the History-Info entries, the first one first. An entry was diverted when the next one has a
    cause (RFC 7544), or when its own Reason is a 3xx to 6xx of SIP (RFC 7044)."""
    entries = _readable(heard, "History-Info")
    found = []
    for position, entry in enumerate(entries):
        told = _embedded(entry.uri)
        after = entries[position + 1].uri.params.get("cause") if position + 1 < len(entries) else None
        cause = after or (_cause(told.get("reason", "")) if position + 1 < len(entries) else "")
        if cause:
            plain = {name: value for name, value in entry.uri.params.items() if name != "cause"}
            uri = msgspec.structs.replace(entry.uri, headers="", params=plain)
            private = told.get("privacy", "none").lower() in {"history", "session", "header"}
            found.append(Diverted(uri, entry.display, cause if cause in REASONS else UNKNOWN, private))
    return found


def _readable(heard: Message, name: str) -> list[Address]:
    """The values of a header; what cannot be read is as good as not there."""
    if name not in heard.headers:
        return []
    try:
        return list(heard.addresses(name))[:MOST_DIVERSIONS]
    except Malformed:
        return []


def _embedded(uri: Uri) -> dict[str, str]:
    """The headers inside a URI: Reason and Privacy of a History-Info entry."""
    pairs = [part.partition("=") for part in uri.headers.split("&") if part]
    return {name.lower(): unquote(value) for name, _, value in pairs}


def _cause(reason: str) -> str:
    """The cause of a Reason header of SIP."""
    protocol, _, rest = reason.partition(";")
    if protocol.strip().lower() != "sip":
        return ""
    return next((part.strip()[6:] for part in rest.split(";") if part.strip().startswith("cause=")), "")


def as_diversion(held: Diverted) -> str:
    """A Diversion value."""
    reason = REASONS.get(held.cause, "unknown")
    privacy = "full" if held.private else "off"
    return str(Address(held.uri, held.display, {"reason": reason, "privacy": privacy, "counter": "1"}))


def as_history(found: list[Diverted], target: str) -> list[str]:
    """History-Info values: everybody who was called, and `target`, who is called now."""
    index, values, cause = "1", [], ""
    ends = [*found, Diverted(Uri.parse(target), "", "", False)]
    for position, held in enumerate(ends):
        params = {"cause": cause} if cause else {}
        privacy = "Privacy=history" if held.private else ""
        plain = {name: value for name, value in held.uri.params.items() if name == "user"}
        uri = msgspec.structs.replace(held.uri, params=plain | params, headers=privacy)
        more = {"index": index, **({"mp": index.rpartition(".")[0]} if position else {})}
        values.append(str(Address(uri, held.display, dict(more))))
        index, cause = f"{index}.1", held.cause
    return values


def together(first: list[Diverted], second: list[Diverted]) -> list[Diverted]:
    """Both, nobody twice; the longer story is the first, for its order is the truer one."""
    known = {(held.uri.number, held.uri.host.lower()) for held in first}
    return [*first, *(held for held in second if (held.uri.number, held.uri.host.lower()) not in known)]


def diverted(headers: Headers, heard: Request, profile: Profile, target: str) -> None:
    """Writes Diversion and History-Info of an INVITE that goes to `target`, as the profile of its peer wants
    them (SBCDiversionMode, SBCHistoryInfoMode)."""
    if profile.diversion not in {ADD, REMOVE} and profile.history not in {ADD, REMOVE}:
        return
    old, new = diversions(heard), history(heard)
    both = together(old, new) if len(old) > len(new) else together(new, old)
    if profile.diversion == REMOVE:
        headers.pop("Diversion", None)
    elif profile.diversion == ADD and len(both) > len(old):
        headers["Diversion"] = [as_diversion(held) for held in reversed(both)]
    if profile.history == REMOVE:
        headers.pop("History-Info", None)
    elif profile.history == ADD and len(both) > len(new):
        headers["History-Info"] = as_history(both, target)
