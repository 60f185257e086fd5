"""The subscription that a REFER founds: NOTIFY tells the referrer how it goes (RFC 3515 2.4).

One rule: what was told last is final; a referrer who does not want it (RFC 4488) or no longer knows it (481)
is not told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sbcd.rooms.calls.legs import Stage
from sbcd.sip.message import Request, Response
from sbcd.sip.transaction import ClientTransaction

if TYPE_CHECKING:
    from sbcd.rooms.calls.desk import Desk
    from sbcd.rooms.calls.legs import Leg

LASTS = 180  # seconds the subscription is said to last
GONE = {408, 481}
FRAGMENT = "message/sipfrag;version=2.0"


class News:
    """One implicit subscription."""

    def __init__(self, switch: Desk, leg: Leg, refer: Request) -> None:
        self._switch, self._leg = switch, leg
        self.wanted = refer.get("Refer-Sub").partition(";")[0].strip().lower() != "false"
        self._event = f"refer;id={refer.cseq.number}"
        self._told = 0

    def tell(self, status: int, reason: str, *, last: bool = False) -> None:
        """How it goes now; the same status is told once."""
        if not self.wanted or self._leg.stage != Stage.CONNECTED or status == self._told:
            return
        self._told = status
        state = "terminated;reason=noresource" if last else f"active;expires={LASTS}"
        headers = {"Event": [self._event], "Subscription-State": [state], "Content-Type": [FRAGMENT]}
        body = f"SIP/2.0 {status} {reason}\r\n".encode()
        self._switch.request(self._leg.request("NOTIFY", headers, body), self._leg, self)

    # --- what the endpoint tells ---

    def responded(self, txn: ClientTransaction, response: Response) -> None:
        """He heard it, or knows nothing of it."""
        if response.status in GONE:
            self.wanted = False

    def timed_out(self, txn: ClientTransaction) -> None:
        """He hears nothing any more."""
        self.wanted = False

    def failed(self, txn: object, why: str) -> None:
        """He cannot be reached."""
        self.wanted = False
