"""What the device makes, judged by the openssl program."""

import subprocess
from pathlib import Path

import msgspec
import pytest
from cryptography import x509

from rooms.tls.room import KINDS, NOW, key
from sbcd.base.errors import Invalid
from sbcd.rooms.tls import issue, model

SUBJECT = issue.Subject(
    subject_name="sbc.example",
    organizational_unit="Voice",
    company_name="ACME & Söhne",
    locality_name="Düsseldorf",
    state="NRW",
    country_code="de",
)
TEXT = "C = DE, ST = NRW, L = Düsseldorf, O = ACME & Söhne, OU = Voice, CN = sbc.example"


def openssl(command: str, content: str) -> str:
    told = subprocess.run(
        ["openssl", *command.split()], input=content, capture_output=True, text=True, check=True, timeout=20
    )
    return told.stdout + told.stderr


@pytest.mark.parametrize("kind", ["rsa512", "rsa768", "rsa1024", *KINDS])
@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
def test_requests_are_verified_by_openssl(kind: str, algorithm: str) -> None:
    """R29: sha1 is the default; every size of the guide signs."""
    if (kind, algorithm) == ("rsa512", "sha512"):
        with pytest.raises(Invalid, match="too small to sign with sha512"):
            issue.request(key(kind), SUBJECT, algorithm)
        return
    made = issue.request(key(kind), SUBJECT, algorithm)
    told = openssl("req -verify -noout -subject -nameopt utf8,sep_comma_plus_space,space_eq -text", made)
    assert "self-signature verify OK" in told
    assert TEXT in told
    assert "DNS:sbc.example" in told
    signed = {"ed25519": "ED25519"}.get(kind, algorithm)
    assert signed.lower() in told.lower().replace("-", "")


@pytest.mark.parametrize("kind", ["rsa512", *KINDS])
def test_self_signed_certificates_are_verified_by_openssl(kind: str, tmp_path: Path) -> None:
    made = model.write_chain([issue.self_signed(key(kind), SUBJECT, NOW, "sbc")])
    assert TEXT in openssl("x509 -noout -subject -nameopt utf8,sep_comma_plus_space,space_eq", made)
    if kind != "rsa512":  # openssl's own floor
        file, moment = tmp_path / "made.pem", int(NOW.timestamp())
        file.write_text(made)
        told = openssl(f"verify -x509_strict -check_ss_sig -attime {moment} -CAfile {file} {file}", "")
        assert "OK" in told


def test_a_request_without_attributes_is_nameless_and_a_certificate_is_not() -> None:
    empty = issue.Subject()
    assert "self-signature verify OK" in openssl("req -verify -noout", issue.request(key(), empty, "sha1"))
    assert issue.self_signed(key(), empty, NOW, "sbc").issuer.rfc4514_string() == "CN=sbc"


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("sbc.example", [x509.DNSName("sbc.example")]),
        ("*.example.com", [x509.DNSName("*.example.com")]),
        ("192.0.2.7", ["192.0.2.7"]),
        ("2001:db8::7", ["2001:db8::7"]),
        ("Our first gateway", None),
    ],
)
def test_the_subject_name_is_where_clients_look_for_it(name: str, other: list[object] | None) -> None:
    made = issue.self_signed(key(), issue.Subject(subject_name=name), NOW, "sbc")
    if other is None:
        with pytest.raises(x509.ExtensionNotFound):
            made.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        return
    names = list(made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    assert [one if isinstance(one, x509.DNSName) else str(one.value) for one in names] == other


@pytest.mark.parametrize(
    ("attributes", "why"),
    [
        ({"country_code": "Germany"}, "countryCode has more than 2"),
        ({"country_code": "4x"}, "countryCode is a code of two letters"),
        ({"subject_name": "x" * 65}, "subjectName has more than 64"),
        ({"company_name": "a\nb"}, "companyName holds control characters"),
    ],
)
def test_attributes_that_are_no_names(attributes: dict[str, str], why: str) -> None:
    with pytest.raises(Invalid, match=why):
        msgspec.convert(attributes, dict[str, str]) and issue.Subject(**attributes).name()
