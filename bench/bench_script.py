"""CLI scripts: lines per second, beside splitting the same lines into words; run by `make bench`."""

import time

from sbcd.config.cli import Grammar, Session, write
from sbcd.config.cli.words import split
from sbcd.config.schema import Schema
from sbcd.declared import DECLARED

ROW = '  ip-group {0}\n    name "g{0}"\n    tags "a=b"\n    activate\n  exit'


def main() -> None:
    schema = Schema(DECLARED)
    grammar = Grammar(schema)
    for rows in (200, 2000, 20000):
        lines = ["configure voip", *"\n".join(ROW.format(i) for i in range(1, rows)).split("\n"), "exit"]
        begun = time.perf_counter()
        for line in lines:
            split(line)
        bare = time.perf_counter() - begun
        session = Session(grammar, schema.factory())
        begun = time.perf_counter()
        for number, line in enumerate(lines, 1):
            session.take(number, line)
        followed = time.perf_counter() - begun
        begun = time.perf_counter()
        text = write(grammar, session.base)
        written = time.perf_counter() - begun
        print(
            f"{len(lines):7} lines: followed {followed:.3f} s ({len(lines) / followed:,.0f}/s, "
            f"{followed / bare:.1f} x splitting), written {written:.3f} s ({len(text):,} characters)"
        )


if __name__ == "__main__":
    main()
