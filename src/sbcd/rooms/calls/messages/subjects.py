"""Subjects: names of things in and around a message - `header.from.url.user`, `var.session.x`, `body.sdp`.

One rule: a subject is compiled into functions that get, set and remove it; what a message does not have is
None, and setting a part of something that is not there does nothing."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from msgspec.structs import replace

from sbcd.base.errors import Invalid
from sbcd.rooms.calls.messages.draft import Draft
from sbcd.rooms.calls.messages.scene import Scene
from sbcd.sip.headers import Address, CSeq, Uri, Valued, Via
from sbcd.sip.message import Malformed
from sbcd.sip.names import canonical

Get = Callable[[Scene], str | None]
Set = Callable[[Scene, str], None]
Remove = Callable[[Scene], None]

_INDEX = re.compile(r"\d{1,3}")
_NAME = re.compile(r"[a-z0-9!%*_+`'~-]{1,64}")
_TYPES = {"sip": "1", "tel": "2", "fax": "3", "sips": "4"}
_SCHEMES = {number: scheme for scheme, number in _TYPES.items()}
READ_ONLY = ("param.", "ldap.", "dialplan.", "http.", "enum.")
HELD = ("var.session.", "var.call.", "var.global.", "srctags.", "dsttags.", "srctags", "dsttags")


@lru_cache(256)
def address_of(text: str) -> Address:
    """The address in a header value; rules look at the same few values again and again."""
    return Address.parse(text)


@lru_cache(256)
def uri_of(text: str) -> Uri:
    return Uri.parse(text)


@dataclass(frozen=True, slots=True)
class Subject:
    """`add` puts a new thing beside those that are there; where that has no meaning it sets."""

    name: str
    get: Get
    set: Set | None = None
    remove: Remove | None = None
    add: Set | None = None


def subject(text: str) -> Subject:
    """The subject of a name. Raises Invalid."""
    name = text.strip().lower()
    parts = name.split(".")
    if parts[0] == "header" and len(parts) > 1:
        return _header(name, parts[1:])
    if parts[0] == "body":
        return _body(name, ".".join(parts[1:]))
    if name.startswith(HELD):
        return _held(name)
    if name.startswith(READ_ONLY):
        return Subject(name, lambda scene: scene.facts(name))
    raise Invalid(f"'{text[:60]}' is no subject: header, body, param and var are")


def _held(name: str) -> Subject:
    def get(scene: Scene) -> str | None:
        return scene.variable(name).get(name, "" if name.startswith("var.") else None)

    def put(scene: Scene, value: str) -> None:
        scene.variable(name)[name] = value[:4096]

    def remove(scene: Scene) -> None:
        scene.variable(name).pop(name, None)

    return Subject(name, get, put, remove)


def _body(name: str, kind: str) -> Subject:
    media = {"": "", "sdp": "application/sdp"}.get(kind, kind)

    def there(draft: Draft) -> bool:
        held = draft.headers.get("Content-Type", [""])[0].partition(";")[0].strip().lower()
        return bool(draft.body) and (not media or held == media or held.endswith("/" + media))

    def get(scene: Scene) -> str | None:
        return scene.draft.body.decode("utf-8", "surrogateescape") if there(scene.draft) else None

    def put(scene: Scene, value: str) -> None:
        if there(scene.draft):
            scene.draft.body = value.encode("utf-8", "surrogateescape")
            scene.draft.changed = True

    def add(scene: Scene, value: str) -> None:
        if not scene.draft.body and media:
            scene.draft.replace("Content-Type", [media])
            scene.draft.body = value.encode("utf-8", "surrogateescape")

    def remove(scene: Scene) -> None:
        if there(scene.draft):
            scene.draft.body = b""
            scene.draft.replace("Content-Type", [])

    return Subject(name, get, put, remove, add)


def _header(name: str, parts: list[str]) -> Subject:
    header, rest = parts[0], parts[1:]
    if not _NAME.fullmatch(header):
        raise Invalid(f"'{header[:40]}' is no header name")
    at: int | None = None
    if rest and _INDEX.fullmatch(rest[0]):
        at, rest = int(rest[0]), rest[1:]
    if rest == ["content"] or rest == ["value"]:
        rest = []
    if header == "request-uri":
        return _request_uri(name, rest)
    spelled = canonical(header)
    return _whole(name, spelled, at) if not rest else _part(name, spelled, at or 0, rest)


def _whole(name: str, header: str, at: int | None) -> Subject:
    def get(scene: Scene) -> str | None:
        entries = scene.draft.entries(header)
        if at is None:
            return ", ".join(entries) if entries else None
        return entries[at] if at < len(entries) else None

    def put(scene: Scene, value: str) -> None:
        entries = scene.draft.entries(header)
        if at is None and entries:
            scene.draft.replace(header, [value])
        elif at is not None and at < len(entries):
            scene.draft.put(header, at, value)

    def remove(scene: Scene) -> None:
        entries = scene.draft.entries(header)
        if at is None:
            scene.draft.replace(header, [])
        elif at < len(entries):
            scene.draft.replace(header, entries[:at] + entries[at + 1 :])

    def add(scene: Scene, value: str) -> None:
        entries = scene.draft.entries(header)
        place = len(entries) if at is None else min(at, len(entries))
        scene.draft.replace(header, [*entries[:place], value, *entries[place:]])

    return Subject(name, get, put, remove, add)


def _part(name: str, header: str, at: int, path: list[str]) -> Subject:
    look, change = _accessors(name, header.lower(), path)

    def get(scene: Scene) -> str | None:
        entries = scene.draft.entries(header)
        if at >= len(entries):
            return None
        try:
            return look(entries[at])
        except Malformed:
            return None

    def put(scene: Scene, value: str | None) -> None:
        entries = scene.draft.entries(header)
        if at < len(entries):
            try:
                scene.draft.put(header, at, change(entries[at], value))
            except Malformed:
                return  # a header that cannot be read is left as it is

    return Subject(name, get, put, lambda scene: put(scene, None))


Look = Callable[[str], str | None]
Change = Callable[[str, str | None], str]
"""From a header value and the new value of its part (None: without it) to the header value."""


def _accessors(name: str, header: str, path: list[str]) -> tuple[Look, Change]:
    """How a part of a header value is read and changed."""
    if path[0] == "url":
        return _url(name, path[1:])
    if header == "cseq" and path in (["num"], ["type"]):
        return _cseq(path[0])
    if header == "via" and path[0] in {"host", "port", "transporttype", "branch"}:
        return _via(path[0])
    if path in (["time"], ["val"], ["deltaseconds"], ["text"], ["number"]):
        return (lambda text: Valued.parse(text).value), lambda text, new: str(
            replace(Valued.parse(text), value=new or "")
        )
    if path == ["name"]:
        return (lambda text: address_of(text).display), lambda text, new: str(
            replace(address_of(text), display=(new or "").strip('"'))
        )
    key = ".".join(path[1:] if path[0] == "param" and len(path) > 1 else path)
    return _parameter(key)


def _parameter(key: str) -> tuple[Look, Change]:
    def look(text: str) -> str | None:
        params = _structured(text).params
        held = next((value or "" for name, value in params.items() if name.lower() == key), None)
        return held.strip('"') if held is not None else None

    def change(text: str, new: str | None) -> str:
        held = _structured(text)
        params = {name: value for name, value in held.params.items() if name.lower() != key}
        return str(replace(held, params=params if new is None else {**params, key: new or None}))

    return look, change


def _structured(text: str) -> Address | Valued:
    """A header value with parameters: an address, or else a value."""
    try:
        return address_of(text)
    except Malformed:
        return Valued.parse(text)


def _cseq(part: str) -> tuple[Look, Change]:
    def look(text: str) -> str:
        cseq = CSeq.parse(text)
        return str(cseq.number) if part == "num" else cseq.method

    return look, lambda text, new: text  # the transaction's: nobody but the stack may write it


def _via(part: str) -> tuple[Look, Change]:
    def look(text: str) -> str | None:
        via = Via.parse(text)
        told = {"host": via.host, "port": via.port, "transporttype": via.transport, "branch": via.branch}
        return None if told[part] is None else str(told[part])

    return look, lambda text, new: text


def _url(name: str, path: list[str]) -> tuple[Look, Change]:
    look, change = _uri_accessors(name, path)

    def change_address(text: str, new: str | None) -> str:
        address = address_of(text)
        return str(replace(address, uri=change(address.uri, new)))

    return (lambda text: look(address_of(text).uri)), change_address


UriLook = Callable[[Uri], str | None]
UriChange = Callable[[Uri, str | None], Uri]


def _uri_accessors(name: str, path: list[str]) -> tuple[UriLook, UriChange]:
    """How a part of a URI is read and changed. Raises Invalid for a part that URIs do not have."""
    if not path:
        return str, lambda uri, new: uri_of(new) if new else uri
    part = ".".join(path)
    if part == "user":
        return (lambda uri: uri.user), lambda uri, new: replace(uri, user=new or "")
    if part in {"host", "host.name"}:
        return (lambda uri: uri.host), lambda uri, new: _with_host(uri, new or uri.host)
    if part in {"port", "host.port"}:
        return (lambda uri: "" if uri.port is None else str(uri.port)), _with_port
    if part == "type":
        return (lambda uri: _TYPES.get(uri.scheme)), _with_type
    if part == "userphone":
        return (lambda uri: "1" if uri.params.get("user") == "phone" else "0"), lambda uri, new: _with_param(
            uri, "user", "phone" if new == "1" else None
        )
    if part == "transporttype":
        part, path = "param.transport", ["param", "transport"]
    if part.startswith("param.") and len(path) == 2:
        key = path[1]
        return (lambda uri: _param(uri, key)), lambda uri, new: _with_param(uri, key, new)
    raise Invalid(f"'{name}': a URL has user, host, port, type, userphone and param.<name>, not '{part}'")


def _param(uri: Uri, key: str) -> str | None:
    return next((value or "" for name, value in uri.params.items() if name.lower() == key), None)


def _with_param(uri: Uri, key: str, new: str | None) -> Uri:
    params = {name: value for name, value in uri.params.items() if name.lower() != key}
    return replace(uri, params=params if new is None else {**params, key: new or None})


def _with_host(uri: Uri, new: str) -> Uri:
    """A host, with a port when the text brings one."""
    host, colon, port = new.rpartition(":")
    if colon and port.isdecimal() and ":" not in host:
        return replace(uri, host=host, port=int(port))
    return replace(uri, host=new.strip("[]"))


def _with_port(uri: Uri, new: str | None) -> Uri:
    wanted = int(new) if new and new.isdecimal() and 0 < int(new) < 65536 else None
    return replace(uri, port=wanted)


def _with_type(uri: Uri, new: str | None) -> Uri:
    scheme = _SCHEMES.get(new or "", uri.scheme)
    if scheme == "tel" and uri.scheme != "tel":
        return Uri("tel", uri.number)
    if uri.scheme == "tel" and scheme in {"sip", "sips"}:
        return uri  # a SIP URI needs a host that nobody has told
    return replace(uri, scheme=scheme)


def _request_uri(name: str, path: list[str]) -> Subject:
    if path == ["methodtype"]:
        return Subject(name, lambda scene: getattr(scene.draft.origin, "method", None))
    look, change = _uri_accessors(name, path[1:] if path[:1] == ["url"] else path)

    def get(scene: Scene) -> str | None:
        if not scene.draft.uri:
            return None
        try:
            return look(uri_of(scene.draft.uri))
        except Malformed:
            return None

    def put(scene: Scene, value: str | None) -> None:
        if scene.draft.uri:
            try:
                scene.draft.uri = str(change(uri_of(scene.draft.uri), value))
            except Malformed:
                return
            scene.draft.changed = True

    return Subject(name, get, put, lambda scene: put(scene, None))
