"""Request and Response: bytes to value and back.

One rule: what is read is cut into lines at once and understood on demand. A message never changes;
`but` gives a changed copy."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NoReturn, Self

from sbcd.sip.grammar import NAME, REQUEST_LINE, STATUS_LINE, Malformed, split
from sbcd.sip.headers import Address, CSeq, Params, Uri, Valued, Via
from sbcd.sip.names import SPELLED, canonical
from sbcd.sip.reasons import REASONS

MOST_HEAD: Final = 32 * 1024
MOST_LINES: Final = 256
Headers = dict[str, list[str]]
Given = Mapping[str, str | Sequence[str] | None]


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
        return frozenset(token.lower() for token in self.listed(name))

    # -- understood on demand; each raises Malformed

    @property
    def via(self) -> Via:
        """The topmost Via."""
        if self._via is None:
            values = self.headers.get("Via") or self._missing("Via")
            first = values[0]
            self._via = Via.parse(split(first)[0] if "," in first else first)
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
            self._cseq = CSeq.parse((self.headers.get("CSeq") or self._missing("CSeq"))[0])
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
            for value in values:
                lines.append(f"{name}: {value}")
        text = "\r\n".join(lines)
        if text.count("\n") != len(lines) - 1 or text.count("\r") != len(lines) - 1:
            raise ValueError("a header value with a line break cannot be written")
        return (
            f"{text}\r\nContent-Length: {len(self.body)}\r\n\r\n".encode("utf-8", "surrogateescape")
            + self.body
        )


class Request(Message):
    """A request. `uri` is the Request-URI as it stood on the wire; `target` is it understood."""

    __slots__ = ("_target", "method", "uri", "version")

    def __init__(
        self,
        method: str,
        uri: str,
        headers: Headers,
        body: bytes = b"",
        flaw: str = "",
        version: str = "2.0",
    ) -> None:
        super().__init__(headers, body, flaw)
        self.method = method
        self.uri = uri
        self.version = version
        self._target: Uri | None = None

    @property
    def target(self) -> Uri:
        """The Request-URI. Raises Malformed."""
        if self._target is None:
            self._target = Uri.parse(self.uri)
        return self._target

    @property
    def inside(self) -> bool:
        """Whether it belongs to a dialog: To has a tag."""
        return self.to.tag is not None

    def but(
        self,
        headers: Given | None = None,
        *,
        method: str | None = None,
        uri: str | None = None,
        body: bytes | None = None,
    ) -> Self:
        """A changed copy. A header given as None is dropped; a str or list replaces all its lines."""
        return type(self)(
            method or self.method,
            uri or self.uri,
            self._changed(headers or {}),
            self.body if body is None else body,
        )

    def __bytes__(self) -> bytes:
        return self._write(f"{self.method} {self.uri} SIP/2.0")

    def __repr__(self) -> str:
        return f"<{self.method} {self.uri}>"


class Response(Message):
    """A response: status 100-699 and its reason phrase."""

    __slots__ = ("reason", "status")

    def __init__(self, status: int, reason: str, headers: Headers, body: bytes = b"", flaw: str = "") -> None:
        super().__init__(headers, body, flaw)
        self.status = status
        self.reason = reason

    def but(
        self,
        headers: Given | None = None,
        *,
        status: int | None = None,
        reason: str | None = None,
        body: bytes | None = None,
    ) -> Self:
        """A changed copy, as with requests."""
        return type(self)(
            status or self.status,
            self.reason if reason is None else reason,
            self._changed(headers or {}),
            self.body if body is None else body,
        )

    def __bytes__(self) -> bytes:
        return self._write(f"SIP/2.0 {self.status} {self.reason}")

    def __repr__(self) -> str:
        return f"<{self.status} {self.reason} for {self.get('CSeq')}>"


def request(
    method: str,
    uri: str | Uri,
    headers: Mapping[str, str | Sequence[str]] | Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    content_type: str = "",
) -> Request:
    """A request from parts; repeated names become several lines. Via is the endpoint's to add."""
    return Request(method, str(uri), _collect(headers, content_type if body else ""), body)


