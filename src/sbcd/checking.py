"""`sbcd check FILE`: every problem of an INI file or a CLI script, without a device.

One rule: what is told here is what an upload would be refused for by the declarations; ports in use and keys
that do not match are known to a running device only."""

import argparse
import sys
from pathlib import Path

from sbcd.base.errors import InvalidConfig, Problem, SbcdError
from sbcd.config import check
from sbcd.config.cli import Block, Changed, Execute, Grammar, Session
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Change, Snapshot
from sbcd.declared import DECLARED
from sbcd.rooms import configuration

COMMANDS = ("show", "write")
"""What a script may hold beside configuration."""


def problems(data: bytes) -> list[Problem]:
    """Every problem of a file, in the order of its lines."""
    schema = Schema(DECLARED)
    text = data.decode("utf-8", "replace")
    if any(line.lstrip().lower().startswith("configure ") for line in text.splitlines()):
        return _script(schema, text)
    return configuration.problems(data, schema)


def _script(schema: Schema, text: str) -> list[Problem]:
    session = Session(Grammar(schema), schema.factory())
    found: list[Problem] = []
    blocks: list[Block] = []
    lines = text.splitlines()
    for number, line in enumerate([*lines, None], 1):
        try:
            events = session.end() if line is None else session.take(number, line)
        except InvalidConfig as error:
            found += [Problem(p.what, p.line or number, p.table, p.row, p.column) for p in error.problems]
        except SbcdError as error:
            found.append(Problem(str(error), number))
        else:
            blocks += [event.block for event in events if isinstance(event, Changed)]
            for order in events:
                if isinstance(order, Execute) and order.text.split()[0].lower() not in COMMANDS:
                    found.append(Problem(f"unknown command '{order.text[:40]}'", order.line))
    between = list(check.problems(Change(Snapshot.empty(), session.base), schema.tables))
    for block in reversed(blocks):  # the last block that touched a row is to blame
        between = [new if old.line is None else old for old, new in _pairs(between, block)]
    return sorted([*found, *between], key=lambda problem: problem.line or 0)


def _pairs(found: list[Problem], block: Block) -> list[tuple[Problem, Problem]]:
    touched = {(table, row) for table, row in block.rows}
    return [
        (p, block.located([p])[0] if p.line is None and (p.table, p.row) in touched else p) for p in found
    ]


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="an INI file or a CLI script")


def run(arguments: argparse.Namespace) -> int:
    """Prints the problems, one a line; 0 when there are none."""
    try:
        found = problems(arguments.file.read_bytes())
    except OSError as error:
        print(f"sbcd: Cannot read {arguments.file}: {error.strerror}", file=sys.stderr)
        return 1
    for problem in found:
        print(problem)
    return 1 if found else 0
