"""The privilege table (guide tables 2-1 and 2-2, contract): each path, verb and level against the real tree.

One rule: the table below is written from the contract, not from the code."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sbcd.base.log import Ring
from sbcd.base.spool import Spool
from sbcd.device import Device, Options
from sbcd.web.dispatch import Tree, full_path
from sbcd.web.openapi import verbs
from sbcd.web.route import Request, Response, Route, User

TABLE = """
/api                                         M - -
/api/v1                                      M - -
/api/v1/versions                             M - -
/api/v1/actions                              A - -
/api/v1/actions/reset                        - - A
/api/v1/actions/saveConfiguration            - - A
/api/v1/actions/authToken                    - - S
/api/v1/status                               M - -
/api/v1/mc_status                            M - -
/api/v1/license                              A S -
/api/v1/alarms                               M - -
/api/v1/alarms/active                        M - -
/api/v1/alarms/history                       M - -
/api/v1/alarms/active/lastChange             M - -
/api/v1/alarms/active/7                      M - -
/api/v1/alarms/history/7                     M - -
/api/v1/kpi                                  M - -
/api/v1/kpi/current                          M - -
/api/v1/kpi/history                          M - -
/api/v1/kpi/interval                         M - -
/api/v1/files                                A - -
/api/v1/files/ini                            S S -
/api/v1/files/ini/incremental                - S -
/api/v1/files/cliScript                      S S -
/api/v1/files/cliScript/incremental          - S -
/api/v1/files/software                       - A -
/api/v1/files/software/hitless               - A -
/api/v1/files/cpt                            - A -
/api/v1/files/prt                            - A -
/api/v1/files/dialplan                       - A -
/api/v1/files/casTable                       - A -
/api/v1/files/amd                            - A -
/api/v1/files/usersInfo                      - A -
/api/v1/files/voiceprompts                   - A -
/api/v1/files/sbcWizard                      - A -
/api/v1/files/fxs                            - A -
/api/v1/files/fxo                            - A -
/api/v1/files/configurationPackage.tar.gz    S S -
/api/v1/files/configurationPackage           S S -
/api/v1/files/create/debugFile               - - A
/api/v1/files/create/debugFileRedundant      - - A
/api/v1/files/status/0123                    A - -
/api/v1/files/debugFile                      A - -
/api/v1/files/debugFileRedundant             A - -
/api/v1/files/tls                            S - -
/api/v1/files/tls/0                          S - -
/api/v1/files/tls/0/privateKey               S S -
/api/v1/files/tls/0/privateKey/generate      - - S
/api/v1/files/tls/0/certificate              S S -
/api/v1/files/tls/0/certificate/generate     - - S
/api/v1/files/tls/0/certificate/request      - - S
/api/v1/files/tls/0/trustedRoot              S S -
/api/v1/files/tls/0/trustedRoot/incremental  - S -
/api/v1/calls/active                         M - -
/api/v1/calls/topology                       A - -
/api/v1/calls/trace                          A - -
/api/v1/calls/trace/7                        A - -
/api/v1/calls/trace/7/pcap                   A - -
/api/v1/sipTestCall/dial                     - - A
/api/v1/sipTestCall/getStatus                M - -
/api/v1/sipTestCall/show                     M - -
/api/v1/sipTestCall/drop                     - - - A
/api/v1/sipTestCall/table                    M - -
/api/v1/sipTestCall/table/0/dial             - - A
/api/v1/actions/bearerToken                  S - S
/api/v1/actions/bearerToken/7/revoke         - - S
/metrics                                     M - -
/api/v1/openapi.json                         M - -
/api/v1/docs                                 M - -
/api/v1/docs/docs.css                        M - -
"""
LEVELS = {"M": 50, "A": 100, "S": 200}
ROWS = [line.split() for line in TABLE.strip().splitlines()]
SHOWN = ("GET", "PUT", "POST", "DELETE")  # the columns; one that is not there is "-"
VERBS = ("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE")
WHO = {"none": None, "wrong": None, "monitor": 50, "administrator": 100, "security": 200, "master": 220}


class Asked:
    """A request head; whoever looks at its body before it was admitted fails."""

    query = b""
    address = "127.0.0.1"
    secure = False

    def __init__(self, method: str, path: str, credentials: str) -> None:
        self.method = method
        self.path = path
        self.headers = [] if credentials == "none" else [(b"authorization", credentials.encode())]

    def chunks(self) -> AsyncIterator[bytes]:
        raise AssertionError("the body was read before the request was admitted (R1)")

    def spool(self) -> Spool:
        raise AssertionError("an upload was spooled before the request was admitted (R1)")


async def who(authorization: str | None, address: str) -> User | None:
    level = WHO[authorization or "none"]
    return None if level is None else User("somebody", level, address)


async def admitted(request: Request) -> Response:
    return Response(299)


def dummy(route: Route) -> Route:
    """The route as it is declared, with nothing behind it."""
    return replace(route, **{verb: replace(op, run=admitted, admit=None) for verb, op in verbs(route)})


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Route]]:
    async def build(folder: Path) -> list[Route]:
        device = Device(Options(folder, ("127.0.0.1", 0), ("127.0.0.1", 0)), Ring())
        await device.close()
        return device.tree.routes

    logging.getLogger("sbcd").setLevel(logging.ERROR)
    yield asyncio.run(build(tmp_path_factory.mktemp("state")))
    logging.getLogger("sbcd").setLevel(logging.NOTSET)


@pytest.fixture(scope="module")
def tree(declared: list[Route]) -> Tree:
    tree = Tree(who, lambda: None)
    tree.add(dummy(route) for route in declared)
    return tree


def expected(row: list[str], verb: str, credentials: str) -> int:
    """By R1: 401, 405, 403; a Master counts as Security Administrator."""
    level = WHO[credentials]
    if level is None:
        return 401
    needed = dict(zip(SHOWN, row[1:], strict=False)).get("GET" if verb == "HEAD" else verb, "-")
    if needed == "-":
        return 405
    return 299 if level >= LEVELS[needed] else 403


@pytest.mark.parametrize("credentials", WHO)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_verb_of_every_path_at_every_level(tree: Tree, row: list[str], credentials: str) -> None:
    for verb in VERBS:
        answer = asyncio.run(tree.serve(Asked(verb, row[0], credentials)))
        assert answer.status == expected(row, verb, credentials), (verb, answer.body)
        if answer.status == 401:
            assert dict(answer.headers)["WWW-Authenticate"].startswith("Basic realm="), "R2"
        if answer.status == 405:
            allowed = {v for v, level in zip(SHOWN, row[1:], strict=False) if level != "-"}
            assert set(answer.headers["Allow"].split(", ")) - {"HEAD"} == allowed


@pytest.mark.parametrize("credentials", WHO)
def test_unknown_urls_leak_nothing_without_credentials(tree: Tree, credentials: str) -> None:
    """R1: 401 before 404."""
    for path in (
        "/api/v2",
        "/api/v1/nowhere",
        "/api/v1/files/ini/other",
        "/api/v1//status",
        "/api/v1/status/x/y",
    ):
        answer = asyncio.run(tree.serve(Asked("GET", path, credentials)))
        assert answer.status == (401 if WHO[credentials] is None else 404)


def test_the_table_holds_every_path_of_the_tree(tree: Tree, declared: list[Route]) -> None:
    """A path nobody wrote into the table above would go untested; the KPI tree is walked in its own tests."""
    known = {found[0].path for row in ROWS if (found := tree.find(row[0]))}
    extra = {"/api/v1/status/debugFile"}
    missing = {full_path(route) for route in declared} - known - extra
    assert not {path for path in missing if not path.startswith("/api/v1/kpi/")}


@pytest.mark.parametrize("path", ["/API/V1/STATUS", "/api/v1/Status/", "/api/v1/st%61tus"])
def test_r5_paths_in_any_case_with_one_slash_at_the_end(tree: Tree, path: str) -> None:
    found = tree.find(path)
    assert found is not None
    assert found[2] == "/api/v1/status"
