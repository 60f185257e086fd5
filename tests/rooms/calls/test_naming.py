"""What a plan says of names, and in which order places are tried."""

from collections import Counter
from random import Random

from sbcd.config import ini, loading
from sbcd.config.catalogue import catalogue
from sbcd.config.schema import Schema
from sbcd.declared import DECLARED
from sbcd.rooms.calls.naming import NAPTR, SRV, A, Found, Naming, ordered
from sbcd.rooms.calls.plan import Plan
from sbcd.rooms.calls.planner import Around, planned


def test_places_go_by_priority_and_share_by_weight() -> None:
    """RFC 2782."""
    chance = Random(7).random
    some = [Found("c", 1, "udp", 2, 5), Found("a", 1, "udp", 1, 30), Found("b", 1, "udp", 1, 10)]
    orders = [ordered(some, chance) for _ in range(1000)]
    assert {one[2].host for one in orders} == {"c"}
    first = Counter(one[0].host for one in orders)
    assert 700 < first["a"] < 800
    same = [Found("y", 1, "udp", 0, 0), Found("x", 1, "udp", 0, 0)]
    assert ordered(same, chance) == same, "addresses of one name stay as they came"
    assert ordered([], chance) == []


INI = """
[SIP Params]
DNSQueryType = {}
ProxyIPListRefreshTime = 30
[ ProxySet ]
FORMAT Index = ProxyName, SRDName, DNSResolveMethod;
ProxySet 1 = "global", "DefaultSRD", -1;
ProxySet 2 = "a", "DefaultSRD", 0;
ProxySet 3 = "srv", "DefaultSRD", 1;
ProxySet 4 = "naptr", "DefaultSRD", 2;
[ \\ProxySet ]
[ ProxyIp ]
FORMAT Index = ProxySetId, ProxyIpIndex, IpAddress, TransportType;
ProxyIp 1 = "1", 0, "example.com", -1;
ProxyIp 2 = "2", 0, "example.com", -1;
ProxyIp 3 = "3", 0, "example.com", 1;
ProxyIp 4 = "4", 0, "example.com", -1;
ProxyIp 5 = "4", 1, "example.org", 2;
[ \\ProxyIp ]
"""


def test_a_proxy_set_says_how_its_names_become_addresses() -> None:
    """DNSResolveMethod: -1 as for all (DNSQueryType), 0 addresses, 1 SRV, 2 NAPTR; with NAPTR DNS says the
    transport where none is configured."""
    schema = Schema(DECLARED)

    def made(everywhere: int) -> Plan:
        text = INI.format(everywhere).encode()
        return planned(loading.full(schema, ini.read(text, schema, catalogue())), Around(dns=("10.0.0.53",)))

    sets = {row.name: [(one.transport, one.method) for one in row.servers] for row in made(1).proxy_sets}
    assert sets["global"] == [("udp", SRV)]
    assert sets["a"] == [("udp", A)]
    assert sets["srv"] == [("tcp", SRV)]
    assert sets["naptr"] == [("", NAPTR), ("tls", NAPTR)]
    assert made(2).naming == Naming(NAPTR, 30.0, ("10.0.0.53",))
    assert made(0).proxy_sets[1].servers[0].method == A
