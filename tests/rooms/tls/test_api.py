"""/files/tls of a running device, with the clients and tools of operators (guide, "TLS Context Files")."""

import http.client
import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from live import ADMIN, Live
from rooms.tls.room import NOW, certificate, key, pem, tree

ROOT = key("p256", 71)


class Device:
    """A device process, and a client that does not look at its certificate."""

    def __init__(self, state: Path) -> None:
        self.live = Live(state)
        self.live.start()
        self.state, self.port = state, self.live.https
        self.client = httpx.Client(verify=False, auth=ADMIN, timeout=20)

    def url(self, path: str) -> str:
        return f"https://localhost:{self.port}/api/v1{path}"

    def ask(self, verb: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        return self.client.request(verb, self.url(path), json=body, **more)

    def put(self, path: str, content: bytes, field: str = "file", **form: str) -> httpx.Response:
        files = {field: ("upload.pem", content, "application/octet-stream")}
        return self.ask("PUT", path, files=files, data=form)

    def close(self) -> None:
        self.client.close()
        self.live.stop()


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    device = Device(tmp_path_factory.mktemp("tls") / "state")
    yield device
    device.close()


def told(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/json"
    return str(answer.json()["description"])


def test_the_examples_of_the_guide(device: Device, tmp_path: Path) -> None:
    assert device.ask("GET", "/files/tls").json() == {
        "tls": [{"id": "0", "name": "default", "url": "/api/v1/files/tls/0"}]
    }
    assert device.ask("GET", "/files/tls/0").json() == {
        "items": [
            {"id": "privateKey", "description": "Private key", "url": "/api/v1/files/tls/0/privateKey"},
            {"id": "certificate", "description": "TLS certificate", "url": "/api/v1/files/tls/0/certificate"},
            {"id": "trustedRoot", "description": "Trusted root", "url": "/api/v1/files/tls/0/trustedRoot"},
        ]
    }
    made = device.ask("POST", "/files/tls/0/privateKey/generate", {"size": 2048})
    assert told(made).startswith("Private key was successfully generated")
    assert device.ask("GET", "/files/tls/0/privateKey").json() == {"size": 2048, "valid": False}
    subject = {"subjectName": "lync-gw.company.com"}
    made = device.ask("POST", "/files/tls/0/certificate/request", subject)
    assert made.headers["content-type"] == "application/octet-stream"
    assert int(made.headers["content-length"]) == len(made.content)
    assert made.content.startswith(b"-----BEGIN CERTIFICATE REQUEST-----\n")
    judged = subprocess.run(
        ["openssl", "req", "-verify", "-noout", "-text"], input=made.content, capture_output=True, check=True
    )
    assert b"self-signature verify OK" in judged.stderr
    assert b"Subject: CN = lync-gw.company.com" in judged.stdout
    assert b"Signature Algorithm: sha1WithRSAEncryption" in judged.stdout  # R29: the guide's default
    made = device.ask("POST", "/files/tls/0/certificate/generate", subject)
    assert (made.status_code, told(made)) == (200, "Self-signed certificate was successfully generated")
    assert device.ask("GET", "/files/tls/0/privateKey").json() == {"size": 2048, "valid": True}
    shown = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{device.port}"], input=b"", capture_output=True
    )
    assert b"subject=CN = lync-gw.company.com" in shown.stdout
    uploaded = device.put("/files/tls/0/privateKey", pem(key("rsa2048"), form="TraditionalOpenSSL"))
    assert told(uploaded).startswith("Private key was successfully changed")
    uploaded = device.put("/files/tls/0/certificate", certificate(key("rsa2048"), "sbc"))
    assert told(uploaded) == "Certificate was successfully changed"
    assert device.ask("GET", "/files/tls/0/certificate").content == certificate_of(device)
    roots = [certificate(ROOT, name, authority=True) for name in ("one", "two")]
    uploaded = device.put("/files/tls/0/trustedRoot", roots[0])
    assert told(uploaded) == "Trusted root store was successfully changed"
    uploaded = device.put("/files/tls/0/trustedRoot/incremental", roots[1])
    assert told(uploaded) == "Trusted root certificate was successfully added"
    assert device.ask("GET", "/files/tls/0/trustedRoot").content == b"".join(roots)


def certificate_of(device: Device) -> bytes:
    return ssl.get_server_certificate(("127.0.0.1", device.port)).encode()


def test_default_key_size_and_odd_bodies(device: Device) -> None:
    """R6, R29: empty is {}, the default size is 1024."""
    assert device.ask("POST", "/files/tls/0/privateKey/generate", content=b"").status_code == 200
    assert device.ask("GET", "/files/tls/0/privateKey").json() == {"size": 1024, "valid": False}
    assert device.ask("POST", "/files/tls/0/certificate/generate").status_code == 200
    assert device.ask("GET", "/files/tls/0/privateKey").json() == {"size": 1024, "valid": True}


@pytest.mark.parametrize(
    ("verb", "path", "body", "status", "why"),
    [
        ("POST", "0/privateKey/generate", {"size": 1000}, 400, "The size 1000 is not one of 512, 768"),
        ("POST", "0/privateKey/generate", {"size": "2048"}, 400, "size"),
        ("POST", "0/privateKey/generate", {"bits": 2048}, 400, "bits"),
        ("POST", "0/privateKey/generate", {"size": 512}, 400, "ee key too small"),
        ("POST", "0/certificate/request", {"signatureAlgorithm": "md5"}, 400, "signatureAlgorithm|md5"),
        ("POST", "0/certificate/request", {"subjectAltName": "x"}, 400, "subjectAltName"),
        ("POST", "0/certificate/generate", {"signatureAlgorithm": "sha256"}, 400, "signatureAlgorithm"),
        ("POST", "0/certificate/generate", {"countryCode": "Germany"}, 400, "countryCode"),
        ("GET", "9", None, 404, "TLS context 9 does not exist"),
        ("GET", "x", None, 404, "TLS context x does not exist"),
        ("POST", "9/certificate/request", {}, 404, "TLS context 9 does not exist"),
        ("PUT", "9/certificate", None, 404, "TLS context 9 does not exist"),
        ("PUT", "0/certificate", {}, 400, "multipart|file"),
        ("DELETE", "0/certificate", None, 405, ""),
        ("GET", "0/certificate/request", None, 405, ""),
    ],
)
def test_refusals(device: Device, verb: str, path: str, body: Any, status: int, why: str) -> None:
    before = tree(device.state / "tls")
    answer = device.ask(verb, f"/files/tls/{path}", body)
    assert answer.status_code == status
    assert re.search(why, told(answer))
    assert tree(device.state / "tls") == before


@pytest.mark.parametrize("place", ["privateKey", "certificate", "trustedRoot", "trustedRoot/incremental"])
@pytest.mark.parametrize("size", [0, 100, 10_000_000])
def test_garbage_changes_no_byte(device: Device, place: str, size: int) -> None:
    """R8."""
    before = still(device.state)
    answer = device.put(f"/files/tls/0/{place}", b"\xff\0" * (size // 2))
    assert answer.status_code == 400
    assert told(answer)
    assert still(device.state) == before


def still(state: Path) -> dict[str, bytes]:
    """The state directory without the journals that go on by themselves; spooled uploads must be gone."""
    living = ("alarms/", "kpi/", "log/")
    return {name: content for name, content in tree(state).items() if not name.startswith(living)}


def test_encrypted_keys(device: Device) -> None:
    """The password comes as a form field or as a query parameter, and is in no answer (R34)."""
    hidden = pem(key("p256"), "Gehe1m!")
    for form, query, why in (({}, "", "no password"), ({"password": "guess"}, "", "password.* is wrong")):
        answer = device.put("/files/tls/0/privateKey" + query, hidden, **form)
        assert answer.status_code == 400
        assert re.search(why, told(answer))
        assert "guess" not in answer.text
    assert device.put("/files/tls/0/privateKey", hidden, password="Gehe1m!").status_code == 200
    assert device.put("/files/tls/0/privateKey?password=Gehe1m!", hidden).status_code == 200
    assert device.ask("POST", "/files/tls/0/certificate/generate").status_code == 200


def signed(request: bytes) -> bytes:
    """What a private authority makes of a request: the certificate and its own."""
    asked = x509.load_pem_x509_csr(request)
    issuer = x509.load_pem_x509_certificate(AUTHORITY).subject
    names = asked.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    made = (
        x509.CertificateBuilder(issuer, asked.subject, asked.public_key(), x509.random_serial_number())
        .not_valid_before(NOW.replace(year=2020))
        .not_valid_after(NOW.replace(year=2040))
        .add_extension(names, False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ROOT.public_key()), False)
        .sign(ROOT, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def _authority() -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Private CA")])
    made = (
        x509.CertificateBuilder(name, name, ROOT.public_key(), x509.random_serial_number())
        .not_valid_before(NOW.replace(year=2020))
        .not_valid_after(NOW.replace(year=2040))
        .add_extension(x509.BasicConstraints(True, None), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ROOT.public_key()), False)
        .sign(ROOT, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


AUTHORITY = _authority()


def test_a_private_authority_by_request_sign_and_upload(device: Device, tmp_path: Path) -> None:
    """A client that trusts it alone talks to the device, while a download begun before goes on."""
    many = b"".join(certificate(key("p256", 72), f"root {number}", authority=True) for number in range(500))
    assert device.put("/files/tls/0/trustedRoot", many).status_code == 200
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.connect(("127.0.0.1", device.port))
    blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
    download = http.client.HTTPSConnection("127.0.0.1", device.port)
    download.sock = blind.wrap_socket(slow)
    header = {"Authorization": requests.auth._basic_auth_str(*ADMIN)}
    download.request("GET", "/api/v1/files/tls/0/trustedRoot", headers=header)
    answer = download.getresponse()
    first = answer.read(1000)

    device.ask("POST", "/files/tls/0/privateKey/generate", {"size": 2048})
    subject = {"subjectName": "localhost", "companyName": "ACME", "signatureAlgorithm": "sha256"}
    request = device.ask("POST", "/files/tls/0/certificate/request", subject).content
    chain = AUTHORITY + signed(request)  # the wrong way round
    assert told(device.put("/files/tls/0/certificate", chain)) == "Certificate was successfully changed"

    trusted, leaf = tmp_path / "ca.pem", tmp_path / "leaf.pem"
    trusted.write_bytes(AUTHORITY)
    leaf.write_bytes(certificate_of(device))
    subprocess.run(["openssl", "verify", "-CAfile", trusted, leaf], check=True, capture_output=True)
    seen = requests.get(device.url("/files/tls"), auth=ADMIN, verify=str(trusted), timeout=10)
    assert seen.status_code == 200
    assert first + answer.read() == many
    download.close()


def test_swaps_by_upload_under_eight_clients(device: Device) -> None:
    """0 failed handshakes, and whoever connects sees a whole pair."""
    kinds = [("p256", 1), ("rsa2048", 1)]
    names: set[str] = {certificate_name(certificate_of(device))}
    done, failures, seen = threading.Event(), [], set()

    def client() -> None:
        while not done.is_set():
            try:
                seen.add(certificate_name(certificate_of(device)))
            except OSError as error:
                failures.append(repr(error))

    clients = [threading.Thread(target=client) for _ in range(8)]
    for thread in clients:
        thread.start()
    for number in range(10):
        kind = kinds[number % 2]
        name = f"pair{number}"
        names.add(name)
        halves = [
            ("privateKey", pem(key(*kind))),
            ("certificate", certificate(key(*kind), name)),
        ]
        for place, content in halves if number % 3 else reversed(halves):
            assert device.put(f"/files/tls/0/{place}", content).status_code == 200
    done.set()
    for thread in clients:
        thread.join(10)
    assert failures == []
    assert seen <= names
    assert certificate_name(certificate_of(device)) == "pair9"


def certificate_name(content: bytes) -> str:
    return x509.load_pem_x509_certificate(content).subject.rdns[0].rfc4514_string().removeprefix("CN=")
