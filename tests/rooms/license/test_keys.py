"""Licence keys: only what a trusted issuer signed is believed (R31)."""

import base64
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from sbcd.base.errors import Invalid
from sbcd.rooms.license import keys

ISSUER = Ed25519PrivateKey.generate()
TRUSTED = [ISSUER.public_key()]
LICENCE = keys.Licence(
    "277522263687112", {"SBC": 100, "FEU": 5}, ("SIPRec",), max_version="9.80", expires=date(2030, 1, 31)
)


def test_a_key_gives_back_what_was_signed() -> None:
    assert keys.read(keys.issue(LICENCE, ISSUER), TRUSTED) == LICENCE


def test_the_description_tells_features_capacities_and_the_last_day() -> None:
    assert LICENCE.description() == (
        "Key features: Board Type: sbcd ; Max SW Ver: 9.80 ; Features: SIPRec ; "
        "Control Protocols: SIP SBC=100 SBC-MEDIA=100 FEU=5 CODER-TRANSCODING=0 SIPRec=0 WebRTC=0 ; "
        "Expires: 2030-01-31"
    )


def test_a_key_of_another_issuer_is_refused() -> None:
    with pytest.raises(Invalid, match="not signed by an issuer"):
        keys.read(keys.issue(LICENCE, Ed25519PrivateKey.generate()), TRUSTED)


@given(st.integers(min_value=0), st.integers(1, 255))
def test_a_changed_byte_breaks_the_key(at: int, change: int) -> None:
    data = bytearray(base64.b64decode(keys.issue(LICENCE, ISSUER)))
    data[at % len(data)] ^= change
    with pytest.raises(Invalid):
        keys.read(base64.b64encode(data).decode(), TRUSTED)


@given(st.text(max_size=200))
def test_no_text_is_a_key(text: str) -> None:
    with pytest.raises(Invalid):
        keys.read(text, TRUSTED)


def test_a_file_holds_keys_of_many_devices() -> None:
    text = "[LicenseKeys]\r\n; a remark\r\nS/N1 = aaa=\r\nS/N22=bbb\r\n"
    assert keys.read_file(text) == {"1": "aaa=", "22": "bbb"}
    assert keys.read_file(keys.write_file({"1": "aaa=", "22": "bbb"})) == {"1": "aaa=", "22": "bbb"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no line"),
        ("hello\n", "line 1: 'S/N"),
        ("S/N1 = a\nS/N1 = b\n", "line 2: serial number 1 stands twice"),
        ("\n" * 10001, "10001 lines"),
    ],
)
def test_a_wrong_file_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        keys.read_file(text)
