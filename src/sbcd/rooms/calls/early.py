"""What a caller hears before the answer, as its IP Profile says: which 18x, with or without a description,
reliable or not (RFC 3262).

One rule: every reliable provisional gets one PRACK, of the caller when it can, else of the device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from sbcd.rooms.calls.attempt import Attempt
    from sbcd.rooms.calls.call import Call
    from sbcd.sip.message import Request, Response

OPTIONAL, MANDATORY = 1, 2  # SbcPrackMode
AS_180, AS_183 = 1, 2  # SBCRemoteEarlyMediaResponseType
PROGRESS = frozenset({180, 181, 182, 183})


class Said(msgspec.Struct, frozen=True):
    """A provisional answer for the caller. `silent`: without the description; `reliable`: wants a PRACK."""

    status: int
    reason: str
    silent: bool
    reliable: bool


def able(request: Request | None) -> bool:
    """Whether the sender of an INVITE knows reliable provisionals."""
    return request is not None and "100rel" in request.tokens("Supported") | request.tokens("Require")


def said(call: Call, attempt: Attempt, response: Response) -> Said | None:
    """What the caller hears of a provisional; None: nothing."""
    leg = call.a
    assert leg is not None
    profile = call.router.profile(leg.group)
    knows = able(call.invite)
    asked = attempt.wants(response)
    if asked and attempt.repeated(response):
        return None
    hears = response.status not in PROGRESS or profile.multiple_18x or not leg.rang
    passes = asked and knows and hears and not attempt.made
    if passes:
        attempt.reliable(response)
    elif asked:
        attempt.prack(response)
    if not hears:
        return None
    reliable = passes or (knows and profile.prack == MANDATORY and response.status > 100)
    status, silent = response.status, attempt.made or not profile.early_media
    if status in {180, 183}:
        if (status == 183 and not profile.early_media) or profile.early_response == AS_180:
            status = 180
        elif profile.early_response == AS_183:
            status = 183
    return Said(status, response.reason if status == response.status else "", silent, reliable)


def asking(mode: int, caller_knows: bool) -> tuple[frozenset[str], frozenset[str]]:
    """What an INVITE to a peer with this SbcPrackMode says: its Supported and its Require of 100rel."""
    word, nothing = frozenset({"100rel"}), frozenset[str]()
    if mode == MANDATORY:
        return word, word
    return (word if mode == OPTIONAL or caller_knows else nothing), nothing
