"""What a lookup in a dial plan of 100,000 rules costs: prefixes, whole numbers, ranges and wildcards mixed.

Goal: under 5 us of processor time, the median. Baseline of the same run: the number cut to every length and
looked up in a dict, which knows plain prefixes only. Run: python bench/bench_dialplan.py [rules]"""

import statistics
import sys
import time
from collections.abc import Callable
from random import Random

from sbcd.rooms.calls.dialplan import PlanTrie

CHANCE = Random(1)
TURNS = 200


def digits(count: int) -> str:
    return "".join(CHANCE.choices("0123456789", k=count))


def rules(count: int) -> list[tuple[str, str]]:
    """Nine in ten plain prefixes of 4 to 9 digits; the others end exactly, are ranges, or have wildcards."""
    found = {}
    while len(found) < count:
        kind, prefix = CHANCE.random(), f"+{digits(CHANCE.randint(4, 9))}"
        if kind > 0.98:
            prefix = f"{prefix[:-2]}xx"
        elif kind > 0.95:
            low = CHANCE.randint(0, 50)
            prefix = f"{prefix}[{low:02}-{low + 40:02}]"
        elif kind > 0.9:
            prefix += "#"
        found[prefix] = f"Tag=T{len(found) % 500}"
    return list(found.items())


def numbers(plan: list[tuple[str, str]], count: int) -> list[str]:
    """Half of them begin like a rule, half by chance."""
    known = [prefix.partition("[")[0].replace("x", "5").rstrip("#") for prefix, _ in plan]
    hits = [f"{CHANCE.choice(known)}{digits(4)}"[:16] for _ in range(count // 2)]
    return hits + [f"+{digits(12)}" for _ in range(count - len(hits))]


def medians(look: Callable[[str], object], asked: list[str]) -> tuple[float, float]:
    """Microseconds of a lookup, median and p99 over the numbers."""
    each = []
    for number in asked:
        begun = time.process_time()
        for _ in range(TURNS):
            look(number)
        each.append((time.process_time() - begun) / TURNS * 1e6)
    each.sort()
    return statistics.median(each), each[int(len(each) * 0.99) - 1]


def main(count: int) -> None:
    plan = rules(count)
    begun = time.process_time()
    trie = PlanTrie(plan)
    built = time.process_time() - begun
    plain = {prefix: tag for prefix, tag in plan if prefix[1:].isdigit()}

    def longest(number: str) -> str:
        return next((plain[number[:n]] for n in range(len(number), 0, -1) if number[:n] in plain), "")

    asked = numbers(plan, 1000)
    base, _ = medians(longest, asked)
    median, high = medians(trie.tag, asked)
    hits = sum(1 for number in asked if trie.tag(number))
    print(f"{count} rules, built in {built:.2f} s; {hits} of {len(asked)} numbers have a tag")
    print(f"dict of plain prefixes   p50 {base:6.2f} us")
    print(f"dial plan                p50 {median:6.2f} us   {median / base:.2f} of that, goal 5 us")
    print(f"                         p99 {high:6.2f} us")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
