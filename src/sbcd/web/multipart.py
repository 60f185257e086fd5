"""Upload parts (R7), pushed in as they arrive and spooled by what the caller gives.

One rule: lenient about form (line ends, quotes, names, preamble, what follows the end), strict about
content: exactly one file, complete, within its limit. RFC 2046 5.1.1, RFC 7578."""

import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path

from sbcd.base.errors import Invalid
from sbcd.base.spool import Spool

OVERHEAD = 65536
"""Bytes that boundaries, part headers and form fields may take beside the file."""
HEAD_LIMIT = 8192
FIELD_LIMIT = 4096
MOST_PARTS = 16

_BOUNDARY = re.compile(r'boundary\s*=\s*(?:"((?:[^"\\]|\\.)+)"|([^\s;"]+))', re.IGNORECASE)
_PARAMETER = re.compile(r';\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]*))')
_BLANK_LINES = (b"\n\r\n", b"\n\n")
_REST_OF_LINE = re.compile(rb"[ \t]{0,64}\r?\n")


class Part:
    """One part of the form; `name` and `filename` are None when the client sent none."""

    def __init__(self, head: bytes, spool: Spool) -> None:
        self.name: str | None = None
        self.filename: str | None = None
        self.spool = spool
        for line in head.decode("utf-8", "replace").splitlines():
            header, _, value = line.partition(":")
            if header.strip().lower() == "content-disposition":
                found = {key.lower(): quoted or bare for key, quoted, bare in _PARAMETER.findall(value)}
                self.name = found.get("name")
                self.filename = found.get("filename", found.get("filename*"))

    def is_file(self) -> bool:
        return self.filename is not None or self.name in {None, "", "file"}


class Received:
    """`web.route.Upload`: the one file and the fields beside it."""

    def __init__(self, name: str, fields: Mapping[str, str], spool: Spool) -> None:
        self.name = name
        self.fields = fields
        self.size = spool.size
        self._spool = spool

    def read(self) -> bytes:
        return self._spool.read()

    def path(self) -> Path:
        return self._spool.path()


