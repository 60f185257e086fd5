"""All transactions behind one door: `receive(data, flow, now)`, `deadline`, `expire(now)`.

One rule: bytes and time go in, values come out; nothing is kept that no timer will end."""

import contextlib
from collections.abc import Mapping

from sbcd.sip.alive import KIND, LINGER, Alive
from sbcd.sip.events import Flow, Output, RequestReceived, Send, Strayed
from sbcd.sip.grammar import Malformed
from sbcd.sip.headers import MAGIC
from sbcd.sip.matching import branch_of, key_of, merge_key, plain, prack_key, stamped
from sbcd.sip.message import Request, Response, parse, reply
from sbcd.sip.sizing import lost
from sbcd.sip.transaction import ClientTransaction, Key, ServerTransaction, step
from sbcd.sip.validity import request_flaw, response_flaw


class Endpoint(Alive):
    """One SIP element.

    `unique` gives fresh random text (letters and digits, hard to guess) for branches and tags; `times` are
    the RFC's timers; `most` is how many transactions may live at once: a new request beyond gets 503."""

    @property
    def deadline(self) -> float | None:
        """When `expire` is to be called next, on the clock that `now` is of; None when nothing waits."""
        return self.timers.deadline

    def receive(self, data: bytes | Request | Response, flow: Flow, now: float) -> list[Output]:
        """A datagram, or one message of a stream (see `sip.stream.Framer`)."""
        self.begin(now)
        try:
            message = parse(data) if isinstance(data, bytes) else data
        except Malformed as error:
            return [Strayed(flow, str(error))]
        if isinstance(message, Response):
            self._response(message, flow)
        else:
            self._request(message, flow)
        return self.out

    def expire(self, now: float) -> list[Output]:
        """What is due by `now`."""
        self.begin(now)
        while (due := self.timers.due(now)) is not None:
            txn, name = due
            step(self, txn, name)
        return self.out

    def broken(self, flow: Flow, now: float) -> list[Output]:
        """This connection is gone, or (UDP) this destination cannot be sent to."""
        self.begin(now)
        if flow.reliable:
            there = self.flows.get((flow.interface, flow.transport, flow.remote), ())
            hit = [txn for txn in there if not flow.connection or txn.flow.connection in {0, flow.connection}]
        else:
            hit = [txn for txn in (*self.clients.values(), *self.servers.values()) if txn.flow == flow]
        for txn in hit:
            lost(self, txn)
        return self.out

    def failed(self, send: Send, now: float) -> list[Output]:
        """This Send could not be sent."""
        self.begin(now)
        if send.txn is not None and send.flow == send.txn.flow:
            lost(self, send.txn)
        return self.out

    def request(
        self, request: Request, flow: Flow, now: float, owner: object = None
    ) -> tuple[ClientTransaction, list[Output]]:
        """Send a request (not ACK, not CANCEL) in a transaction of its own. Via is added here, Max-Forwards
        when it is missing."""
        self.begin(now)
        return self.start(request, flow, f"{MAGIC}{self.unique()}", owner), self.out

    def respond(self, txn: ServerTransaction, response: Response, now: float) -> list[Output]:
        """Send a response. After a final one every other is silently dropped (180 after 200 never leaves).
        A 2xx to INVITE is repeated until its ACK. A provisional with RSeq is repeated until its PRACK;
        the PRACK itself then comes as RequestReceived. What follows a reliable provisional waits for the
        PRACK (RFC 3262 3), unless it is a rejection."""
        self.begin(now)
        self.answer(txn, response)
        return self.out

    def cancel(
        self, txn: ClientTransaction, now: float, headers: Mapping[str, str] | None = None
    ) -> list[Output]:
        """CANCEL an INVITE: at once after a provisional, otherwise as soon as one comes; nothing after a
        final response. `headers` (Reason) are added. The 487 comes as ResponseReceived; a 2xx may, too."""
        self.begin(now)
        if txn.method == "INVITE" and txn.cancel is None and txn.state in {"calling", "proceeding"}:
            txn.cancel = dict(headers or {})
            if txn.state == "proceeding":
                self.send_cancel(txn)
        return self.out

    def acknowledge(self, txn: ClientTransaction, ack: Request, flow: Flow, now: float) -> list[Output]:
        """Send the ACK of a 2xx to INVITE (made by the dialog), and again for each repeat of that 2xx."""
        self.begin(now)
        flow = flow if txn.spare is None else txn.flow  # a large INVITE went by TCP: its ACK does, too
        data = bytes(self.with_via(ack, flow, f"{MAGIC}{self.unique()}"))
        txn.acks[ack.to.tag or ""] = (flow, data)
        self.out.append(Send(flow, data, None))
        return self.out

    def refuse(
        self, request: Request, flow: Flow, status: int, now: float, headers: Mapping[str, str] | None = None
    ) -> list[Output]:
        """Answer a request without a transaction (8.2.7): nothing is remembered of it."""
        self.begin(now)
        self._refuse(request, flow, status, "", headers)
        return self.out

    # -- inside

    def _response(self, response: Response, flow: Flow) -> None:
        if flaw := response_flaw(response):
            self.out.append(Strayed(flow, flaw, response.status))
            return
        txn = self.clients.get((branch_of(response), response.cseq.method))
        if txn is None:
            self.out.append(Strayed(flow, "a response to nothing of ours", response.status))
            return
        if not step(self, txn, KIND[response.status // 100], response):
            if response.status < 200 or txn.method == "INVITE":
                self.out.append(Strayed(flow, "a late response", response.status))
        elif response.status >= 200:
            self.finished.append((self.now + LINGER, txn))

    def _request(self, request: Request, flow: Flow) -> None:
        flaw = request_flaw(request)
        if flaw:
            self._refuse(request, flow, 400 if request.version == "2.0" else 505, flaw)
            return
        key = key_of(request)
        if request.method == "ACK":
            self._ack(request, flow, key)
            return
        txn = self.servers.get(key)
        if request.method == "CANCEL":
            self._cancel(request, flow, txn)
        elif txn is not None:
            step(self, txn, "request")
        else:
            self._fresh(request, flow, key)

    def _fresh(self, request: Request, flow: Flow, key: Key) -> None:
        """A request seen for the first time."""
        if len(self.clients) + len(self.servers) >= self.most:
            self._refuse(request, flow, 503, "", {"Retry-After": "10"})
            return
        merge = merge_key(request) if request.to.tag is None else ()
        if merge in self.merges:
            self._refuse(request, flow, 482, "")
            return
        pracked = None
        if request.method == "PRACK" and (pracked := self._pracked(request)) is None:
            self._refuse(request, flow, 481, "")
            return
        fresh, back = stamped(request, flow)
        txn = self.serve(fresh, back, key, merge)
        if request.method == "INVITE":
            if self.times.trying > 0:
                txn.again = self.timers.set(self.now + self.times.trying, (txn, "T"))
            else:
                step(self, txn, "T")
        self.out.append(RequestReceived(txn, fresh, flow))
        if pracked is not None:
            waiting, pracked.waiting = pracked.waiting, []
            for response in waiting:
                self.answer(pracked, response)

    def _refuse(
        self, request: Request, flow: Flow, status: int, reason: str, headers: Mapping[str, str] | None = None
    ) -> None:
        """Answer without a transaction (8.2.7), to the sender's address when the Via cannot be read; an ACK,
        or what cannot be written back, is only dropped."""
        self.out.append(Strayed(flow, reason or f"refused with {status}", 0))
        if request.method == "ACK":
            return
        back = flow
        with contextlib.suppress(Malformed):
            request, back = stamped(request, flow)
        phrase = f"Bad Request ({plain(reason)})" if status == 400 else ""
        with contextlib.suppress(ValueError):
            response = reply(request, status, phrase, headers or {}, tag=self.unique())
            if "Via" in response.headers:
                self.out.append(Send(back, bytes(response)))

    def _ack(self, request: Request, flow: Flow, key: Key) -> None:
        txn = self.servers.get(key)
        if txn is not None and txn.state != "accepted" and step(self, txn, "ACK", request):
            return
        place = (request.call_id, request.to.tag, request.cseq.number)
        if (accepted := self.acks.pop(place, None)) is not None:
            accepted.ack = ()
            step(self, accepted, "ACK", request)
        elif txn is None:
            self.out.append(Strayed(flow, "an ACK of nothing"))

    def _cancel(self, request: Request, flow: Flow, txn: ServerTransaction | None) -> None:
        """Answered here, each time anew (9.2)."""
        fresh, back = stamped(request, flow)
        status = 481 if txn is None else 200
        tag = self.unique() if txn is None else txn.tag
        self.out.append(Send(back, bytes(reply(fresh, status, tag=tag))))
        if txn is not None:
            step(self, txn, "CANCEL", fresh)

    def _pracked(self, request: Request) -> ServerTransaction | None:
        """The INVITE whose reliable provisional this PRACK acknowledges; it is repeated no more."""
        txn = self.pracks.get(prack_key(request))
        if txn is not None:
            self.pracked(txn)
            step(self, txn, "PRACK")
        return txn
