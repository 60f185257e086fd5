"""Reads the guide's own requests and answers, and compares what a device says with them.

A transcript (`*.txt` here) is written as the guide prints it, with the braces that its PDF lost. In answers
`<string>`, `<number>`, `<boolean>`, `<time>` and `<hex 32>` stand for any such value (the guide's addresses
and times are its author's), and `"..."` at the end of a list for whatever else the device has."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?(Z|[+-]\d\d:\d\d)\Z")
KINDS = {
    "<string>": lambda value: isinstance(value, str),
    "<number>": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "<boolean>": lambda value: isinstance(value, bool),
    "<time>": lambda value: bool(TIME.match(value)),
    "<hex 32>": lambda value: bool(re.fullmatch("[0-9a-f]{32}", value)),
}


@dataclass(frozen=True)
class Message:
    """One request or answer: its first line, headers, body."""

    first: str
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Example:
    """A request of the guide and the answers it allows; `place` is the heading in the guide."""

    place: str
    request: Message
    answer: Message

    def __str__(self) -> str:
        return f"{self.place}: {self.request.first.removesuffix(' HTTP/1.1')}"


def examples(path: Path) -> Iterator[Example]:
    """All examples of a transcript: headings begin with `#`, messages are separated by `----`."""
    place, lines, messages = "", [], []
    for line in [*path.read_text().splitlines(), "----"]:
        if line.startswith("# "):
            place = line[2:]
        elif line == "----":
            if any(lines):
                messages.append(message("\n".join(lines).strip("\n")))
            lines = []
            if len(messages) == 2:
                yield Example(place, messages[0], messages[1])
                messages = []
        else:
            lines.append(line)


def message(text: str) -> Message:
    head, _, body = text.partition("\n\n")
    first, *headers = head.split("\n")
    return Message(first, dict(line.split(": ", 1) for line in headers), body)


def ask(example: Example, url: str, auth: tuple[str, str]) -> requests.Response:
    """Sends the request as it stands there; a body is sent with CRLF line ends."""
    verb, path, _ = example.request.first.split()
    body = example.request.body.replace("\n", "\r\n").encode()
    headers = {name: text for name, text in example.request.headers.items() if name != "Host"}
    return requests.request(verb, url + path, data=body, headers=headers, auth=auth, timeout=30)


def compare(example: Example, got: requests.Response) -> None:
    """AssertionError where the device differs from the guide."""
    wanted = example.answer
    assert f"HTTP/1.1 {got.status_code} {got.reason}" == wanted.first, got.text
    for name, text in wanted.headers.items():
        assert got.headers.get(name) == text, name
    if wanted.headers.get("Content-Type") == "application/json":
        problem = difference(json.loads(wanted.body), got.json(), "$")
        assert problem is None, problem
    elif wanted.body:
        for line in wanted.body.splitlines():
            assert any(known.startswith(line) for known in got.text.splitlines()), line


def difference(wanted: Any, got: Any, place: str) -> str | None:
    """Where two JSON values differ, or None."""
    if isinstance(wanted, str) and wanted in KINDS:
        return None if KINDS[wanted](got) else f"{place}: {got!r} is no {wanted}"
    if isinstance(wanted, dict) and isinstance(got, dict):
        if list(wanted) != list(got):
            return f"{place}: {list(got)} instead of {list(wanted)}"
        found = (difference(wanted[name], got[name], f"{place}.{name}") for name in wanted)
        return next((problem for problem in found if problem), None)
    if isinstance(wanted, list) and isinstance(got, list):
        if wanted and wanted[-1] == "...":
            wanted = wanted[:-1]
            got = [item for item in got if any(difference(one, item, "") is None for one in wanted)]
        if len(wanted) != len(got):
            return f"{place}: {len(got)} items instead of {len(wanted)}: {got}"
        found = (difference(a, b, f"{place}[{i}]") for i, (a, b) in enumerate(zip(wanted, got, strict=True)))
        return next((problem for problem in found if problem), None)
    return None if wanted == got else f"{place}: {got!r} instead of {wanted!r}"
