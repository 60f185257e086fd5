"""What the engine tells when it is asked: the calls, the servers, the users, itself.

One rule: a list is a picture of now, bounded by what was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from sbcd.rooms.calls.contract import Ask, CallLine, State, Told
from sbcd.rooms.calls.facts import Way
from sbcd.rooms.calls.legs import Leg, Stage
from sbcd.sip.grammar import Malformed
from sbcd.sip.headers import Address

if TYPE_CHECKING:
    from sbcd.rooms.calls.desk import Desk
    from sbcd.rooms.calls.factlog import FactLog

WORDS = {
    Stage.SETUP: "Setup",
    Stage.RINGING: "Ringing",
    Stage.CONNECTED: "Connected",
    Stage.RELEASING: "Releasing",
    Stage.OVER: "Releasing",
}


def told(switch: Desk, facts: FactLog, epoch: int, asked: Ask) -> Told:
    """The answer."""
    most = max(asked.most, 0)
    match asked.what:
        case "calls":
            return Told(asked.id, calls=tuple(islice(calls(switch), most)))
        case "proxies":
            return Told(asked.id, proxies=tuple(islice(switch.proxies.lines(), most)))
        case "accounts":
            return Told(asked.id, accounts=tuple(islice(switch.accounts.lines(), most)))
        case "trials":
            return Told(asked.id, trials=tuple(islice(switch.trials.lines(), most)))
        case "rehearsals":
            lines = (one.line() for _, one in sorted(switch.trials.rehearsals.series.items()))
            return Told(asked.id, rehearsals=tuple(islice(lines, most)))
        case "blocked":
            return Told(asked.id, blocked=tuple(islice(switch.intrusions.lines(), most)))
        case "users":
            return Told(asked.id, users=tuple(islice(switch.registrar.lines(), most)))
    state = State(
        epoch,
        switch.locked,
        len(switch.calls),
        len(switch.registrar),
        len(switch.endpoint.clients) + len(switch.endpoint.servers),
        len(facts),
        facts.lost,
    )
    return Told(asked.id, state=state)


def calls(switch: Desk) -> Iterator[CallLine]:
    """One line for each leg."""
    for call in switch.calls.values():
        attempts = [attempt.leg for attempt in call.attempts] if call.b is None else []
        for leg in (call.a, call.b, *attempts):
            if leg is not None:
                yield line(switch, call.session, leg)


def user(text: str) -> str:
    """The number in a From or To."""
    try:
        return Address.parse(text).uri.number
    except Malformed:
        return text


def line(switch: Desk, session: int, leg: Leg) -> CallLine:
    """One leg as a line."""
    source, dest = (leg.remote, leg.local) if leg.way == Way.IN else (leg.local, leg.remote)
    host, port = leg.flow.remote
    return CallLine(
        session,
        leg.way,
        switch.wall() - (switch.now - leg.started),
        WORDS[leg.stage],
        user(source),
        user(dest),
        f"{host}:{port}",
        leg.group.index if leg.group is not None else -1,
        switch.now - leg.answered if leg.answered else 0.0,
    )
