"""The values that stand in SIP headers: Uri, Address, Via, CSeq, Valued.

One rule: frozen, made by `parse`, written by `str`; what `str` writes `parse` reads as equal."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Self
from urllib.parse import unquote

import msgspec

from sbcd.sip.grammar import (
    ABSOLUTE_URI,
    ADDR_SPEC,
    CSEQ,
    NAME_ADDR,
    SIP_URI,
    VIA,
    Malformed,
    joined,
    params,
    quoted,
    unquoted,
    uri_params,
)

Params = dict[str, str | None]
MAGIC: Final = "z9hG4bK"
DEFAULT_PORT: Final[Mapping[str, int]] = {"udp": 5060, "tcp": 5060, "tls": 5061, "sctp": 5060}


def bracketed(host: str) -> str:
    """A host as it stands in a URI or Via: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


class Uri(msgspec.Struct, frozen=True, gc=False):
    """A URI. For `sip` and `sips` the parts of RFC 3261 19.1; for `tel` the number is `user`;
    for every other scheme all that follows the colon is `user`. IPv6 hosts stand without brackets."""

    scheme: str
    user: str
    host: str = ""
    port: int | None = None
    params: Params = {}
    headers: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises Malformed."""
        match = SIP_URI.fullmatch(text)
        if match is None:
            return cls._other(text)
        scheme, user, host, port, parameters, headers = match.groups()
        if port is not None and int(port) > 65535:
            raise Malformed(f"port {port} in {text[:80]!r} is not a port")
        if host[0] == "[":
            host = host[1:-1]
        return cls(
            scheme.lower(),
            user or "",
            host,
            None if port is None else int(port),
            uri_params(parameters) if parameters else {},
            headers or "",
        )

    @classmethod
    def _other(cls, text: str) -> Self:
        match = ABSOLUTE_URI.fullmatch(text)
        if match is None or match[1].lower() in {"sip", "sips"}:
            raise Malformed(f"{text[:80]!r} is not a URI")
        scheme = match[1].lower()
        if scheme != "tel":
            return cls(scheme, match[2])
        number, semicolon, rest = match[2].partition(";")
        return cls("tel", number, params=uri_params(semicolon + rest))

    def __str__(self) -> str:
        if self.scheme not in {"sip", "sips"}:
            return f"{self.scheme}:{self.user}{joined(self.params)}"
        user = f"{self.user}@" if self.user else ""
        port = "" if self.port is None else f":{self.port}"
        headers = f"?{self.headers}" if self.headers else ""
        return f"{self.scheme}:{user}{bracketed(self.host)}{port}{joined(self.params)}{headers}"

    @property
    def number(self) -> str:
        """The user part as people read it: unescaped, without password and user parameters."""
        if self.scheme not in {"sip", "sips"}:
            return unquote(self.user)
        return unquote(self.user.partition(";")[0].partition(":")[0])

    @property
    def transport(self) -> str | None:
        """The transport parameter in lower case; a `sips` URI over TCP is TLS."""
        name = self.params.get("transport")
        return name.lower() if name else ("tls" if self.scheme == "sips" else None)

    def same(self, other: "Uri") -> bool:
        """Equal as RFC 3261 19.1.4 compares: escapes and case ignored where it ignores them."""
        if self.scheme != other.scheme or self.port != other.port:
            return False
        if unquote(self.user) != unquote(other.user) or self.host.lower() != other.host.lower():
            return False
        if sorted(self.headers.split("&")) != sorted(other.headers.split("&")):
            return False
        for name in self.params.keys() | other.params.keys():
            both = name in self.params and name in other.params
            if not both and name in {"user", "ttl", "method", "maddr", "transport"}:
                return False
            if both and (self.params[name] or "").lower() != (other.params[name] or "").lower():
                return False
        return True


@lru_cache(4096)  # requests inside dialogs go to the same few Contacts
def uri_of(text: str) -> Uri:
    """`Uri.parse` with a memory."""
    return Uri.parse(text)


class Address(msgspec.Struct, frozen=True, gc=False):
    """name-addr or addr-spec with its header parameters: From, To, Contact, Route, Refer-To ..."""

    uri: Uri
    display: str = ""
    params: Params = {}

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Raises Malformed. The lone `*` of a Contact is an Address whose scheme is `*`."""
        return _address(text)

    @classmethod
    def read(cls, text: str) -> Self:
        """`parse` without its memory; what stands before a tag at the end has one of its own."""
        head, mark, tag = text.rpartition(";tag=")
        if mark and head[-1:] == ">" and tag.isalnum() and tag.isascii():
            known = _address(head)
            return cls(known.uri, known.display, {"tag": tag})
        match = NAME_ADDR.fullmatch(text)
        if match is not None:
            display, uri, rest = match.groups()
            if display:
                display = unquoted(display) if display[0] == '"' else display.rstrip(" \t")
            return cls(Uri.parse(uri), display, params(rest) if rest else {})
        match = ADDR_SPEC.fullmatch(text)
        if match is None:
            raise Malformed(f"{text[:80]!r} is not an address")
        if match[1] == "*":
            return cls(Uri("*", ""))
        return cls(Uri.parse(match[1]), "", params(match[2]))

    def __str__(self) -> str:
        if self.uri.scheme == "*":
            return "*"
        display = f"{quoted(self.display)} " if self.display else ""
        return f"{display}<{self.uri}>{joined(self.params)}"

    @property
    def tag(self) -> str | None:
        return self.params.get("tag")

    def tagged(self, tag: str) -> Self:
        """The same address with this tag."""
        return msgspec.structs.replace(self, params={**self.params, "tag": tag})


