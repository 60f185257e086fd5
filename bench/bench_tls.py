"""TLS: a handshake through a listener that asks for the newest context, beside one over a fixed context, and
the price of a new certificate (checked, written, loaded). In memory, without sockets.

Goals: handshakes at least 0.9 of those of a bare `SSLContext`; a swap under 50 ms. Run by `make bench`; read
ratios, not numbers: each swap waits for the disk once."""

import ssl
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from sbcd.base.credentials import Credentials
from sbcd.base.vault import Vault
from sbcd.edge.tls import Contexts
from sbcd.rooms.tls import issue, model

SECONDS = 0.5
ROUNDS = 3
SWAPS = 40


def pair(name: str, key: model.Key) -> Credentials:
    made = issue.self_signed(key, issue.Subject(subject_name=name), datetime.now(UTC), "bench")
    return Credentials(key=model.write_key(key), chain=model.write_chain([made]))


def handshake(server: ssl.SSLContext, client: ssl.SSLContext) -> None:
    """Both ends, over memory."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [server.wrap_bio(up, down, server_side=True), client.wrap_bio(down, up)]
    waiting = [1, 0]
    while waiting:
        for end in list(waiting):
            try:
                ends[end].do_handshake()
                waiting.remove(end)
            except ssl.SSLWantReadError:
                continue


def rate(server: ssl.SSLContext, client: ssl.SSLContext) -> float:
    """Handshakes in a second."""
    begun, done = time.perf_counter(), 0
    while (passed := time.perf_counter() - begun) < SECONDS:
        handshake(server, client)
        done += 1
    return done / passed


def main() -> None:
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    kinds: dict[str, model.Key] = {
        "P-256": ec.generate_private_key(ec.SECP256R1()),
        "RSA 2048": rsa.generate_private_key(65537, 2048),
    }
    with tempfile.TemporaryDirectory() as folder:
        vault = Vault(Path(folder))
        contexts = Contexts(vault)
        listener = contexts.listener()
        for name, key in kinds.items():
            held = pair(name, key)
            held.write(vault, 0)
            contexts.load(0)
            fixed = contexts._generations[0].plain
            for _ in range(ROUNDS):
                ours, theirs = rate(listener, client), rate(fixed, client)
                print(f"{name:9} {ours:7.0f} handshakes/s, fixed {theirs:7.0f}: {ours / theirs:.2f}")
            others = [pair(f"{name} {number}", key) for number in range(SWAPS)]
            begun = time.perf_counter()
            for other in others:
                contexts.check(0, other)
                other.write(vault, 0)
                contexts.load(0)
            print(f"{name:9} swap {(time.perf_counter() - begun) / SWAPS * 1000:.1f} ms (goal: 50)")


if __name__ == "__main__":
    main()
