"""Digest challenge and answer (RFC 3261 22, RFC 7616 and 8760): MD5 and SHA-256, qop auth, both sides.

One rule: passwords and their hashes come as arguments and are never kept, told or logged here."""

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final, Literal, Self

import msgspec

from sbcd.sip.grammar import AUTH_PARAM, Malformed, quoted, unquoted
from sbcd.sip.message import Message

HASHES: Final[dict[str, Callable[[bytes], str]]] = {
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
}
STRENGTH: Final = ("SHA-256", "MD5")
# which header asks and which answers, by the status of the response
HEADERS: Final = {
    401: ("WWW-Authenticate", "Authorization"),
    407: ("Proxy-Authenticate", "Proxy-Authorization"),
}
BARE: Final = frozenset({"algorithm", "stale", "nc"})
MOST: Final = 8 * 1024


def _parameters(text: str) -> dict[str, str]:
    """`Digest name=value, ...`; raises Malformed when it is another scheme or cannot be read."""
    scheme, _, rest = text.strip().partition(" ")
    if scheme.lower() != "digest" or len(text) > MOST:
        raise Malformed(f"{scheme[:20]!r} is not Digest")
    found: dict[str, str] = {}
    at = 0
    while at < len(rest):
        match = AUTH_PARAM.match(rest, at)
        if match is None:
            raise Malformed(f"bad Digest parameters {rest[at : at + 40]!r}")
        found.setdefault(match[1].lower(), unquoted(match[2]))
        at = match.end()
    return found


def _written(values: Iterable[tuple[str, str]], bare: frozenset[str]) -> str:
    parts = [f"{name}={value if name in bare else quoted(value)}" for name, value in values if value]
    return "Digest " + ", ".join(parts)


class Challenge(msgspec.Struct, frozen=True):
    """What WWW-Authenticate or Proxy-Authenticate asks. `qop` is a comma separated list."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    qop: str = "auth"
    opaque: str = ""
    stale: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises Malformed."""
        held = _parameters(text)
        if "realm" not in held or "nonce" not in held:
            raise Malformed("a Digest challenge without realm or nonce")
        algorithm = held.get("algorithm", "MD5").upper()
        stale = held.get("stale", "").lower() == "true"
        return cls(
            held["realm"], held["nonce"], algorithm, held.get("qop", ""), held.get("opaque", ""), stale
        )

    def __str__(self) -> str:
        stale = "true" if self.stale else ""
        values = (("realm", self.realm), ("nonce", self.nonce), ("algorithm", self.algorithm))
        return _written((*values, ("qop", self.qop), ("opaque", self.opaque), ("stale", stale)), BARE)


class Credentials(msgspec.Struct, frozen=True):
    """What Authorization or Proxy-Authorization answers."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: str = "MD5"
    qop: str = ""
    cnonce: str = ""
    nc: str = ""
    opaque: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises Malformed."""
        held = _parameters(text)
        if not {"username", "realm", "nonce", "uri", "response"} <= held.keys():
            raise Malformed("Digest credentials are not whole")
        held["algorithm"] = held.get("algorithm", "MD5").upper()
        return msgspec.convert({name: held[name] for name in cls.__struct_fields__ if name in held}, cls)

    def __str__(self) -> str:
        names = (
            "username",
            "realm",
            "nonce",
            "uri",
            "response",
            "algorithm",
            "cnonce",
            "qop",
            "nc",
            "opaque",
        )
        return _written(((name, getattr(self, name)) for name in names), BARE | {"qop"})


def secret(algorithm: str, username: str, realm: str, password: str) -> str:
    """H(A1), what a user database may keep instead of the password. Raises Malformed for an algorithm that is
    neither MD5 nor SHA-256."""
    digest = HASHES.get(algorithm)
    if digest is None:
        raise Malformed(f"Digest algorithm {algorithm[:20]!r} is not known")
    return digest(f"{username}:{realm}:{password}".encode())


