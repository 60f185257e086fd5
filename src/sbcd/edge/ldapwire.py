"""The few LDAP messages that a login needs, as bytes and back (RFC 4511), and search filters (RFC 4515).

One rule: pure; a user's name enters a filter or a DN as a value, never as syntax."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

INTEGER, OCTETS, ENUMERATED, BOOLEAN, SEQUENCE = 0x02, 0x04, 0x0A, 0x01, 0x30
BIND, BOUND, UNBIND, SEARCH, ENTRY, DONE, REFERENCE = 0x60, 0x61, 0x42, 0x63, 0x64, 0x65, 0x73
EXTENDED, EXTENDED_DONE = 0x77, 0x78
START_TLS = b"1.3.6.1.4.1.1466.20037"
AND, OR, NOT, EQUAL, SUBSTRINGS, AT_LEAST, AT_MOST, PRESENT, LIKE = (
    0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0x87, 0xA8,
)  # fmt: skip
DEEPEST = 20
_HEX = re.compile(r"[0-9A-Fa-f]{2}")
_SPECIAL = frozenset(',+"\\<>;=#')


@dataclass(frozen=True, slots=True)
class Message:
    """One message from the server: its kind, result code (0 is success), and what an entry holds."""

    id: int
    kind: int
    code: int = 0
    name: str = ""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def element(tag: int, *parts: bytes) -> bytes:
    """One BER element."""
    content = b"".join(parts)
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + content


def number(value: int, tag: int = INTEGER) -> bytes:
    return element(tag, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def octets(text: str | bytes, tag: int = OCTETS) -> bytes:
    return element(tag, text.encode() if isinstance(text, str) else text)


def bind(id_: int, name: str, password: str) -> bytes:
    """A simple bind."""
    return element(SEQUENCE, number(id_), element(BIND, number(3), octets(name), octets(password, 0x80)))


def unbind(id_: int) -> bytes:
    return element(SEQUENCE, number(id_), element(UNBIND))


def start_tls(id_: int) -> bytes:
    return element(SEQUENCE, number(id_), element(EXTENDED, octets(START_TLS, 0x80)))


def search(id_: int, base: str, wanted: bytes, attribute: str, seconds: int) -> bytes:
    """A search of the whole subtree for at most two entries: one is the user, two are one too many."""
    asked = element(
        SEARCH,
        octets(base),
        number(2, ENUMERATED),  # wholeSubtree
        number(0, ENUMERATED),  # neverDerefAliases
        number(2),
        number(seconds),
        element(BOOLEAN, b"\0"),
        wanted,
        element(SEQUENCE, octets(attribute or "1.1")),
    )
    return element(SEQUENCE, number(id_), asked)


def elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The elements side by side in `data`. `ValueError`: one is longer than what there is."""
    at = 0
    while at < len(data):
        tag, size, at = data[at], data[at + 1] if at + 1 < len(data) else 0, at + 2
        if size & 0x80:
            more = size & 0x7F
            size, at = int.from_bytes(data[at : at + more], "big"), at + more
        if at + size > len(data):
            raise ValueError("an LDAP element is cut off")
        yield tag, data[at : at + size]
        at += size


def read(content: bytes) -> Message:
    """A message, by the content of its outer sequence. `ValueError`: it is none."""
    parts = list(elements(content))
    if len(parts) < 2 or parts[0][0] != INTEGER:
        raise ValueError("that is no LDAP message")
    id_, (kind, body) = int.from_bytes(parts[0][1], "big"), parts[1]
    inner = list(elements(body)) if kind != REFERENCE else []
    if kind == ENTRY and len(inner) == 2:
        values = {}
        for _, pair in elements(inner[1][1]):
            (_, name), (_, found) = elements(pair)
            values[name.decode().lower()] = tuple(
                value.decode("utf-8", "replace") for _, value in elements(found)
            )
        return Message(id_, kind, 0, inner[0][1].decode(), values)
    if kind in {BOUND, DONE, EXTENDED_DONE} and inner and inner[0][0] == ENUMERATED:
        return Message(id_, kind, int.from_bytes(inner[0][1], "big"))
    return Message(id_, kind)


