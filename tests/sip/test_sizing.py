"""RFC 3261 18.1.1: large requests go by TCP, and back to UDP where nobody takes it."""

from sbcd.sip.endpoint import Endpoint
from sbcd.sip.events import Flow, Send
from sbcd.sip.message import parse, reply
from sip.playbook import UAC, UAS, endpoint, flow, invite, told

OUT = flow(UAC, UAS)
TCP = Flow(1, "tcp", UAC, UAS)
LARGE = b"x" * 1300


class Both:
    """A place with TCP, as far as is known."""

    def __init__(self) -> None:
        self.deaf: list[Flow] = []

    def larger(self, flow: Flow) -> Flow | None:
        return None if self.deaf else Flow(flow.interface, "tcp", flow.local, flow.remote)

    def refused(self, flow: Flow) -> None:
        self.deaf.append(flow)


def at_work() -> tuple[Endpoint, Both]:
    end, ways = endpoint(), Both()
    end.ways = ways
    return end, ways


def sent(outputs) -> list[tuple[str, str]]:
    """Of what is sent: the flow's transport and that of the Via."""
    return [(one.flow.transport, parse(one.data).via.transport) for one in outputs if isinstance(one, Send)]


def test_only_large_ones():
    end, _ = at_work()
    assert sent(end.request(invite(), OUT, 0.0)[1]) == [("udp", "udp")]
    txn, out = end.request(invite(call="2").but(body=LARGE), OUT, 0.0)
    assert sent(out) == [("tcp", "tcp")]
    assert end.deadline == 0.5  # only the small one is repeated
    response = reply(parse(out[0].data), 200, headers={"Contact": "<sip:b@192.0.2.2>"}, tag="b")
    assert told(end.receive(bytes(response), TCP, 0.1)) == ["ResponseReceived 200 INVITE"]
    ack = invite("ACK").but({"To": "<sip:bob@192.0.2.2>;tag=b"})
    assert sent(end.acknowledge(txn, ack, OUT, 0.2)) == [("tcp", "tcp")]


def test_a_refused_connection_leads_back_to_udp():
    """Same branch, repeated from now on; what was to be sent there before fails nothing any more."""
    end, ways = at_work()
    _, out = end.request(invite().but(body=LARGE), OUT, 0.0)
    back = end.broken(TCP, 1.0)
    assert sent(back) == [("udp", "udp")]
    assert parse(back[0].data).via.branch == parse(out[0].data).via.branch
    assert ways.deaf == [TCP]
    assert told(end.failed(out[0], 1.0)) == []
    assert end.deadline == 1.5
    assert sent(end.expire(1.5)) == [("udp", "udp")]
    assert sent(end.request(invite("OPTIONS", call="2").but(body=LARGE), OUT, 2.0)[1]) == [("udp", "udp")]
    assert told(end.broken(OUT, 3.0)) == ["Failed", "Failed"]
    assert not any(size for name, size in end.sizes.items() if name != "timers")


def test_a_connection_lost_after_a_response_is_lost():
    end, _ = at_work()
    _, (out,) = end.request(invite().but(body=LARGE), OUT, 0.0)
    end.receive(bytes(reply(parse(out.data), 180, tag="b")), TCP, 0.1)
    assert told(end.broken(TCP, 1.0)) == ["Failed"]


def test_without_tcp_here_it_goes_by_udp():
    end = endpoint()
    assert sent(end.request(invite().but(body=LARGE), OUT, 0.0)[1]) == [("udp", "udp")]
