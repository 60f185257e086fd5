"""Names by RFC 3263 against a name server of our own, and the tables of the device before it."""

import asyncio
import time

from edge.zone import Zone, serving
from sbcd.edge import names as module
from sbcd.edge.names import NAPTR, SRV, A, Answer, Names, Wanted

ZONE = """
example.com 300 NAPTR 20 10 "s" "SIP+D2U" "" _sip._udp.example.com.
example.com 300 NAPTR 10 20 "s" "SIP+D2T" "" _sip._tcp.example.com.
example.com 300 NAPTR 10 10 "s" "SIPS+D2T" "" _sips._tcp.example.com.
example.com 300 NAPTR 5 5 "u" "E2U+sip" "!^.*$!sip:x@y!" .
_sips._tcp.example.com 300 SRV 1 0 5061 a.example.com.
_sip._tcp.example.com 300 SRV 2 10 5070 b.example.com.
_sip._tcp.example.com 300 SRV 1 20 5060 a.example.com.
_sip._udp.example.com 300 SRV 1 0 5060 b.example.com.
a.example.com 300 A 10.0.0.1
a.example.com 300 AAAA 2001:db8::1
b.example.com 300 A 10.0.0.2
plain.example.com 300 A 10.0.0.3
plain.example.com 300 A 10.0.0.4
_sip._udp.none.example.com 300 SRV 0 0 0 .
none.example.com 300 A 10.0.0.5
brief.example.com 1 A 10.0.0.6
"""


def asking(zone: Zone) -> Names:
    names = Names()
    names.loopback = False
    names.ask_at(["127.0.0.1"], zone.port)
    return names


async def found(names: Names, wanted: Wanted, *, hurry: bool = True) -> list[Answer]:
    future: asyncio.Future[list[Answer]] = asyncio.get_running_loop().create_future()
    names.resolve(wanted, future.set_result, hurry=hurry)
    return await asyncio.wait_for(future, 10)


def asked(zone: Zone) -> list[str]:
    told, zone.asked = zone.asked, []
    return told


def run(test) -> None:
    async def served() -> None:
        async with serving(ZONE) as zone:
            await test(zone, asking(zone))

    asyncio.run(served())


def test_naptr_then_srv_then_addresses_in_their_order() -> None:
    """RFC 3263 4.1: order before preference before the priority of the SRV records; other services of the
    same name mean nothing here."""

    async def test(zone: Zone, names: Names) -> None:
        told = await found(names, Wanted("example.com", 0, "", NAPTR))
        assert [(one.host, one.port, one.transport) for one in told] == [
            ("10.0.0.1", 5061, "tls"),
            ("2001:db8::1", 5061, "tls"),
            ("10.0.0.1", 5060, "tcp"),
            ("2001:db8::1", 5060, "tcp"),
            ("10.0.0.2", 5070, "tcp"),
            ("10.0.0.2", 5060, "udp"),
        ]
        assert [one.priority for one in told] == sorted(one.priority for one in told)
        assert told[4].weight == 10

    run(test)


def test_a_transport_that_is_configured_is_kept() -> None:
    async def test(zone: Zone, names: Names) -> None:
        told = await found(names, Wanted("example.com", 0, "udp", NAPTR))
        assert [(one.host, one.transport) for one in told] == [("10.0.0.2", "udp")]

    run(test)


def test_without_naptr_srv_is_asked_and_without_srv_addresses() -> None:
    async def test(zone: Zone, names: Names) -> None:
        told = await found(names, Wanted("plain.example.com", 0, "", NAPTR))
        assert told == [Answer("10.0.0.3", 5060, "udp"), Answer("10.0.0.4", 5060, "udp")]
        assert asked(zone)[:2] == ["plain.example.com NAPTR", "_sip._udp.plain.example.com SRV"]
        assert (await found(names, Wanted("plain.example.com", 0, "tls", SRV)))[0].port == 5061
        assert "_sips._tcp.plain.example.com SRV" in asked(zone)

    run(test)


def test_the_method_says_what_is_asked() -> None:
    async def test(zone: Zone, names: Names) -> None:
        assert await found(names, Wanted("example.com", 0, "tcp", A)) == []
        assert asked(zone) == ["example.com A", "example.com AAAA"]
        told = await found(names, Wanted("a.example.com", 5080, "tcp", NAPTR))
        assert told == [Answer("10.0.0.1", 5080, "tcp"), Answer("2001:db8::1", 5080, "tcp")]
        assert asked(zone) == ["a.example.com A", "a.example.com AAAA"], "a port: neither NAPTR nor SRV"

    run(test)


