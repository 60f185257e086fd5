"""Keys, certificates and a whole TLS room for its tests."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from sbcd.base.clock import Clock
from sbcd.base.vault import Vault
from sbcd.config.draft import Draft
from sbcd.config.snapshot import Change, Snapshot
from sbcd.edge.rsa import generate
from sbcd.edge.tls import Contexts
from sbcd.rooms.alarms import Alarms
from sbcd.rooms.tls import Tls
from sbcd.rooms.tls.follow import Following
from sbcd.rooms.tls.model import Key
from sbcd.rooms.tls.store import ContextFiles
from sbcd.rooms.tls.tables import TLSContexts
from sbcd.rooms.tls.watch import Watch

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
T = TypeVar("T")
KINDS = ("rsa2048", "rsa4096", "p256", "p384", "ed25519")


@cache
def key(kind: str = "p256", number: int = 0) -> Key:
    """The same key for the same arguments."""
    if kind.startswith("rsa"):
        loaded = serialization.load_pem_private_key(generate(int(kind[3:])).encode(), None)
        assert isinstance(loaded, rsa.RSAPrivateKey)
        return loaded
    curves: dict[str, ec.EllipticCurve] = {
        "p256": ec.SECP256R1(),
        "p384": ec.SECP384R1(),
        "k1": ec.SECP256K1(),
    }
    return (
        ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else ec.generate_private_key(curves[kind])
    )


def pem(private: Key, password: str = "", form: str = "PKCS8") -> bytes:
    hidden: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        hidden = serialization.BestAvailableEncryption(password.encode())
    chosen = getattr(serialization.PrivateFormat, form)
    return private.private_bytes(serialization.Encoding.PEM, chosen, hidden)


def certificate(
    of: Key,
    name: str,
    by: Key | None = None,
    issuer: str | None = None,
    *,
    authority: bool = False,
    days: int = 365,
) -> bytes:
    """A certificate for the key `of`, signed by the key `by` under the name `issuer`; else self-signed."""
    signer = by or of
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    parent = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer or name)])
    end = NOW + timedelta(days=days)
    return (
        x509.CertificateBuilder(parent, subject, of.public_key(), x509.random_serial_number())
        .not_valid_before(end - timedelta(days=3650))
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(authority, None), True)
        .sign(signer, None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )


class FixedClock(Clock):
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW

    def wall(self) -> datetime:
        return self.now


def tree(root: Path) -> dict[str, bytes]:
    """Every file of a state directory and its content."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


async def here(work: Callable[[], T]) -> T:
    return work()


class Room(SimpleNamespace):
    """The TLS room of a device, over the real edge/tls.py."""

    files: ContextFiles
    following: Following
    watch: Watch
    alarms: Alarms
    clock: FixedClock
    contexts: Contexts
    root: Path
    running: Snapshot

    def change_to(self, new: Snapshot) -> list[str]:
        """What the store does: every problem, or the change."""
        change = Change(self.running, new)
        problems = [str(problem) for problem in self.following.check(change)]
        if not problems:
            run(self.following.apply(change))
            self.running = new
        return problems

    def standing(self) -> list[tuple[str, str, str]]:
        return [(alarm.source, alarm.severity.title, alarm.text) for alarm in self.alarms.active.values()]


def run(awaitable: Awaitable[T]) -> T:
    async def main() -> T:
        return await awaitable

    return asyncio.run(main())


def configured(*rows: TLSContexts, **zero: Any) -> Snapshot:
    """A configuration with context 0 and these as 1, 2, ..."""
    draft = Draft(Snapshot.empty()).put(0, TLSContexts(name="default", **zero))
    for index, row in enumerate(rows, 1):
        draft.put(index, row)
    return draft.finish()


def built(root: Path, clock: FixedClock | None = None, running: Snapshot | None = None) -> Room:
    """A device that has started with a configuration, by default contexts 0 and 2 of the guide."""
    clock = clock or FixedClock()
    vault = Vault(root)
    contexts, alarms = Contexts(vault), Alarms(clock)
    tls = Tls(
        vault,
        contexts.check,
        generate,
        here,
        alarms,
        clock,
        device="sbc",
        demands=lambda _: False,
        demand=lambda _: None,
    )
    tls.tell(contexts.load)
    room = Room(
        files=tls.files,
        following=tls.following,
        watch=tls.watch,
        alarms=alarms,
        clock=clock,
        contexts=contexts,
        root=root,
        running=Snapshot.empty(),
    )
    assert room.change_to(running or configured(TLSContexts(name="one"), TLSContexts(name="two"))) == []
    return room
