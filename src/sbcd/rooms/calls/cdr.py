"""Call detail records: one line for each leg and one for each call, as they end.

One rule: a record is made from the same figures as the facts, so that a KPI is the sum of its records; the
session id is the same in all of a call."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from sbcd.rooms.calls.facts import Reason, Way

if TYPE_CHECKING:
    from sbcd.rooms.calls.ending import Session
    from sbcd.rooms.calls.legs import Leg

FIELDS = (
    "record",
    "session",
    "leg",
    "ip_group",
    "srd",
    "sip_interface",
    "caller",
    "callee",
    "remote",
    "transport",
    "call_id",
    "setup",
    "ringing",
    "connect",
    "release",
    "duration",
    "status",
    "reason",
    "outcome",
)

SIDES = tuple(way.name for way in Way)


def moment(wall: float, now: float, when: float) -> str:
    """A monotonic time as the wall showed it, or '' when it never came."""
    if not when:
        return ""
    seconds, thousandths = divmod(int((wall - (now - when)) * 1000), 1000)
    return f"{second(seconds)}.{thousandths:03}+00:00"


@lru_cache(64)  # the records of a busy second share it
def second(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).replace(tzinfo=None).isoformat()


def clean(text: str) -> str:
    """A field without the separator and without control characters."""
    if len(text) <= 200 and "|" not in text and text.isprintable():
        return text
    return "".join(char if char.isprintable() and char != "|" else "_" for char in text)[:200]


def leg_record(call: Session, leg: Leg, boot: str, status: int, why: str) -> str:
    """The record of one leg."""
    switch = call.switch
    now, wall = switch.now, switch.wall()
    group = leg.group
    flow = leg.flow
    host, port = flow.remote
    source, dest = (leg.remote, leg.local) if leg.way == Way.IN else (leg.local, leg.remote)
    return "|".join(
        (
            "LEG",
            f"{boot}:{call.session}",
            SIDES[leg.way],
            clean(group.name) if group is not None else "",
            str(switch.srd(flow.interface) if group is None else group.srd),
            str(flow.interface),
            clean(source),
            clean(dest),
            f"{host}:{port}",
            flow.transport,
            clean(leg.call_id),
            moment(wall, now, leg.started),
            moment(wall, now, leg.rang),
            moment(wall, now, leg.answered),
            moment(wall, now, now),
            f"{now - leg.answered:.3f}" if leg.answered else "0",
            str(status),
            clean(why),
            "established" if leg.answered else word(Reason.OTHER if leg.outcome is None else leg.outcome),
        )
    )


def call_record(record: str, leg: Leg) -> str:
    """The record of the whole call: that of its first leg, of no side."""
    return "CALL" + record[3:].replace(f"|{SIDES[leg.way]}|", "||", 1)


def word(reason: Reason) -> str:
    """A reason as records name it."""
    return reason.name.lower().replace("_", " ")
