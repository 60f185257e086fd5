"""The memory of the trace: nothing in the way when it is off, bounded when it is on."""

from typing import Any

from sbcd.edge.tracing import OVERHEAD, Tracing
from sbcd.sip.events import Flow, Send

FLOW = Flow(0, "udp", ("10.0.0.9", 5060), ("10.0.0.1", 5070))


class Doors:
    """What the trace is put between."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.said: list[bytes] = []
        self.receive: Any = lambda data, flow: self.heard.append(data)

    def send(self, send: Send) -> None:
        self.said.append(send.data)


def local(doors: Any, flow: Flow) -> tuple[str, int]:
    return flow.local


def message(name: str, size: int = 0) -> bytes:
    return f"OPTIONS sip:x SIP/2.0\r\nCall-ID: {name}\r\n\r\n{'x' * size}".encode()


def test_off_there_is_nothing_in_the_way() -> None:
    doors = Doors()
    receive, send = doors.receive, doors.send
    tracing = Tracing(doors, lambda: 1.0, "b", local)  # type: ignore[arg-type]
    tracing.follow(1 << 20, None)
    assert doors.receive != receive
    assert doors.send != send
    tracing.follow(0, None)
    assert doors.receive is receive
    assert doors.send == send
    tracing.named(1, "a")
    assert not tracing._sessions


def test_on_what_passes_is_kept_by_session() -> None:
    doors = Doors()
    tracing = Tracing(doors, lambda: 1.0, "b", local)  # type: ignore[arg-type]
    tracing.follow(1 << 20, None)
    doors.receive(message("a"), FLOW)
    tracing.named(7, "a")
    tracing.named(7, "b")
    doors.send(Send(FLOW, message("b")))
    doors.receive(message("ping"), FLOW)
    doors.receive(b"\r\n\r\n", FLOW)
    assert (len(doors.heard), len(doors.said)) == (3, 1)
    assert [(one.incoming, one.call_id) for one in tracing.of(7)] == [(True, "a"), (False, "b")]
    assert [(one.session, one.messages) for one in tracing.kept()] == [(7, 2)]
    assert len(tracing.of(0)) == 3, "what belongs to no call, too; not the keep-alive of a transport"


def test_the_memory_is_bounded_and_the_oldest_go_first() -> None:
    doors = Doors()
    tracing = Tracing(doors, lambda: 1.0, "b", local)  # type: ignore[arg-type]
    size = len(message("00", 1000)) + OVERHEAD
    tracing.follow(10 * size, None)
    for number in range(99):
        doors.receive(message(f"{number:02}", 1000), FLOW)
    assert [one.call_id for one in tracing.of(0)] == [f"{number}" for number in range(89, 99)]
    tracing.follow(3 * size, None)
    assert len(tracing.of(0)) == 3
