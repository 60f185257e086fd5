"""What a side decides and counts: latching, loss, jitter, reports, ports."""

from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbcd.media.contract import Realm
from sbcd.media.ports import Ports
from sbcd.media.relay import Side
from sbcd.media.rtp import Source, is_rtcp, reports

PEER = ("192.0.2.1", 4000)
NAT = ("198.51.100.7", 61000)
THIEF = ("203.0.113.9", 5)


def rtp(sequence, stamp=None, ssrc=7, kind=0, size=160):
    stamp = sequence * 160 if stamp is None else stamp
    return pack(">BBHII", 0x80, kind, sequence & 0xFFFF, stamp & 0xFFFFFFFF, ssrc) + bytes(size)


def side(strict=False):
    made = Side()
    made.settle(PEER, (PEER[0], PEER[1] + 1), strict)
    return made


def test_the_first_packet_latches_its_source():
    here = side()
    assert here.target == PEER
    assert here.take(rtp(1), NAT, 0.0)
    assert here.target == NAT


def test_a_thief_is_refused_while_the_source_speaks():
    here = side()
    for n in range(10):
        assert here.take(rtp(n), NAT, n * 0.02)
        assert not here.take(rtp(900 + n, ssrc=9), THIEF, n * 0.02 + 0.01)
    assert here.target == NAT
    assert (here.count().packets, here.count().refused, here.count().lost) == (10, 10, 0)


def test_dynamic_takes_a_new_source_after_silence_and_three_packets():
    here = side()
    here.take(rtp(1), PEER, 0.0)
    assert [here.take(rtp(n, ssrc=9), NAT, 1 + n * 0.02) for n in range(4)] == [False, False, True, True]
    assert here.target == NAT


def test_strict_never_lets_go():
    here = side(strict=True)
    here.take(rtp(1), PEER, 0.0)
    assert not any(here.take(rtp(n, ssrc=9), NAT, 100 + n) for n in range(20))


def test_a_new_place_forgets_the_latch():
    here = side()
    here.take(rtp(1), NAT, 0.0)
    here.settle(PEER, PEER, False)
    assert here.target == NAT
    here.settle(("192.0.2.5", 4000), None, False)
    assert here.target == ("192.0.2.5", 4000)


def test_loss_by_sequence_numbers_over_the_wrap():
    """RFC 3550 A.1 and A.3."""
    here = side()
    for n in [*range(65530, 65536), *range(3), *range(5, 8)]:
        here.take(rtp(n), PEER, n * 0.02)
    assert (here.count().packets, here.count().lost) == (12, 2)


def test_a_sender_that_restarts_loses_nothing():
    source = Source(1, 100)
    for n in [100, 101, 103, 40000, 40001, 40002]:
        source.take(n, n * 160, n * 0.02, 8000)
    assert source.lost == 1


def test_duplicates_are_no_negative_loss():
    source = Source(1, 0)
    for n in [0, 0, 1, 1, 2, 2]:
        source.take(n, 0, 0.0, 0)
    assert source.lost == 0


def test_jitter_is_that_of_a_8():
    """Packets 20 ms apart that come 20 +- 5 ms apart: the estimate nears 10 ms (|D| between neighbours)."""
    here = side()
    for n in range(500):
        here.take(rtp(n), PEER, n * 0.02 + (0.005 if n % 2 else -0.005))
    assert here.count().jitter == pytest.approx(10.0, abs=0.5)


