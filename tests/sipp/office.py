"""The other end of Direct Routing, worked by hand: TLS both ways and SRTP.

One rule: it takes connections at one port and calls over one of its own; it says what the test says."""

import base64
import os
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path

from pylibsrtp import Policy, Session

from sbcd.sip.message import Request, Response, parse, reply, request
from sbcd.sip.sdp import Sdp
from sbcd.sip.stream import Framer

Message = Request | Response
SUITE = "AES_CM_128_HMAC_SHA1_80"
KEY = base64.b64encode(b"k" * 30).decode()


class Office:
    """`host:5061`, known as `name`; media at `port`."""

    def __init__(self, host: str, name: str, device: tuple[str, int], cert: Path, port: int = 50000) -> None:
        self.host, self.name, self.port = host, name, port
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert)
        self._door = socket.create_server((host, 5061))
        self._door.settimeout(10)
        self._server = context
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
        self._own = client.wrap_socket(socket.create_connection(device, 10, (host, 0)))
        self._theirs: ssl.SSLSocket | None = None
        self._framers = {id(self._own): Framer()}
        self._waiting: dict[int, list[bytes]] = {}

    def close(self) -> None:
        for one in (self._own, self._theirs, self._door):
            if one is not None:
                one.close()

    # --- hearing: on the connection the device opened, and on our own ---

    def hear(self, *wanted: str | int, own: bool = False, seconds: float = 10) -> Message:
        """The next message that is one of these; keep-alives are answered, others passed over."""
        end = time.monotonic() + seconds
        while True:
            connection = self._own if own else self._accepted()
            connection.settimeout(max(end - time.monotonic(), 0.01))
            message = parse(self._next(connection))
            kind = message.status if isinstance(message, Response) else message.method
            if kind in wanted:
                return message
            if kind == "OPTIONS":
                assert isinstance(message, Request)
                self.contact_of_ping = message.get("Contact")
                self.answer(message, 200)

    contact_of_ping = ""

    def _accepted(self) -> ssl.SSLSocket:
        if self._theirs is None:
            raw, _ = self._door.accept()
            self._theirs = self._server.wrap_socket(raw, server_side=True)
            self._framers[id(self._theirs)] = Framer()
        return self._theirs

    def _next(self, connection: ssl.SSLSocket) -> bytes:
        waiting = self._waiting.setdefault(id(connection), [])
        while not waiting:
            data = connection.recv(65535)
            assert data, "the connection was closed"
            waiting += self._framers[id(connection)].feed(data)
        return waiting.pop(0)

    # --- saying ---

    def answer(self, heard: Request, status: int, body: bytes = b"", own: bool = False) -> None:
        """A response, over the connection that the request came on."""
        headers = {"Contact": f"<sip:{self.name}:5061;transport=tls>"}
        kind = "application/sdp" if body else ""
        said = reply(heard, status, "", headers, body, kind, tag=f"office{heard.call_id[:6]}")
        (self._own if own else self._accepted()).sendall(bytes(said))

    def invite(self, user: str, device: str, call: str = "office-1") -> Request:
        """A call to a number, over our own connection."""
        said = request(
            "INVITE",
            f"sip:{user}@{device}:5061;transport=tls",
            {
                "Via": f"SIP/2.0/TLS {self.host}:5061;branch=z9hG4bK{call}",
                "From": f"<sip:+4930@{self.name}>;tag=o{call}",
                "To": f"<sip:{user}@{device}>",
                "Call-ID": call,
                "CSeq": "1 INVITE",
                "Contact": f"<sip:{self.name}:5061;transport=tls>",
                "Max-Forwards": "70",
            },
            self.sdp(),
            "application/sdp",
        )
        self._own.sendall(bytes(said))
        return said

    def within(self, heard: Message, method: str, number: int, **more: str) -> Request:
        """A request in the dialog that a message of the device belongs to, over our own connection."""
        contact = heard.contact
        assert contact is not None
        ours, theirs = heard.get("From"), heard.get("To")
        if isinstance(heard, Request):
            ours, theirs = f"{theirs};tag=office{heard.call_id[:6]}", ours
        said = request(
            method,
            contact.uri,
            {
                "Via": f"SIP/2.0/TLS {self.host}:5061;branch=z9hG4bK{method}{number}{heard.call_id}",
                "From": ours,
                "To": theirs,
                "Call-ID": heard.call_id,
                "CSeq": f"{number} {method}",
                "Contact": f"<sip:{self.name}:5061;transport=tls>",
                "Max-Forwards": "70",
                **{name.replace("_", "-"): value for name, value in more.items()},
            },
        )
        self._own.sendall(bytes(said))
        return said

    # --- media ---

    def sdp(self, port: int = 0) -> bytes:
        """SRTP only."""
        return (
            f"v=0\r\no=- 7 1 IN IP4 {self.host}\r\ns=-\r\nc=IN IP4 {self.host}\r\nt=0 0\r\n"
            f"m=audio {port or self.port} RTP/SAVP 8\r\na=crypto:1 {SUITE} inline:{KEY}\r\n"
        ).encode()


def keys(body: bytes) -> tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]:
    """How packets are sealed for, and opened from, a device that described itself so; ours is KEY."""
    stream = Sdp.parse(body).streams[0]
    assert stream.proto == "RTP/SAVP", body
    line = next(line for line in stream.lines if line.startswith("a=crypto:"))
    assert SUITE in line
    theirs = base64.b64decode(line.partition("inline:")[2].partition("|")[0].split(" ")[0])
    profile = Policy.SRTP_PROFILE_AES128_CM_SHA1_80
    seal = Session(Policy(base64.b64decode(KEY), Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile))
    open_ = Session(Policy(theirs, Policy.SSRC_ANY_INBOUND, srtp_profile=profile))
    return seal.protect, open_.unprotect


def packet(number: int, mark: bytes) -> bytes:
    """RTP, G.711 A-law; the mark is its source."""
    head = b"\x80\x08" + number.to_bytes(2, "big") + (number * 160).to_bytes(4, "big")
    return head + mark + os.urandom(160)
