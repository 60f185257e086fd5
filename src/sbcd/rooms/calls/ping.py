"""A keep-alive that is out, and what comes of it.

One rule: it is told once: an answer, a refusal of the transport, or silence that lasted long enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sbcd.rooms.calls.identity import escaped
from sbcd.rooms.calls.legs import contact
from sbcd.rooms.calls.routing import literal
from sbcd.sip.events import Flow
from sbcd.sip.headers import bracketed
from sbcd.sip.message import Request, Response
from sbcd.sip.transaction import ClientTransaction, end

if TYPE_CHECKING:
    from sbcd.rooms.calls.plan import IpGroup
    from sbcd.rooms.calls.proxies import Living, Peer


class Ping:
    """A keep-alive that is out."""

    __slots__ = ("living", "over", "peer")

    def __init__(self, living: Living, peer: Peer) -> None:
        self.living = living
        self.peer = peer
        self.over = False

    def silent(self) -> None:
        """So many retransmissions and no answer are enough (FailureDetectionRetransmissions)."""
        asked, self.peer.timer = self.peer.asked, None
        if asked is not None and asked.owner is self:
            end(self.living.proxies.switch.endpoint, asked, None)  # it is repeated no more
        self._heard(False, "no response")

    def _heard(self, alive: bool, why: str) -> None:
        if not self.over:
            self.over = True
            self.living.heard(self.peer, alive, why)

    def responded(self, txn: ClientTransaction, response: Response) -> None:
        """Any answer but those configured as failures is a sign of life."""
        if response.status >= 200:
            bad = response.status in self.living.row.failures or response.status == 503
            self._heard(not bad, f"it answers {response.status}")

    def timed_out(self, txn: ClientTransaction) -> None:
        """Silence."""
        self._heard(False, "no response")

    def failed(self, txn: object, why: str) -> None:
        """The transport knows already."""
        self._heard(False, why)


def options(living: Living, peer: Peer, flow: Flow) -> tuple[Request, IpGroup | None]:
    """The keep-alive of the group that the set belongs to."""
    switch = living.proxies.switch
    host = bracketed(peer.place.host if literal(peer.server.host) else peer.server.host)
    groups = switch.router.groups.values()
    group = next((one for one in groups if one.proxy_set == living.row.index), None)
    user = escaped(group.contact_user) + "@" if group is not None and group.contact_user else ""
    timers = switch.plan.timers
    name = ("", timers.name, host)[timers.name_in_options]
    own = name or (group.local_host or group.host if group is not None else "") or bracketed(flow.local[0])
    return Request(
        "OPTIONS",
        f"sip:{host}:{peer.place.port}",
        {
            "Max-Forwards": ["70"],
            "From": [f"<sip:{user}{own}>;tag={switch.unique()}"],
            "To": [f"<sip:{host}>"],
            "Call-ID": [switch.unique()],
            "CSeq": ["1 OPTIONS"],
            "Contact": [contact(user[:-1], flow, group if group is not None and group.ping else None)],
            "User-Agent": [switch.plan.timers.user_agent],
        },
    ), group
