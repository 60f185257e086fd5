"""`sbcd convert`: an INI file becomes a CLI script, or the other way round, without a device.

One rule: a file is read as the device would read it, and every line it cannot read is told. References are
left alone: an incremental file may rely on rows it doesn't hold (`sbcd check` looks at them)."""

import argparse
import sys
from pathlib import Path

from sbcd.base.errors import Invalid, InvalidConfig, Problem
from sbcd.config import ini, ini_writer, loading
from sbcd.config.catalogue import catalogue
from sbcd.config.cli import Execute, Grammar, Session, omitted, write
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Snapshot
from sbcd.declared import DECLARED
from sbcd.rooms.shell import script

LARGEST = 20 << 20


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, help="an INI file or a CLI script")
    parser.add_argument("target", type=Path, help="what it becomes: *.ini is an INI file, all else a script")


def run(arguments: argparse.Namespace) -> int:
    """Writes `target`; 1 with every problem on stderr when `source` has any."""
    schema = Schema(DECLARED)
    try:
        snapshot = read(schema, _bytes(arguments.source))
    except (Invalid, OSError) as error:
        return _told(error)
    if arguments.target.suffix.lower() == ".ini":
        content = ini_writer.write(snapshot, schema, catalogue(), [])
    else:
        content = write(Grammar(schema), snapshot).encode()
        if lost := omitted(snapshot, schema.tables):
            print(f"A script cannot hold: {', '.join(lost)}", file=sys.stderr)
    arguments.target.write_bytes(content)
    return 0


def is_ini(data: bytes) -> bool:
    """Whether a file is an INI file: a script has no titles, comments of `;` or assignments."""
    for line in data.decode("latin-1").splitlines():
        if line.strip():
            return line.lstrip()[0] in "[;" or "=" in line.split('"')[0]
    return False


def read(schema: Schema, data: bytes) -> Snapshot:
    """The configuration that a file means; Invalid when it is none."""
    if is_ini(data):
        return loading.full(schema, ini.read(data, schema, catalogue()))
    return _follow(schema, data)


def _follow(schema: Schema, data: bytes) -> Snapshot:
    """What a script makes of a device without configuration; InvalidConfig with every bad line."""
    session = Session(Grammar(schema), schema.factory())
    problems: list[Problem] = []
    for number, line in enumerate([*script(data), None], 1):
        try:
            events = session.end() if line is None else session.take(number, line)
        except InvalidConfig as error:
            problems += error.problems
        except Invalid as error:
            problems.append(Problem(str(error), number))
        else:
            orders = [event.text for event in events if isinstance(event, Execute)]
            problems += [Problem(f"'{text}' is no configuration command", number) for text in orders]
    if problems:
        raise InvalidConfig(problems)
    return session.base


def _bytes(path: Path) -> bytes:
    if path.stat().st_size > LARGEST:
        raise Invalid(f"{path} is larger than {LARGEST >> 20} MB")
    return path.read_bytes()


def _told(error: Exception) -> int:
    problems = error.problems if isinstance(error, InvalidConfig) else (error,)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1
