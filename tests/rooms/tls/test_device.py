"""TLS contexts that come and go with the configuration of a running device, on HTTPS and on SIP (R28)."""

import re
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from live import ADMIN, free_port
from rooms.tls.room import certificate, key, pem
from rooms.tls.test_api import Device, certificate_name, told


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    device = Device(tmp_path_factory.mktemp("contexts") / "state")
    yield device
    device.close()


def load(device: Device, text: str, whole: bool = False) -> httpx.Response:
    return device.put("/files/ini" if whole else "/files/ini/incremental", text.encode())


def contexts(*rows: str) -> str:
    lines = ["[ TLSContexts ]", "FORMAT Index = Name, TLSVersion, ServerCipherString;", *rows]
    return "\n".join([*lines, "[ \\TLSContexts ]", ""])


def test_the_guide_on_a_context_made_by_ini(device: Device) -> None:
    assert device.ask("GET", "/files/tls/2").status_code == 404
    assert load(device, contexts('TLSContexts 2 = "voice", 12, "DEFAULT";')).status_code == 200
    assert device.ask("GET", "/files/tls").json()["tls"][1:] == [
        {"id": "2", "name": "voice", "url": "/api/v1/files/tls/2"}
    ]
    assert device.ask("GET", "/files/tls/2/privateKey").json() == {"size": 0, "valid": False}
    assert device.ask("GET", "/files/tls/2/certificate").status_code == 404
    for size in (512, 768):  # R29
        made = device.ask("POST", "/files/tls/2/privateKey/generate", {"size": size})
        assert made.status_code == 200
        assert device.ask("POST", "/files/tls/2/certificate/generate", {}).status_code == 200
        assert device.ask("GET", "/files/tls/2/privateKey").json() == {"size": size, "valid": True}
        made = device.ask("POST", "/files/tls/2/certificate/request", {"subjectName": "lync-gw.company.com"})
        assert made.status_code == 200
    refused = load(device, contexts('TLSContexts 2 = "voice", 12, "ROT13";'))
    assert refused.status_code == 400
    assert "OpenSSL knows no cipher in 'ROT13'" in told(refused)
    assert device.ask("GET", "/files/tls/2/privateKey").json() == {"size": 768, "valid": True}


def test_versions_change_without_listening_again(device: Device) -> None:
    with httpx.Client(verify=False, auth=ADMIN) as open_before:
        assert open_before.get(device.url("/status")).status_code == 200
        for mask, version in ((4, "TLSv1.2"), (8, "TLSv1.3"), (12, "TLSv1.3")):
            assert load(device, contexts(f'TLSContexts 0 = "default", {mask}, "DEFAULT";')).status_code == 200
            client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
            with client.wrap_socket(socket.create_connection(("127.0.0.1", device.port), 5)) as wire:
                assert wire.version() == version
        assert open_before.get(device.url("/status")).status_code == 200


def test_a_certificate_can_be_demanded_of_https_clients(device: Device, tmp_path: Path) -> None:
    """Without one from the trusted roots there is no session; without a root it cannot be demanded."""
    demand = "[WEB Params]\nHTTPSRequireClientCertificate = {}\n"
    refused = load(device, demand.format(1))
    assert refused.status_code == 400
    assert "trusts no root" in told(refused)
    authority, mine = key("p256", 81), key("p256", 82)
    device.put("/files/tls/0/trustedRoot", certificate(authority, "office", authority=True))
    assert load(device, demand.format(1)).status_code == 200
    pair = tmp_path / "client.pem"
    pair.write_bytes(pem(mine) + certificate(mine, "operator", authority, "office"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with httpx.Client(verify=context, auth=ADMIN) as nobody, pytest.raises(httpx.TransportError):
        nobody.get(device.url("/status"))
    context.load_cert_chain(pair)
    with httpx.Client(verify=context, auth=ADMIN) as operator:
        assert operator.get(device.url("/status")).status_code == 200
        assert httpx.get(device.url("/status"), verify=context).status_code == 401
        files = {"file": ("x.ini", demand.format(0))}
        assert operator.put(device.url("/files/ini/incremental"), files=files).status_code == 200
    assert device.ask("GET", "/status").status_code == 200


def test_a_sip_listener_shows_the_newest_certificate(device: Device) -> None:
    port = free_port()
    network = re.findall(r'^InterfaceTable 0 = .*?"([^"]+)"', device.ask("GET", "/files/ini").text, re.M)[0]
    text = contexts('TLSContexts 3 = "sip", 12, "DEFAULT";') + (
        "[ SIPInterface ]\n"
        "FORMAT Index = InterfaceName, NetworkInterface, ApplicationType, UDPPort, TCPPort, TLSPort, "
        "SRDName, TLSContext;\n"
        f'SIPInterface 0 = "SIPInterface_0", "{network}", 2, 0, 0, {port}, "DefaultSRD", "sip";\n'
        "[ \\SIPInterface ]\n"
    )
    loaded = load(device, text)
    assert loaded.status_code == 200, loaded.text
    address = listening(port)
    for name, kind in (("first", "p256"), ("second", "rsa2048")):
        device.put("/files/tls/3/privateKey", pem(key(kind)))
        assert device.put("/files/tls/3/certificate", certificate(key(kind), name)).status_code == 200
        shown = subprocess.run(
            ["openssl", "s_client", "-connect", f"{address}:{port}"],
            input=b"",
            capture_output=True,
            timeout=20,
        )
        assert f"subject=CN = {name}".encode() in shown.stdout


def listening(port: int) -> str:
    """The loopback address on which somebody listens on a TCP port."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        place, state = line.split()[1], line.split()[3]
        host, hexed = place.split(":")
        if state == "0A" and int(hexed, 16) == port:
            return socket.inet_ntoa(bytes.fromhex(host)[::-1])
    raise AssertionError(f"nobody listens on {port}")


def test_a_context_that_is_used_or_the_first_cannot_go(device: Device) -> None:
    script = "configure network\nno tls 0\nactivate\nexit\n"
    answer = device.ask("PUT", "/files/cliScript/incremental", files={"file": ("x.cli", script)})
    assert answer.json()["status"] == "failed"
    assert "line 2" in answer.json()["output"]
    assert "'default'" in answer.json()["output"]
    assert certificate_name(ssl.get_server_certificate(("127.0.0.1", device.port)).encode())
