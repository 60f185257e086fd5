"""Seen messages as a ladder that a person can read: a column for the device, one for each peer.

One rule: one line for each message, in the order in which they were on the wire; what was sent again is
marked, not left out."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sbcd.sip.grammar import Malformed
from sbcd.sip.headers import bracketed
from sbcd.sip.message import Request, Response, parse
from sbcd.sip.seen import Seen

WIDE = 30
"""Characters of a column."""
TIME = 14
MOST_PEERS = 8


def clock(at: float) -> str:
    """The time of day in UTC, to the millisecond."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S.%f")[:12]


def label(message: Request | Response | None) -> str:
    """What stands on the arrow."""
    if message is None:
        return "not SIP"
    try:
        number = f" ({message.cseq.number})" if isinstance(message, Request) else f" {message.cseq.method}"
        kind = " SDP" if message.body and "sdp" in message.content_type else ""
    except Malformed:
        number = kind = ""
    name = message.method if isinstance(message, Request) else f"{message.status}"
    return f"{name}{number}{kind}"


def read(data: bytes) -> Request | Response | None:
    """The message, when it is one."""
    try:
        return parse(data)
    except Malformed:
        return None


def ladder(seen: Sequence[Seen], *, full: bool = False) -> str:
    """The ladder; with `full` every message itself stands below, numbered as its arrow."""
    if not seen:
        return "no messages\n"
    peers = peers_of(seen)
    left, right = peers[:1], peers[1 : MOST_PEERS + 1]
    columns = [*left, "device", *right]
    at = {name: place for place, name in enumerate(columns)}
    day = datetime.fromtimestamp(seen[0].at, UTC).date().isoformat()
    lines = [f"{day} (UTC)".ljust(TIME + 5) + "".join(name.center(WIDE) for name in columns).rstrip()]
    known: set[tuple[bool, bytes]] = set()
    for number, one in enumerate(seen, 1):
        again = " again" if (one.incoming, one.data) in known else ""
        known.add((one.incoming, one.data))
        text = label(read(one.data)) + ("" if one.transport == "udp" else f" {one.transport}") + again
        there = at.get(place(one.remote), len(columns) - 1)
        head = f"{number:>3}  {clock(one.at)}"
        lines.append(head.ljust(TIME + 5) + arrow(len(columns), 1, there, text, not one.incoming))
    if full:
        for number, one in enumerate(seen, 1):
            lines += ["", f"--- {number}  {clock(one.at)}  {way(one)}", *shown(one.data)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def place(address: tuple[str, int]) -> str:
    return f"{bracketed(address[0])}:{address[1]}"


def way(one: Seen) -> str:
    """From where to where."""
    return f"{place(one.source)} -> {place(one.dest)} {one.transport.upper()}"


def peers_of(seen: Iterable[Seen]) -> list[str]:
    """The peers, who spoke first first."""
    return list(dict.fromkeys(place(one.remote) for one in seen))


def arrow(columns: int, device: int, there: int, text: str, outgoing: bool) -> str:
    """One line: the posts of all columns, and an arrow between two of them."""
    line = [" "] * (columns * WIDE)
    posts = [place * WIDE + WIDE // 2 for place in range(columns)]
    for post in posts:
        line[post] = "|"
    start, end = sorted((posts[device], posts[there]))
    line[start + 1 : end] = "-" * (end - start - 1)
    rightwards = outgoing == (there > device)
    line[end - 1 if rightwards else start + 1] = ">" if rightwards else "<"
    text = f" {text[: end - start - 7]} "
    begin = (start + end - len(text)) // 2 + 1
    line[begin : begin + len(text)] = text
    return "".join(line)


def shown(data: bytes) -> list[str]:
    """A message as lines that no terminal is confused by."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").rstrip("\n")
    return ["".join(c if c.isprintable() or c == "\t" else "·" for c in line) for line in text.split("\n")]
