"""Values of headers: what is written is read as equal, what is wrong is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbcd.sip.grammar import Malformed, quoted, split, unquoted
from sbcd.sip.headers import Address, CSeq, Uri, Valued, Via

TOKEN = st.text("abzAZ019-.!%*_+`'~", min_size=1, max_size=8)
LOWER = st.text("abz019-_", min_size=1, max_size=6)
HOST = st.one_of(st.sampled_from(["h.example", "192.0.2.1", "2001:db8::1", "::1"]))
PORT = st.one_of(st.none(), st.integers(0, 65535))
PARAMS = st.dictionaries(LOWER, st.one_of(st.none(), TOKEN), max_size=3)
USER = st.text("abz09-_.!~*'()&=+$,;?/%", max_size=10)
URI = st.builds(Uri, st.sampled_from(["sip", "sips"]), USER, HOST, PORT, PARAMS)
DISPLAY = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=12).map(str.strip)


@given(URI)
def test_uris(uri):
    assert Uri.parse(str(uri)) == uri
    assert uri.same(Uri.parse(str(uri)))


@given(st.builds(Address, URI, DISPLAY, PARAMS))
def test_addresses(address):
    assert Address.parse(str(address)) == address


@given(st.builds(Via, st.sampled_from(["udp", "tcp", "tls"]), HOST, PORT, PARAMS))
def test_vias(via):
    assert Via.parse(str(via)) == via


@given(st.builds(CSeq, st.integers(0, (1 << 31) - 1), TOKEN), st.builds(Valued, TOKEN, PARAMS))
def test_others(cseq, valued):
    assert CSeq.parse(str(cseq)) == cseq
    assert Valued.parse(str(valued)) == valued


@given(DISPLAY)
def test_quotes(text):
    assert unquoted(quoted(text)) == text


@given(st.text(max_size=60))
def test_no_text_crashes(text):
    for kind in (Uri, Address, Via, CSeq, Valued):
        try:
            kind.parse(text)
        except Malformed:
            continue
    try:
        split(text)
    except Malformed:
        return


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("sip:%61lice@Atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", True),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", True),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5", True),
        ("sip:a@b.com?Subject=x&To=y", "sip:a@b.com?To=y&Subject=x", True),
        ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", False),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", False),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", False),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next", False),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", False),
        ("sip:a@b.com", "sips:a@b.com", False),
    ],
)
def test_uris_compare_as_the_rfc_says(one, two, same):
    """The examples of RFC 3261 19.1.4."""
    assert Uri.parse(one).same(Uri.parse(two)) is same


def test_what_uris_mean():
    assert Uri.parse("tel:+49-30;phone-context=x") == Uri("tel", "+49-30", params={"phone-context": "x"})
    assert str(Uri.parse("urn:service:sos")) == "urn:service:sos"
    assert Uri.parse("sip:%2B49;npdi:pw@h").number == "+49"
    assert Uri.parse("tel:%2B49").number == "+49"
    assert [Uri.parse(text).transport for text in ("sip:h", "sips:h", "sip:h;transport=TLS")] == [
        None,
        "tls",
        "tls",
    ]
    assert str(Address.parse("*")) == "*"
    assert Address.parse("Bob <sip:b@h>;tag=1").tagged("2") == Address.parse("Bob <sip:b@h>;tag=2")
    assert Via.parse("SIP/2.0/TLS h").sent_by == ("h", 5061)


@pytest.mark.parametrize(
    "text", ["sip:", "sip:@h", "sip:a@h:99999", "sip:a b@h", "sip:a@h;=x", "nothing", "sip:a@[::1"]
)
def test_what_is_no_uri(text):
    with pytest.raises(Malformed):
        Uri.parse(text)


def test_what_is_no_via():
    for text in ("SIP/2.0/UDP h:99999", "SIP/2.0 h", "SIP/2.0/UDP h;=x", "SIP/2.0/UDP"):
        with pytest.raises(Malformed):
            Via.parse(text)


def test_lists_part_at_their_own_commas():
    assert split('"a, b" <sip:a,b@h>, <sip:c@h>;x="1,2" ,,d') == [
        '"a, b" <sip:a,b@h>',
        '<sip:c@h>;x="1,2"',
        "d",
    ]
    for text in ('"a, b', "<a, b", 'a, "b'):
        with pytest.raises(Malformed):
            split(text)
