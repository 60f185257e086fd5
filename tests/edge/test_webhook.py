"""Alarms posted as JSON: delivered once when all is well, again when it is not."""

import asyncio
import json
from typing import Any

import pytest

from sbcd.edge.webhook import Hook, Webhook


async def posted(statuses: list[int], alarms: int, path: str = "/hook") -> tuple[list[Any], list[str], str]:
    """What a receiver got that answers with these statuses (then 200), its heads, and the trouble told."""
    bodies: list[Any] = []
    heads: list[str] = []

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                size = next(
                    int(line.split(":")[1]) for line in head.splitlines() if "content-length" in line.lower()
                )
                bodies.append(json.loads(await reader.readexactly(size)))
                heads.append(head)
                status = statuses.pop(0) if statuses else 200
                writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(receive, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    hook = Webhook(pause=0.01)
    await hook.to(Hook(f"http://127.0.0.1:{port}{path}", token="s3cret"))
    expected = alarms + sum(status >= 500 or status in {408, 425, 429} for status in statuses)
    for number in range(alarms):
        hook.send({"id": str(number)})
    for _ in range(1500):
        if len(bodies) >= expected:
            break
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    trouble = hook.trouble or ""
    await hook.close()
    server.close()
    await asyncio.sleep(0.05)  # the receiver sees the end and closes too
    return bodies, heads, trouble


def test_an_alarm_is_posted_once_with_its_token() -> None:
    bodies, heads, trouble = asyncio.run(posted([], 2))
    assert bodies == [{"id": "0"}, {"id": "1"}]
    assert heads[0].startswith("POST /hook HTTP/1.1\r\n")
    assert "authorization: bearer s3cret" in heads[0].lower()
    assert "content-type: application/json" in heads[0].lower()
    assert trouble == ""


def test_it_is_tried_again_while_the_receiver_is_unwell() -> None:
    bodies, _, _ = asyncio.run(posted([503, 500, 429], 2))
    assert bodies == [{"id": "0"}] * 4 + [{"id": "1"}]


def test_a_hook_that_is_not_there_is_trouble_without_its_secrets() -> None:
    async def transcript() -> str:
        hook = Webhook(pause=0.01)
        await hook.to(Hook("http://127.0.0.1:9/x?key=s3cret", token="s3cret"))
        hook.send({"id": "1"})
        for _ in range(1000):
            await asyncio.sleep(0.01)
            if hook.trouble:
                break
        trouble = hook.trouble or ""
        await hook.close()
        return trouble

    trouble = asyncio.run(transcript())
    assert trouble
    assert "s3cret" not in trouble
    assert "s3cret" not in repr(Hook("http://127.0.0.1", token="s3cret"))


def test_nothing_is_sent_without_a_hook() -> None:
    async def transcript() -> None:
        hook = Webhook()
        hook.send({"id": "1"})
        await hook.to(None)
        await hook.close()

    asyncio.run(transcript())


@pytest.mark.parametrize("status", [200, 202, 204, 400, 404, 410])
def test_statuses_that_settle_it(status: int) -> None:
    async def transcript() -> list[Any]:
        return (await posted([status], 1, f"/{status}"))[0]

    assert asyncio.run(asyncio.wait_for(transcript(), 10)) == [{"id": "0"}]
