"""edge/tls.py against real handshakes: what new connections get after a change, what the old ones keep."""

import asyncio
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from sbcd.base.credentials import Credentials, Terms
from sbcd.base.errors import Invalid
from sbcd.base.vault import Vault
from sbcd.edge.rsa import generate
from sbcd.edge.tls import Contexts, Listener

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def pem(key: Key) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def self_signed(key: Key, name: str) -> str:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    hashed = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashed)
        .public_bytes(serialization.Encoding.PEM)
        .decode()
    )


def made(name: str, key: Key | None = None, **more: object) -> Credentials:
    key = key or ec.generate_private_key(ec.SECP256R1())
    return Credentials(key=pem(key), chain=self_signed(key, name), **more)  # type: ignore[arg-type]


def changed(credentials: Credentials, **changes: object) -> Credentials:
    return msgspec.structs.replace(credentials, **changes)


@pytest.fixture
def contexts(tmp_path: Path) -> Contexts:
    return Contexts(Vault(tmp_path))


def put(contexts: Contexts, credentials: Credentials, index: int = 0) -> None:
    contexts.check(index, credentials)
    credentials.write(contexts._vault, index)
    contexts.load(index)


@contextmanager
def served(listener: Listener, loop: Callable[[], asyncio.AbstractEventLoop]) -> Iterator[int]:
    """An echo server on its own loop, as an HTTP or SIP listener has it. Gives its port."""
    ready: list[int] = []
    started, stop, running = threading.Event(), asyncio.Event(), loop()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=listener)
        ready.append(server.sockets[0].getsockname()[1])
        started.set()
        await stop.wait()
        server.close()

    running.set_exception_handler(lambda *_: None)  # refused handshakes are what these tests are about
    thread = threading.Thread(target=lambda: running.run_until_complete(main()))
    thread.start()
    started.wait(5)
    try:
        yield ready[0]
    finally:
        running.call_soon_threadsafe(stop.set)
        thread.join(5)
        running.close()


def connect(port: int, client: ssl.SSLContext | None = None, name: str | None = None) -> ssl.SSLSocket:
    if client is None:
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    return client.wrap_socket(socket.create_connection(("127.0.0.1", port), 5), server_hostname=name)


def shown(connection: ssl.SSLSocket) -> str:
    """The common name of the certificate that a connection was given."""
    der = connection.getpeercert(True)
    assert der is not None
    return str(x509.load_der_x509_certificate(der).subject.rdns[0].rfc4514_string().removeprefix("CN="))


def echoes(connection: ssl.SSLSocket) -> bool:
    connection.sendall(b"still here\n")
    return connection.recv(100) == b"still here\n"


LOOPS = pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])


@LOOPS
@pytest.mark.parametrize("name", [None, "sbc.example"], ids=["without SNI", "with SNI"])
def test_a_new_certificate_serves_new_connections_and_old_ones_live_on(
    contexts: Contexts, loop: Callable[[], asyncio.AbstractEventLoop], name: str | None
) -> None:
    put(contexts, made("rsa", rsa.generate_private_key(65537, 2048)))
    with served(contexts.listener(), loop) as port, connect(port, name=name) as first:
        for newer in ("p256", "p384", "ed25519", "rsa again"):
            key: Key = {
                "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
                "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
                "ed25519": ed25519.Ed25519PrivateKey.generate,
            }.get(newer, lambda: rsa.generate_private_key(65537, 2048))()
            put(contexts, made(newer, key))
            with connect(port, name=name) as second:
                assert shown(second) == newer  # no certificate of an older key type stays behind
                assert echoes(second)
        assert shown(first) == "rsa"
        assert echoes(first)


