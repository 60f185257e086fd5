"""Two users on a wire that loses, doubles and reorders, in virtual time.

One rule: everything random comes from one seeded source, so that a failure can be repeated by its seed."""

import heapq
import itertools
from collections import Counter
from random import Random

from sbcd.sip.dialog import Dialog, glare_delay
from sbcd.sip.events import (
    AckReceived,
    Cancelled,
    Failed,
    RequestReceived,
    ResponseReceived,
    Send,
    TimedOut,
    Unacknowledged,
)
from sbcd.sip.message import Response, parse, reply, request
from sip.playbook import UAC, UAS, endpoint, flow


class World:
    """The wire and the clock. `watch` sees every message that leaves: (from, message)."""

    def __init__(self, seed, loss=0.0, double=0.0, delay=(0.001, 0.01)):
        self.random = Random(seed)
        self.loss, self.double, self.delay = loss, double, delay
        self.now = 0.0
        self.events = []
        self.count = itertools.count()
        self.sent = []
        self.users = {}

    def at(self, when, act):
        heapq.heappush(self.events, (when, next(self.count), act))

    def carry(self, user, send):
        self.sent.append((user.name, parse(send.data)))
        copies = (self.random.random() >= self.loss) + (self.random.random() < self.double)
        for _ in range(copies):
            self.at(self.now + self.random.uniform(*self.delay), lambda: self.peer(user).hear(send.data))

    def peer(self, user):
        return self.users["b" if user.name == "a" else "a"]

    def run(self, until=1e9):
        while self.events and self.events[0][0] <= until:
            self.now, _, act = heapq.heappop(self.events)
            act()
            for user in self.users.values():
                user.arm()


class User:
    """A simple phone on one endpoint: calls, answers, cancels, hangs up."""

    def __init__(self, world, name):
        self.world, self.name = world, name
        self.end = endpoint(f"{name}x")
        mine, theirs = (UAC, UAS) if name == "a" else (UAS, UAC)
        self.flow = flow(mine, theirs)
        self.told = Counter()
        self.dialogs = {}
        self.pending = set()  # dialogs with an INVITE of ours under way
        self.armed = None
        self.answer = lambda asked: None
        world.users[name] = self

    # -- time

    def arm(self):
        when = self.end.deadline
        if when is not None and (self.armed is None or when < self.armed):
            self.armed = when
            self.world.at(max(when, self.world.now), self.wake)

    def wake(self):
        self.armed = None
        self.do(self.end.expire(self.world.now))

    # -- doing

    def hear(self, data):
        self.do(self.end.receive(data, self.flow, self.world.now))

    def do(self, outputs):
        for output in outputs:
            if isinstance(output, Send):
                self.world.carry(self, output)
            else:
                getattr(self, f"on_{type(output).__name__}", lambda output: None)(output)

    def call(self, number, cancel=None):
        headers = {
            "From": f"<sip:a@192.0.2.1>;tag=t{number}",
            "To": "<sip:b@192.0.2.2>",
            "Call-ID": f"c{number}",
            "CSeq": "1 INVITE",
            "Contact": "<sip:a@192.0.2.1>",
        }
        made = request("INVITE", "sip:b@192.0.2.2", headers)
        txn, outputs = self.end.request(made, self.flow, self.world.now, owner="call")
        self.do(outputs)
        if cancel is not None:
            self.world.at(self.world.now + cancel, lambda: self.do(self.end.cancel(txn, self.world.now)))

    def ask(self, dialog, method):
        txn, outputs = self.end.request(
            dialog.request(method, {"Contact": "<sip:x@192.0.2.9>"}), self.flow, self.world.now, dialog
        )
        if method == "INVITE":
            self.pending.add(dialog.id)
        self.do(outputs)
        return txn

    def say(self, txn, status, **headers):
        contact = {"Contact": "<sip:b@192.0.2.2>"} if 100 < status < 300 else {}
        response = reply(txn.request, status, headers={**contact, **headers}, tag=txn.tag)
        self.do(self.end.respond(txn, response, self.world.now))

    # -- what happens

    def on_ResponseReceived(self, output: ResponseReceived):
        txn, response = output.txn, output.response
        if response.status < 200:
            return
        self.told[response.status // 100 if txn.method == "INVITE" else txn.method] += 1
        if txn.method != "INVITE":
            return
        again = isinstance(txn.owner, Dialog)
        if again:
            self.pending.discard(txn.owner.id)
        if response.status == 491 and again:
            self.told["491"] += 1
            wait = glare_delay(self.name == "a", self.world.random.random())
            self.world.at(self.world.now + wait, lambda: self.ask(txn.owner, "INVITE"))
        elif response.status < 300:
            dialog = txn.owner if again else Dialog.made(txn.request, response)
            self.dialogs[dialog.id] = dialog
            ack = dialog.ack(txn.request.cseq.number)
            self.do(self.end.acknowledge(txn, ack, self.flow, self.world.now))
            self.answered(dialog, again)

    def answered(self, dialog, again):
        self.world.at(self.world.now + 5, lambda: self.ask(dialog, "BYE"))

    def on_RequestReceived(self, output: RequestReceived):
        txn = output.txn
        if output.request.method != "INVITE":
            self.say(txn, 200)
        elif output.request.inside:
            dialog = Dialog(*_seen(output.request))
            self.say(txn, 491 if dialog.id in self.pending else 200)
        else:
            self.answer(txn)

    def on_Cancelled(self, output: Cancelled):
        self.told["cancelled"] += 1
        self.say(output.txn, 487)

    def on_TimedOut(self, output: TimedOut):
        self.told[f"{output.txn.method} timed out"] += 1

    def on_Failed(self, output: Failed):
        self.told["failed"] += 1

    def on_AckReceived(self, output: AckReceived):
        self.told["acked"] += 1
        self.acked(output)

    def acked(self, output):
        pass

    def on_Unacknowledged(self, output: Unacknowledged):
        self.told["unacknowledged"] += 1


def _seen(asked):
    return asked.call_id, asked.to, asked.from_, asked.contact.uri


def provisionals_after_final(sent):
    """Every provisional that left after a final response of the same transaction."""
    final, late = set(), []
    for _, message in sent:
        if isinstance(message, Response):
            key = (message.via.branch, message.cseq.method)
            if message.status >= 200:
                final.add(key)
            elif key in final:
                late.append(message)
    return late
