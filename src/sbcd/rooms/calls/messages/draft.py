"""A SIP message while it is being changed.

One rule: headers are parted into single values when they are first touched, and only those."""

from sbcd.sip.grammar import split
from sbcd.sip.message import Message, Request, Response
from sbcd.sip.names import canonical

TEXTUAL = frozenset(
    {
        "Date",
        "User-Agent",
        "Server",
        "Subject",
        "Organization",
        "Authorization",
        "Proxy-Authorization",
        "WWW-Authenticate",
        "Proxy-Authenticate",
        "Call-ID",
        "CSeq",
    }
)
"""Headers whose commas part nothing."""


class Draft:
    """A request or response with values that may be replaced; `message()` gives the result."""

    __slots__ = ("_origin", "_parted", "body", "changed", "headers", "reason", "status", "uri")

    def __init__(self, origin: Request | Response) -> None:
        self._origin = origin
        self._parted: set[str] = set()
        self.headers = dict(origin.headers)
        self.body = origin.body
        self.changed = False
        self.uri = origin.uri if isinstance(origin, Request) else ""
        self.status = origin.status if isinstance(origin, Response) else 0
        self.reason = origin.reason if isinstance(origin, Response) else ""

    @property
    def origin(self) -> Message:
        return self._origin

    def key(self, name: str) -> str:
        """The spelling under which the message holds this header."""
        if name in self.headers:
            return name
        known = canonical(name)
        if known in self.headers:
            return known
        lower = known.lower()
        return next((held for held in self.headers if held.lower() == lower), known)

    def entries(self, name: str) -> list[str]:
        """The single values of a header; the list is the draft's own."""
        key = self.key(name)
        values = self.headers.get(key)
        if values is None:
            return []
        if key not in self._parted:
            self._parted.add(key)
            if key in TEXTUAL or not any("," in value for value in values):
                values = list(values)
            else:
                values = [part for value in values for part in split(value)]
            self.headers[key] = values
        return values

    def put(self, name: str, at: int, value: str) -> None:
        """Replaces one single value."""
        self.entries(name)[at] = clean(value)
        self.changed = True

    def replace(self, name: str, values: list[str]) -> None:
        """Replaces the whole header; no values removes it."""
        key = self.key(name)
        if values:
            self.headers[key] = [clean(value) for value in values]
            self._parted.add(key)
        else:
            self.headers.pop(key, None)
        self.changed = True

    def message(self) -> Request | Response:
        """The changed message, or the very one that it was made of."""
        if not self.changed:
            return self._origin
        gone = dict.fromkeys(name for name in self._origin.headers if name not in self.headers)
        given = {**gone, **self.headers}
        if isinstance(self._origin, Request):
            return self._origin.but(given, uri=self.uri, body=self.body)
        return self._origin.but(given, status=self.status, reason=self.reason, body=self.body)


def clean(value: str) -> str:
    """A header value on one line: whoever writes line breaks into one forges no second header."""
    return " ".join(value.split("\r\n")).replace("\r", " ").replace("\n", " ").replace("\0", "")
