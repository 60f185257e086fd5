"""In / out transcripts for SIP: two endpoints, or one and a hand, in virtual time.

One rule: no sleeping and no randomness that is not seeded."""

import itertools
from collections.abc import Callable, Iterable

from sbcd.sip.endpoint import Endpoint
from sbcd.sip.events import Flow, Output, Send
from sbcd.sip.message import Request, Response, parse, request
from sbcd.sip.transaction import Times

UAC = ("192.0.2.1", 5060)
UAS = ("192.0.2.2", 5060)


def counted(prefix: str) -> Callable[[], str]:
    """Text that is unique and the same in every run."""
    count = itertools.count(1)
    return lambda: f"{prefix}{next(count)}"


def endpoint(prefix: str = "e", trying: float = 0.2) -> Endpoint:
    return Endpoint(counted(prefix), Times(trying=trying))


def flow(local: tuple[str, int], remote: tuple[str, int], transport: str = "udp") -> Flow:
    return Flow(1, transport, local, remote, 0 if transport == "udp" else 7)


def invite(method: str = "INVITE", number: int = 1, call: str = "call-1", **extra: str) -> Request:
    headers = {
        "From": "<sip:alice@192.0.2.1>;tag=a1",
        "To": "<sip:bob@192.0.2.2>",
        "Call-ID": call,
        "CSeq": f"{number} {method}",
        "Contact": "<sip:alice@192.0.2.1>",
        **extra,
    }
    return request(method, "sip:bob@192.0.2.2", headers)


def told(outputs: Iterable[Output]) -> list[str]:
    """Outputs as short lines: `send INVITE`, `send 200 INVITE`, `TimedOut`."""
    lines = []
    for output in outputs:
        if isinstance(output, Send):
            lines.append(f"send {brief(parse(output.data))}")
            continue
        name = type(output).__name__
        message = getattr(output, "response", None) or getattr(output, "request", None)
        lines.append(f"{name} {brief(message)}" if message is not None else name)
    return lines


def brief(message: Request | Response) -> str:
    if isinstance(message, Response):
        return f"{message.status} {message.cseq.method}"
    return message.method


def run_until(end: Endpoint, until: float) -> list[tuple[float, str]]:
    """Everything that timers do up to a time, with when."""
    seen = []
    while (when := end.deadline) is not None and when <= until:
        seen += [(round(when, 3), line) for line in told(end.expire(when))]
    return seen