def _response(held: Credentials, method: str, kept: str, body: bytes) -> str:
    digest = HASHES[held.algorithm]
    asked = f"{method}:{held.uri}"
    if held.qop == "auth-int":
        asked += f":{digest(body)}"
    a2 = digest(asked.encode("utf-8", "surrogateescape"))
    middle = f"{held.nonce}:{held.nc}:{held.cnonce}:{held.qop}" if held.qop else held.nonce
    return digest(f"{kept}:{middle}:{a2}".encode("utf-8", "surrogateescape"))


def strongest(response: Message, header: str) -> Challenge | None:
    """The challenge of a 401 or 407 to answer: the strongest algorithm known here (RFC 8760 2.4), or None."""
    found = []
    for value in response.all(header):
        try:
            challenge = Challenge.parse(value)
        except Malformed:
            continue
        offered = {one.strip() for one in challenge.qop.lower().split(",")}
        if challenge.algorithm in HASHES and (not challenge.qop or offered & {"auth", "auth-int"}):
            found.append(challenge)
    return min(found, key=lambda one: STRENGTH.index(one.algorithm), default=None)


def answer(
    challenge: Challenge,
    method: str,
    uri: str,
    username: str,
    password: str,
    cnonce: str,
    count: int = 1,
    body: bytes = b"",
) -> Credentials:
    """The answer to a challenge. `count` is how often this nonce was answered, this time included;
    `cnonce` fresh random text."""
    offered = {one.strip() for one in challenge.qop.lower().split(",") if one.strip()}
    qop = "auth" if "auth" in offered else "auth-int" if offered else ""
    held = Credentials(
        username,
        challenge.realm,
        challenge.nonce,
        uri,
        "",
        challenge.algorithm,
        qop,
        cnonce if qop else "",
        f"{count:08x}" if qop else "",
        challenge.opaque,
    )
    kept = secret(challenge.algorithm, username, challenge.realm, password)
    return msgspec.structs.replace(held, response=_response(held, method, kept, body))


def right(held: Credentials, method: str, kept: str, body: bytes = b"") -> bool:
    """Whether the credentials prove the secret `kept` (see `secret`). The nonce is `Nonces`' to judge."""
    if held.algorithm not in HASHES or held.qop not in {"", "auth", "auth-int"}:
        return False
    return hmac.compare_digest(_response(held, method, kept, body).encode(), held.response.lower().encode())


class Nonces:
    """Nonces of ours: signed, so that none needs to be kept before it was answered; each count of a nonce
    is taken once (RFC 7616 3.4: nc). `key` is at least 16 random bytes, `life` in seconds."""

    def __init__(self, key: bytes, life: float = 300, most: int = 10_000) -> None:
        self._key = key
        self._life = life
        self._most = most
        self._given = 0
        self._counts: OrderedDict[str, int] = OrderedDict()

    def fresh(self, realm: str, now: float, algorithm: str = "MD5", stale: bool = False) -> Challenge:
        """A challenge of now."""
        self._given += 1
        moment = f"{int(now * 1000):x}-{self._given:x}"
        return Challenge(realm, f"{moment}.{self._sign(moment, realm)}", algorithm, "auth", stale=stale)

    def judge(self, held: Credentials, now: float) -> Literal["good", "stale", "bad"]:
        """`stale`: ask again with stale=true, the password may be right; `bad`: it was never ours."""
        moment, _, signature = held.nonce.partition(".")
        expected = self._sign(moment, held.realm)
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
            return "bad"
        if not 0 <= now - int(moment.partition("-")[0], 16) / 1000 <= self._life:
            return "stale"
        if not held.qop:
            return "good"
        try:
            count = int(held.nc, 16)
        except ValueError:
            return "bad"
        if count <= self._counts.get(held.nonce, 0):
            return "stale"
        self._counts[held.nonce] = count
        self._counts.move_to_end(held.nonce)
        if len(self._counts) > self._most:
            self._counts.popitem(last=False)
        return "good"

    def _sign(self, moment: str, realm: str) -> str:
        text = f"{moment}:{realm}".encode("utf-8", "surrogateescape")
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()[:32]
