"""TLS for listeners and for outgoing connections: one door for both programs, device and engine.

One rule: a context that OpenSSL has loaded is never changed. Every change builds a fresh one, and a listener
asks for the newest at each new connection. So nobody listens again, open connections live on, no certificate
of an older key type stays behind, and a session begun under the old terms is not resumed under the new."""

import base64
import os
import ssl
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from typing import Any, Self

from sbcd.base.credentials import Credentials
from sbcd.base.errors import Invalid
from sbcd.base.vault import Vault

VERSIONS = {
    1: ssl.TLSVersion.TLSv1,
    2: ssl.TLSVersion.TLSv1_1,
    4: ssl.TLSVersion.TLSv1_2,
    8: ssl.TLSVersion.TLSv1_3,
}
SAFE_VERSIONS = 4 | 8
OLD_VERSIONS = 1 | 2
WITHOUT = {2: ssl.OP_NO_TLSv1_1, 4: ssl.OP_NO_TLSv1_2}
STRONGEST = 2  # OpenSSL security level: 112 bits, RSA 2048
ADMINISTRATION = 0  # the context of the HTTPS listener
WEAKEST_OF_ADMINISTRATION = 1  # 80 bits, RSA 1024: what clients can still be told to accept
# RFC 7919 appendix A: p = 2^b - 2^(b-64) + (floor(2^(b-130) e) + x) 2^64 - 1
GROUPS = {2048: 560316, 3072: 2625351, 4096: 5736041}


@cache
def _group(bits: int) -> bytes:
    """The finite field group of RFC 7919 with so many bits, as PEM."""
    scale, term, e, n = 1 << (bits + 64), 1 << (bits + 64), 0, 1
    while term:  # e = 1 + 1/1! + 1/2! + ..., in fixed point
        e, term, n = e + term, term // n, n + 1
    floor = e * (1 << (bits - 130)) // scale
    p = (1 << bits) - (1 << (bits - 64)) + ((floor + GROUPS[bits]) << 64) - 1
    prime = p.to_bytes(bits // 8 + 1, "big")  # a leading zero: DER integers are signed
    numbers = b"\x02\x82" + len(prime).to_bytes(2, "big") + prime + b"\x02\x01\x02"
    text = base64.encodebytes(b"\x30\x82" + len(numbers).to_bytes(2, "big") + numbers)
    return b"-----BEGIN DH PARAMETERS-----\n" + text + b"-----END DH PARAMETERS-----\n"


@contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """A path, for what OpenSSL only takes by path. It lies in memory: no key touches the disk here."""
    handle = os.memfd_create("tls", os.MFD_CLOEXEC)
    try:
        os.write(handle, content)
        yield f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)


def _limit(context: ssl.SSLContext, mask: int) -> None:
    """Lets a context speak the versions of the mask only; 0 is TLS 1.2 and 1.3."""
    wanted = [bit for bit in VERSIONS if (mask or SAFE_VERSIONS) & bit]
    with warnings.catch_warnings():  # TLS 1.0 and 1.1 are old, and the operator knows: he asked for them
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = VERSIONS[wanted[0]]
        context.maximum_version = VERSIONS[wanted[-1]]
        for bit, option in WITHOUT.items():
            if wanted[0] < bit < wanted[-1] and bit not in wanted:
                context.options |= option


def _ciphers(context: ssl.SSLContext, ciphers: str, level: int) -> None:
    try:
        context.set_ciphers(f"{ciphers or 'DEFAULT'}:!aNULL:!eNULL:@SECLEVEL={level}")
    except ssl.SSLError as error:
        raise Invalid(f"OpenSSL knows no cipher in '{ciphers}'") from error


def _build(credentials: Credentials, level: int, *, server: bool, verify: bool) -> ssl.SSLContext:
    """One context at one security level. `Invalid`: OpenSSL refuses something of it."""
    terms = credentials.terms
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # SIP compares names by its own rules (RFC 5922), where it uses them
    context.verify_mode = ssl.CERT_REQUIRED if verify else ssl.CERT_NONE
    _limit(context, terms.versions)
    _ciphers(context, terms.server_ciphers if server else terms.client_ciphers, level)
    if terms.strict:
        context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
    try:
        if terms.bundle:
            context.load_default_certs(ssl.Purpose.CLIENT_AUTH if server else ssl.Purpose.SERVER_AUTH)
        if credentials.roots:
            context.load_verify_locations(cadata=credentials.roots)
        if credentials.served:
            with _as_file(f"{credentials.key}\n{credentials.chain}".encode()) as path:
                context.load_cert_chain(path)
    except ssl.SSLError as error:
        reason = (error.reason or str(error)).lower().replace("_", " ")
        raise Invalid(f"OpenSSL does not load the key and certificate: {reason}") from error
    if server:
        with _as_file(_group(max(size for size in GROUPS if size <= max(terms.dh_bits, 2048)))) as path:
            context.load_dh_params(path)
    return context


