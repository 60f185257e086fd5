"""/files/ini and /files/ini/incremental over the room itself: what is answered, what is refused (R25-R28)."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.disk import store
from config.model import NtpParams, ProxySet
from sbcd.base.errors import InvalidConfig
from sbcd.config.store import Store
from sbcd.rooms.configuration import Configuration, problems, routes
from sbcd.web.route import Level, User

ADMIN = User("Admin", Level.SECURITY_ADMINISTRATOR, "127.0.0.1")


async def here(work: Callable[[], Any]) -> Any:
    return work()


def room(folder: Path) -> tuple[Store, Configuration, list[str]]:
    done: list[str] = []
    it = store(folder)
    return it, Configuration(it, here, lambda: ["Board: test"], lambda what, user: done.append(what)), done


def test_a_merge_is_running_but_not_saved(tmp_path: Path) -> None:  # R26, R12
    it, configuration, done = room(tmp_path)
    told = asyncio.run(configuration.merge(b"NTPServerIP = 'time'\n", ADMIN))
    assert told == "Incremental INI file was loaded."
    assert it.running.params(NtpParams).server == "time"
    assert (it.save_needed, it.epoch, done) == (True, 1, ["Incremental INI file loaded"])


def test_a_full_file_replaces_everything_and_is_saved(tmp_path: Path) -> None:  # R25
    it, configuration, done = room(tmp_path)
    asyncio.run(configuration.merge(b"NTPServerIP = 'time'\n", ADMIN))
    told = asyncio.run(configuration.replace(b"NTPServerUTCOffset = 60\n", ADMIN))
    assert told == "Device will reset now to activate new configuration"
    assert it.running.params(NtpParams) == NtpParams(offset=60)
    assert it.saved is it.running
    assert done[-1] == "INI file loaded"


def test_what_has_no_effect_is_told(tmp_path: Path) -> None:  # R27
    _, configuration, _ = room(tmp_path)
    text = (
        b"MediaChannels = 30\n[ ProxySet ]\nFORMAT Index = ProxyName, DedicatedConnectionMode;\n"
        b'ProxySet 1 = "a", 1;\nProxySet 2 = "b", 0;\n[ \\ProxySet ]\n'
        b"[ TelProfile ]\nFORMAT Index = ProfileName;\n"
    )
    assert asyncio.run(configuration.merge(text, ADMIN)) == (
        "Incremental INI file was loaded. Carried without effect: "
        "MediaChannels, ProxySet.DedicatedConnectionMode, TelProfile."
    )
    marked = b'[ ProxySet ]\nFORMAT Index = ProxyName, TLSContextName;\nProxySet 1 = "a", "x";\n'
    marked += b"[ TLSContexts ]\nFORMAT Index = Name;\n"
    older = b";Software Version: 6.60A.200\n" + marked
    assert asyncio.run(configuration.replace(older, ADMIN)) == (
        "Device will reset now to activate new configuration. "
        "Inactive rows: ProxySet 1 TLSContextName: there is no TLSContexts 'x'."
    )


def test_a_refused_file_changes_nothing_and_names_the_line(tmp_path: Path) -> None:  # R8
    it, configuration, done = room(tmp_path)
    before = it.running
    text = b"NTPServerIP = 'x'\n[ ProxySet ]\nFORMAT Index = ProxyName, TLSContextName;\n"
    text += b'ProxySet 4 = "a", "no";\n'
    for load in (configuration.merge, configuration.replace):
        with pytest.raises(
            InvalidConfig, match="line 4: ProxySet 4 TLSContextName: there is no TLSContexts 'no'"
        ):
            asyncio.run(load(text + b"[TLSContexts]\nFORMAT Index = Name;\n", ADMIN))
    assert it.running is before
    assert not it.save_needed
    assert done == []


def test_what_is_exported_loads_again(tmp_path: Path) -> None:
    it, configuration, _ = room(tmp_path)
    asyncio.run(configuration.merge(b'[ProxySet]\nFORMAT Index = ProxyName;\nProxySet 4 = "a";\n', ADMIN))
    text = asyncio.run(configuration.export())
    assert text.startswith(b";**************\r\n;** Ini File **\r\n;**************\r\n\r\n;Board: test\r\n")
    before = it.running
    asyncio.run(configuration.replace(text, ADMIN))
    assert it.running == before
    assert it.running.rows(ProxySet)[4].name == "a"


def test_problems_of_a_file_without_a_device(tmp_path: Path) -> None:
    it, _, _ = room(tmp_path)
    assert problems(b"NTPServerIP = 'x'\n", it.schema) == []
    text = b"[SIPInterface]\nFORMAT Index = InterfaceName, TLSContext;\nSIPInterface 0 = a, b;\n"
    text += b"[TLSContexts]\nFORMAT Index = Name;\n"
    assert [str(problem) for problem in problems(text, it.schema)] == [
        "line 3: SIPInterface 0 TLSContext: there is no TLSContexts 'b'"
    ]
    assert [str(problem) for problem in problems(b"Nope = 1\n", it.schema)] == [
        "line 1: unknown parameter 'Nope'"
    ]


def test_the_tree(tmp_path: Path) -> None:
    async def reset(by: User) -> Any:
        raise AssertionError

    found = {route.path: route for route in routes(room(tmp_path)[1], reset)}
    assert set(found) == {"/files/ini", "/files/ini/incremental"}
    for route in found.values():
        for operation in (route.get, route.put):
            assert operation is None or operation.level == Level.SECURITY_ADMINISTRATOR
    put = found["/files/ini/incremental"].put
    assert put is not None
    assert put.exclusive
