"""Reliable provisional responses (RFC 3262): numbers and order. The repeating is the endpoint's.

One rule: RSeq numbers of one INVITE go up by one, and out of order means not received."""

from sbcd.sip.message import Request, Response


def wanted(request: Request) -> bool:
    """Whether a provisional of this INVITE must be sent reliably. Raises Malformed."""
    return "100rel" in request.tokens("Require")


def possible(request: Request) -> bool:
    """Whether it may be. Raises Malformed."""
    return wanted(request) or "100rel" in request.tokens("Supported")


def headers(rseq: int) -> dict[str, str]:
    """What makes a provisional reliable."""
    return {"Require": "100rel", "RSeq": str(rseq)}


class Order:
    """The reliable provisionals of our INVITE, one Order for each early dialog."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: int | None = None

    def take(self, response: Response) -> str | None:
        """The RAck value of the PRACK this response wants; None for a repeat, one out of order, or one that
        is not reliable. Raises Malformed."""
        if response.status == 100 or "100rel" not in response.tokens("Require"):
            return None
        rseq = response.number("RSeq")
        if rseq is None or (self._last is not None and rseq != self._last + 1):
            return None
        self._last = rseq
        return f"{rseq} {response.cseq.number} {response.cseq.method}"
