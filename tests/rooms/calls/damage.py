"""Peers that damage every message they send: calls and other requests through a switch, in virtual time.

One rule: all chance comes from one seed, so that a crash can be repeated by it."""

import re
from pathlib import Path
from random import Random

from sbcd.sip.events import Flow

from .playbook import ALICE, ANSWER, BOB, OURS, SDP, Hands

CORPUS = Path(__file__).parents[2] / "corpus" / "messages"
PARTS = [path.read_bytes().split(b"\r\n") for path in CORPUS.glob("*.sip")]
LINES = sorted({line for lines in PARTS for line in lines if b":" in line})
METHODS = ["INVITE"] * 6
METHODS += ["OPTIONS", "REGISTER", "SUBSCRIBE", "MESSAGE", "INFO", "PUBLISH", "NOTIFY", "REFER"]
INSIDE = ["INVITE", "UPDATE", "INFO", "BYE", "REFER", "OPTIONS", "PRACK", "MESSAGE", "NOTIFY"]
ENDS = [200, 200, 200, 200, 302, 401, 407, 404, 486, 422, 491, 503, 600]
MORE = ["", "Refer-To: <sip:c@d>\r\n", "RAck: 1 1 INVITE\r\n", "Session-Expires: 10\r\n", "Min-SE: 90\r\n"]
MORE += ['WWW-Authenticate: Digest realm="x",nonce="1"\r\n', "Session-Expires: 100;refresher=uas\r\n"]
NOISE = b'<>";,:@=*% \x00\xff0aZ\r\n'


class Damage:
    """A mutation of lines, of single characters, of the body."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def do(self, data: bytes) -> bytes:
        random = self.random
        if random.random() < 0.35:
            return data
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        for _ in range(random.randint(1, 3)):
            at, kind = random.randrange(len(lines)), random.randrange(5)
            line = lines[at]
            if kind == 0 and len(lines) > 2:
                lines.pop(max(1, at))
            elif kind == 1:
                lines.insert(max(1, at), random.choice(LINES))
            elif kind == 2:
                spot = random.randrange(len(line) + 1)
                lines[at] = line[:spot] + bytes([random.choice(NOISE)]) + line[spot + random.randint(0, 1) :]
            elif kind == 3:
                lines[at] = line[: random.randrange(len(line) + 1)]
            elif b":" in line and at:
                lines[at] = line.partition(b":")[0] + b": " + random.choice(LINES).partition(b":")[2]
        if body and random.random() < 0.3:
            spot = random.randrange(len(body))
            body = body[:spot] + random.randbytes(1) + body[spot + random.randint(0, 2) :]
        if random.random() < 0.8:
            lines = [line for line in lines if not line.lower().startswith((b"content-length", b"l:"))]
            lines.append(b"Content-Length: %d" % len(body))
        return b"\r\n".join(lines) + b"\r\n\r\n" + body


def field(data: bytes, name: str) -> str:
    found = re.search(rb"(?mi)^" + name.encode() + rb"\s*:\s*(.*?)\r?$", data)
    return found[1].decode("latin1") if found else ""


class Peers:
    """Both sides of the switch; they answer what they get, more or less."""

    def __init__(self, hands: Hands, seed: int) -> None:
        self.hands, self.random = hands, Random(seed)
        self.damage = Damage(self.random)
        self.todo: list[tuple[bytes, Flow]] = []
        self.number = 0

    def exchange(self) -> None:
        """One request from outside and what follows from it."""
        self.number += 1
        self.hands.now += self.random.random()
        method = self.random.choice(METHODS)
        uri = f"sip:+49{self.number}@127.0.9.9"
        first = self.request(method, uri, "127.0.0.1:5070", f"c{self.number}", 1, SDP.decode())
        self.say(first, ALICE)
        for _ in range(25):
            if not self.todo:
                return
            data, flow = self.todo.pop(0)
            for send in self.hands.switch.receive(data, flow, self.hands.now):
                if send.data.startswith(b"SIP/2.0"):
                    self.heard(send.data, send.flow.remote)
                elif not send.data.startswith(b"ACK"):
                    self.asked(send.data, send.flow.remote)
        self.todo.clear()

    def say(self, text: str, remote: tuple[str, int]) -> None:
        self.todo.append((self.damage.do(text.encode("latin1")), Flow(0, "udp", OURS, remote)))

    def request(
        self, method: str, uri: str, via: str, call: str, number: int, body: str = "", like: bytes = b""
    ) -> str:
        source = field(like, "From") or "<sip:alice@127.0.0.1>;tag=t" + call
        to = field(like, "To") or f"<{uri}>"
        return (
            f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {via};branch=z9hG4bK{self.random.random()}\r\n"
            f"From: {source}\r\nTo: {to}\r\nCall-ID: {call}\r\nCSeq: {number} {method}\r\n"
            f"Contact: <sip:alice@127.0.0.1:5070>\r\nMax-Forwards: 70\r\nSupported: 100rel,timer\r\n"
            f"{self.random.choice(MORE)}Content-Type: application/sdp\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        )

    def asked(self, data: bytes, remote: tuple[str, int]) -> None:
        """A request came to a peer: it answers, mostly."""
        random = self.random
        statuses = [random.choice([200, 200, 481, 405, 500])]
        if data.startswith(b"INVITE"):
            statuses = [status for status in (100, 180, 183) if random.random() < 0.5] + [random.choice(ENDS)]
        for status in statuses[: None if random.random() < 0.9 else -1]:
            body = ANSWER.decode() if status in {183, 200} and data.startswith(b"INVITE") else ""
            to = field(data, "To")
            names = "".join(f"{name}: {field(data, name)}\r\n" for name in ("Via", "From", "Call-ID", "CSeq"))
            more = random.choice([*MORE, "Require: 100rel\r\nRSeq: 1\r\n"])
            self.say(
                f"SIP/2.0 {status} X\r\n{names}To: {to if 'tag=' in to else to + ';tag=b1'}\r\n"
                f"Contact: <sip:bob@127.0.0.2:5080>\r\n{more}Content-Type: application/sdp\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}",
                remote,
            )

    def heard(self, data: bytes, remote: tuple[str, int]) -> None:
        """A response came to a peer: the answer to an INVITE is acknowledged, and the call goes on."""
        number, _, method = field(data, "CSeq").partition(" ")
        if method != "INVITE" or not data.startswith(b"SIP/2.0 2") or not number.isdigit():
            return
        contact = re.search(r"<(.*?)>", field(data, "Contact"))
        uri = contact[1] if contact else "sip:x@127.0.9.9"
        via, call = f"{remote[0]}:{remote[1]}", field(data, "Call-ID")
        methods = ["ACK", *self.random.choices(INSIDE, k=self.random.randint(0, 3)), "BYE"]
        for more, name in enumerate(methods):
            body = SDP.decode() if name in {"INVITE", "UPDATE"} and self.random.random() < 0.7 else ""
            self.say(self.request(name, uri, via, call, int(number) + more, body, data), remote)


__all__ = ["BOB", "Peers"]
