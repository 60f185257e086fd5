"""A transfer that the device carries out itself: who was referred to is called, and takes the place of who
referred (RFC 3515, RFC 5589, SBCRemoteReferBehavior: handle locally).

One rule: until the new one has answered and the one who stays talks to him the old call and its media stand
as they were; a transfer that fails leaves nothing behind."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote

import msgspec

from sbcd.rooms.calls import replaces
from sbcd.rooms.calls.attempt import Attempt
from sbcd.rooms.calls.continuing import lively
from sbcd.rooms.calls.facts import Reason, Transferred
from sbcd.rooms.calls.handover import Handover
from sbcd.rooms.calls.legs import Leg
from sbcd.rooms.calls.matching import Asked
from sbcd.rooms.calls.news import News
from sbcd.rooms.calls.rewriting import scene_of
from sbcd.rooms.calls.routing import REFER
from sbcd.rooms.calls.turning import Turn
from sbcd.sip.headers import Address, Uri
from sbcd.sip.message import Request, Response
from sbcd.sip.message import request as made

if TYPE_CHECKING:
    from sbcd.rooms.calls.ending import Session
    from sbcd.sip.transaction import ServerTransaction

PARTING = 2.0  # seconds in which the referrer may hang up by himself


class Transfer(Handover):
    """One transfer. To the attempts that it makes it is the call, with the one who stays as caller."""

    carried = ("Referred-By", "Replaces")
    trigger = REFER

    def __init__(self, call: Session, referrer: Leg, stays: Leg, request: Request, uri: Uri) -> None:
        super().__init__(call, referrer, stays, News(call.switch, referrer, request))
        self.rerouting = referrer.group.index if referrer.group is not None else -1
        self.privacy, self.offered, self.tried = 0, True, 0
        self.best = 0
        embedded = dict(part.partition("=")[::2] for part in uri.headers.split("&"))
        self.dialog = unquote(next((v for k, v in embedded.items() if k.lower() == "replaces"), ""))
        plain = {name: text for name, text in uri.params.items() if name != "method"}
        self.sought = msgspec.structs.replace(uri, headers="", params=plain)
        self.invite = self._invite(request)
        self.asked = self._asked()

    def _invite(self, refer: Request) -> Request:
        """The INVITE that the one who stays would have sent."""
        headers = {
            "From": f"{self.a.remote};tag={self.a.remote_tag}",
            "To": f"<{self.sought}>",
            "Call-ID": self.a.call_id,
            "CSeq": "1 INVITE",
        }
        if "Referred-By" in refer.headers:
            headers["Referred-By"] = refer.get("Referred-By")
        if self.dialog:
            headers["Replaces"] = self.dialog
            headers["Supported"] = "replaces"
        return made("INVITE", self.sought, headers, lively(self.a.heard), "application/sdp")

    def _asked(self) -> Asked:
        source, flow = Address.parse(self.a.remote).uri, self.a.flow
        asked = Asked(
            "INVITE",
            flow.interface,
            *flow.remote[:2],
            flow.transport,
            source.number,
            source.host,
            self.sought.number,
            self.sought.host,
        )
        asked.hop = (self.sought.port or 0, self.sought.transport or "")
        asked.variables = self.variables
        asked.scene = lambda one: scene_of(self.invite, one, flow, self.a.group)
        return asked

    # --- on its way ---

    def accept(self, txn: ServerTransaction) -> None:
        """Takes the REFER, and begins."""
        switch, news = self.switch, self.news
        assert news is not None
        reply = self.referrer.reply(txn, 202, {} if news.wanted else {"Refer-Sub": ["false"]})
        switch.do(switch.endpoint.respond(txn, reply, switch.now))
        self.call.tell(Transferred, self.referrer)
        news.tell(100, "Trying")
        known = replaces.named(switch, self.dialog) if self.dialog else None
        partner = replaces.opposite(known) if known is not None else None
        if known is not None and partner is not None and known.call is not self.call:
            self._join(known, partner)
        elif self.a.group is None or not self.a.heard:
            self._failed(488)
        else:
            self.router.tag(self.asked, self.a.group)
            self.targets = self.router.routes(self.asked, self.a.group, switch, "", REFER, self.rerouting)
            self.advance()

    def advance(self) -> None:
        """The next route."""
        while not self.over and not self.attempts:
            targets = next(self.targets, None)
            if targets is None or targets[0].action:
                self._failed(self.best or 404)
                return
            self.attempts = [Attempt(self, target) for target in targets]  # type: ignore[arg-type]
            for attempt in list(self.attempts):
                attempt.start()

    def rang(self, attempt: Attempt, response: Response) -> None:
        """Who was referred to rings."""
        if self.news is not None:
            self.news.tell(response.status, response.reason)

    def lost(self, attempt: Attempt, status: int, response: Response | None, why: Reason) -> None:
        """An attempt failed for good."""
        if attempt in self.attempts:
            self.attempts.remove(attempt)
        self.best = self.best or status
        if self.over or self.attempts:
            return
        if status < 600 and self.switch.alternative(self.router, attempt, status, response is None):
            self.advance()
        else:
            self._failed(self.best)

    def refuse(self, status: int, why: Reason, response: Response | None = None) -> None:
        """There are no ports for it."""
        self._failed(status)

    def _join(self, known: Leg, partner: Leg) -> None:
        """Who was referred to is talking to the referrer already, through us: the two calls become one."""

        def offered(sdp: bytes | None) -> None:
            if sdp is None or self.over:
                self._failed(503)
                return
            self.turn = Turn(self.switch, partner, sdp, turned)
            self.turn.send()

        def turned(status: int, body: bytes) -> None:
            if status >= 300 or replaces.opposite(known) is not partner:
                self._failed(status if status >= 300 else 481)
            else:
                self._agreed(partner, body, partial(self._joined, known, partner))

        self.switch.media.offer(self, self.a, partner, self.invite.body, offered)

    def _joined(self, known: Leg, partner: Leg) -> None:
        """The partner leaves his call for this one; his old one ends."""
        if self.over:
            return
        self.b = partner
        self.call.adopt(partner, known, self.seat)
        self._take(partner)
