"""How many RTP and SRTP streams each anchored leg has, by the descriptions that it said and heard.

One rule: the last answer counts; what is not known is one RTP stream."""

from collections.abc import Iterable

Kinds = tuple[int, int]
"""RTP streams, SRTP streams."""


def kinds(sdp: bytes) -> Kinds:
    """Those of a description; port 0 is no stream."""
    used = [line.split() for line in sdp.splitlines() if line.startswith(b"m=")]
    found = [b"SAVP" in words[2] for words in used if len(words) > 2 and not words[1].startswith(b"0")]
    return found.count(False), found.count(True)


class Streams:
    """By seat (the number under which a call is anchored) and tag of the leg."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, str], Kinds] = {}

    def say(self, seat: int, tag: str, sdp: bytes) -> bool:
        """An answer that the leg gave or got; whether it changed what was known."""
        found = kinds(sdp)
        before = self._kept.get((seat, tag), found)
        self._kept[seat, tag] = found
        return before != found

    def of(self, seat: int, tag: str) -> Kinds:
        """What the leg has."""
        return self._kept.get((seat, tag), (1, 0))

    def forget(self, seat: int, tags: Iterable[str]) -> None:
        """They are not anchored any more."""
        for tag in tags:
            self._kept.pop((seat, tag), None)

    def __len__(self) -> int:
        return len(self._kept)