@lru_cache(4096)  # the messages of a call say the same From, To and Contact ten times within a second
def _address(text: str) -> Address:
    return Address.read(text)


class Via(msgspec.Struct, frozen=True, gc=False):
    """One hop: transport in lower case, host without brackets."""

    transport: str
    host: str
    port: int | None = None
    params: Params = {}

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises Malformed."""
        match = VIA.fullmatch(text)
        if match is None:
            raise Malformed(f"{text[:80]!r} is not a Via")
        transport, host, port, rest = match.groups()
        if port is not None and int(port) > 65535:
            raise Malformed(f"port {port} in {text[:80]!r} is not a port")
        if host[0] == "[":
            host = host[1:-1]
        return cls(transport.lower(), host, None if port is None else int(port), params(rest))

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"SIP/2.0/{self.transport.upper()} {bracketed(self.host)}{port}{joined(self.params)}"

    @property
    def branch(self) -> str:
        """The branch, or nothing when it is not one of RFC 3261 (missing, or the cookie alone)."""
        branch = self.params.get("branch") or ""
        return branch if len(branch) > len(MAGIC) and branch.startswith(MAGIC) else ""

    @property
    def sent_by(self) -> tuple[str, int]:
        """Host in lower case and port, the transport's default when it is not told."""
        return self.host.lower(), self.port or DEFAULT_PORT.get(self.transport, 5060)


class CSeq(msgspec.Struct, frozen=True, gc=False):
    number: int
    method: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises Malformed; the number is less than 2**31 (RFC 3261 8.1.1.5)."""
        match = CSEQ.fullmatch(text)
        if match is None or (number := int(match[1])) >= 1 << 31:
            raise Malformed(f"{text[:60]!r} is not a CSeq")
        return cls(number, match[2])

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


@lru_cache(1024)  # `1 INVITE` is what nearly every call begins with
def cseq_of(text: str) -> CSeq:
    """`CSeq.parse` with a memory."""
    return CSeq.parse(text)


class Valued(msgspec.Struct, frozen=True, gc=False):
    """A value with parameters: Content-Type, Session-Expires, Event, Reason, Subscription-State ..."""

    value: str
    params: Params = {}

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises Malformed."""
        value, semicolon, rest = text.partition(";")
        return cls(value.strip(" \t"), params(semicolon + rest))

    def __str__(self) -> str:
        return f"{self.value}{joined(self.params)}"
