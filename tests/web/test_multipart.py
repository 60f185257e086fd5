"""Uploads as real clients send them (R7), whole and byte by byte."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbcd.base.errors import Invalid
from sbcd.base.spool import Spool
from sbcd.web.multipart import OVERHEAD, Parts, Received

FORM = "multipart/form-data; boundary=X"


Take = Callable[..., Received]


@pytest.fixture
def take(tmp_path: Path) -> Iterator[Take]:
    """Feeds a body in pieces of `step` bytes and gives the file."""
    open_ones = []

    def feed(content: bytes, step: int, media: str = FORM) -> Received:
        parts = Parts(media, 1000, lambda: Spool(tmp_path, in_memory=64))
        open_ones.append(parts)
        for at in range(0, len(content), step):
            parts.feed(content[at : at + step])
        return parts.file()

    yield feed
    for parts in open_ones:
        parts.discard()


GOOD = {
    "curl": (
        FORM,
        b'--X\r\nContent-Disposition: form-data; name="file"; filename="a.ini"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\nbody\r\n--X--\r\n",
    ),
    "PowerShell of the guide: stray CRLF after the end": (
        FORM,
        b'--X\r\nContent-Disposition: form-data; name="file"; filename="file.txt"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\nbody\r\n--X--\r\n\r\n",
    ),
    "empty field name": (FORM, b'--X\r\nContent-Disposition: form-data; name=""\r\n\r\nbody\r\n--X--'),
    "any field name": (
        FORM,
        b'--X\r\nContent-Disposition: form-data; name="Upload"; filename="x"\r\n\r\nbody\r\n--X--',
    ),
    "any field name, no file name": (
        FORM,
        b'--X\r\nContent-Disposition: form-data; name="Upload"\r\n\r\nbody\r\n--X--',
    ),
    "text/plain part": (
        FORM,
        b'--X\r\nContent-Type: text/plain\r\nContent-Disposition: form-data; name="file"\r\n\r\n'
        b"body\r\n--X--",
    ),
    "no part headers": (FORM, b"--X\r\n\r\nbody\r\n--X--\r\n"),
    "stray CR after the end": (
        FORM,
        b'--X\r\nContent-Disposition: form-data; name="f"\r\n\r\nbody\r\n--X--\r',
    ),
    "preamble": (FORM, b"This is a preamble\r\nwith --X in it\r\n--X\r\n\r\nbody\r\n--X--"),
    "quoted boundary": ('multipart/form-data; boundary="X"', b"--X\r\n\r\nbody\r\n--X--"),
    "no blank after the semicolon": ("multipart/form-data;boundary=X", b"--X\r\n\r\nbody\r\n--X--"),
    "blanks in a quoted boundary": ('multipart/form-data; boundary="X Y"', b"--X Y\r\n\r\nbody\r\n--X Y--"),
    "line feeds only": (FORM, b'--X\nContent-Disposition: form-data; name="file"\n\nbody\n--X--\n'),
    "blanks after the boundary": (FORM, b"--X  \r\n\r\nbody\r\n--X--"),
    "parameters glued together": (
        FORM,
        b'--X\r\nContent-Disposition:form-data;name="file";filename="a"\r\n\r\nbody\r\n--X--',
    ),
}


@pytest.mark.parametrize("step", [1, 3, 10_000])
@pytest.mark.parametrize("name", GOOD)
def test_r7_what_real_clients_send_is_taken(name: str, step: int, take: Take) -> None:
    media, content = GOOD[name]
    assert take(content, step, media).read() == b"body"


@pytest.mark.parametrize(
    ("media", "content", "told"),
    [
        ("application/json", b"{}", "not multipart"),
        ("", b"", "not multipart"),
        ("multipart/form-data", b"--X", "names no boundary"),
        (FORM, b"", "not complete"),
        (FORM, b"--X--", "holds no file"),
        (FORM, b"--X\r\n\r\nbody", "not complete"),
        (FORM, b"--X\r\n\r\nbody\r\n--X", "not complete"),
        (FORM, b"--X\r\n\r\none\r\n--X\r\n\r\ntwo\r\n--X--", "2 files"),
        (FORM, b"--X\r\n\r\n\r\n--X--", "is empty"),
        (FORM, b"--X\r\n\r\n" + b"a" * 1001 + b"\r\n--X--", "larger than the 1000 bytes"),
        (FORM, b"--X\r\nA: " + b"a" * 9000, "headers of an upload part"),
        (FORM, b"--X\r\n\r\n\r\n" * 20 + b"--X--", "more than 16 parts"),
        (FORM, b"a" * (OVERHEAD + 1001), "larger than the 1000 bytes"),
    ],
)
def test_what_is_no_upload_is_refused_with_the_reason(
    media: str, content: bytes, told: str, take: Take
) -> None:
    with pytest.raises(Invalid, match=told):
        take(content, 7000, media)


@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_content_that_looks_like_a_boundary_stays_content(step: int, take: Take) -> None:
    body = b"\r\n--Xtra\r\n--\r\n-\r\n\r\n--X-not\r\n\r\r\n"
    assert take(b"--X\r\n\r\n" + body + b"\r\n--X--", step).read() == body


def test_fields_beside_the_file(take: Take) -> None:
    """A private key comes with its password (guide, Private Key)."""
    taken = take(
        b'--X\r\nContent-Disposition: form-data; name="password"\r\n\r\nsecret\r\n'
        b'--X\r\nContent-Disposition: form-data; name="file"; filename="key.pem"\r\n\r\nbody\r\n--X--',
        11,
    )
    assert (taken.name, taken.fields, taken.read()) == ("key.pem", {"password": "secret"}, b"body")


def test_a_large_file_lies_on_disk_and_is_gone_when_nobody_took_it(tmp_path: Path) -> None:
    parts = Parts(FORM, 1000, lambda: Spool(tmp_path, in_memory=64))
    parts.feed(b"--X\r\n\r\n" + b"a" * 500 + b"\r\n--X--")
    assert parts.file().path().read_bytes() == b"a" * 500
    parts.discard()
    assert list(tmp_path.iterdir()) == []


WORDS = st.sampled_from(
    [b"\n", b"\r\n", b"--", b"\n--", b"\r\n--X", b"-", b"X", b"x" * 40, bytes(300), b"\n--Y"]
)


@given(st.lists(WORDS, max_size=40), st.lists(st.integers(1, 400), min_size=1, max_size=5))
def test_large_pieces_are_taken_as_they_are_wherever_they_are_cut(
    words: list[bytes], steps: list[int]
) -> None:
    content = b"".join(words).replace(b"\n--X", b"\n--Z") or b"."
    body = (
        b'--X\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        + content
        + b"\r\n--X--\r\n"
    )
    parts = Parts(FORM, 100_000, lambda: Spool(Path("."), in_memory=1 << 30))
    at = 0
    for step in itertools.cycle(steps):
        if at >= len(body):
            break
        parts.feed(body[at : at + step])
        at += step
    assert parts.file().read() == content