def _strongest(credentials: Credentials, weakest: int, *, server: bool, verify: bool) -> ssl.SSLContext:
    """A context at the highest security level at which OpenSSL loads these credentials (R29)."""
    for level in range(STRONGEST, weakest, -1):
        try:
            return _build(credentials, level, server=server, verify=verify)
        except Invalid:
            continue
    return _build(credentials, weakest, server=server, verify=verify)


class _Generation:
    """What new connections of one TLS context get, until the next change. Built once, then left alone."""

    def __init__(self, credentials: Credentials, weakest: int) -> None:
        self._credentials = credentials
        self._weakest = weakest
        self.plain = self._context(server=True, verify=False)  # built at once: here OpenSSL refuses

    def _context(self, *, server: bool, verify: bool) -> ssl.SSLContext:
        context = _strongest(self._credentials, self._weakest, server=server, verify=verify)
        if self._credentials.terms.versions & OLD_VERSIONS:  # signed with SHA-1: only level 0 speaks them
            context = _build(self._credentials, 0, server=server, verify=verify)
        return context

    @cached_property
    def mutual(self) -> ssl.SSLContext:
        """For a listener that demands a certificate of the client."""
        return self._context(server=True, verify=True)

    @cached_property
    def trusting(self) -> ssl.SSLContext:
        """For outgoing connections to whoever answers."""
        return self._context(server=False, verify=False)

    @cached_property
    def verifying(self) -> ssl.SSLContext:
        """For outgoing connections that demand a certificate from the trusted roots."""
        return self._context(server=False, verify=True)

    @cached_property
    def naming(self) -> ssl.SSLContext:
        """The same, and the certificate must be for the name that is asked for."""
        context = self._context(server=False, verify=True)
        context.check_hostname = True  # before its first connection
        return context


class Listener(ssl.SSLContext):
    """Goes wherever asyncio, uvloop or a blocking socket take an `SSLContext` of a server.

    It holds nothing itself; each new connection is made by the newest context of its index. `mutual` may be
    switched at any time: True demands a client certificate of the next connection on."""

    mutual: bool
    _newest: Callable[[], _Generation]

    def __new__(cls, newest: Callable[[], _Generation], *, mutual: bool = False) -> Self:
        listener = super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)
        listener._newest = newest
        listener.mutual = mutual
        return listener

    def _current(self) -> ssl.SSLContext:
        generation = self._newest()
        return generation.mutual if self.mutual else generation.plain

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """What event loops call for each connection."""
        return self._current().wrap_bio(*args, **kwargs)

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """What blocking servers call."""
        return self._current().wrap_socket(*args, **kwargs)


class Contexts:
    """The newest context of every index, read from the credentials files that `rooms/tls/store.py` writes.

    The device calls `load` when a file has changed; the engine does the same on the message that says so."""

    def __init__(self, vault: Vault) -> None:
        """`vault` is the room `tls` of the state directory."""
        self._vault = vault
        self._generations: dict[int, _Generation] = {}
        self._none = _Generation(Credentials(), 0)

    def check(self, index: int, credentials: Credentials) -> None:
        """Builds what listeners and callers need, without effect. `Invalid`: OpenSSL refuses it (R29)."""
        generation = self._generation(index, credentials)
        _ = generation.mutual, generation.trusting

    def load(self, index: int) -> None:
        """Lets new connections of a context be made with what its file says now; without a file it has none.

        `Invalid`: OpenSSL refuses it, `ValueError`: the file is damaged; what served before still serves."""
        credentials = Credentials.read(self._vault, index)
        if credentials is None:
            self.drop(index)
        else:
            self._generations[index] = self._generation(index, credentials)

    def drop(self, index: int) -> None:
        """A context that is no more: new connections of its listeners fail in the handshake."""
        self._generations.pop(index, None)

    def listener(self, index: int = ADMINISTRATION, *, mutual: bool = False) -> Listener:
        """What a listener is given as its `ssl` argument, once and for all."""
        return Listener(lambda: self._generations.get(index, self._none), mutual=mutual)

    def client(self, index: int, *, verify: bool, name: bool = False) -> ssl.SSLContext:
        """For one outgoing connection, which shows the certificate of the context when it is asked for one.

        `verify` demands a certificate from the trusted roots, `name` also that it is for the peer's name."""
        generation = self._generations.get(index, self._none)
        if not verify:
            return generation.trusting
        return generation.naming if name else generation.verifying

    @staticmethod
    def _generation(index: int, credentials: Credentials) -> _Generation:
        return _Generation(credentials, WEAKEST_OF_ADMINISTRATION if index == ADMINISTRATION else 0)
