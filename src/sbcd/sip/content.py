"""What requests and responses share: headers, looked at on demand, and a body.

One rule: a message never changes after it was made; what was understood of it is kept."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NoReturn

from sbcd.sip.grammar import Malformed, split
from sbcd.sip.headers import Address, CSeq, Valued, Via, cseq_of
from sbcd.sip.names import SPELLED, canonical

Headers = dict[str, list[str]]
Given = Mapping[str, str | Sequence[str] | None]


@lru_cache(1024)  # a phone says the same Allow and Supported in each message
def _tokens(text: str) -> frozenset[str]:
    return frozenset(token.lower() for token in split(text))


class Message:
    """What requests and responses share. Headers by canonical name, each a list of raw values in order
    (one line may hold several: see `listed`). Content-Length is not among them: it is computed."""

    __slots__ = ("_cseq", "_from", "_to", "_via", "body", "flaw", "headers")

    def __init__(self, headers: Headers, body: bytes = b"", flaw: str = "") -> None:
        self.headers = headers
        self.body = body
        self.flaw = flaw  # why the message is to be refused with 400, when that was seen while reading
        self._via: Via | None = None
        self._from: Address | None = None
        self._to: Address | None = None
        self._cseq: CSeq | None = None

    # -- looking

    def get(self, name: str, default: str = "") -> str:
        """The first raw value of a header, or `default`."""
        values = self.headers.get(name)
        if values is None:
            values = self.headers.get(self.key(name))
        return values[0] if values else default

    def has(self, name: str) -> bool:
        return self.key(name) in self.headers

    def key(self, name: str) -> str:
        """The name under which this message holds a header, case ignored."""
        known = canonical(name)
        if known in self.headers or known in SPELLED:
            return known
        lower = name.lower()
        return next((held for held in self.headers if held.lower() == lower), name)

    def all(self, name: str) -> list[str]:
        """The raw values of a header, one for each line."""
        return list(self.headers.get(self.key(name), ()))

    def listed(self, name: str) -> list[str]:
        """The values of a header, comma separated ones parted. Raises Malformed."""
        return [part for value in self.headers.get(self.key(name), ()) for part in split(value)]

    def tokens(self, name: str) -> frozenset[str]:
        """The values of Supported, Require, Allow ... in lower case."""
        values = self.headers.get(name) or self.headers.get(self.key(name))
        if values is not None and len(values) == 1:
            return _tokens(values[0])
        return frozenset(token.lower() for token in self.listed(name))

    # -- understood on demand; each raises Malformed

    @property
    def via(self) -> Via:
        """The topmost Via."""
        if self._via is None:
            values = self.headers.get("Via") or self._missing("Via")
            first = values[0]
            self._via = Via.parse(next(iter(split(first)), "") if "," in first else first)
        return self._via

    @property
    def from_(self) -> Address:
        if self._from is None:
            self._from = Address.parse((self.headers.get("From") or self._missing("From"))[0])
        return self._from

    @property
    def to(self) -> Address:
        if self._to is None:
            self._to = Address.parse((self.headers.get("To") or self._missing("To"))[0])
        return self._to

    @property
    def cseq(self) -> CSeq:
        if self._cseq is None:
            self._cseq = cseq_of((self.headers.get("CSeq") or self._missing("CSeq"))[0])
        return self._cseq

    @property
    def call_id(self) -> str:
        return (self.headers.get("Call-ID") or self._missing("Call-ID"))[0]

    @property
    def contacts(self) -> list[Address]:
        return self.addresses("Contact")

    @property
    def contact(self) -> Address | None:
        """The first Contact, or None."""
        found = self.contacts
        return found[0] if found else None

    def addresses(self, name: str) -> list[Address]:
        """The values of Contact, Route, Record-Route, Path, P-Asserted-Identity, Diversion ..."""
        if name not in self.headers:
            return []
        return [Address.parse(value) for value in self.listed(name)]

    def valued(self, name: str) -> Valued | None:
        """The first value of a header as value and parameters, or None."""
        value = self.get(name)
        return Valued.parse(value) if value else None

    def number(self, name: str, most: int = (1 << 32) - 1) -> int | None:
        """A header that is one number (Expires, RSeq, Max-Forwards), or None when it is missing."""
        value = self.get(name)
        if not value:
            return None
        digits = value.partition(";")[0].partition("(")[0].strip(" \t")
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 10 or int(digits) > most:
            raise Malformed(f"{name} {value[:40]!r} is not a number up to {most}")
        return int(digits)

    @property
    def content_type(self) -> str:
        """The media type in lower case without parameters, or nothing."""
        return self.get("Content-Type").partition(";")[0].strip(" \t").lower()

    def _missing(self, name: str) -> NoReturn:
        raise Malformed(f"no {name} header")

    # -- changing and writing

    def stamp(self, via: Via) -> None:
        """The endpoint's: it wrote this topmost Via (received, rport) while the message was still its own."""
        self._via = via

    def _changed(self, given: Given) -> Headers:
        headers = dict(self.headers)
        for name, value in given.items():
            key = self.key(name)
            if value is None:
                headers.pop(key, None)
            else:
                headers[key] = [value] if isinstance(value, str) else list(value)
        return headers

    def _write(self, start: str) -> bytes:
        lines = [start]
        for name, values in self.headers.items():
            if len(values) == 1:
                lines.append(f"{name}: {values[0]}")
            else:
                lines += [f"{name}: {value}" for value in values]
        text = "\r\n".join(lines)
        if text.count("\n") != len(lines) - 1 or text.count("\r") != len(lines) - 1:
            raise ValueError("a header value with a line break cannot be written")
        return (
            f"{text}\r\nContent-Length: {len(self.body)}\r\n\r\n".encode("utf-8", "surrogateescape")
            + self.body
        )
