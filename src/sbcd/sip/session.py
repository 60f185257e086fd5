"""Session timers (RFC 4028): who refreshes, how often, and when the session is dead.

One rule: both sides of the negotiation are pure functions over the headers."""

from typing import Final

import msgspec

from sbcd.sip.headers import Valued
from sbcd.sip.message import Message, Request, Response

LEAST: Final = 90  # seconds, RFC 4028 5


class SessionTimer(msgspec.Struct, frozen=True):
    """What was agreed. Times in seconds after the last refresh (its 2xx)."""

    interval: int
    ours: bool  # whether we refresh

    @property
    def refresh_after(self) -> float:
        """When who refreshes does so (7.2 recommends half)."""
        return self.interval / 2

    @property
    def dead_after(self) -> float:
        """When the other ends the session with BYE (10)."""
        return self.interval - min(32.0, self.interval / 3)


class TooSmall(msgspec.Struct, frozen=True):
    """Answer 422 with this Min-SE."""

    least: int


def _asked(message: Message) -> tuple[int, str] | None:
    """Session-Expires: seconds and refresher. Raises Malformed."""
    seconds = message.number("Session-Expires")
    if seconds is None:
        return None
    refresher = Valued.parse(message.get("Session-Expires")).params.get("refresher") or ""
    return seconds, refresher.lower()


def offered(interval: int, least: int = LEAST, refresher: str = "") -> dict[str, str]:
    """The headers of an INVITE or UPDATE that asks for a session timer."""
    role = f";refresher={refresher}" if refresher else ""
    return {"Supported": "timer", "Session-Expires": f"{interval}{role}", "Min-SE": str(least)}


def answered(
    request: Request, wanted: int, least: int = LEAST
) -> tuple[SessionTimer | None, dict[str, str]] | TooSmall:
    """As the side that was asked (9): the timer and the headers of the 2xx, or TooSmall.

    `wanted` is our interval in seconds, 0 when we want none of our own. Raises Malformed."""
    asked = _asked(request)
    supported = "timer" in request.tokens("Supported") | request.tokens("Require")
    if asked is None:
        if not wanted:
            return None, {}
        theirs = request.number("Min-SE") or 0
        interval = max(wanted, least, theirs)
        return SessionTimer(interval, True), {"Session-Expires": f"{interval};refresher=uas"}
    seconds, refresher = asked
    if seconds < least:
        if supported:
            return TooSmall(least)
        seconds = least  # who cannot understand 422 gets our own timer
    if wanted:
        seconds = max(min(seconds, wanted), request.number("Min-SE") or LEAST, least)
    ours = refresher == "uas" or not supported
    headers = {"Session-Expires": f"{seconds};refresher={'uas' if ours else 'uac'}"}
    if not ours:
        headers["Require"] = "timer"
    return SessionTimer(seconds, ours), headers


def agreed(response: Response, wanted: int) -> SessionTimer | None:
    """As the side that asked, from the 2xx (7.2): no Session-Expires means the peer knows no timers, then we
    refresh alone when we wanted one. Raises Malformed."""
    asked = _asked(response)
    if asked is None:
        return SessionTimer(wanted, True) if wanted else None
    return SessionTimer(max(asked[0], LEAST), asked[1] != "uas")


def raised(response: Response, wanted: int) -> int:
    """The interval to try again with after a 422: its Min-SE when that is more. Raises Malformed."""
    return max(wanted, response.number("Min-SE") or 0)
