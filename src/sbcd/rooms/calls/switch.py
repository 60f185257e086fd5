"""All calls of the engine: takes what comes in, knows whose it is, and collects what is to be sent and told.

One rule: it has no socket and no clock; every entry is given `now` and leaves with everything that follows
from it done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, cast

from sbcd.rooms.calls.arrivals import arrived, asked_of
from sbcd.rooms.calls.call import Call
from sbcd.rooms.calls.desk import Desk, Media, World
from sbcd.rooms.calls.mid import inside
from sbcd.rooms.calls.outside import Outside
from sbcd.rooms.calls.policy import Policy, Verdict
from sbcd.rooms.calls.protection import MALFORMED
from sbcd.rooms.calls.routing import Router
from sbcd.rooms.calls.session import interval, restart
from sbcd.sip import events
from sbcd.sip.events import Flow, Output, Send
from sbcd.sip.grammar import Malformed
from sbcd.sip.message import Request, Response, parse

OURS = ("refused with", "an ACK of nothing")  # strays that are readable and may be late


class Switch(Desk):
    """Everything that is going on."""

    # --- entries: each returns what is to be sent ---

    def receive(self, data: bytes, flow: Flow, now: float) -> list[Send]:
        """A datagram or a message of a stream."""
        self.now = now
        if self.intrusions.watching and self.intrusions.drops(flow):
            return self.flush()
        policy = self.router.policies.get(flow.interface)
        message = data if policy is None else self._judged(policy, data, flow)
        if message is not None:
            self.do(self.endpoint.receive(message, flow, now))
        return self.flush()

    def _judged(self, policy: Policy, data: bytes, flow: Flow) -> bytes | Request | Response | None:
        """What the policy of the interface lets through; it is read once only."""
        try:
            policy.weigh(data)
            if not policy.looks:
                return data
            message = parse(data)
            policy.read(message, lambda: asked_of(cast("Request", message), flow).seen())
        except Malformed:
            return data  # the endpoint says what is wrong with it
        except Verdict as verdict:
            self._rejected(policy, verdict, data, flow)
            return None
        return message

    def _rejected(self, policy: Policy, verdict: Verdict, data: bytes, flow: Flow) -> None:
        """A message that the policy does not take: counted, and answered if the policy wants it."""
        self.refused[verdict.status] = self.refused.get(verdict.status, 0) + 1
        self.intrusions.event(MALFORMED, flow)
        try:
            message = None if policy.drops else parse(data)
        except Malformed:
            message = None
        if isinstance(message, Request):
            self.do(self.endpoint.refuse(message, flow, verdict.status, self.now, verdict.headers))
        else:
            self.strays += 1

    def expire(self, now: float) -> list[Send]:
        """What is due."""
        self.now = now
        self.do(self.endpoint.expire(now))
        while (action := self.timers.due(now)) is not None:
            action()
        return self.flush()

    def broken(self, flow: Flow, now: float) -> list[Send]:
        """A connection is gone, or an address cannot be reached."""
        self.now = now
        self.do(self.endpoint.broken(flow, now))
        return self.flush()

    def failed(self, send: Send, now: float) -> list[Send]:
        """This could not be sent."""
        self.now = now
        self.do(self.endpoint.failed(send, now))
        return self.flush()

    @property
    def deadline(self) -> float | None:
        """When `expire` is to be called."""
        ours, theirs = self.timers.deadline, self.endpoint.deadline
        if ours is None or theirs is None:
            return theirs if ours is None else ours
        return min(ours, theirs)

    def follow(self, router: Router, now: float) -> list[Send]:
        """A new plan: calls under way keep theirs."""
        self.now = now
        self.router, self.plan = router, router.plan
        self.endpoint.largest = router.plan.timers.udp_limit
        self.proxies.follow(router.plan.proxy_sets)
        self.accounts.follow(router.plan.accounts)
        self.accounts.surrogate(router.plan)
        self.guard.follow(router.plan.users, router.plan.loaded_users)
        self.intrusions.follow(router.plan.protection)
        self.emergencies.follow(router.plan)
        self.trials.rehearsals.follow(router.plan.testing.rows)
        return self.flush()

    def flush(self) -> list[Send]:
        """What waits to be sent."""
        out, self.out = self.out, []
        return out

    # --- what the endpoint tells ---

    def do(self, outputs: Iterable[Output]) -> None:
        """Carries out what came out of the endpoint."""
        for output in outputs:
            if type(output) is Send:
                self.out.append(output)
            else:
                try:
                    self._handlers[type(output)](output)
                except Malformed as error:
                    self._malformed(output, error)

    def _malformed(self, output: Output, error: Malformed) -> None:
        """A header that only this method reads is broken."""
        self.strays += 1
        if isinstance(output, events.RequestReceived) and not output.txn.final:
            self.refuse(output.txn, 400)
        elif isinstance(output, events.ResponseReceived) and output.response.status >= 200:
            owner: Any = output.txn.owner
            if owner is not None:  # an answer nobody can use is as good as none
                owner.failed(output.txn, str(error))

    def _requested(self, event: events.RequestReceived) -> None:
        self.transactions += 1
        txn, request = event.txn, event.request
        tag = request.to.tag
        if tag is None:
            arrived(self, txn, event.flow)
            return
        leg = self.legs.get(tag)
        if leg is None or not leg.owns(request):
            self.refuse(txn, 481)
        else:
            if event.flow.transport != "udp":
                leg.flow = event.flow  # answers and requests go where the peer is now connected
            if leg.group is not None and leg.group.inbound_set >= 0:
                txn.request = leg.call.router.rewriter.heard(leg, request)
            inside(leg.call, leg, txn)

    def _responded(self, event: events.ResponseReceived) -> None:
        owner: Any = event.txn.owner
        response = event.response
        if owner is None:
            return
        leg = self.legs.get(event.txn.request.from_.tag or "")
        if leg is not None and leg.group is not None and leg.group.inbound_set >= 0:
            response = leg.call.router.rewriter.heard(leg, response)
        owner.responded(event.txn, response)

    def _strayed(self, event: events.Strayed) -> None:
        self.strays += 1
        if not event.status and not event.reason.startswith(OURS):
            self.intrusions.event(MALFORMED, event.flow)

    @cached_property
    def _handlers(self) -> dict[type, Callable[[Any], None]]:
        """Who hears what the endpoint tells: the owner of the transaction."""
        return {
            events.RequestReceived: self._requested,
            events.ResponseReceived: self._responded,
            events.AckReceived: lambda e: e.txn.owner and e.txn.owner.acked(e.txn, e.request),
            events.Cancelled: lambda e: e.txn.owner and e.txn.owner.cancelled(e.txn),
            events.Unacknowledged: lambda e: e.txn.owner and e.txn.owner.unacknowledged(e.txn),
            events.Unpracked: lambda e: e.txn.owner and e.txn.owner.unpracked(e.txn),
            events.TimedOut: lambda e: e.txn.owner and e.txn.owner.timed_out(e.txn),
            events.Failed: lambda e: e.txn.owner and e.txn.owner.failed(e.txn, e.reason),
            events.Strayed: self._strayed,
        }

    def refreshed(self, pair: Any, response: Response) -> None:
        """A re-INVITE or UPDATE inside a call was accepted."""
        if isinstance(pair, Call):
            seconds, _ = interval(response)
            if seconds:
                restart(pair, seconds)

    def subscribed(self, pair: Any, request: Request, response: Response) -> None:
        """A SUBSCRIBE or NOTIFY inside a subscription was accepted."""
        if isinstance(pair, Outside):
            pair.refreshed(request, response)


__all__ = ["Media", "Switch", "World"]
