"""The far side of Teams Direct Routing: servers on TLS that ask for SRTP, as the sample expects them.

One rule: it answers OPTIONS by itself, everything else is said by the test."""

import contextlib
import datetime
import queue
import socket
import ssl
import threading
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sbcd.sip.message import Request, Response, parse, reply
from sbcd.sip.stream import Framer

Message = Request | Response
DOMAIN = "pstnhub.microsoft.com"


def authority(folder: Path) -> tuple[Path, Path]:
    """A certificate authority that is its own only certificate: the files of certificate and key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"sip.{DOMAIN}")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(f"*.{DOMAIN}")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "teams.pem", folder / "teams.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate, secret


def client(certificate: Path, key: Path) -> ssl.SSLContext:
    """The TLS of connections that Teams opens: it shows its certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(certificate, key)
    return context


class Servers:
    """Where the device's calls and keep-alives arrive."""

    def __init__(self, hosts: list[str], certificate: Path, key: Path) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.pings: list[Request] = []
        self.heard: queue.Queue[tuple[ssl.SSLSocket, Message]] = queue.Queue()
        self.last: ssl.SSLSocket | None = None
        self._doors = [socket.create_server((host, 5061)) for host in hosts]
        self._open: list[ssl.SSLSocket] = []
        for door in self._doors:
            threading.Thread(target=self._accept, args=(door,), daemon=True).start()

    def _accept(self, door: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                plain, _ = door.accept()
                threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        framer = Framer()
        with contextlib.suppress(OSError, ssl.SSLError):
            secured = self.context.wrap_socket(plain, server_side=True)
            self._open.append(secured)
            while data := secured.recv(65535):
                for one in framer.feed(data):
                    message = parse(one)
                    if isinstance(message, Request) and message.method == "OPTIONS":
                        self.pings.append(message)
                        secured.sendall(bytes(reply(message, 200, tag="teams")))
                    else:
                        self.heard.put((secured, message))

    def hear(self, *wanted: str | int, seconds: float = 30) -> Message:
        """The next message that is one of these methods or statuses."""
        while True:
            self.last, message = self.heard.get(timeout=seconds)
            if (message.status if isinstance(message, Response) else message.method) in wanted:
                return message

    def say(self, message: Message) -> None:
        """On the connection of what was heard last."""
        assert self.last is not None
        self.last.sendall(bytes(message))

    def close(self) -> None:
        for one in (*self._doors, *self._open):
            with contextlib.suppress(OSError):
                one.close()
