"""The queue before a receiver that may be slow, broken or gone."""

import asyncio

from sbcd.edge.outbox import Outbox


async def settled(outbox: Outbox[int]) -> None:
    for _ in range(2000):
        if not outbox._waiting:
            return
        await asyncio.sleep(0.005)
    raise AssertionError("messages still wait")


def test_in_order_and_again_after_a_failure() -> None:
    async def transcript() -> tuple[list[int], int]:
        came: list[int] = []
        failures = [True, True, False]

        async def deliver(number: int) -> None:
            if number == 2 and failures.pop(0):
                raise OSError("down")
            came.append(number)

        outbox = Outbox(deliver, pause=0.001)
        for number in (1, 2, 3):
            outbox.put(number)
        await settled(outbox)
        await outbox.stop()
        return came, outbox.lost

    assert asyncio.run(transcript()) == ([1, 2, 3], 0)


def test_given_up_after_its_tries() -> None:
    async def transcript() -> tuple[list[int], int, str | None]:
        tried: list[int] = []

        async def deliver(number: int) -> None:
            tried.append(number)
            if number == 1:
                raise OSError("down")

        outbox = Outbox(deliver, tries=3, pause=0.001)
        outbox.put(1)
        outbox.put(2)
        await settled(outbox)
        await outbox.stop()
        return tried, outbox.lost, outbox.trouble

    assert asyncio.run(transcript()) == ([1, 1, 1, 2], 1, None)


def test_a_full_queue_loses_its_oldest_and_counts_them() -> None:
    async def transcript() -> tuple[list[int], int]:
        came: list[int] = []
        gate = asyncio.Event()

        async def deliver(number: int) -> None:
            await gate.wait()
            came.append(number)

        outbox = Outbox(deliver, most=3)
        for number in range(10):
            outbox.put(number)
        gate.set()
        await settled(outbox)
        await outbox.stop()
        return came, outbox.lost

    assert asyncio.run(transcript()) == ([7, 8, 9], 7)


def test_stopping_gives_what_waits_its_grace() -> None:
    async def transcript() -> list[int]:
        came: list[int] = []

        async def deliver(number: int) -> None:
            await asyncio.sleep(0.01)
            came.append(number)

        outbox = Outbox(deliver)
        for number in range(5):
            outbox.put(number)
        await outbox.stop(grace=1.0)
        return came

    assert asyncio.run(transcript()) == [0, 1, 2, 3, 4]
