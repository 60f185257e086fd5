"""Requests inside a dialog go to the other leg and their responses come back.

One rule: one request, one final response, whatever happens between; an INVITE while another one is pending
is refused with 491 (RFC 3261 14.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from sbcd.rooms.calls.adapting import Local, Way, way_of
from sbcd.rooms.calls.delayed import again, settled, turned
from sbcd.rooms.calls.ending import Session
from sbcd.rooms.calls.facts import Transferred
from sbcd.rooms.calls.legs import Leg, Stage
from sbcd.rooms.calls.passing import ALLOW, AUTHENTICATION, DIALOG, extensions, passed
from sbcd.rooms.calls.referring import referred
from sbcd.rooms.calls.session import restart
from sbcd.rooms.calls.trial import Trial
from sbcd.sip.message import Headers, Request, Response
from sbcd.sip.transaction import ClientTransaction, ServerTransaction

if TYPE_CHECKING:
    from sbcd.rooms.calls.desk import Desk

GONE = {408, 481}  # the dialog is no more (RFC 5057)
TIMER = ("Session-Expires", "Min-SE")


class Pair(Protocol):
    """Two legs that belong together: a call, a subscription."""

    switch: Desk
    session: int

    def other(self, leg: Leg) -> Leg | None:
        """The leg opposite."""
        ...

    def end(self, why: str, *, abnormal: bool = False, by: Leg | None = None) -> None:
        """It is over."""
        ...


class Relay:
    """A request on its way through."""

    __slots__ = ("ack_pending", "client", "dest", "made", "method", "offered", "pair", "source", "txn")

    def __init__(
        self, pair: Any, source: Leg, dest: Leg, txn: ServerTransaction, way: Way | None = None
    ) -> None:
        """`way`: what the far side takes instead (see `adapting`)."""
        self.pair = pair
        self.source = source
        self.dest = dest
        self.txn: ServerTransaction | None = txn
        self.client: ClientTransaction | None = None
        self.offered = bool(txn.request.body) and txn.request.content_type == "application/sdp"
        self.ack_pending = False
        self.method = way.method if way is not None else txn.request.method
        self.made = way is not None and way.makes_offer  # of what the source said last

    # --- there ---

    def start(self) -> None:
        """Sends the request on, its session description through the relay."""
        assert self.txn is not None
        request, switch = self.txn.request, self.pair.switch
        headers = passed(request, (*DIALOG, *AUTHENTICATION))
        for name in ("Supported", "Require"):
            if tags := extensions(request, name):
                headers[name] = [tags]
        if request.method in {"INVITE", "UPDATE"}:
            headers["Allow"] = [ALLOW]
            headers.update({name: request.headers[name] for name in TIMER if name in request.headers})
        body = again(self.source) if self.made else request.body
        if self.made:
            headers["Content-Type"] = ["application/sdp"]
        if self.offered or self.made:
            switch.media.offer(self.pair, self.source, self.dest, body, lambda sdp: self._send(headers, sdp))
        else:
            self._send(headers, request.body)

    def _send(self, headers: Headers, body: bytes | None) -> None:
        if self.txn is None:
            return
        if body is None:
            self._final(488, {})
            return
        switch = self.pair.switch
        request = self.dest.request(self.method, headers, body)
        self.client = switch.request(request, self.dest, self)
        if request.method == "INVITE":
            self.dest.invite, self.dest.invite_cseq = self.client, request.cseq.number

    # --- and back ---

    def responded(self, txn: ClientTransaction, response: Response) -> None:
        """A response of the far side."""
        method, status = txn.request.method, response.status
        if 200 <= status < 300:
            self.dest.learn(response)
            if method == "INVITE" and (self.txn is None or self.offered or self.made):
                self._acknowledge(b"")
            if method == "INVITE" and not self.offered:
                self.ack_pending = True
            if self.txn is None:
                return
        elif self.txn is None or (status < 200 and method != self.txn.request.method):
            return
        headers = passed(response, (*DIALOG, *AUTHENTICATION))
        if 200 <= status < 300 and method in {"INVITE", "UPDATE"}:
            headers.update({name: response.headers[name] for name in TIMER if name in response.headers})
            if required := extensions(response, "Require"):
                headers["Require"] = [required]
            self.pair.switch.refreshed(self.pair, response)
        elif 200 <= status < 300 and method in {"SUBSCRIBE", "NOTIFY"}:
            self.pair.switch.subscribed(self.pair, self.txn.request, response)
        if response.body and response.content_type == "application/sdp":
            media = self.pair.switch.media
            said = turned if self.made else media.answer if self.offered else media.offer
            said(
                self.pair,
                self.dest,
                self.source,
                response.body,
                lambda sdp: self._back(response, headers, sdp),
            )
        else:
            self._back(response, headers, response.body)

    def _back(self, response: Response, headers: Headers, body: bytes | None) -> None:
        if response.status >= 200:
            self._final(response.status, headers, body or b"", response.reason)
        elif self.txn is not None:
            switch = self.pair.switch
            reply = self.source.reply(self.txn, response.status, headers, body or b"")
            switch.do(switch.endpoint.respond(self.txn, reply, switch.now))

    def _final(self, status: int, headers: Headers, body: bytes = b"", text: str = "") -> None:
        txn, self.txn = self.txn, None
        if txn is None:
            return
        switch = self.pair.switch
        switch.do(
            switch.endpoint.respond(txn, self.source.reply(txn, status, headers, body, text), switch.now)
        )
        method = txn.request.method
        if method == "INVITE":
            self.source.invite = None
        if self.method == "INVITE" and status >= 300:
            self.dest.invite = None
        if method == "REFER" and status < 300:
            self.pair.tell(Transferred, self.source)
        if status in GONE and method in {"INVITE", "UPDATE", "INFO"}:
            self.pair.end(f"{status} to {method}", abnormal=True)

    def _acknowledge(self, body: bytes, heard: Request | None = None) -> None:
        self.ack_pending = False
        if self.client is None:
            return
        self.dest.invite = None
        headers = passed(heard) if heard is not None else {}
        self.pair.switch.acknowledge(self.client, self.dest, headers, body)

    def timed_out(self, txn: ClientTransaction) -> None:
        """The far side is silent."""
        self._final(408, {})

    def failed(self, txn: object, why: str) -> None:
        """The far side cannot be reached, or the near side went away."""
        self._final(503, {})

    # --- what the endpoint tells of a re-INVITE heard ---

    def cancelled(self, txn: ServerTransaction) -> None:
        """The re-INVITE is withdrawn."""
        switch = self.pair.switch
        if self.client is not None:
            switch.do(switch.endpoint.cancel(self.client, switch.now))
        self._final(487, {})

    def acked(self, txn: ServerTransaction, request: Request) -> None:
        """The ACK of a 200 that was passed back; it may carry the answer."""
        if not self.ack_pending:
            return
        if self.made:
            self.ack_pending = False
            settled(self.pair, self.source, self.dest, request.body)
        elif request.body:
            self.pair.switch.media.answer(
                self.pair,
                self.source,
                self.dest,
                request.body,
                lambda sdp: self._acknowledge(sdp or b"", request),
            )
        else:
            self._acknowledge(b"")

    def unacknowledged(self, txn: ServerTransaction) -> None:
        """No ACK came."""
        if self.ack_pending and not self.made:
            self._acknowledge(b"")
        self.pair.end("no ACK", abnormal=True)

    def unpracked(self, txn: ServerTransaction) -> None:
        """Not asked for inside dialogs."""


def inside(pair: Any, leg: Leg, txn: ServerTransaction) -> None:
    """A request inside a dialog of a known leg."""
    request, switch = txn.request, pair.switch
    method = request.method
    if request.cseq.number <= leg.peer_cseq and method != "PRACK":
        switch.refuse(txn, 500, leg)  # RFC 3261 12.2.2: out of order
        return
    leg.peer_cseq = max(leg.peer_cseq, request.cseq.number)
    if method in {"INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY", "REFER"}:
        leg.learn(request)
    dest = pair.other(leg)
    if method == "BYE":
        switch.answer(txn, leg, 200)
        if not (isinstance(pair, Session) and pair.transfer is not None and pair.transfer.left(leg)):
            pair.end("BYE", by=leg)
    elif method == "OPTIONS":
        switch.answer(txn, leg, 200)
    elif isinstance(pair, Trial):
        pair.inside(leg, txn)
    elif dest is None or dest.stage >= Stage.RELEASING:
        switch.refuse(txn, 481, leg)
    elif method == "PRACK":
        prack(pair, leg, dest, txn)
    else:
        onward(pair, leg, dest, txn)


def onward(pair: Any, leg: Leg, dest: Leg, txn: ServerTransaction) -> None:
    """A request for the other side, in the way that the other side takes."""
    method = txn.request.method
    if method == "REFER" and isinstance(pair, Session) and referred(pair, leg, dest, txn):
        return
    way = way_of(pair, leg, dest, txn.request)
    if (way.method == "INVITE" and dest.invite is not None) or (
        method == "INVITE" and leg.invite is not None
    ):
        pair.switch.refuse(txn, 491, leg)
        return
    relay = Relay(pair, leg, dest, txn, way) if way.passes else Local(pair, leg, dest, txn)
    txn.owner = relay
    if method == "INVITE":
        leg.invite = txn
    relay.start()


def prack(pair: Any, leg: Leg, dest: Leg, txn: ServerTransaction) -> None:
    """A PRACK of the caller: its number becomes the one the called used (RFC 3262)."""
    number = txn.request.get("RAck").split(" ")[0]
    attempt = next((a for a in pair.attempts if a.leg is dest), None)
    known = attempt.early.pop(int(number), None) if attempt is not None and number.isdigit() else None
    if known is None:
        pair.switch.answer(txn, leg, 200)
        return
    relay = Relay(pair, leg, dest, txn)
    txn.owner = relay
    request, switch = txn.request, pair.switch
    headers = passed(request)
    headers["RAck"] = [f"{known[1]} {dest.invite_cseq} INVITE"]
    if request.body:
        said = switch.media.offer if pair.offered else switch.media.answer
        said(pair, leg, dest, request.body, lambda sdp: relay._send(headers, sdp))
    else:
        relay._send(headers, b"")


__all__ = ["Pair", "Relay", "inside", "restart"]
