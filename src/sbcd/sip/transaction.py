"""The four transaction machines of RFC 3261 17 (with RFC 6026) as tables; timers as deadlines.

One rule: a machine is a dict (state, happening) -> (state, actions); what is not listed is ignored."""

from sbcd.sip.events import Flow
from sbcd.sip.message import Request, Response


class ClientTransaction:
    """A request of ours. `owner` is the caller's to use: whoever sent the request."""

    request: Request
    flow: Flow
    owner: object
    last: Response | None  # the last response passed up


class ServerTransaction:
    """A request of the peer. `owner` is the caller's to use: whoever answers."""

    request: Request
    flow: Flow
    owner: object
    tag: str  # the To tag that responses made with `reply(..., tag=txn.tag)` get
    final: int  # status of the final response that was sent, 0 before
    cancelled: bool
