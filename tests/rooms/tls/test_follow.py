"""Rows of TLSContexts become contexts, change their terms, and go (R28)."""

from pathlib import Path

from rooms.tls.room import Room, built, certificate, configured, key, pem, run, tree
from rooms.tls.test_store import served
from sbcd.config.draft import Draft
from sbcd.config.snapshot import Change, Snapshot
from sbcd.rooms.tls.tables import TLSContexts


def with_pair(room: Room, index: int, name: str) -> None:
    run(room.files.put_key(index, pem(key("p256", index)), None))
    room.files.put_certificate(index, certificate(key("p256", index), name))


def without(snapshot: Snapshot, index: int) -> Snapshot:
    return Draft(snapshot).remove("TLSContexts", index).finish()


def test_context_0_cannot_be_deleted(tmp_path: Path) -> None:
    room = built(tmp_path)
    assert room.change_to(without(room.running, 0)) == [
        "TLSContexts 0: the default context cannot be deleted"
    ]


def test_what_openssl_does_not_know_is_told_with_its_row(tmp_path: Path) -> None:
    room = built(tmp_path)
    before = tree(tmp_path)
    wrong = configured(TLSContexts(name="one"), TLSContexts(name="two", server_ciphers="ROT13"))
    assert room.change_to(wrong) == ["TLSContexts 2: OpenSSL knows no cipher in 'ROT13'"]
    assert tree(tmp_path) == before


def test_terms_reach_the_listener(tmp_path: Path) -> None:
    room = built(tmp_path)
    listener = room.contexts.listener(0)
    assert listener._current().maximum_version.name == "TLSv1_3"
    room.change_to(configured(tls_version=4, dh_key_size=3072, server_ciphers="AES256"))
    assert listener._current().maximum_version.name == "TLSv1_2"
    assert [name for name, _ in room.files.contexts()] == [0]


def test_a_row_that_goes_takes_its_certificate_off_the_listener(tmp_path: Path) -> None:
    room = built(tmp_path)
    with_pair(room, 2, "two")
    whole = room.running
    assert served(room, 2) == "two"
    assert room.change_to(without(whole, 2)) == []
    assert served(room, 2) == ""
    # given anew later it is a new context
    other = without(whole, 1)
    room.change_to(without(other, 2))
    room.change_to(other)
    assert room.files.key_state(2) == (0, False)


def test_undo_brings_everything_back(tmp_path: Path) -> None:
    """House rule S7: undo is apply(change.reversed())."""
    room = built(tmp_path)
    with_pair(room, 2, "two")
    before = tree(tmp_path)
    new = Draft(without(room.running, 2))
    new.put(1, TLSContexts(name="renamed", tls_version=12)).put(5, TLSContexts(name="five"))
    change = Change(room.running, new.finish())
    run(room.following.apply(change))
    assert room.files.contexts() == [(0, "default"), (1, "renamed"), (5, "five")]
    run(room.following.apply(change.reversed()))
    assert room.files.contexts() == [(0, "default"), (1, "one"), (2, "two")]
    assert served(room, 2) == "two"
    after = tree(tmp_path)
    assert {name: after[name] for name in before} == before


def test_a_reset_to_the_saved_configuration_finds_the_key_of_a_deleted_row(tmp_path: Path) -> None:
    room = built(tmp_path)
    with_pair(room, 2, "two")
    saved = room.running
    room.change_to(without(saved, 2))
    again = built(tmp_path, running=saved)  # reset without saving (R11)
    assert served(again, 2) == "two"


def test_a_damaged_file_keeps_nobody_out(tmp_path: Path) -> None:
    """R29: context 0 always serves; what is wrong is an alarm, and the file is kept aside."""
    room = built(tmp_path)
    with_pair(room, 2, "two")
    for index in (0, 2):
        (tmp_path / str(index) / "credentials").write_bytes(b"{")
    again = built(tmp_path)
    assert served(again, 0) == "sbc"
    assert served(again, 2) == ""
    assert [(source, severity) for source, severity, _ in again.standing()] == [
        ("Board#1/TLSContext#0", "Critical"),
        ("Board#1/TLSContext#2", "Critical"),
    ]
    assert (tmp_path / "2" / "damaged").read_bytes() == b"{"
    with_pair(again, 2, "new")
    assert [source for source, _, _ in again.standing()] == ["Board#1/TLSContext#0"]


def test_client_certificates_cannot_be_demanded_without_a_root(tmp_path: Path) -> None:
    room = built(tmp_path)
    room.following._demands = lambda snapshot: snapshot.row(TLSContexts, 4) is not None
    demanding = Draft(room.running).put(4, TLSContexts(name="four")).finish()
    assert room.change_to(demanding) == [
        "HTTPSRequireClientCertificate: TLS context 0 trusts no root, so nobody could log in any more"
    ]
    bundled = Draft(demanding).put(0, TLSContexts(name="default", use_default_ca_bundle=True)).finish()
    assert room.change_to(bundled) == []
    assert (
        room.change_to(Draft(bundled).remove(TLSContexts, 4).put(0, TLSContexts(name="default")).finish())
        == []
    )
    room.files.put_roots(0, certificate(key("p256", 8), "root", authority=True), add=False)
    assert room.change_to(demanding) == []
