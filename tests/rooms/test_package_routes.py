"""The path of the configuration package: one at a time, all or nothing (R8, R10)."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rooms.test_package import Text
from sbcd.base.errors import Conflict, Invalid
from sbcd.base.vault import Vault
from sbcd.rooms import package
from sbcd.rooms.package import Package
from sbcd.web.route import Level, User

USER = User("Admin", Level.SECURITY_ADMINISTRATOR, "127.0.0.1")


class Upload:
    fields: dict[str, str] = {}  # noqa: RUF012

    def __init__(self, data: bytes) -> None:
        self.read = lambda: data


class Request:
    """As much of a request as the path needs."""

    query: dict[str, str] = {}  # noqa: RUF012
    user = USER

    def __init__(self, data: bytes) -> None:
        self.data = data

    async def upload(self, limit: int) -> Upload:
        return Upload(self.data)


class Device:
    def __init__(self, folder: Path) -> None:
        self.vault = Vault(folder)
        self.package = Package(self.vault, [Text()])
        self.resetting = False
        self.gate = asyncio.Event()
        self.gate.set()
        (route, _) = package.routes(self.package, self.reset, self.offload)
        assert route.put is not None
        self.put: Any = route.put.run

    async def offload(self, work: Callable[[], Any]) -> Any:
        await self.gate.wait()
        return work()

    async def reset(self, user: User) -> Any:
        if self.resetting:
            raise Conflict("The device is resetting already")
        self.resetting = True

        async def then() -> None:
            pass

        return then


def test_a_second_package_does_not_take_the_place_of_the_first(tmp_path: Path) -> None:
    async def story() -> None:
        device = Device(tmp_path)
        right = device.package.make(None)
        device.gate.clear()
        first = asyncio.ensure_future(device.put(Request(right)))
        await asyncio.sleep(0)
        with pytest.raises(Conflict, match="being loaded already"):
            await device.put(Request(right))
        device.gate.set()
        assert (await first).status == 200
        with pytest.raises(Conflict, match="being loaded already"):
            await device.put(Request(b"junk"))
        assert Package.staged(device.vault) is not None

    asyncio.run(story())


def test_a_wrong_package_and_one_that_comes_in_a_reset_leave_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        device = Device(tmp_path)
        with pytest.raises(Invalid):
            await device.put(Request(b"junk"))
        device.resetting = True
        with pytest.raises(Conflict, match="resetting"):
            await device.put(Request(device.package.make(None)))
        assert Package.staged(device.vault) is None
        device.resetting = False
        assert (await device.put(Request(device.package.make(None)))).status == 200

    asyncio.run(story())
