"""The lines of an INI file: bytes to lines, a line to its parts, a cell to its text and back.

One rule: nothing here knows a table or a parameter. Grammar: facts of the device's files, in ADR 0009."""

import re
from collections.abc import Sequence

from sbcd.base.errors import InvalidConfig, Problem

UNENDED = "the row does not end with ;"
LONGEST = 65536  # characters of a line; the longest seen has 3,273

MOST_LINES = 400_000  # some ten times the largest configuration of the largest device

# Possessive throughout: no line, however strange, is gone through more than once.
TITLE = re.compile(r"\s*+\[([^\]]*+)\]\s*+(?:;.*)?\Z")
FORMAT = re.compile(r"\s*+FORMAT\s++([^\s=]++)\s*+=([^;]*+);\s*+\Z", re.IGNORECASE)
ROW = re.compile(r"\s*+(!?)\s*+([A-Za-z0-9_]++)\s++([0-9]{1,9}+)\s*+=")
CELL = re.compile(r'[ \t]*+(?:("[^"\\]*+(?:(?:\\"|\\)[^"\\]*+)*+"|[^",;]*+)[ \t]*+([,;])|(\S.*+))')
SCALAR = re.compile(r"\s*+([A-Za-z0-9_.]++)\s*+=(.*+)\Z")
VERSION = re.compile(r"\s*;Software Version:\s*(?:([0-9]+)\.([0-9]+)[A-Z])?")
_BREAK = re.compile(r"\r*\n|\r")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x19\x1b-\x1f\x7f]")
_ITEM = re.compile(r"\s*(?:'((?:[^']|'(?!\s*(?:,|\Z)))*)'|([^,']*?))\s*(?:,|\Z)")


def lines(data: bytes) -> list[str]:
    """The lines of a file, whatever ends them (CR LF, LF, CR, CR CR LF); InvalidConfig when it is no text."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidConfig([Problem("this is not text in UTF-8", line)]) from error
    control = _CONTROL.search(text)
    if control is not None:
        line = len(_BREAK.findall(text, 0, control.start())) + 1
        raise InvalidConfig([Problem(f"holds the control character {ord(control[0]):#04x}", line)])
    if text.count("\n") + text.count("\r") > 2 * MOST_LINES:
        raise InvalidConfig([Problem(f"there are more than {MOST_LINES} lines")])
    text = text.replace("\r\n", "\n")
    found = _BREAK.split(text) if "\r" in text else text.split("\n")
    if max(map(len, found)) > LONGEST:
        number = next(number for number, line in enumerate(found, 1) if len(line) > LONGEST)
        raise InvalidConfig([Problem(f"is longer than {LONGEST} characters", number)])
    return found


def cells(line: str, start: int) -> tuple[Sequence[str], str | None]:
    """The raw cells of a row from `start` on, and what is wrong with it, if anything is."""
    found = CELL.findall(line, start)
    if found:
        raws, ends, strays = zip(*found, strict=True)
        if ends[-1] == ";" and not any(strays) and ends.index(";") == len(ends) - 1:
            return raws, None
    return _odd_cells(line, start)


def _odd_cells(line: str, start: int) -> tuple[list[str], str | None]:
    """The same for a row that is not just cells and a semicolon."""
    raws: list[str] = []
    for match in CELL.finditer(line, start):
        if match[3]:
            quoted = '"' in line[match.start() :]
            return raws, "a quote is not closed, or text stands beside one" if quoted else UNENDED
        raws.append(match[1])
        if match[2] == ";":
            rest = line[match.end() :].lstrip()[:1]
            return raws, None if rest in ("", ";") else "text after the end of the row"
    return raws, UNENDED


def plain(raw: str) -> str:
    """The text of a cell: without quotes, `\\"` being a quote and any other backslash itself."""
    if raw[:1] != '"':
        return raw.strip()
    return raw[1:-1].replace('\\"', '"') if "\\" in raw else raw[1:-1]


def cell(text: str, quoted: bool) -> str:
    """A text as a cell; quoted also where it must be."""
    if quoted or text == "$$" or text != text.strip() or any(c in text for c in '",;'):
        return '"' + text.replace('"', '\\"') + '"'
    return text


def scalar_text(raw: str) -> str:
    """The text of a parameter: without the quotes around it."""
    return raw[1:-1] if len(raw) > 1 and raw[0] == raw[-1] == "'" else raw


def scalar(text: str, quoted: bool) -> str:
    """A text as the value of a parameter."""
    return f"'{text}'" if quoted or text == "" or text != text.strip() or text[0] == "'" else text


def items(raw: str) -> list[str]:
    """The texts of a list: `'a', 'b'` or `1, 2`."""
    if not raw:
        return []
    found = []
    at = 0
    while at <= len(raw):
        match = _ITEM.match(raw, at)
        if match is None or (match.end() == at and at == len(raw)):
            break
        found.append(match[2] if match[1] is None else match[1])
        if match.end() == len(raw) and not match[0].endswith(","):
            break
        at = match.end()
    return found
