"""Request and Response: bytes to value and back.

One rule: what is read is cut into lines at once and understood on demand. A message never changes;
`but` gives a changed copy."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Self

from sbcd.sip.content import Given, Headers, Message
from sbcd.sip.grammar import NAME, REQUEST_LINE, STATUS_LINE, Malformed
from sbcd.sip.headers import Address, CSeq, Params, Uri, Valued, Via, uri_of
from sbcd.sip.names import SINGLE, SPELLED, canonical
from sbcd.sip.reasons import REASONS

MOST_HEAD: Final = 32 * 1024
MOST_LINES: Final = 256
COPIED: Final = ("Via", "From", "To", "Call-ID", "CSeq")
STATUSES: Final = {str(status): status for status in range(100, 700)}


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
        self.headers = headers  # what Message makes of them stands here once more: a call makes thirty
        self.body = body
        self.flaw = flaw
        self._via = None
        self._from = None
        self._to = None
        self._cseq = None
        self.method = method
        self.uri = uri
        self.version = version
        self._target: Uri | None = None

    @property
    def target(self) -> Uri:
        """The Request-URI. Raises Malformed."""
        if self._target is None:
            self._target = uri_of(self.uri)
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
        self.headers = headers
        self.body = body
        self.flaw = flaw
        self._via = None
        self._from = None
        self._to = None
        self._cseq = None
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
    asked = to.headers
    held: Headers = {name: asked[name] for name in COPIED if name in asked}
    if tag and status > 100 and ";tag=" not in (line := to.get("To")).replace(" ", "").lower():
        held["To"] = [f"{line if '<' in line or ';' not in line else to.to};tag={tag}"]
    if status > 100 and status < 300 and "Record-Route" in asked:
        held["Record-Route"] = asked["Record-Route"]
    if status == 100 and "Timestamp" in asked:
        held["Timestamp"] = asked["Timestamp"]
    held.update(_collect(headers, content_type if body else ""))
    return Response(status, reason or REASONS.get(status) or REASONS.get(status // 100 * 100, ""), held, body)


def _collect(
    headers: Mapping[str, str | Sequence[str]] | Iterable[tuple[str, str]], content_type: str
) -> Headers:
    held: Headers = {}
    if isinstance(headers, dict):
        for name, value in headers.items():
            key = SPELLED.get(name) or canonical(name)
            if type(value) is not list or key in held:  # else: lists are shared, never changed
                value = [*held.get(key, ()), *([value] if isinstance(value, str) else value)]
            held[key] = value
    else:
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
    lines = text.split("\r\n")
    if len(lines) > MOST_LINES:
        raise Malformed(f"{len(lines)} lines are more than {MOST_LINES}")
    start = lines.pop(0)
    headers, flaw = _headers(lines)
    if not found:
        flaw = flaw or "the head does not end"
    elif text.count("\n") != len(lines) or text.count("\r") != len(lines) or "\0" in text:
        flaw = flaw or "a line break or a NUL stands alone"
    length = headers.pop("Content-Length", None)
    if length is not None:
        body, flaw = _cut(body, length, flaw)
    return _started(start, headers, body, flaw)


def _headers(lines: list[str]) -> tuple[Headers, str]:
    """The lines after the first, by canonical name. What is unusual about a line is looked at in `_odd`."""
    headers: Headers = {}
    flaw = key = ""
    for line in lines:
        name, _, value = line.partition(":")
        known = SPELLED.get(name)
        if known is None or known in headers:
            key, why = _odd(headers, key, line)
            flaw = flaw or why
        else:
            key = known
            headers[key] = [value.strip(" \t")]
    return headers, flaw


def _odd(headers: Headers, before: str, line: str) -> tuple[str, str]:
    """A line that continues the one before, repeats a header, or has a name nobody expected: the key it went
    to, and what is wrong with it."""
    if line[:1] in {" ", "\t"} and before:
        headers[before][-1] = " ".join((headers[before][-1], line.strip(" \t"))).strip(" ")
        return before, ""
    name, colon, value = line.partition(":")
    name = name.rstrip(" \t")
    if not colon or NAME.fullmatch(name) is None:
        return before, f"{line[:60]!r} is not a header"
    key = canonical(name)
    if key not in SPELLED:
        key = next((held for held in headers if held.lower() == key.lower()), key)
    headers.setdefault(key, []).append(value.strip(" \t"))
    if key in SINGLE and len(headers[key]) > 1 and key != "Content-Length":
        return key, f"More than one {key} header"
    return key, ""


def _cut(body: bytes, length: list[str], flaw: str) -> tuple[bytes, str]:
    """The body as long as Content-Length says, and what is wrong with that."""
    said = length[0]
    if said == str(len(body)) and len(length) == 1:
        return body, flaw
    if not (said.isascii() and said.isdigit()) or len(said) > 9 or any(more != said for more in length):
        return body, flaw or f"Content-Length {', '.join(length)[:40]!r} is not one number"
    wanted = int(said)
    if wanted > len(body):
        return body, flaw or f"Content-Length is {wanted} but the body has {len(body)} bytes"
    return body[:wanted], flaw


def _started(line: str, headers: Headers, body: bytes, flaw: str) -> Request | Response:
    if line[:8] == "SIP/2.0 " and line[11:12] == " " and (code := line[8:11]) in STATUSES:
        return Response(STATUSES[code], line[12:], headers, body, flaw)
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