def test_a_service_that_is_said_not_to_be_there_is_not_looked_for_elsewhere() -> None:
    """RFC 2782: the target is the root."""

    async def test(zone: Zone, names: Names) -> None:
        assert await found(names, Wanted("none.example.com", 0, "udp", SRV)) == []
        assert await found(names, Wanted("none.example.com", 0, "udp", A)) == [
            Answer("10.0.0.5", 5060, "udp")
        ]

    run(test)


def test_what_is_known_is_told_at_once_until_its_time_is_over() -> None:
    async def test(zone: Zone, names: Names) -> None:
        wanted = Wanted("brief.example.com", 0, "udp", A)
        first = await found(names, wanted)
        asked(zone)
        told: list[list[Answer]] = []
        names.resolve(wanted, told.append)
        assert told == [first], "no loop turned"
        assert not asked(zone)
        zone.put("brief.example.com 300 A 10.0.0.7")
        zone.delay = 0.2
        await asyncio.sleep(1.1)
        names.resolve(wanted, told.append)
        assert told == [first, first], "a call does not wait: the old answer serves, the new one is fetched"
        assert [one.host for one in await found(names, wanted, hurry=False)] == ["10.0.0.7"]
        assert asked(zone) == ["brief.example.com A", "brief.example.com AAAA"], "one question for both"
        names.resolve(wanted, told.append)
        assert told[-1][0].host == "10.0.0.7"

    run(test)


def test_when_nobody_answers_the_old_answer_serves(monkeypatch) -> None:
    async def test(zone: Zone, names: Names) -> None:
        monkeypatch.setattr(module, "SECONDS", 0.3)
        wanted = Wanted("brief.example.com", 0, "udp", A)
        first = await found(names, wanted)
        await asyncio.sleep(1.1)
        zone.silent = True
        assert await found(names, wanted, hurry=False) == first
        assert await found(names, Wanted("plain.example.com", 0, "udp", A)) == []

    run(test)


def test_a_name_that_does_not_exist_is_not_asked_for_again_and_again() -> None:
    async def test(zone: Zone, names: Names) -> None:
        for _ in range(5):
            assert await found(names, Wanted("gone.example.com", 0, "udp", A)) == []
        assert len(asked(zone)) <= 2

    run(test)


def test_one_question_for_all_who_wait_and_never_too_many(monkeypatch) -> None:
    async def test(zone: Zone, names: Names) -> None:
        zone.delay = 0.2
        wanted = Wanted("plain.example.com", 0, "udp", A)
        both = await asyncio.gather(*(found(names, wanted) for _ in range(50)))
        assert len({str(one) for one in both}) == 1
        assert len(asked(zone)) == 2
        monkeypatch.setattr(module, "MOST_ASKED", 3)
        begun = time.monotonic()
        flood = [found(names, Wanted(f"x{n}.example.com", 0, "udp", A)) for n in range(50)]
        assert await asyncio.gather(*flood) == [[]] * 50
        assert len(asked(zone)) <= 6
        assert time.monotonic() - begun < 3

    run(test)


def test_the_tables_of_the_device_come_first_and_may_name_what_dns_knows() -> None:
    async def test(zone: Zone, names: Names) -> None:
        names.hosts = {"b.example.com": ["10.9.9.9"]}
        names.services = {
            "local": [Answer("b.example.com", 5090, "udp", 2, 1), Answer("a.example.com", 0, "tls", 1)]
        }
        told = await found(names, Wanted("Local.", 0, "udp", A))
        assert [(one.host, one.port, one.transport, one.priority) for one in told] == [
            ("10.0.0.1", 5061, "tls", 1),
            ("2001:db8::1", 5061, "tls", 1),
            ("10.9.9.9", 5090, "udp", 2),
        ]
        assert asked(zone) == ["a.example.com A", "a.example.com AAAA"]
        told = await found(names, Wanted("example.com", 0, "udp", NAPTR))
        assert told[0].host == "10.9.9.9", "also for a name that DNS brought up"

    run(test)


def test_on_loopback_nothing_is_asked() -> None:
    async def test(zone: Zone, names: Names) -> None:
        names.loopback = True
        names.mapped = lambda host: "127." + host.partition(".")[2]
        names.hosts = {"b.example.com": ["10.9.9.9"]}
        assert await found(names, Wanted("b.example.com", 0, "udp")) == [Answer("127.9.9.9", 5060, "udp")]
        assert await found(names, Wanted("a.example.com", 0, "udp")) == []
        assert await found(names, Wanted("10.1.2.3", 0, "tls")) == [Answer("127.1.2.3", 5061, "tls")]
        assert not zone.asked

    run(test)
