"""What one end of a TLS connection needs, as one value that is kept in one file of the state directory.

One rule: whoever holds it (`rooms/tls/store.py`, `edge/tls.py`) shows it to nobody; its text hides the key.
One file and not one per part, because a key and its certificate must change in the same instant: a power
cut between two renames would leave a pair that no TLS library loads (R29)."""

from typing import Self

import msgspec

from sbcd.base.vault import Vault


class Terms(msgspec.Struct, frozen=True):
    """The columns of a TLSContexts row that decide how connections are made.

    `versions` is the mask of the table: 1, 2, 4, 8 for TLS 1.0 to 1.3, 0 for whatever is considered safe.
    `dh_bits` is the size of the ephemeral Diffie-Hellman group; `strict` asks for strict X.509 checks; with
    `bundle` the roots of the system are trusted besides the context's own."""

    versions: int = 0
    server_ciphers: str = "DEFAULT"
    client_ciphers: str = "DEFAULT"
    dh_bits: int = 2048
    strict: bool = False
    bundle: bool = False


class Credentials(msgspec.Struct, frozen=True, omit_defaults=True):
    """A key and a certificate chain (leaf first) that belong together and are served; roots; terms. All PEM.

    `waiting` is the newest key or chain whose other half has not come yet (docs/adr/0021)."""

    key: str = ""
    chain: str = ""
    waiting: str = ""
    roots: str = ""
    terms: Terms = Terms()

    def __repr__(self) -> str:
        return f"Credentials({len(self.chain)} characters of chain, {len(self.roots)} of roots)"

    @property
    def served(self) -> bool:
        """Whether there is a pair that a listener can show."""
        return bool(self.key and self.chain)

    @classmethod
    def read(cls, vault: Vault, index: int) -> Self | None:
        """The credentials of TLS context `index`, None when it has none yet. `ValueError`: a damaged file."""
        content = vault.read(f"{index}/credentials")
        try:
            return None if content is None else msgspec.json.decode(content, type=cls)
        except msgspec.MsgspecError:
            raise ValueError(f"the credentials file of TLS context {index} is damaged") from None

    def write(self, vault: Vault, index: int) -> None:
        """Puts them in the place of the old ones, atomically, mode 0600."""
        vault.replace(f"{index}/credentials", msgspec.json.encode(self))