# --- filters and names


def filter_for(text: str, user: str) -> bytes:
    """A search filter with `$` for the user's name. `ValueError`: it is no filter."""
    text = text.strip()
    if not text.startswith("("):
        text = f"({text})"
    found, rest = _filter(text, user, 0)
    if rest:
        raise ValueError("the search filter goes on after its end")
    return found


def _filter(text: str, user: str, depth: int) -> tuple[bytes, str]:
    """The first filter of a text, and what follows it."""
    if not text.startswith("(") or depth > DEEPEST:
        raise ValueError("a search filter is made of parentheses")
    if text[1:2] in {"&", "|", "!"}:
        parts, rest = [], text[2:]
        while rest.startswith("("):
            part, rest = _filter(rest, user, depth + 1)
            parts.append(part)
        if not rest.startswith(")") or (text[1] == "!" and len(parts) != 1):
            raise ValueError("the search filter is not closed")
        return element({"&": AND, "|": OR, "!": NOT}[text[1]], *parts), rest[1:]
    item, closed, rest = text[1:].partition(")")
    name, equals, value = item.partition("=")
    if not closed or not equals or "(" in item:
        raise ValueError("the search filter is not closed")
    kind = {"~": LIKE, ">": AT_LEAST, "<": AT_MOST}.get(name[-1:], EQUAL)
    return _item(name[:-1] if kind != EQUAL else name, kind, value, user), rest


def _item(name: str, kind: int, value: str, user: str) -> bytes:
    name = name.strip()
    if not name or not all(sign.isalnum() or sign in "-.;:" for sign in name):
        raise ValueError(f"'{name[:40]}' is no LDAP attribute")
    if kind == EQUAL and value == "*":
        return octets(name, PRESENT)
    if kind == EQUAL and "*" in value:
        pieces = value.split("*")
        tags = [0x80, *[0x81] * (len(pieces) - 2), 0x82]
        found = [octets(_value(piece, user), tag) for piece, tag in zip(pieces, tags, strict=True) if piece]
        return element(SUBSTRINGS, octets(name), element(SEQUENCE, *found))
    return element(kind, octets(name), octets(_value(value, user)))


def _value(text: str, user: str) -> bytes:
    """A filter value: `\\2a` is a byte, `$` the user's name."""
    found, at = b"", 0
    while at < len(text):
        if text[at] == "\\":
            found, at = found + bytes.fromhex(text[at + 1 : at + 3]), at + 3
        else:
            found, at = found + (user if text[at] == "$" else text[at]).encode(), at + 1
    return found


def name_for(template: str, user: str) -> str:
    """A bind name with `$` for the user's, escaped where the template is a DN (RFC 4514)."""
    if "=" in template:
        user = "".join(f"\\{sign}" if sign in _SPECIAL else sign for sign in user)
        user = f"\\{user}" if user.startswith(" ") else user
        user = f"{user[:-1]}\\ " if user.endswith(" ") and not user.endswith("\\ ") else user
    return template.replace("$", user)


def first_value(name: str) -> str:
    """`Support, Dept` of `CN=Support\\, Dept,OU=Groups,DC=example`; the text itself when it is no DN."""
    _, equals, rest = name.partition("=")
    if not equals:
        return name
    found, at = b"", 0
    while at < len(rest) and rest[at] not in ",+":
        if rest[at] == "\\" and (code := _HEX.match(rest, at + 1)):
            found, at = found + bytes.fromhex(code[0]), at + 3
            continue
        at += rest[at] == "\\"
        found, at = found + rest[at : at + 1].encode(), at + 1
    return found.decode("utf-8", "replace").strip()
