"""The command line: `sbcd run`, and the small tools beside it.

One rule: a subcommand is one line of `COMMANDS`, and loads its code only when it is called."""

import argparse
import gc
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from sbcd import __version__

OK, FAILED, USAGE = 0, 1, 2
"""Exit codes: done; could not be done; the command line is wrong (argparse uses 2 as well)."""


@dataclass(frozen=True, slots=True)
class Command:
    """One subcommand: what it is for, its arguments, and what it does; the result is the exit code."""

    help: str
    declare: Callable[[argparse.ArgumentParser], object]
    run: Callable[[argparse.Namespace], int]


def address(text: str) -> tuple[str, int]:
    """`127.0.0.1:8080` or `[::1]:8080`."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is not ADDRESS:PORT")
    return host.strip("[]"), int(port)


def _declare_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", type=Path, default=Path("state"), metavar="DIR", help="state directory")
    parser.add_argument("--http", type=address, default=("127.0.0.1", 8080), metavar="ADDRESS:PORT")
    parser.add_argument("--https", type=address, default=("127.0.0.1", 8443), metavar="ADDRESS:PORT")
    parser.add_argument("--ini", type=Path, metavar="FILE", help="configuration of the first start")
    parser.add_argument(
        "--network",
        choices=("loopback", "host"),
        default="loopback",
        help="loopback: bind a.b.c.d of the configuration as 127.b.c.d (default); host: bind what it says",
    )
    parser.add_argument(
        "--own",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="loopback: what an IP interface with 127.0.0.1 binds, so that devices can share a machine",
    )


def _run(arguments: argparse.Namespace) -> int:
    gc.disable()  # what is loaded now stays: there is nothing to be found among it
    from sbcd.base.errors import SbcdError

    try:
        if arguments.ini is not None:
            arguments.ini.open("rb").close()  # before anything is made
        return _live(arguments)
    except (OSError, ValueError, SbcdError) as error:
        print(f"sbcd: Cannot start: {error}", file=sys.stderr)
        return FAILED


def _live(arguments: argparse.Namespace) -> int:
    from sbcd import launch

    launch.enter(arguments.state)
    from sbcd.first import FirstKey

    make_key = FirstKey(arguments.state)
    import uvloop

    from sbcd.base import log
    from sbcd.device import Options, live
    from sbcd.edge.process import give_memory_back, open_many_files

    give_memory_back()
    open_many_files()
    ring = log.start()
    log.keep(arguments.state / "log" / "device.log")
    gc.set_threshold(100_000, 20, 20)  # a configuration is many small values that make no cycles
    gc.freeze()
    gc.enable()
    options = Options(
        arguments.state,
        arguments.http,
        arguments.https,
        arguments.ini,
        arguments.network,
        arguments.own,
        make_key,
    )
    if uvloop.run(live(options, ring)):
        launch.restart()
    return OK


def _declare_docs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is behind")


def _docs(arguments: argparse.Namespace) -> int:
    from sbcd.pages import behind, write

    if not arguments.check:
        write()
        return OK
    late = behind()
    for page in late:
        print(f"{page} is behind: make docs", file=sys.stderr)
    return FAILED if late else OK


def _declare_load(parser: argparse.ArgumentParser) -> None:
    from sbcd.signing import declare_load

    declare_load(parser)


def _declare_licence(parser: argparse.ArgumentParser) -> None:
    from sbcd.signing import declare_licence

    declare_licence(parser)


def _sign(arguments: argparse.Namespace) -> int:
    from sbcd.signing import run

    return run(arguments)


def _declare_check(parser: argparse.ArgumentParser) -> None:
    from sbcd.checking import declare

    declare(parser)


def _check(arguments: argparse.Namespace) -> int:
    from sbcd.checking import run

    return run(arguments)


def _declare_cli(parser: argparse.ArgumentParser) -> None:
    from sbcd.terminal import declare

    declare(parser)


def _cli(arguments: argparse.Namespace) -> int:
    from sbcd.terminal import run

    return run(arguments)


def _declare_convert(parser: argparse.ArgumentParser) -> None:
    from sbcd.convert import declare

    declare(parser)


def _convert(arguments: argparse.Namespace) -> int:
    from sbcd.convert import run

    return run(arguments)


COMMANDS: dict[str, Command] = {
    "run": Command("run the device", _declare_run, _run),
    "check": Command("check an INI file or a CLI script", _declare_check, _check),
    "load": Command("make, check and trust software loads", _declare_load, _sign),
    "licence": Command("make, check and trust licence keys", _declare_licence, _sign),
    "cli": Command("the command line of a running device", _declare_cli, _cli),
    "convert": Command("turn an INI file into a CLI script, or back", _declare_convert, _convert),
    "docs": Command("write the generated pages of docs/", _declare_docs, _docs),
}


def parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The reader of a command line that holds these words."""
    parser = argparse.ArgumentParser(prog="sbcd", description="An open session border controller.")
    parser.add_argument("--version", action="version", version=f"sbcd {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        below = commands.add_parser(name, help=command.help, description=command.help)
        if name in words:  # only the one that was chosen loads its code
            command.declare(below)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    words = sys.argv[1:] if arguments is None else list(arguments)
    chosen = parser(words).parse_args(words)
    return COMMANDS[chosen.command].run(chosen)


def entry() -> NoReturn:
    sys.exit(main())


if __name__ == "__main__":
    entry()
