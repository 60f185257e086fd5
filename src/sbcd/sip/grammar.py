"""The regular expressions of RFC 3261 section 25, each beside its ABNF line.

One rule: a pattern here is linear in its text. Alternatives begin with different characters and
repetitions are possessive, so that no message can make the parser slow."""

import re
from typing import Final


class Malformed(ValueError):
    """A text that is not what the RFC's grammar says; tells the place in one human sentence."""


# token = 1*(alphanum / "-" / "." / "!" / "%" / "*" / "_" / "+" / "`" / "'" / "~")
TOKEN: Final = r"[A-Za-z0-9\-.!%*_+`'~]"  # noqa: S105 - a character class
# quoted-string = DQUOTE *(qdtext / quoted-pair) DQUOTE
QUOTED: Final = r'"(?:[^"\\]|\\.)*+"'
# what a URI may consist of at all: printable ASCII without quotes and angle brackets
URI_CHAR: Final = r"[!#-;=?-~]"
# LWS, after folded lines were joined
LWS: Final = r"[ \t]*+"

# Request-Line = Method SP Request-URI SP SIP-Version
REQUEST_LINE: Final = re.compile(rf"({TOKEN}++) ({URI_CHAR}++) [Ss][Ii][Pp]/(\d++\.\d++)")
# Status-Line = SIP-Version SP Status-Code SP Reason-Phrase
STATUS_LINE: Final = re.compile(r"SIP/(\d++\.\d++) ([1-6]\d\d)(?: (.*))?", re.IGNORECASE)
# via-parm = sent-protocol LWS sent-by *(SEMI via-params); sent-by = host [COLON port]
VIA: Final = re.compile(
    rf"{LWS}SIP{LWS}/{LWS}\d++\.\d++{LWS}/{LWS}({TOKEN}++)[ \t]++(\[[^\]\s]++\]|[^\s;:,\[]++)"
    rf"(?:{LWS}:{LWS}(\d{{1,5}}))?{LWS}(;.*)?",
    re.IGNORECASE,
)
# generic-param = token [EQUAL gen-value]; gen-value = token / host / quoted-string
PARAM: Final = re.compile(rf'{LWS};{LWS}({TOKEN}++)(?:{LWS}={LWS}({QUOTED}|[^\s;,"<>]*+))?{LWS}')
# uri-parameter = pname ["=" pvalue]; paramchar = param-unreserved / unreserved / escaped
URI_PARAM: Final = re.compile(r";([^;=?\s<>\"@]++)(?:=([^;?\s<>\"@]*+))?")
# the same two where nothing is quoted or spaced
PLAIN: Final = re.compile(rf"(?:;{TOKEN}++(?:=[^\s;,\"<>=]*+)?)++")
URI_PLAIN: Final = re.compile(r"(?:;[^;=?\s<>\"@]++(?:=[^;=?\s<>\"@]*+)?)++")
# SIP-URI = "sip:" [userinfo] hostport uri-parameters [headers]
SIP_URI: Final = re.compile(
    r"(sips?):(?:([!#-;=?A-~]++)@)?(\[[0-9A-Fa-f:.]++\]|[A-Za-z0-9_\-.]++)(?::(\d{1,5}))?"
    r"(;[!#-;=@-~]*+)?(?:\?([!#-;=?-~]*+))?",
    re.IGNORECASE,
)
# absoluteURI = scheme ":" (hier-part / opaque-part)
ABSOLUTE_URI: Final = re.compile(r"([A-Za-z][A-Za-z0-9+\-.]*+):([!#-;=?-~]++)")
# name-addr = [display-name] LAQUOT addr-spec RAQUOT. Lenient: an unquoted display name may hold more
# than tokens (UTF-8 is common there), but nothing that separates.
NAME_ADDR: Final = re.compile(rf"{LWS}({QUOTED}|[^\"<>,;@]*+){LWS}<([^<>\s]++)>{LWS}(;.*)?", re.DOTALL)
# addr-spec alone: semicolon, comma and question mark are not the URI's here (RFC 3261 20)
ADDR_SPEC: Final = re.compile(rf"{LWS}([^\s;,?<>\"]++){LWS}(;.*)?", re.DOTALL)
# CSeq = 1*DIGIT LWS Method
CSEQ: Final = re.compile(rf"(\d{{1,10}})[ \t]++({TOKEN}++)")
# one value of a comma separated list
LISTED: Final = re.compile(rf'(?:[^,"<]++|{QUOTED}|<[^>]*+>)++')
# auth-param = auth-param-name EQUAL (token / quoted-string)
AUTH_PARAM: Final = re.compile(rf'{LWS}({TOKEN}++){LWS}={LWS}({QUOTED}|[^\s,"]*+){LWS}(?:,|$)')
# header-name = token
NAME: Final = re.compile(rf"{TOKEN}++")


def split(value: str) -> list[str]:
    """A header value as its comma separated parts; commas in quotes and angle brackets do not part.

    Raises Malformed when a quote or a bracket is not closed."""
    if "," not in value:
        return [value] if value else []
    parts: list[str] = []
    at, end = 0, len(value)
    while at < end:
        if value[at] == ",":
            at += 1
            continue
        found = LISTED.match(value, at)
        if found is None or (found.end() < end and value[found.end()] != ","):
            raise Malformed(f"a quote or bracket is not closed in {value[:60]!r}")
        if part := found[0].strip(" \t"):
            parts.append(part)
        at = found.end()
    return parts


def params(text: str | None) -> dict[str, str | None]:
    """`;name=value;flag` as a dict in order, names in lower case, quotes kept; raises Malformed."""
    return _pairs(PARAM, PLAIN, text) if text else {}


def uri_params(text: str | None) -> dict[str, str | None]:
    """The parameters of a URI; raises Malformed."""
    return _pairs(URI_PARAM, URI_PLAIN, text) if text else {}


def _pairs(pattern: re.Pattern[str], plain: re.Pattern[str], text: str) -> dict[str, str | None]:
    """Parameters without a gap between them; nearly all are so plain that splitting is enough."""
    found: dict[str, str | None] = {}
    if plain.fullmatch(text):
        for part in text[1:].split(";"):
            name, equal, value = part.partition("=")
            found.setdefault(name.lower(), value if equal else None)
        return found
    at = 0
    while (match := pattern.match(text, at)) is not None:
        found.setdefault(match[1].lower(), match[2])
        at = match.end()
    if at != len(text):
        raise Malformed(f"bad parameters {text[:60]!r}")
    return found


def joined(values: dict[str, str | None]) -> str:
    """Parameters as text: the opposite of `params`."""
    return "".join([f";{name}" if value is None else f";{name}={value}" for name, value in values.items()])


def unquoted(text: str) -> str:
    """A quoted string without its quotes and backslashes; any other text as it is."""
    if len(text) > 1 and text[0] == '"' == text[-1]:
        inner = text[1:-1]
        return re.sub(r"\\(.)", r"\1", inner) if "\\" in inner else inner
    return text


def quoted(text: str) -> str:
    """A text as a quoted string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
