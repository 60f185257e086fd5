"""Uploads in either order, what is refused, and that a refusal leaves every byte as it was (R8, R29)."""

import ssl
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from rooms.tls.room import KINDS, NOW, Room, built, certificate, key, pem, run, tree
from sbcd.base.errors import Invalid, NotFound
from sbcd.rooms.tls import model
from sbcd.rooms.tls.issue import Subject
from sbcd.rooms.tls.store import ContextFiles

FOREIGN = certificate(key("p256", 99), "foreign")


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return built(tmp_path)


def served(room: Room, index: int) -> str:
    """The common name in the certificate that a real handshake shows, "" when none can be made."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    wires = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(wires[0], wires[1]),
        room.contexts.listener(index).wrap_bio(wires[1], wires[0], server_side=True),
    )
    done: set[int] = set()
    for _ in range(6):
        for number, end in enumerate(ends):
            try:
                end.do_handshake()
                done.add(number)
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError:
                return ""
    assert done == {0, 1}
    der = ends[0].getpeercert(True)
    assert der
    return model.load_chain(ssl.DER_cert_to_PEM_cert(der))[0].subject.rfc4514_string().removeprefix("CN=")


def test_a_first_boot_has_a_pair_in_context_0_only(room: Room) -> None:
    assert room.files.contexts() == [(0, "default"), (1, "one"), (2, "two")]
    assert room.files.key_state(0) == (2048, True)
    assert served(room, 0) == "sbc"
    assert room.files.key_state(2) == (0, False)
    assert served(room, 2) == ""
    with pytest.raises(NotFound, match="TLS context 2 has no certificate"):
        room.files.certificate(2)
    with pytest.raises(NotFound, match="TLS context 7 does not exist"):
        room.files.key_state(7)


@pytest.mark.parametrize("index", [0, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_key_before_certificate(room: Room, kind: str, index: int) -> None:
    before = served(room, index)
    told = run(room.files.put_key(index, pem(key(kind)), None))
    assert told.startswith("it will be used once its certificate is uploaded")
    assert room.files.key_state(index) == (model.size_of(pem(key(kind)).decode()), False)
    assert room.files.waits_for(index) == "certificate"
    assert served(room, index) == before  # never a mismatch
    assert room.files.put_certificate(index, certificate(key(kind), "new")) == ""
    assert room.files.key_state(index)[1]
    assert served(room, index) == "new"


@pytest.mark.parametrize("index", [0, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_certificate_before_key(room: Room, kind: str, index: int) -> None:
    before = served(room, index)
    told = room.files.put_certificate(index, certificate(key(kind), "new"))
    assert told.startswith("it will be served once its private key is uploaded")
    assert room.files.waits_for(index) == "private key"
    assert not room.files.key_state(index)[1]
    assert served(room, index) == before
    assert run(room.files.put_key(index, pem(key(kind)), None)) == ""
    assert room.files.key_state(index)[1]
    assert served(room, index) == "new"


def test_a_renewal_with_the_same_key_serves_at_once(room: Room) -> None:
    run(room.files.put_key(2, pem(key("p384")), None))
    room.files.put_certificate(2, certificate(key("p384"), "first"))
    assert room.files.put_certificate(2, certificate(key("p384"), "second")) == ""
    assert served(room, 2) == "second"


Act = Callable[[ContextFiles], object]
REFUSED: list[tuple[str, Act, str]] = [
    (
        "foreign certificate",
        lambda files: files.put_certificate(1, FOREIGN),
        "does not match the private key",
    ),
    (
        "foreign key",
        lambda files: run(files.put_key(2, pem(key("p256", 5)), None)),
        "does not match the certificate",
    ),
    ("garbage", lambda files: files.put_certificate(0, b"\xff\0" * 5_000_000), "not in PEM format"),
    (
        "a key with it",
        lambda files: files.put_certificate(0, FOREIGN + pem(key("p256"))),
        "private key; upload it at privateKey",
    ),
    ("no root", lambda files: files.put_roots(0, b"no root", add=False), "not in PEM format"),
    ("too many roots", lambda files: files.put_roots(0, FOREIGN * 501, add=True), "more than 500"),
    ("encrypted", lambda files: run(files.put_key(0, pem(key(), "secret"), None)), "no password"),
    ("wrong password", lambda files: run(files.put_key(0, pem(key(), "secret"), "guess")), "is wrong"),
    ("small key", lambda files: run(files.put_key(0, pem(key("rsa512")), None)), "ee key too small"),
    ("size", lambda files: run(files.generate_key(0, 500)), "The size 500 is not one of 512, 768, 1024"),
    ("country", lambda files: run(files.request(2, Subject(country_code="4x"), "sha1")), "two letters"),
]


@pytest.mark.parametrize(("act", "why"), [pytest.param(act, why, id=name) for name, act, why in REFUSED])
def test_a_refusal_changes_no_byte(room: Room, act: Act, why: str) -> None:
    run(room.files.put_key(1, pem(key("p256", 5)), None))  # 1 waits for a certificate
    room.files.put_certificate(2, certificate(key("p256", 6), "six"))  # 2 waits for a key
    before = tree(room.root)
    with pytest.raises(Invalid, match=why):
        act(room.files)
    assert tree(room.root) == before


def test_the_sizes_of_the_guide(room: Room) -> None:
    """R29: 512 to 4096 are honoured; only the context of HTTPS takes none that OpenSSL refuses to load."""
    for size in (512, 768, 1024, 2048, 4096):
        run(room.files.generate_key(2, size))
        assert room.files.key_state(2) == (size, False)
        run(room.files.self_sign(2, Subject(subject_name=f"sbc{size}")))
        assert room.files.key_state(2) == (size, True)
        assert served(room, 2) == (f"sbc{size}" if size > 512 else "")  # too small to sign with
    for size in (512, 768):
        with pytest.raises(Invalid, match="ee key too small"):
            run(room.files.generate_key(0, size))
    run(room.files.generate_key(0, 1024))
    assert served(room, 0) == "sbc"


def test_a_context_without_a_key_makes_one_for_a_request_or_certificate(room: Room) -> None:
    """Real clients ask for a request without generating a key before."""
    made = run(room.files.request(1, Subject(subject_name="sbc.example"), "sha1"))
    assert made.startswith("-----BEGIN CERTIFICATE REQUEST-----")
    assert room.files.key_state(1) == (2048, False)
    run(room.files.self_sign(2, Subject(subject_name="sbc.example")))
    assert room.files.key_state(2) == (2048, True)


def test_a_request_is_of_the_newest_key_and_the_old_pair_serves_meanwhile(room: Room) -> None:
    run(room.files.generate_key(0, 2048))
    first = run(room.files.request(0, Subject(subject_name="a"), "sha256"))
    assert served(room, 0) == "sbc"
    state = room.files.key_state(0)
    assert state == (2048, False)
    assert first != run(room.files.request(0, Subject(subject_name="b"), "sha256"))
    assert room.files.key_state(0) == state


def test_generating_a_key_gives_up_a_certificate_that_waited_for_another(room: Room) -> None:
    room.files.put_certificate(2, FOREIGN)
    run(room.files.generate_key(2, 2048))
    assert room.files.waits_for(2) == "certificate"


def test_trusted_roots_are_replaced_or_added_once_each(room: Room) -> None:
    one, two, old = (certificate(key("p256", 7), name, authority=True) for name in ("one", "two", "three"))
    assert room.files.roots(2) == ""
    room.files.put_roots(2, one, add=True)
    room.files.put_roots(2, two + one + two, add=True)
    assert [root.subject.rfc4514_string() for root in model.load_chain(room.files.roots(2))] == [
        "CN=one",
        "CN=two",
    ]
    room.files.put_roots(2, old, add=False)
    assert room.files.roots(2).encode() == old
    expired = certificate(key("p256", 7), "gone", authority=True, days=-1)
    assert "'CN=gone' expired on 2026-11-22" in room.files.put_roots(2, expired, add=True)


def test_an_expired_certificate_is_taken_with_a_word_and_an_alarm(room: Room) -> None:
    run(room.files.put_key(2, pem(key("p256")), None))
    told = room.files.put_certificate(2, certificate(key("p256"), "late", days=-2))
    assert told == "the certificate 'CN=late' expired on 2026-11-21"
    text = "The certificate of TLS context 2 has expired 2 days ago"
    assert room.standing() == [("Board#1/CertificateExpiry#2", "Critical", text)]
    room.files.put_certificate(2, certificate(key("p256"), "fresh", days=400))
    assert room.standing() == []


def test_the_expiry_alarm_gets_graver_with_time(room: Room) -> None:
    run(room.files.put_key(2, pem(key("p256")), None))
    room.files.put_certificate(2, certificate(key("p256"), "sbc", days=70))
    seen = []
    for day in range(75):
        room.clock.now = NOW + timedelta(days=day)
        room.watch.tick(room.clock.now)
        severity = room.standing()[0][1] if room.standing() else "-"
        if not seen or seen[-1][1] != severity:
            seen.append((day, severity))
    assert seen == [(0, "-"), (14, "Minor"), (63, "Major"), (70, "Critical")]  # looked at every 7 days


def test_a_half_that_waits_long_is_an_alarm_until_the_other_comes(room: Room) -> None:
    run(room.files.put_key(0, pem(key("p256")), None))
    room.clock.now = NOW + timedelta(minutes=9)
    room.watch.tick(room.clock.now)
    assert room.standing() == []
    room.clock.now = NOW + timedelta(minutes=10)
    room.watch.tick(room.clock.now)
    text = "Mismatch between certificate and private key of TLS context 0"
    assert room.standing() == [("Board#1/TLSContext#0", "Minor", text)]
    room.files.put_certificate(0, certificate(key("p256"), "sbc"))
    assert room.standing() == []


def test_files_survive_and_are_for_nobody_else(room: Room, tmp_path: Path) -> None:
    run(room.files.put_key(2, pem(key("p256")), None))
    room.files.put_certificate(2, certificate(key("p256"), "sbc"))
    run(room.files.generate_key(2, 4096))
    again = built(tmp_path)
    assert served(again, 2) == "sbc"
    assert again.files.key_state(2) == (4096, False)
    for path in tmp_path.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
