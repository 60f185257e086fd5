"""Content negotiation as far as this tree needs it: may the answer be JSON (R4, RFC 9110 12.5.1)?

One rule: the most specific range that matches decides, and what cannot be read excludes nothing."""

import re
from functools import lru_cache

LONGEST = 2000
"""Characters of an Accept header that are looked at."""

_QUALITY = re.compile(r"[01](?:\.\d{0,3})?")
_MEDIA = re.compile(r"[!#$%&'*+.^_`|~\w-]+/[!#$%&'*+.^_`|~\w-]+")
_CHARSETS = {"charset=utf-8", 'charset="utf-8"', "charset=utf8"}

_EXACT = 3
_RANKS = {"application/json": _EXACT, "application/*": 2, "*/*": 1}


@lru_cache(maxsize=256)
def accepts_json(accept: str) -> bool:
    """Whether `application/json` may be sent to who asks with this Accept header."""
    best: dict[int, float] = {}
    readable = False
    for text in accept[:LONGEST].split(","):
        media, *parameters = (part.strip().lower() for part in text.split(";"))
        if not _MEDIA.fullmatch(media):
            continue
        readable = True
        quality, others = 1.0, False
        for parameter in parameters:
            name, _, value = parameter.replace(" ", "").partition("=")
            if name == "q" and _QUALITY.fullmatch(value):
                quality = float(value)
            elif parameter and name != "q" and parameter.replace(" ", "") not in _CHARSETS:
                others = True
        rank = _RANKS.get(media)
        if rank is not None and not (rank == _EXACT and others):  # our JSON has no parameter but its charset
            best[rank] = max(best.get(rank, 0.0), quality)
    return best[max(best)] > 0 if best else not readable
