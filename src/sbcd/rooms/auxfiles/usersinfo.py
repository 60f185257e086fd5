"""The user information file: local users of the gateway and of the SBC.

One rule: a line that is wrong refuses the whole file, by its number and without its password."""

import csv
from dataclasses import dataclass

from sbcd.base.errors import Invalid

MOST_LINES = 20000
_GATEWAY = ("extension", "global number", "display name", "user name", "password")
_SBC = ("local user", "user name", "password", "IP group")
_LONGEST = {
    "extension": 30,
    "global number": 30,
    "display name": 60,
    "local user": 60,
    "user name": 60,
    "password": 64,
    "IP group": 40,
}
_HEADS = {
    "pbxextensionnum,globalphonenum,displayname,username,password": ("GW", _GATEWAY),
    "pbxextension,globalphonenumber,displayname,username,password": ("GW", _GATEWAY),
    "localuser,username,password,ipgroupid": ("SBC", _SBC),
    "localuser,username,password,ipgroupname": ("SBC", _SBC),
}


@dataclass(frozen=True, slots=True)
class GatewayUser:
    extension: str
    number: str
    display: str
    name: str
    password: str


@dataclass(frozen=True, slots=True)
class SbcUser:
    """A user whom the SBC challenges; `group` is an IP group's index or name, or empty."""

    local: str
    name: str
    password: str
    group: str


@dataclass(frozen=True, slots=True)
class UsersInfo:
    gateway: tuple[GatewayUser, ...] = ()
    sbc: tuple[SbcUser, ...] = ()


def read(text: str) -> UsersInfo:
    """The users of a file, in its section form or as comma-separated text with a head line."""
    if text and not text.endswith(("\n", "\r")):
        raise Invalid(f"line {len(text.splitlines())}: the last line must end with a line end")
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        raise Invalid(f"{len(lines)} lines; the most are {MOST_LINES}")
    gateway: list[GatewayUser] = []
    sbc: list[SbcUser] = []
    section = ""
    columns: tuple[str, ...] = ()
    for number, raw in enumerate(lines, 1):
        line = raw.strip()
        if not line or line.startswith(";"):
            continue
        if line.startswith("["):
            section, columns = _section(line, number), ()
            continue
        head = "".join(line.removeprefix("FORMAT").split()).lower()
        if head in _HEADS:
            kind, columns = _HEADS[head]
            if section and kind != section:
                raise Invalid(f"line {number}: this FORMAT does not belong to [{section}]")
            section = kind
            continue
        if not columns:
            raise Invalid(f"line {number}: a user before the FORMAT line")
        cells = _cells(line, columns, number)
        if section == "GW":
            gateway.append(GatewayUser(*cells))
        else:
            sbc.append(SbcUser(*cells))
    if not section:
        raise Invalid("the file holds neither a [GW] or [SBC] section nor a head line")
    return UsersInfo(tuple(gateway), tuple(sbc))


def _section(line: str, number: int) -> str:
    section = line.strip("[] \t").upper()
    if section not in {"GW", "SBC"}:
        raise Invalid(f"line {number}: the sections are [GW] and [SBC]")
    return section


def _cells(line: str, columns: tuple[str, ...], number: int) -> list[str]:
    try:
        cells = [cell.strip() for cell in next(csv.reader([line], strict=True))]
    except csv.Error as error:
        raise Invalid(f"line {number}: not comma-separated text") from error
    if len(cells) != len(columns):
        raise Invalid(f"line {number}: {len(cells)} cells, {len(columns)} expected")
    if not cells[0]:
        raise Invalid(f"line {number}: the {columns[0]} is missing")
    for column, cell in zip(columns, cells, strict=True):
        if len(cell) > _LONGEST[column]:
            raise Invalid(f"line {number}: the {column} has more than {_LONGEST[column]} characters")
        if not cell.isprintable():
            raise Invalid(f"line {number}: the {column} has characters that cannot be printed")
    return cells
