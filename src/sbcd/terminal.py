"""`sbcd cli`: the command line of the device, over its REST API.

One rule: what is typed is understood here (completion, help, errors) and done there; every complete block is
one incremental script. Nothing is kept but the modes and a copy of the running configuration."""

import argparse
import getpass
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import httpx

from sbcd.base.errors import InvalidConfig, SbcdError
from sbcd.config.cli import Changed, Execute, Grammar, Printed, Session
from sbcd.config.cli.help import nexts
from sbcd.config.cli.replay import lines
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Snapshot
from sbcd.declared import DECLARED

PATIENCE = 30.0  # seconds for an answer


class Refusal(Exception):
    """The device said no, or cannot be reached."""


class Remote:
    """The device behind its REST API."""

    def __init__(self, url: str, user: str, password: str, verify: bool = True) -> None:
        base = f"{url.rstrip('/')}/api/v1"
        self._http = httpx.Client(base_url=base, auth=(user, password), verify=verify, timeout=PATIENCE)

    def _ask(self, verb: str, path: str, **more: Any) -> httpx.Response:
        try:
            response = self._http.request(verb, path, **more)
        except httpx.HTTPError as error:
            raise Refusal(f"Cannot reach the device: {error}") from error
        if response.status_code == 401:
            raise Refusal("The device does not know this user or password")
        if response.status_code >= 400:
            try:
                told = response.json()["description"]
            except (ValueError, KeyError, TypeError):
                told = f"status {response.status_code}"
            raise Refusal(str(told))
        return response

    def __enter__(self) -> "Remote":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def product(self) -> str:
        return str(self._ask("GET", "/status").json()["productType"])

    def configuration(self) -> str:
        """The running configuration as a script."""
        return self._ask("GET", "/files/cliScript").text

    def reset(self, save: bool) -> str:
        """Resets the device."""
        wish = {"saveConfiguration": save}
        return str(self._ask("POST", "/actions/reset", json=wish).json()["description"])

    def run(self, script: str) -> tuple[bool, str]:
        """Whether a script was followed to its end, and its output."""
        file = {"file": ("cli.txt", script.encode())}
        answer = self._ask("PUT", "/files/cliScript/incremental", files=file).json()
        return answer["status"] == "success", str(answer["output"]).rstrip("\n")


class Terminal:
    """The modes of one user. `follow` takes a line and returns what is to be printed."""

    def __init__(self, remote: Remote) -> None:
        self.remote = remote
        self.schema = Schema(DECLARED)
        self.grammar = Grammar(self.schema)
        self.session = Session(self.grammar, self._running())
        self.product = remote.product()
        self.unsaved = False
        self.failures = 0
        self._shows: dict[str, list[str]] = {}  # what may follow `show ...`, as the device told it
        self._number = 0

    @property
    def prompt(self) -> str:
        return f"{self.product}{self.session.prompt.removesuffix('#')}{'*' if self.unsaved else ''}# "

    def _running(self) -> Snapshot:
        """The running configuration, as far as it is understood here."""
        session = Session(self.grammar, self.schema.factory())
        for number, line in enumerate(self.remote.configuration().splitlines(), 1):
            try:
                session.take(number, line)
            except SbcdError:
                continue  # of another version of the device
        session.end()
        return session.base

    def follow(self, line: str) -> Iterator[str]:
        """What a line prints; a refusal, too, is printed."""
        self._number += 1
        before = self.session.base
        try:
            for event in self.session.take(self._number, line):
                if isinstance(event, Printed):
                    yield event.text
                elif isinstance(event, Execute):
                    yield self._execute(event.text)
                elif isinstance(event, Changed):
                    self._send(lines(self.grammar, event.block, before, self.session.base))
                    before = self.session.base
        except InvalidConfig as error:
            yield from self._failed("; ".join(problem.what for problem in error.problems))
        except (SbcdError, Refusal) as error:
            yield from self._failed(str(error))

    def _failed(self, why: str) -> Iterator[str]:
        self.failures += 1
        yield f"Cannot do this: {why}"

    def _execute(self, text: str) -> str:
        if text.lower().split() in (["reload", "now"], ["reload", "without-saving"]):
            return self.remote.reset(save=text.lower().endswith("now"))
        done, output = self.remote.run(text)
        if not done:
            raise Refusal(output.removeprefix("Cannot execute line 1: "))
        if text == "write":
            self.unsaved = False
        return output

    def _send(self, script: list[str]) -> None:
        try:
            done, output = self.remote.run("\n".join(script))
            if not done:
                told = [line for line in output.splitlines() if line != "Done"]
                raise Refusal(told[0].partition(": ")[2] if told else output)
            self.unsaved = True
        except Refusal:
            self.session.base = self._running()  # what was refused here was not done there
            raise

    def _shown(self, begun: str) -> list[str]:
        """The words that may follow `show <begun>`: the rooms of the device know them."""
        if begun not in self._shows:
            _, output = self.remote.run(f"show {begun} ?")
            self._shows[begun] = [line.split()[0] for line in output.splitlines() if line.startswith("  ")]
        return self._shows[begun]

    def help(self, text: str) -> Iterator[str]:
        """What `?` prints behind a text: what may follow, or how its last word may go on."""
        last = text.rpartition(" ")[2]
        yield from (f"  {word}" for word in self.words(text)) if last else self.follow(f"{text} ?")

    def words(self, text: str) -> Iterable[str]:
        """What the last, unfinished word of a text may become."""
        before, _, last = text.rpartition(" ")
        try:
            first, _, rest = before.strip().partition(" ")
            if first and "show".startswith(first.lower()):
                known: Iterable[str] = self._shown(rest)
            else:
                known = nexts(self.session, before)
        except (SbcdError, Refusal):
            return
        yield from (word for word in known if word.startswith(last.lower()) and not word.startswith("<"))


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="where the device is")
    parser.add_argument("--user", default="Admin")
    parser.add_argument("--password", help="asked for when it is neither here nor in SBCD_PASSWORD")
    parser.add_argument("--insecure", action="store_true", help="take any certificate")


def run(arguments: argparse.Namespace) -> int:
    """Reads commands from the terminal, or from a file or pipe; 1 when a line of those failed."""
    password = arguments.password or os.environ.get("SBCD_PASSWORD")
    if password is None:
        password = getpass.getpass(f"Password of {arguments.user}: ")
    with Remote(arguments.url, arguments.user, password, not arguments.insecure) as remote:
        try:
            return _serve(Terminal(remote))
        except Refusal as error:
            print(f"sbcd: {error}", file=sys.stderr)
            return 1


def _serve(terminal: Terminal) -> int:
    if sys.stdin.isatty():
        from sbcd.keys import converse

        converse(terminal)
        return 0
    for line in sys.stdin:
        if terminal.session.mode is None and line.strip() in {"exit", "quit"}:
            break
        for text in terminal.follow(line.rstrip("\r\n")):
            print(text)
    return 1 if terminal.failures else 0