class Parts:
    """A multipart body taken apart while it comes: `feed` the chunks, then ask for the `file`."""

    def __init__(self, media: str, limit: int, spool: Callable[[], Spool]) -> None:
        if not media.strip().lower().startswith("multipart/"):
            raise Invalid("The upload is not multipart/form-data")
        boundary = _BOUNDARY.search(media)
        if boundary is None:
            raise Invalid("The Content-Type of the upload names no boundary")
        text = boundary.group(2) or re.sub(r"\\(.)", r"\1", boundary.group(1))
        self.limit = limit
        self._mark = b"\n--" + text.encode("latin-1", "replace")
        self._spool = spool
        self._parts: list[Part] = []
        self._buffer = b"\n"  # so that a boundary in the first line is one at the begin of a line
        self._read = self._preamble
        self._total = 0
        self._closed = False

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes; `Invalid` when a limit is passed."""
        self._total += len(chunk)
        if self._total > self.limit + OVERHEAD:
            raise too_large(self.limit)
        if self._closed:
            return  # the epilogue, a stray CR
        if self._read == self._content and self._passed(chunk):
            return
        self._buffer += chunk
        while not self._closed and self._read():
            pass

    def file(self) -> Received:
        """The one file; `Invalid` when there is none, there are two, it is empty, or something is missing."""
        if not self._closed:
            raise Invalid("The upload is not complete: its closing boundary is missing")
        files = [part for part in self._parts if part.is_file()]
        if not files and len(self._parts) == 1:
            files = self._parts
        if not files:
            raise Invalid("The upload holds no file")
        if len(files) > 1:
            raise Invalid(f"The upload holds {len(files)} files, exactly one is expected")
        file = files[0]
        if file.spool.size > self.limit:
            raise too_large(self.limit)
        if file.spool.size == 0:
            raise Invalid("The uploaded file is empty")
        return Received(file.filename or "", dict(self._fields(file)), file.spool)

    def discard(self) -> None:
        for part in self._parts:
            part.spool.discard()

    def _fields(self, file: Part) -> Iterator[tuple[str, str]]:
        for part in self._parts:
            if part is not file:
                if part.spool.size > FIELD_LIMIT:
                    raise Invalid(f"The form field '{part.name}' is longer than {FIELD_LIMIT} bytes")
                yield part.name or "", part.spool.read().decode("utf-8", "replace")

    def _preamble(self) -> bool:
        return self._until_mark(lambda content: None)

    def _content(self) -> bool:
        return self._until_mark(self._parts[-1].spool.write)

    def _head(self) -> bool:
        if self._buffer.startswith((b"\r\n", b"\n")):  # no part headers at all
            size = 1 if self._buffer.startswith(b"\n") else 2
            head = b""
        else:
            ends = [(at, len(end)) for end in _BLANK_LINES if (at := self._buffer.find(end)) >= 0]
            if not ends:
                if len(self._buffer) > HEAD_LIMIT:
                    raise Invalid(f"The headers of an upload part are longer than {HEAD_LIMIT} bytes")
                return False
            at, length = min(ends)
            head, size = self._buffer[:at], at + length
        if len(self._parts) == MOST_PARTS:
            raise Invalid(f"The upload holds more than {MOST_PARTS} parts")
        self._parts.append(Part(head, self._spool()))
        # The line end before the content may also be the one before the next boundary (an empty part).
        self._buffer = b"\n" + self._buffer[size:]
        self._read = self._first_content
        return True

    def _first_content(self) -> bool:
        """Drops the line end that `_head` put in front of the content."""
        if len(self._buffer) < len(self._mark) and self._mark.startswith(self._buffer):
            return False
        if not self._buffer.startswith(self._mark):
            self._buffer = self._buffer[1:]
        self._read = self._content
        return True

    def _passed(self, chunk: bytes) -> bool:
        """Hands on a large chunk in the middle of a file without a copy: when no boundary begins in it, nor
        where it meets what was kept."""
        keep = len(self._mark) + 1
        if len(chunk) < 4 * keep or chunk.find(self._mark) >= 0:
            return False
        if (self._buffer + chunk[:keep]).find(self._mark) >= 0:
            return False
        write = self._parts[-1].spool.write
        write(self._buffer)
        write(memoryview(chunk)[:-keep])
        self._buffer = chunk[-keep:]
        return True

    def _until_mark(self, write: Callable[[bytes], None]) -> bool:
        """Hands on what lies before the next boundary; False when more bytes are needed."""
        at = self._buffer.find(self._mark)
        if at < 0:
            keep = min(len(self._buffer), len(self._mark) + 1)  # +1: the CR before it
            sure = len(self._buffer) - keep
            write(self._buffer[:sure])
            self._buffer = self._buffer[sure:]
            return False
        after = at + len(self._mark)
        rest = self._buffer[after : after + 70]
        if rest.startswith(b"--"):
            self._closed = True
        else:
            line = _REST_OF_LINE.match(rest)
            if line is None:
                if len(rest) < 68 and re.fullmatch(rb"-?|[ \t]*\r?", rest):
                    return False
                write(self._buffer[:after])  # a longer word that begins like the boundary
                self._buffer = self._buffer[after:]
                return True
            after += line.end()
        end = at - 1 if self._buffer[:at].endswith(b"\r") else at
        write(self._buffer[:end])
        self._buffer = self._buffer[after:]
        self._read = self._head
        return True


def too_large(limit: int) -> Invalid:
    return Invalid(f"The upload is larger than the {limit} bytes allowed for this file")


async def receive(parts: Parts, declared: str, chunks: AsyncIterator[bytes]) -> Received:
    """Reads `chunks` to their end and gives the file; refuses by Content-Length before the first byte."""
    if declared.isdigit() and int(declared) > parts.limit + OVERHEAD:
        raise too_large(parts.limit)
    async for chunk in chunks:
        parts.feed(chunk)
    return parts.file()
