"""Bearer tokens and client certificates on a running device (ADR 0037)."""

import http.client
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from live import Live


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with Live(tmp_path_factory.mktemp("logins") / "state") as live:
        yield live


def switch(device: Live, name: str, on: int) -> None:
    assert (
        device.put_file("/files/ini/incremental", f"[WEB Params]\n{name} = {on}\n".encode()).status_code
        == 200
    )


def test_bearer_tokens_are_off_and_work_when_switched_on(device: Live) -> None:
    assert device.post("/actions/bearerToken", json={"username": "User"}).status_code == 409
    switch(device, "RestBearerEnable", 1)
    assert device.post("/actions/bearerToken", json={"username": "nobody"}).status_code == 400
    assert device.post("/actions/bearerToken", json={"username": "User", "lifetime": 1}).status_code == 400
    given = device.post("/actions/bearerToken", json={"username": "User", "description": "exporter"}).json()
    bearer = {"Authorization": f"Bearer {given['bearerToken']}"}

    def status(path: str) -> int:
        return device.request("GET", path, auth=None, headers=bearer).status_code

    assert (status("/status"), status("/files/ini")) == (200, 403)
    (listed,) = device.get("/actions/bearerToken").json()["bearerTokens"]
    assert (listed["id"], listed["username"], listed["description"]) == (given["id"], "User", "exporter")
    assert given["bearerToken"] not in device.log.read_text()
    switch(device, "RestBearerEnable", 0)
    assert status("/status") == 401
    switch(device, "RestBearerEnable", 1)
    assert device.post(f"/actions/bearerToken/{given['id']}/revoke").status_code == 200
    assert status("/status") == 401


def pem(name: str, issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None):
    """A certificate of this common name, its key, and both as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .sign(issuer[1] if issuer else key, hashes.SHA256())
    )
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + made.public_bytes(serialization.Encoding.PEM)
    return made, key, text


def test_a_client_certificate_signs_on_as_its_common_name(device: Live, tmp_path: Path) -> None:
    root, root_key, _ = pem("root", None)
    root_pem = root.public_bytes(serialization.Encoding.PEM)
    assert device.put_file("/files/tls/0/trustedRoot", root_pem).status_code == 200
    switch(device, "RestClientCertificateLogin", 1)
    switch(device, "HTTPSRequireClientCertificate", 1)

    def ask(name: str, verb: str = "GET", path: str = "/status", **headers: str) -> int:
        file = tmp_path / f"{name}.pem"
        file.write_bytes(pem(name, (root, root_key))[2])
        context = ssl._create_unverified_context()
        context.load_cert_chain(file)
        door = http.client.HTTPSConnection("127.0.0.1", device.https, context=context, timeout=20)
        door.request(verb, f"/api/v1{path}", headers=headers)
        status = door.getresponse().status
        door.close()
        return status

    try:
        assert ask("Admin") == 200
        assert ask("User", path="/files/ini") == 403
        assert ask("Mallory") == 401
        assert ask("Admin", "POST", "/actions/saveConfiguration") == 401, "a page may have asked"
        headers = {"X-Requested-With": "curl"}
        assert ask("Admin", "POST", "/actions/saveConfiguration", **headers) == 200
        switch(device, "RestClientCertificateLogin", 0)
        assert ask("Admin") == 401
    finally:
        switch(device, "HTTPSRequireClientCertificate", 0)
        time.sleep(0)
