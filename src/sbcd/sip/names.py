"""The header names SIP knows: their one spelling here, their compact forms, which may stand once.

One rule: a known header has exactly one key, whatever the wire called it."""

from typing import Final

# RFC 3261 7.3.3 and the IANA registry of compact forms
COMPACT: Final = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "d": "Request-Disposition",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
    "y": "Identity",
}
_LONG: Final = """
Accept Accept-Encoding Accept-Language Alert-Info Allow Answer-Mode Authentication-Info Authorization
CSeq Call-Info Content-Disposition Content-Encoding Content-Language Date Diversion Error-Info Event Expires
Flow-Timer From Geolocation History-Info In-Reply-To Info-Package Join MIME-Version Max-Forwards Min-Expires
Min-SE Organization P-Access-Network-Info P-Asserted-Identity P-Associated-URI P-Called-Party-ID
P-Charging-Function-Addresses P-Charging-Vector P-Early-Media P-Preferred-Identity P-Visited-Network-ID
Path Priority Privacy Proxy-Authenticate Proxy-Authorization Proxy-Require RAck RSeq Reason Record-Route
Recv-Info Refer-Sub Remote-Party-ID Replaces Reply-To Require Resource-Priority Retry-After Route
SIP-ETag SIP-If-Match Security-Client Security-Server Security-Verify Server Service-Route Session-ID
Subscription-State Supported Target-Dialog Timestamp To Unsupported User-Agent User-to-User Via Warning
WWW-Authenticate
"""
KNOWN: Final = {name.lower(): name for name in (*COMPACT.values(), *_LONG.split())} | COMPACT
# every spelling met most often, so that one look-up is enough for nearly every line
SPELLED: Final = KNOWN | {name: name for name in KNOWN.values()} | {c.upper(): n for c, n in COMPACT.items()}

# RFC 3261 20: "exactly one" or "at most one", and nothing that may be a list
SINGLE: Final = frozenset(
    {"From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Length", "Content-Type", "Expires", "Min-SE"}
    | {"Session-Expires", "RSeq", "RAck", "Event", "Refer-To", "Replaces", "Subscription-State", "Date"}
)


def canonical(name: str) -> str:
    """The one spelling of a known header; an unknown one keeps its own."""
    return SPELLED.get(name) or KNOWN.get(name.lower()) or name
