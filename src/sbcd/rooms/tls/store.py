"""The files of the TLS contexts: what may be known of them, and the only way to change them.

One rule: no function gives a private key away. What goes out is a size, a certificate, a request, a sentence.
Everything is judged before anything is written (R8, R29), and serves when the call returns (R28).

A key and a certificate come in two uploads, in either order. The half that comes first waits, the old pair
goes on serving, and the half that comes second must fit (docs/adr/0021)."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from msgspec.structs import replace

from sbcd.base.credentials import Credentials
from sbcd.base.errors import Invalid, NotFound
from sbcd.rooms.tls import issue, model
from sbcd.rooms.tls.holdings import Holdings

FIRST_SIZE = 2048
"""Size of the key a context gets when a certificate or request is asked of it and it has none."""

MakeKey = Callable[[int], Awaitable[str]]
"""An RSA key of so many bits as PEM, made off the loop."""
Offload = Callable[[Callable[[], str]], Awaitable[str]]


class ContextFiles:
    """What /files/tls shows and takes."""

    def __init__(
        self,
        holdings: Holdings,
        make_key: MakeKey,
        offload: Offload,
        *,
        wall: Callable[[], datetime],
        device: str,
    ) -> None:
        """`device` is the name in self-signed certificates for which nobody gave one."""
        self._holdings, self._make_key, self._offload = holdings, make_key, offload
        self._wall, self._device = wall, device

    # --- what may be known

    def contexts(self) -> list[tuple[int, str]]:
        """Index and name of every context, ascending."""
        return sorted(self._holdings.names.items())

    def key_state(self, index: int) -> tuple[int, bool]:
        """Size of the newest private key in bits (0: none), and whether it has the certificate that fits."""
        held = self._holdings.of(index)
        key = _newest_key(held)
        return (model.size_of(key) if key else 0), held.served and not held.waiting

    def certificate(self, index: int) -> str:
        """The newest certificate with its chain, as PEM. `NotFound`: there is none."""
        held = self._holdings.of(index)
        chain = _waiting_chain(held) or held.chain
        if not chain:
            raise NotFound(f"TLS context {index} has no certificate")
        return chain

    def served(self, index: int) -> str:
        """The chain that connections are shown, as PEM; empty without a whole pair."""
        return self._holdings.of(index).chain

    def roots(self, index: int) -> str:
        """The trusted roots as PEM; empty when there are none."""
        return self._holdings.of(index).roots

    def waits_for(self, index: int) -> str:
        """What the newest half still needs: "private key", "certificate" or ""."""
        held = self._holdings.of(index)
        return "private key" if _waiting_chain(held) else "certificate" if held.waiting else ""

    # --- what may be changed

    async def put_key(self, index: int, content: bytes, password: str | None) -> str:
        """Takes an uploaded key; answers what the operator should know besides."""
        self._holdings.of(index)
        key = await self._offload(lambda: model.read_key(content, password))
        return self._take_key(index, key, self._holdings.of(index))

    async def generate_key(self, index: int, size: int) -> str:
        """Makes a new key, which waits for its certificate."""
        if size not in model.SIZES:
            raise Invalid(f"The size {size} is not one of {', '.join(map(str, model.SIZES))}")
        self._holdings.of(index)
        key = await self._make_key(size)
        held = self._holdings.of(index)
        if _waiting_chain(held):  # it was for a key that is not wanted any more
            held = replace(held, waiting="")
        return self._take_key(index, key, held)

    def put_certificate(self, index: int, content: bytes) -> str:
        """Takes an uploaded chain; answers what the operator should know besides."""
        held = self._holdings.of(index)
        waiting = "" if _waiting_chain(held) else held.waiting
        keys = {model.public_of(key): key for key in (waiting, held.key) if key}
        chain = model.in_order(model.read_certificates(content), list(keys))
        told = model.doubts(chain, self._wall())
        pem, key = model.write_chain(chain), keys.get(model.spki(chain[0]))
        if key is not None:
            held = replace(held, key=key, chain=pem, waiting="" if key == waiting else waiting)
        elif waiting:
            raise Invalid(f"The certificate {model.title(chain[0])} does not match the private key")
        else:
            told.append(f"it will be served once its private key is uploaded{_until_then(held)}")
            held = replace(held, waiting=pem)
        self._holdings.keep(index, held)
        return "; ".join(told)

    async def self_sign(self, index: int, subject: issue.Subject) -> None:
        """Makes a certificate for the newest key, or for a new one, and serves it."""
        subject.name()
        key = await self._some_key(index)
        made = issue.self_signed(model.load_key(key), subject, self._wall(), self._device)
        held = self._holdings.of(index)
        self._holdings.keep(index, replace(held, key=key, chain=model.write_chain([made]), waiting=""))

    async def request(self, index: int, subject: issue.Subject, algorithm: str) -> str:
        """A signing request of the newest key, or of a new one, as PEM."""
        subject.name()
        key = await self._some_key(index)
        made = issue.request(model.load_key(key), subject, algorithm)
        held = self._holdings.of(index)
        if not _newest_key(held):
            self._take_key(index, key, held)
        return made

    def put_roots(self, index: int, content: bytes, *, add: bool) -> str:
        """Takes trusted roots, in the place of the old ones or besides them; duplicates count once."""
        held = self._holdings.of(index)
        new = model.read_certificates(content)
        if add:
            new = list(dict.fromkeys([*model.load_chain(held.roots), *new]))
        if len(new) > model.MOST_CERTIFICATES:
            raise Invalid(f"A trusted root store holds up to {model.MOST_CERTIFICATES} certificates")
        self._holdings.keep(index, replace(held, roots=model.write_chain(new)))
        return "; ".join(model.doubts(new, self._wall()))

    def _take_key(self, index: int, key: str, held: Credentials) -> str:
        """A new key goes with the chain that waits for it, or with the one in use, or waits itself."""
        public, told = model.public_of(key), ""
        chain = _waiting_chain(held)
        if chain and model.public_of(chain) == public:
            held = replace(held, key=key, chain=chain, waiting="")
        elif held.chain and model.public_of(held.chain) == public:
            held = replace(held, key=key, waiting=chain)
        elif chain:
            raise Invalid("The private key does not match the certificate that was uploaded for it")
        else:
            trial = issue.self_signed(model.load_key(key), issue.Subject(), self._wall(), self._device)
            trial_pair = Credentials(key=key, chain=model.write_chain([trial]), terms=held.terms)
            self._holdings.check(index, trial_pair)  # a key that no listener can show is refused now
            told = f"it will be used once its certificate is uploaded{_until_then(held)}"
            held = replace(held, waiting=key)
        self._holdings.keep(index, held)
        return told

    async def _some_key(self, index: int) -> str:
        return _newest_key(self._holdings.of(index)) or await self._make_key(FIRST_SIZE)


def _waiting_chain(held: Credentials) -> str:
    return "" if model.is_key(held.waiting) else held.waiting


def _newest_key(held: Credentials) -> str:
    return held.waiting if model.is_key(held.waiting) else held.key


def _until_then(held: Credentials) -> str:
    return "; until then the one in use goes on serving" if held.served else ""
