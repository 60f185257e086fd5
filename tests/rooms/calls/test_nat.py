"""NatMode: where the media of a peer are sent."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from sbcd.media.relay import Side
from sbcd.rooms.calls.figures import Timers
from sbcd.rooms.calls.nat import nat
from sbcd.rooms.calls.routing import Router
from sbcd.sip.events import Flow

from .playbook import plan

TOLD, SEEN = ("192.0.2.1", 4000), ("198.51.100.9", 6000)


def leg(contact: str, remote: str) -> Any:
    return SimpleNamespace(target=contact, flow=Flow(0, "udp", ("", 0), (remote, 5060)))


@pytest.mark.parametrize(
    ("mode", "contact", "word"),
    [
        (0, "sip:a@192.0.2.1", "auto"),
        (1, "sip:a@192.0.2.1", "off"),
        (2, "sip:a@192.0.2.1", "force"),
        (3, "sip:a@192.0.2.1", "off"),
        (3, "sip:a@10.0.0.1", "force"),
        (3, "sip:sip.example.com;transport=tls", "off"),
        (3, "", "off"),
    ],
)
def test_the_word_of_a_leg(mode: int, contact: str, word: str) -> None:
    router = Router(plan(timers=Timers(nat=mode)))
    assert nat(router, leg(contact, "192.0.2.1")) == word


def test_on_a_loopback_network_addresses_are_compared_as_they_are_there() -> None:
    router = Router(plan(timers=Timers(nat=3), loopback=True))
    assert nat(router, leg("sip:a@10.0.0.1", "127.0.0.1")) == "off"
    assert nat(router, leg("sip:a@10.0.0.2", "127.0.0.1")) == "force"


@pytest.mark.parametrize(
    ("word", "before", "after"), [("auto", TOLD, SEEN), ("off", TOLD, TOLD), ("force", None, SEEN)]
)
def test_where_packets_go(word: str, before: tuple[str, int], after: tuple[str, int]) -> None:
    side = Side()
    side.nat = cast("Any", word)
    side.settle(TOLD, (TOLD[0], TOLD[1] + 1), strict=False)
    assert side.target == before
    assert side.take(b"\x80\x08" + bytes(20), SEEN, 1.0)
    assert side.target == after


def test_without_an_announced_place_it_goes_to_where_packets_come_from() -> None:
    side = Side()
    side.nat = "off"
    side.settle(None, None, strict=False)
    side.take(b"\x80\x08" + bytes(20), SEEN, 1.0)
    assert side.target == SEEN
