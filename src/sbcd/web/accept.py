"""Content negotiation as far as this tree needs it: may the answer be JSON (R4, RFC 9110 12.5.1)?

One rule: the most specific range that matches decides, and what cannot be read excludes nothing."""

import re
from functools import lru_cache

_RANGE = re.compile(r"\s*([!#$%&'*+.^_`|~\w-]+)/([!#$%&'*+.^_`|~\w-]+)\s*((?:;[^,]*)?)\s*")
_QUALITY = re.compile(r";\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*(?:;|$)", re.IGNORECASE)
_CHARSET = re.compile(r';\s*charset\s*=\s*"?utf-?8"?\s*', re.IGNORECASE)

_EXACT = 3
_RANKS = {("application", "json"): _EXACT, ("application", "*"): 2, ("*", "*"): 1}


@lru_cache(maxsize=256)
def accepts_json(accept: str) -> bool:
    """Whether `application/json` may be sent to who asks with this Accept header."""
    best: dict[int, float] = {}
    readable = False
    for text in accept.split(","):
        found = _RANGE.fullmatch(text)
        if found is None:
            continue
        readable = True
        rank = _RANKS.get((found.group(1).lower(), found.group(2).lower()))
        quality = _QUALITY.search(found.group(3))
        others = _CHARSET.sub("", _QUALITY.sub("", found.group(3))).strip("; \t")
        if rank is not None and not (rank == _EXACT and others):  # our JSON has no parameter but its charset
            best[rank] = max(best.get(rank, 0.0), float(quality.group(1)) if quality else 1.0)
    return best[max(best)] > 0 if best else not readable
