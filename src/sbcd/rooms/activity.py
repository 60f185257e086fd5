"""Who did what: each action and each change of the configuration, with user, address and interface.

One rule: values are told, secrets never (R34). Everything is logged on the device; what ActivityListToLog
names goes to the collector too, and as a trap with EnableActivityTrap."""

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from sbcd.base.errors import Problem
from sbcd.config.snapshot import Change, Inert, Key, value
from sbcd.config.table import Column, Params, Row
from sbcd.rooms.alarms import ActivityParams, Alarms, alarm_type
from sbcd.web.route import Operation, Request, Response, Route, User

ACTIVITY = alarm_type("acActivityLog")
MOST_TOLD = 20
"""Lines about one change of the configuration; a whole new one is not told value by value."""
LONGEST = 60
"""Characters of a value in a line."""
PARAMETER, SENSITIVE, ACTION = "pvc", "spc", "ae"
"""Codes of ActivityListToLog. The others that are used: afl (files), dr (reset), fb (saved), swu (software),
ini and cli (configuration files), LOGIN and REFUSED."""
LOGIN, REFUSED = "ll", "naa"

CODES = (("/files/software", "swu"), ("/files/tls", SENSITIVE), ("/files/create", ACTION), ("/files", "afl"))
"""The code of what is done below a path."""
TELL_THEMSELVES = ("/actions/reset", "/actions/saveConfiguration", "/files/ini", "/files/cliScript")
"""Paths whose rooms say in their own words what was done."""

_URL = re.compile(r"(\w+://)(?:[^/?#\s]*@)?([^/?#\s]+)(\S*)")

_told = logging.getLogger("sbcd.activity")
_kept = logging.getLogger("sbcd.activity.local")


class Activity:
    """The activity log; a follower of its own parameters."""

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms
        self._codes: frozenset[str] = frozenset()
        self._trap = False

    def __call__(self, what: str, user: User, code: str = ACTION) -> None:
        """`user` did `what` (a sentence without its full stop); `code` is that of ActivityListToLog."""
        self._log(f"{what}. User:{user.name}. Session: {user.via} [{user.address}]", code)

    def entered(self, user: User) -> None:
        """Somebody logged in by password. A client that goes on with the same credentials is told once in a
        while only."""
        self("Login", user, LOGIN)

    def refused(self, user: User) -> None:
        """Somebody came with a name and password that are not right; the name is whatever was typed."""
        self("Login refused", replace(user, name=user.name[:LONGEST]), REFUSED)

    def changed(self, change: Change, by: Any) -> None:
        """A change of the configuration was made, by a `User` or (None) by the device itself."""
        lines: list[tuple[str, str]] = []
        for key in change.differences():
            if len(lines) > MOST_TOLD:
                break
            lines += described(change, key)
        if len(lines) > MOST_TOLD:
            lines = [*lines[:MOST_TOLD], ("and more was changed", PARAMETER)]
        who = by if isinstance(by, User) else User("(device)", 0, "local", "device")
        for what, code in lines:
            self(what, who, code)

    def check(self, change: Change) -> Iterable[Problem]:
        return ()

    async def apply(self, change: Change) -> None:
        params = change.new.params(ActivityParams)
        monitored = {PARAMETER} if params.enable_parameters_monitoring else set()
        self._codes = frozenset(code.lower() for code in params.logged) | monitored
        self._trap = params.enable_activity_trap

    def _log(self, text: str, code: str) -> None:
        listed = code in self._codes
        (_told if listed else _kept).log(25, "%s", text)
        if listed and self._trap:
            self._alarms.event(ACTIVITY, "Board#1", text)


def audited(routes: Iterable[Route], activity: Activity) -> list[Route]:
    """The same routes, of which every PUT, POST and DELETE that was not refused is told."""

    def told(route: Route, operation: Operation | None) -> Operation | None:
        if operation is None or route.path.startswith(TELL_THEMSELVES):
            return operation
        code = next((code for path, code in CODES if route.path.startswith(path)), ACTION)
        run = operation.run

        async def running(request: Request) -> Response:
            response = await run(request)
            if response.status < 400:
                activity(f"{request.verb} {request.path}", request.user, code)
            return response

        return replace(operation, run=running)

    return [
        replace(
            route, put=told(route, route.put), post=told(route, route.post), delete=told(route, route.delete)
        )
        for route in routes
    ]


def described(change: Change, key: Key) -> Iterator[tuple[str, str]]:
    """What differs at a key, as sentences with their codes."""
    old, new = value(change.old, key), value(change.new, key)
    if isinstance(key, str):
        yield f"{(new or old).name} was changed", PARAMETER
    elif isinstance(key, tuple):
        place = f"{key[0]} {key[1]}"
        (before, _), (after, _) = old, new
        if before is None or after is None or isinstance(before, Inert) or isinstance(after, Inert):
            word = "added" if not any(old) else "removed" if not any(new) else "changed"
            yield f"{place} was {word}", PARAMETER
        else:
            for what, code in _columns(before.__table__, before, after):
                yield f"{place} {what}", code
    else:
        yield from _columns(key.__params__, old, new)


def _columns(declared: Iterable[Column], old: Row | Params, new: Row | Params) -> Iterator[tuple[str, str]]:
    for column in declared:
        before, after = getattr(old, column.name), getattr(new, column.name)
        if before == after:
            continue
        if column.secret:
            yield f"{column.ini} was changed", SENSITIVE
        elif column.array is None:
            yield _from_to(column, column.ini, before, after), PARAMETER
        else:
            for number, (one, other) in enumerate(zip(before, after, strict=False)):
                if one != other:
                    yield _from_to(column, f"{column.ini}_{number}", one, other), PARAMETER
    if old.carried != new.carried:
        yield "other columns were changed", PARAMETER


def _from_to(column: Column, name: str, old: Any, new: Any) -> str:
    texts = []
    for it in (old, new):
        text = ", ".join(map(str, it)) if column.listed else column.codec.write(it)
        text = _URL.sub(_host_only, text)
        texts.append(text if len(text) <= LONGEST else text[: LONGEST - 3] + "...")
    return f"{name} was changed from '{texts[0]}' to '{texts[1]}'"


def _host_only(url: re.Match[str]) -> str:
    """A URL without what may be a secret in it (R34): who asks, and whatever stands behind the host, where
    web hooks have their keys."""
    scheme, host, rest = url.groups()
    return f"{scheme}{host}{'/...' if rest.strip('/') else rest}"