def reply(
    to: Request,
    status: int,
    reason: str = "",
    headers: Mapping[str, str | Sequence[str]] | Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    content_type: str = "",
    tag: str = "",
) -> Response:
    """A response to a request (RFC 3261 8.2.6): Via, From, To, Call-ID, CSeq copied, Record-Route too when
    it may found a dialog; `tag` is added to To when it has none and the status is not 100."""
    held: Headers = {
        name: to.headers[name] for name in ("Via", "From", "To", "Call-ID", "CSeq") if name in to.headers
    }
    if tag and status > 100 and ";tag=" not in (line := to.get("To")).replace(" ", "").lower():
        held["To"] = [f"{line if '<' in line or ';' not in line else to.to};tag={tag}"]
    if status > 100 and status < 300 and "Record-Route" in to.headers:
        held["Record-Route"] = to.headers["Record-Route"]
    if status == 100 and "Timestamp" in to.headers:
        held["Timestamp"] = to.headers["Timestamp"]
    for name, values in _collect(headers, content_type if body else "").items():
        held[name] = values
    return Response(status, reason or REASONS.get(status) or REASONS.get(status // 100 * 100, ""), held, body)


def _collect(
    headers: Mapping[str, str | Sequence[str]] | Iterable[tuple[str, str]], content_type: str
) -> Headers:
    held: Headers = {}
    for name, value in headers.items() if isinstance(headers, Mapping) else headers:
        held.setdefault(canonical(name), []).extend([value] if isinstance(value, str) else value)
    if content_type:
        held["Content-Type"] = [content_type]
    return held


def parse(data: bytes) -> Request | Response:
    """One whole message. Raises Malformed when it cannot even be answered (no start line, no headers).
    What can be answered is returned with `flaw` telling why it must be refused. Content-Length shorter
    than the body cuts the body (a datagram's rest, RFC 3261 18.3)."""
    head, found, body = data.lstrip(b"\r\n").partition(b"\r\n\r\n")
    if len(head) > MOST_HEAD:
        raise Malformed(f"the head has {len(head)} bytes, more than {MOST_HEAD}")
    text = head.decode("utf-8", "surrogateescape")
    if "\r\n " in text or "\r\n\t" in text:
        start, _, rest = text.partition("\r\n")
        text = start + "\r\n" + rest.replace("\r\n ", " ").replace("\r\n\t", " ")
    lines = text.split("\r\n")
    if len(lines) > MOST_LINES:
        raise Malformed(f"{len(lines)} lines are more than {MOST_LINES}")
    headers, flaw = _headers(lines)
    if not found:
        flaw = flaw or "the head does not end"
    elif text.count("\n") != len(lines) - 1 or text.count("\r") != len(lines) - 1 or "\0" in text:
        flaw = flaw or "a line break or a NUL stands alone"
    length = headers.pop("Content-Length", None)
    if length is not None:
        body, flaw = _cut(body, length, flaw)
    return _started(lines[0], headers, body, flaw)


def _headers(lines: list[str]) -> tuple[Headers, str]:
    """The lines after the first, by canonical name."""
    headers: Headers = {}
    flaw = ""
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        key = SPELLED.get(name)
        if key is None:
            name = name.rstrip(" \t")
            key = canonical(name)
            if not colon or NAME.fullmatch(name) is None:
                flaw = flaw or f"{line[:60]!r} is not a header"
                continue
            if key not in SPELLED:
                key = next((held for held in headers if held.lower() == key.lower()), key)
        if key in headers:
            headers[key].append(value.strip(" \t"))
        else:
            headers[key] = [value.strip(" \t")]
    return headers, flaw


def _cut(body: bytes, length: list[str], flaw: str) -> tuple[bytes, str]:
    """The body as long as Content-Length says, and what is wrong with that."""
    said = length[0]
    if not (said.isascii() and said.isdigit()) or len(said) > 9 or any(more != said for more in length):
        return body, flaw or f"Content-Length {', '.join(length)[:40]!r} is not one number"
    wanted = int(said)
    if wanted > len(body):
        return body, flaw or f"Content-Length is {wanted} but the body has {len(body)} bytes"
    return body[:wanted], flaw


def _started(line: str, headers: Headers, body: bytes, flaw: str) -> Request | Response:
    match = REQUEST_LINE.fullmatch(line)
    if match is not None:
        return Request(match[1], match[2], headers, body, flaw, match[3])
    match = STATUS_LINE.fullmatch(line)
    if match is not None:
        return Response(int(match[2]), match[3] or "", headers, body, flaw)
    method, _, rest = line.partition(" ")
    if NAME.fullmatch(method) and rest.rstrip(" \t").upper().endswith("SIP/2.0"):
        uri = rest.rstrip(" \t")[:-7].strip(" \t")
        return Request(method, uri, headers, body, f"bad request line {line[:80]!r}")
    raise Malformed(f"{line[:80]!r} is no start line")


__all__ = [
    "Address",
    "CSeq",
    "Headers",
    "Malformed",
    "Message",
    "Params",
    "Request",
    "Response",
    "Uri",
    "Valued",
    "Via",
    "parse",
    "reply",
    "request",
]
