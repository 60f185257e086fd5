"""Every message of every peer may be damaged: nothing crashes, every fact can be sent, nothing is left."""

import msgspec
import pytest

from .damage import Peers
from .playbook import Hands


@pytest.mark.parametrize("seed", range(3))
def test_damaged_messages_crash_nothing_and_leave_nothing(seed: int) -> None:
    hands = Hands()
    encode = msgspec.msgpack.Encoder().encode
    hands.switch.tell = lambda fact: encode(fact) and None
    hands.switch.record = lambda line: line.encode() and None
    peers = Peers(hands, seed)
    for number in range(700):
        peers.exchange()
        if number % 20 == 0:
            hands.wait(peers.random.choice([1, 5, 40]))
            hands.out.clear()
    hands.wait(4000)
    switch = hands.switch
    assert all(call.up for call in switch.calls.values())  # those whose BYE was lost in the damage
    legs = {id(leg) for call in switch.calls.values() for leg in (call.a, call.b)}
    assert not [leg for leg in switch.legs.values() if id(leg) not in legs]
    kept = {name: size for name, size in switch.endpoint.sizes.items() if name not in {"timers", "finished"}}
    assert not any(kept.values())
