"""LDAP messages and filters as bytes (RFC 4511, RFC 4515)."""

import pytest

from sbcd.edge import ldapwire as wire


def test_a_bind_is_the_one_of_the_rfc() -> None:
    assert wire.bind(1, "cn=a", "b").hex() == "301102010160" + "0c0201030404636e3d61800162"


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 70000])
def test_elements_of_any_length_are_read_back(size: int) -> None:
    made = wire.element(0x04, bytes(size))
    assert list(wire.elements(made + made)) == [(4, bytes(size))] * 2


@pytest.mark.parametrize("cut", range(1, 16))
def test_what_is_cut_off_is_no_message(cut: int) -> None:
    body = wire.element(wire.BOUND, wire.number(0, wire.ENUMERATED), wire.octets(""), wire.octets(""))
    whole = wire.number(1) + body
    if cut < len(whole):
        with pytest.raises(ValueError, match="LDAP"):
            wire.read(whole[:-cut])


EQUAL = "a3 0b 0403756964 04046d6f6e61"  # (uid=mona)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("(uid=$)", EQUAL),
        ("uid=$", EQUAL),
        ("(&(objectClass=*)(uid=$))", "a0 1a 870b 6f626a656374436c617373" + EQUAL),
        ("(!(uid=$))", "a2 0d" + EQUAL),
        ("(uid=m\\6fna)", EQUAL),
        ("(uid=m*a)", "a4 0d 0403756964 3006 80016d 820161"),
    ],
)
def test_filters(text: str, made: str) -> None:
    assert wire.filter_for(text, "mona").hex() == made.replace(" ", "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "(",
        "(uid)",
        "(uid=$",
        "(uid=$))",
        "(&(uid=$)",
        "(u id=$)",
        "(!(a=b)(c=d))",
        "(" * 1000,
        "(uid=\\zz)",
    ],
)
def test_what_is_no_filter(text: str) -> None:
    with pytest.raises(ValueError, match=r"filter|attribute|hex"):
        wire.filter_for(text, "mona")


def test_a_name_is_a_value_whatever_it_holds() -> None:
    evil = "*)(uid=*"
    assert wire.filter_for("(uid=$)", evil) == wire.element(0xA3, wire.octets("uid"), wire.octets(evil))
    assert wire.name_for("uid=$,dc=x", "a,b+c ") == "uid=a\\,b\\+c\\ ,dc=x"
    assert wire.name_for("uid=$,dc=x", " #a") == "uid=\\ \\#a,dc=x"
    assert wire.name_for("$@corp.example", "a,b") == "a,b@corp.example"


def test_the_first_value_of_a_name() -> None:
    assert wire.first_value("CN=\\# Support\\, Dept,OU=R&D") == "# Support, Dept"
    assert wire.first_value("CN=B\\C3\\BCro\\2C S\\C3\\BCd+OU=x") == "Büro, Süd"
    assert wire.first_value("CN=odd\\") == "odd"
    assert wire.first_value("Support") == "Support"
