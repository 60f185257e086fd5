"""Which headers go from one leg to the other.

One rule: what describes one side (routes, contacts, identifiers, credentials of a hop) stays there; what the
two people or their devices tell each other passes."""

from __future__ import annotations

from typing import Final

from sbcd.sip.message import Headers, Message

OWN: Final = frozenset(
    {
        "Via",
        "From",
        "To",
        "Call-ID",
        "CSeq",
        "Contact",
        "Route",
        "Record-Route",
        "Path",
        "Service-Route",
        "Max-Forwards",
        "Content-Length",
        "Content-Type",
        "Content-Encoding",
        "Content-Disposition",
        "Allow",
        "Supported",
        "Require",
        "Proxy-Require",
        "Unsupported",
        "User-Agent",
        "Server",
        "RSeq",
        "RAck",
        "Session-Expires",
        "Min-SE",
        "Timestamp",
        "Expires",
        "Min-Expires",
        "Proxy-Authenticate",
        "Proxy-Authorization",
        "WWW-Authenticate",
        "Authorization",
        "Authentication-Info",
        "In-Reply-To",
        "Refer-To",
        "Referred-By",
        "Replaces",
        "P-Asserted-Identity",
        "P-Preferred-Identity",
        "Privacy",
        "Retry-After",
        "Event",
        "Subscription-State",
        "Warning",
        "Record-Session-Expires",
    }
)
BODY: Final = ("Content-Type", "Content-Encoding", "Content-Disposition")
DIALOG: Final = (
    "Refer-To",
    "Referred-By",
    "Event",
    "Subscription-State",
    "Expires",
    "Retry-After",
    "Warning",
)
AUTHENTICATION: Final = (
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "WWW-Authenticate",
    "Authorization",
    "Authentication-Info",
)
UNDERSTOOD: Final = frozenset(
    {"100rel", "timer", "replaces", "norefersub", "histinfo", "privacy", "precondition"}
)
ALLOW: Final = (
    "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, REFER, NOTIFY, SUBSCRIBE, MESSAGE, REGISTER"
)


def passed(message: Message, also: tuple[str, ...] = ()) -> Headers:
    """The headers of a message that the other leg gets. Lists are shared, never changed."""
    headers = {name: values for name, values in message.headers.items() if name not in OWN}
    if message.body:
        for name in BODY:
            if name in message.headers:
                headers[name] = message.headers[name]
    for name in also:
        if name in message.headers:
            headers[name] = message.headers[name]
    return headers


def extensions(message: Message, name: str, without: frozenset[str] = frozenset()) -> str:
    """The option tags of Supported or Require that both legs can keep."""
    if name not in message.headers:
        return ""
    return ", ".join(tag for tag in sorted(message.tokens(name)) if tag in UNDERSTOOD and tag not in without)


def strange(message: Message) -> str:
    """The option tags in Require that nobody here understands (RFC 3261 8.2.2.3), or ''."""
    if "Require" not in message.headers:
        return ""
    return ", ".join(sorted(message.tokens("Require") - UNDERSTOOD))