@LOOPS
def test_terms_and_roots_change_without_listening_again(
    contexts: Contexts, loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    mine = ec.generate_private_key(ec.SECP256R1())
    certificate = self_signed(mine, "client")
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    both = Path(str(contexts._vault.root), "client.pem")
    both.write_text(pem(mine) + certificate)
    listener = contexts.listener()
    put(contexts, made("sbc", key))
    with served(listener, loop) as port:
        with connect(port) as connection:
            assert connection.version() == "TLSv1.3"
            assert echoes(connection)
        put(contexts, made("sbc", key, terms=Terms(versions=4, server_ciphers="AES256")))
        with connect(port) as connection:
            assert connection.version() == "TLSv1.2"
            assert connection.cipher()[0] == "ECDHE-ECDSA-AES256-GCM-SHA384"  # type: ignore[index]
            session = connection.session
        put(contexts, made("sbc", key, terms=Terms(versions=4), roots=certificate))
        listener.mutual = True
        with pytest.raises(ssl.SSLError):
            connect(port).recv(1)
        with pytest.raises((ssl.SSLError, ValueError)):  # nor does a session of the easier days help
            client.wrap_socket(socket.create_connection(("127.0.0.1", port), 5), session=session).recv(1)
        client.load_cert_chain(both)
        with connect(port, client) as connection:
            assert echoes(connection)


@LOOPS
def test_a_dropped_or_empty_context_refuses_in_the_handshake(
    contexts: Contexts, loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    with served(contexts.listener(3), loop) as port:
        with pytest.raises(ssl.SSLError):
            connect(port)
        put(contexts, made("three"), index=3)
        with connect(port) as connection:
            assert shown(connection) == "three"
        contexts.drop(3)
        with pytest.raises(ssl.SSLError):
            connect(port)


def test_two_hundred_swaps_under_eight_clients(contexts: Contexts) -> None:
    """Issue: 0 failed handshakes, and each connection sees a whole pair, the old one or the new one."""
    kinds: list[Key] = [ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)]
    pairs = [made(f"pair {number}", kinds[number % 2]) for number in range(200)]
    names = {f"pair {number}" for number in range(200)}
    put(contexts, pairs[0])
    done, failures, seen = threading.Event(), [], []

    def client() -> None:
        while not done.is_set():
            try:
                with connect(port) as connection:
                    seen.append(shown(connection))
                    if not echoes(connection):
                        failures.append("no echo")
            except OSError as error:
                failures.append(repr(error))

    with served(contexts.listener(), uvloop.new_event_loop) as port:
        clients = [threading.Thread(target=client) for _ in range(8)]
        for thread in clients:
            thread.start()
        for pair in pairs:
            put(contexts, pair)
            done.wait(0.01)
        done.set()
        for thread in clients:
            thread.join(10)
    assert not failures
    assert set(seen) <= names
    assert len(set(seen)) > 20  # the swaps really happened under the clients


def test_openssl_refuses_before_anything_is_written(contexts: Contexts) -> None:
    """R29: context 0 does not lock the administrator out; another context may hold what it likes."""
    whole = made("whole")
    foreign = changed(whole, key=pem(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(Invalid, match="key values mismatch"):
        contexts.check(0, foreign)
    with pytest.raises(Invalid, match="no cipher in 'NONSENSE'"):
        contexts.check(2, changed(whole, terms=Terms(server_ciphers="NONSENSE")))
    contexts.check(0, changed(whole, terms=Terms(versions=7, server_ciphers="RC4:AES128")))
    for bits, accepted in ((512, {2}), (1024, {0, 2})):
        key = serialization.load_pem_private_key(generate(bits).encode(), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        assert key.key_size == bits
        for index in (0, 2):
            if index in accepted:
                contexts.check(index, made("small", key))
            else:
                with pytest.raises(Invalid, match="ee key too small"):
                    contexts.check(index, made("small", key))


@pytest.mark.parametrize(
    ("mask", "spoken"),
    [
        (0, {"-tls1_2", "-tls1_3"}),
        (4, {"-tls1_2"}),
        (12, {"-tls1_2", "-tls1_3"}),
        (8, {"-tls1_3"}),
        (7, {"-tls1", "-tls1_1", "-tls1_2"}),
        (5, {"-tls1", "-tls1_2"}),
    ],
)
def test_versions_are_those_of_the_mask(contexts: Contexts, mask: int, spoken: set[str]) -> None:
    put(contexts, made("sbc", rsa.generate_private_key(65537, 2048), terms=Terms(versions=mask)))
    accepted = set()
    with served(contexts.listener(), asyncio.new_event_loop) as port:
        for version in ("-tls1", "-tls1_1", "-tls1_2", "-tls1_3"):
            command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", version]
            if version in {"-tls1", "-tls1_1"}:
                command += ["-cipher", "DEFAULT:@SECLEVEL=0"]
            if subprocess.run(command, input=b"", capture_output=True, timeout=20).returncode == 0:
                accepted.add(version)
    assert accepted == spoken


@pytest.mark.parametrize(("bits", "offered"), [(0, 2048), (1024, 2048), (2048, 2048), (3072, 3072)])
def test_diffie_hellman_size(contexts: Contexts, bits: int, offered: int) -> None:
    terms = Terms(versions=4, server_ciphers="DHE-RSA-AES128-GCM-SHA256", dh_bits=bits)
    put(contexts, made("sbc", rsa.generate_private_key(65537, 2048), terms=terms))
    with served(contexts.listener(), asyncio.new_event_loop) as port:
        told = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{port}"],
            input=b"",
            capture_output=True,
            timeout=20,
        )
    assert f"Server Temp Key: DH, {offered} bits".encode() in told.stdout


def test_outgoing_connections_verify_only_when_asked(contexts: Contexts) -> None:
    put(contexts, made("peer"), index=1)
    put(contexts, made("sbc"), index=2)
    with served(contexts.listener(1), asyncio.new_event_loop) as port:
        connect(port, contexts.client(2, verify=False)).close()
        with pytest.raises(ssl.SSLCertVerificationError):
            connect(port, contexts.client(2, verify=True))
        peer = Credentials.read(contexts._vault, 1)
        assert peer is not None
        put(contexts, made("sbc", roots=peer.chain), index=2)
        connect(port, contexts.client(2, verify=True)).close()


def test_the_roots_of_the_system_are_trusted_when_asked_for(
    contexts: Contexts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """UseDefaultCABundle, for outgoing connections and for those who come with a certificate."""
    peer = made("peer")
    put(contexts, peer, index=1)
    (tmp_path / "bundle.pem").write_text(peer.chain)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "bundle.pem"))
    with served(contexts.listener(1), asyncio.new_event_loop) as port:
        put(contexts, made("sbc"), index=2)
        with pytest.raises(ssl.SSLCertVerificationError):
            connect(port, contexts.client(2, verify=True))
        put(contexts, made("sbc", terms=Terms(bundle=True)), index=2)
        connect(port, contexts.client(2, verify=True)).close()
    listener = contexts.listener(2, mutual=True)
    with (
        served(listener, asyncio.new_event_loop) as port,
        connect(port, contexts.client(1, verify=False)) as c,
    ):
        assert echoes(c)


def test_the_key_shows_in_no_text(contexts: Contexts) -> None:
    """R34, and files are 0600."""
    credentials = made("sbc")
    put(contexts, credentials)
    body = credentials.key.splitlines()[1]
    assert body not in repr(credentials) + str(credentials)
    files = [path for path in contexts._vault.root.rglob("*") if path.is_file()]
    assert [(path.name, path.stat().st_mode & 0o777) for path in files] == [("credentials", 0o600)]


def test_a_damaged_file_is_told_and_changes_nothing(contexts: Contexts) -> None:
    put(contexts, made("sbc"))
    contexts._vault.replace("0/credentials", b"{")
    with pytest.raises(ValueError, match="TLS context 0 is damaged"):
        contexts.load(0)
    with served(contexts.listener(), asyncio.new_event_loop) as port, connect(port) as connection:
        assert shown(connection) == "sbc"
