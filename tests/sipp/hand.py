"""A phone worked by hand: one socket, messages as values. For what SIPp cannot be told.

One rule: it says what the test says, and nothing by itself."""

import itertools
import socket
import ssl
from collections.abc import Mapping

from sbcd.sip.message import Request, Response, parse, reply, request
from sbcd.sip.stream import Framer

SDP = "v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\nm=audio {1} RTP/AVP 8\r\n"
Message = Request | Response


class Hand:
    """One end of UDP (bound), or of a TCP or TLS connection."""

    def __init__(
        self,
        host: str,
        port: int,
        peer: tuple[str, int],
        transport: str = "udp",
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.place, self.peer, self.transport = (host, port), peer, transport
        self.described = b""  # of the last call
        self.last: Request  # that was answered
        self._count = itertools.count(1)
        self._waiting: list[bytes] = []
        self._framer = Framer()
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((host, port))
        self.socket.settimeout(10)
        if transport != "udp":
            self.socket.connect(peer)
        if transport == "tls":
            if context is None:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)

    def close(self) -> None:
        self.socket.close()

    def send(self, message: Message, to: tuple[str, int] | None = None) -> None:
        if self.transport == "udp":
            self.socket.sendto(bytes(message), to or self.peer)
        else:
            self.socket.sendall(bytes(message))

    def hear(self, *methods_or_statuses: str | int, seconds: float = 10) -> Message:
        """The next message that is one of these; others (100, repetitions) are passed over."""
        self.socket.settimeout(seconds)
        while True:
            message = parse(self._next())
            kind = message.status if isinstance(message, Response) else message.method
            if kind in methods_or_statuses:
                return message

    def _next(self) -> bytes:
        while not self._waiting:
            data = self.socket.recv(65535)
            assert data, "the connection was closed"
            self._waiting += [data] if self.transport == "udp" else self._framer.feed(data)
        return self._waiting.pop(0)

    # --- what phones say ---

    def invite(self, user: str, more: Mapping[str, str] | None = None) -> Request:
        """A call; it is sent."""
        host, port = self.place
        number = next(self._count)
        self.described = SDP.format(host, 30000 + number % 10000 * 2).encode()
        name = f"{port}-{number}-{id(self)}"
        said = request(
            "INVITE",
            f"sip:{user}@{self.peer[0]}:{self.peer[1]}",
            {
                "Via": f"SIP/2.0/{self.transport.upper()} {host}:{port};branch=z9hG4bK{name}",
                "From": f"<sip:1000@{host}>;tag=f{number}",
                "To": f"<sip:{user}@{self.peer[0]}>",
                "Call-ID": name,
                "CSeq": "1 INVITE",
                "Contact": f"<sip:1000@{host}:{port};transport={self.transport}>",
                "Max-Forwards": "70",
                **(more or {}),
            },
            self.described,
            "application/sdp",
        )
        self.send(said)
        return said

    def within(self, heard: Response, method: str, number: int) -> Request:
        """A request in the dialog that a response founded; it is sent."""
        contact = heard.contact
        assert contact is not None
        said = request(
            method,
            contact.uri,
            {
                "Via": f"SIP/2.0/{self.transport.upper()} {self.place[0]}:{self.place[1]}"
                f";branch=z9hG4bK{method}{number}{heard.call_id}",
                "From": heard.get("From"),
                "To": heard.get("To"),
                "Call-ID": heard.call_id,
                "CSeq": f"{number} {method}",
                "Max-Forwards": "70",
            },
        )
        self.send(said)
        return said

    def bye(self, heard: Request) -> None:
        """Hangs up the call that this INVITE of the device founded."""
        contact = heard.contact
        assert contact is not None
        headers = {
            "Via": f"SIP/2.0/UDP {self.place[0]}:{self.place[1]};branch=z9hG4bKbye{heard.call_id}",
            "From": f"{heard.get('To')};tag=t{heard.call_id[:8]}",
            "To": heard.get("From"),
            "Call-ID": heard.call_id,
            "CSeq": "1 BYE",
            "Max-Forwards": "70",
        }
        self.send(request("BYE", contact.uri, headers))

    def answer(self, heard: Request, status: int = 200) -> None:
        """A response; with a description when it is a 200 to an INVITE."""
        self.last = heard
        host, port = self.place
        body = SDP.format(host, 40000).encode() if heard.method == "INVITE" and status == 200 else b""
        self.send(
            reply(
                heard,
                status,
                "",
                {"Contact": f"<sip:{host}:{port}>"},
                body,
                "application/sdp" if body else "",
                tag="t" + heard.call_id[:8],
            )
        )

    def send_back(self, heard: Request, body: bytes) -> None:
        """A 200 to a re-INVITE, with this description."""
        headers = {"Contact": f"<sip:{self.place[0]}:{self.place[1]}>"}
        self.send(reply(heard, 200, "", headers, body, "application/sdp"))

    def called(self, seconds: float = 10) -> Request:
        """An INVITE comes, and is answered at once; its ACK is awaited."""
        heard = self.hear("INVITE", seconds=seconds)
        assert isinstance(heard, Request)
        self.answer(heard)
        self.hear("ACK")
        return heard