def test_reports_tell_what_the_leg_receives_and_the_round_trip():
    here = side()
    here.take(rtp(1), PEER, 0.0)
    ours = pack(">BBHIIIIII", 0x80, 200, 6, 1, 0xAAAA1234, 0x5678BBBB, 0, 0, 0)
    here.passed_rtcp(ours, 10.0)
    block = pack(">IIIIII", 1, 0x05000003, 99, 80, 0x12345678, 65536 // 2)
    assert here.take_rtcp(pack(">BBHI", 0x81, 201, 7, 7) + block, (PEER[0], 4001), 10.55)
    count = here.count()
    assert (count.lost_there, count.jitter_there, count.round_trip, count.rtcp) == (3, 10.0, 50.0, 1)


def test_rtcp_from_another_host_is_refused():
    here = side()
    here.take(rtp(1), PEER, 0.0)
    assert not here.take_rtcp(b"\x80\xc9\0\1\0\0\0\1", THIEF, 0.1)
    assert here.target_rtcp == (PEER[0], 4001)


def test_muxed_rtcp_is_not_counted_as_rtp():
    """RFC 5761 4."""
    here = side()
    data = pack(">BBHI", 0x80, 201, 1, 7)
    assert is_rtcp(data)
    assert not is_rtcp(rtp(1))
    assert here.take(data, PEER, 0.0)
    assert (here.count().packets, here.count().rtcp) == (0, 1)


@given(st.binary(max_size=200), st.integers(0, 255))
def test_garbage_never_crashes(data, second):
    here = side()
    here.take(data, PEER, 0.0)
    mangled = bytes([0x9F, second]) + data
    here.take(mangled, PEER, 0.1)
    here.take_rtcp(mangled, (PEER[0], 9), 0.2)
    assert len(list(reports(mangled))) <= len(data)


def test_ports_are_lent_round_robin_and_come_back():
    ports = Ports(Realm("r", "127.0.0.1", 6001, 6011, 4))
    assert ports.free == 3
    first = next(iter(ports.lend()))
    assert first == 6002
    assert next(iter(ports.lend())) == 6006
    ports.give(first)
    ports.give(first)
    assert [next(iter(ports.lend())) for _ in range(2)] == [6010, 6002]
    assert list(ports.lend()) == []
    assert not ports.take(6002)
    assert (ports.free, ports.lent) == (0, 3)


def test_a_port_somebody_else_has_goes_to_the_end():
    ports = Ports(Realm("r", "127.0.0.1", 6000, 6007))
    for port in ports.lend():
        if port == 6004:
            break
    assert (ports.free, ports.lent) == (3, 1)
    assert [next(iter(ports.lend())) for _ in range(3)] == [6006, 6000, 6002]


def test_other_packets_pass_and_are_only_counted():
    """T.38 over UDPTL, STUN, and what is too short for RTP."""
    fax = Side(plain=False)
    assert fax.take(rtp(1), PEER, 0.0)
    here = side()
    for data in (b"", b"\x00\x01" + bytes(30), b"\x80\x00" + bytes(7)):
        assert here.take(data, PEER, 0.0)
    assert (fax.count().lost, here.count().packets, here.count().lost) == (0, 3, 0)


def test_a_new_sender_leaves_what_was_lost_before():
    here = side()
    for n in (1, 3):
        here.take(rtp(n), PEER, n * 0.02)
    for n in (500, 503):
        here.take(rtp(n, ssrc=9), PEER, n * 0.02)
    assert here.count().lost == 3


def test_rtcp_that_moves_and_reports_that_make_no_sense():
    here = side()
    assert here.take_rtcp(b"", (PEER[0], 9), 0.0)
    assert here.take_rtcp(b"", (PEER[0], 10), 0.0)
    strict = side(strict=True)
    assert strict.take_rtcp(b"", (PEER[0], 9), 0.0)
    assert not strict.take_rtcp(b"", (PEER[0], 10), 0.0)
    for stamp in range(20):
        here.passed_rtcp(pack(">BBHIIIIII", 0x80, 200, 6, 1, stamp, 0, 0, 0, 0), 10.0)
    here.passed_rtcp(b"\x80\xc9\0\1\0\0\0\1", 10.0)
    block = pack(">IIIIII", 1, 0x00FFFFFF, 0, 0, 19 << 16, 65536 * 100)
    here.take_rtcp(pack(">BBHI", 0x81, 200, 12, 7) + bytes(20) + block, (PEER[0], 10), 11.0)
    assert (here.count().lost_there, here.count().round_trip) == (0, None)
    assert list(reports(pack(">BBHI", 0x82, 201, 1, 7))) == []


def test_a_jump_of_the_clock_is_no_jitter():
    source = Source(1, 0)
    source.take(0, 0, 0.0, 8000)
    source.take(1, 1 << 31, 0.02, 8000)
    assert source.jitter == 0.0
    source.take(0, 0, 0.04, 8000)
    assert (source.received, source.lost) == (3, 0)


def test_a_pair_can_be_lent_by_name():
    ports = Ports(Realm("r", "127.0.0.1", 6000, 6007))
    assert ports.take(6004)
    assert not ports.take(6004)
    assert not ports.take(7000)
    ports.give(6004)
    assert ports.free == 4
