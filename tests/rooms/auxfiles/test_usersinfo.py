"""The user information file: both forms, and refusals that name the line and never a password."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbcd.base.errors import Invalid
from sbcd.rooms.auxfiles import usersinfo
from sbcd.rooms.auxfiles.usersinfo import GatewayUser, SbcUser, UsersInfo

TEXT = """\
[GW]
FORMAT PBXExtensionNum,GlobalPhoneNum,DisplayName,UserName,Password
4040,7362400,John,johnd,2798
[SBC]
FORMAT LocalUser,UserName,Password,IPGroupID
John,johnd,2798,2
"""


def test_both_sections_are_read() -> None:
    assert usersinfo.read(TEXT) == UsersInfo(
        (GatewayUser("4040", "7362400", "John", "johnd", "2798"),), (SbcUser("John", "johnd", "2798", "2"),)
    )


def test_the_table_form_is_read() -> None:
    text = "LocalUser,UserName,Password,IPGroupName\n100,alice,wonder,Phones\n"
    assert usersinfo.read(text).sbc == (SbcUser("100", "alice", "wonder", "Phones"),)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (TEXT.rstrip("\n"), "line 6: the last line must end"),
        ("[SBC]\nJohn,johnd,2798,2\n", "line 2: a user before the FORMAT line"),
        ("[PBX]\n", "line 1: the sections are"),
        (TEXT.replace(",2\n", "\n"), "line 6: 3 cells, 4 expected"),
        (TEXT.replace("johnd,2798,2", "j" * 61 + ",2798,2"), "line 6: the user name has more than 60"),
        ("[SBC]\nFORMAT PBXExtensionNum,GlobalPhoneNum,DisplayName,UserName,Password\n", "line 2: .*belong"),
        ("", "neither"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(text: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        usersinfo.read(text)


def test_a_refusal_never_tells_a_password() -> None:
    """R34."""
    with pytest.raises(Invalid) as refusal:
        usersinfo.read(TEXT.replace("2798,2", "sesame\x01" * 12 + ",2"))
    assert "sesame" not in str(refusal.value)


@given(st.text(max_size=300))
def test_no_text_crashes_the_reader(text: str) -> None:
    for candidate in (text, TEXT + text + "\n"):
        with contextlib.suppress(Invalid):
            usersinfo.read(candidate)
