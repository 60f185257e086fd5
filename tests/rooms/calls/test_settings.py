"""Global parameters that calls obey: names, identities, what is told with 503; users who do not register."""

import msgspec

from sbcd.commands import listens
from sbcd.rooms.calls.figures import Timers
from sbcd.rooms.calls.plan import Interface, IpGroup, Profile, ProxySet, Server, Srd
from sbcd.sip.headers import Address
from sbcd.sip.message import Request, Response

from .playbook import ALICE, BOB, Hands, invite, plan

SRDS = (Srd(0, "Default", block_unregistered=1),)


def out(world: Hands) -> Request:
    world.hear(ALICE, invite())
    (request,) = [message for message in world.take(BOB) if isinstance(message, Request)]
    return request


def test_the_devices_name_stands_for_its_address() -> None:
    """SIPGatewayName, unless a group says something else."""
    assert (
        Address.parse(out(Hands(plan(timers=Timers(name="sbc.example")))).get("From")).uri.host
        == "sbc.example"
    )
    groups = (IpGroup(0, "A", 0, 0, 0, host="a.example"), IpGroup(1, "B", 0, 0, 1, host="b.example"))
    world = Hands(plan(timers=Timers(name="sbc.example"), ip_groups=groups))
    assert Address.parse(out(world).get("From")).uri.host == "a.example"


def test_tel_in_identities_that_the_device_adds() -> None:
    groups = (IpGroup(0, "A", 0, 0, 0), IpGroup(1, "B", 0, 0, 1, profile=11))
    profiles = (Profile(11, "far", assert_identity=1),)
    world = Hands(plan(timers=Timers(tel_asserted=True), ip_groups=groups, profiles=profiles))
    assert out(world).get("P-Asserted-Identity") == "<tel:1000>"
    world = Hands(plan(ip_groups=groups, profiles=profiles))
    assert out(world).get("P-Asserted-Identity").startswith('"Alice" <sip:1000@')


def test_whose_user_agent() -> None:
    """SBCKeepUserAgentHeader: the caller's, or the device's own."""
    groups = (IpGroup(0, "A", 0, 0, 0), IpGroup(1, "B", 0, 0, 1, profile=11))
    told = []
    for keeps in (False, True):
        world = Hands(plan(ip_groups=groups, profiles=(Profile(11, "far", keeps_agent=keeps),)))
        world.hear(ALICE, invite(User_Agent="Phone 1"))
        told.append(world.take(BOB)[0].get("User-Agent"))
    assert told == ["sbcd", "Phone 1"]
    world = Hands(plan(ip_groups=groups, profiles=(Profile(11, "far", keeps_agent=True),)))
    assert out(world).get("User-Agent") == "sbcd"  # the caller has none


def test_when_to_try_again() -> None:
    world = Hands(plan(timers=Timers(retry_after=60), capacity=0))
    world.hear(ALICE, invite())
    final = world.take(ALICE)[-1]
    assert isinstance(final, Response)
    assert (final.status, final.get("Retry-After")) == (503, "60")
    world = Hands(plan(capacity=0))
    world.hear(ALICE, invite())
    assert "Retry-After" not in world.take(ALICE)[-1].headers
    world = Hands(plan(timers=Timers(retry_after=60)))
    world.switch.locked = True
    world.hear(ALICE, invite())
    assert world.take(ALICE)[-1].get("Retry-After") == "60"


def test_users_who_need_not_register_may_call() -> None:
    """RegistrationMode 2: BlockUnRegUsers does not stop them."""

    def answer(registers: bool) -> int:
        groups = (IpGroup(0, "A", 1, 0, 0, registers=registers), IpGroup(1, "B", 0, 0, 1))
        world = Hands(plan(ip_groups=groups, srds=SRDS, unclassified_allowed=True))
        world.hear(ALICE, invite())
        found = [m for m in world.take(ALICE) if isinstance(m, Response) and m.status >= 200]
        return found[0].status if found else len(world.take(BOB))

    assert answer(registers=True) == 403
    assert answer(registers=False) == 1


def test_the_name_in_keep_alives() -> None:
    """UseGatewayNameForOptions: 0 as the group says, 1 the device's name, 2 the server's."""
    sets = (ProxySet(0, "PA", 0, 0, -1, (Server("127.0.0.1", 5070, "udp"),), keep_alive=1),)
    hosts = []
    for mode in (0, 1, 2):
        world = Hands(plan(proxy_sets=sets, timers=Timers(name="sbc.example", name_in_options=mode)))
        world.wait(120)
        ping = next(m for m in world.take(ALICE) if m.cseq.method == "OPTIONS")
        hosts.append(Address.parse(ping.get("From")).uri.host)
    assert hosts == ["127.0.9.9", "sbc.example", "127.0.0.1"]


def test_keep_alives_of_connections_are_asked_of_the_doors() -> None:
    """TCPKeepaliveEnable."""
    row = Interface(0, "SIP", "127.0.9.9", "", 5060, 5060, 5061, 0, keepalive=True)
    wanted = {one.transport: one.keepalive for one in listens(plan(interfaces=(row,)))}
    assert wanted == {"udp": False, "tcp": True, "tls": True}
    off = msgspec.structs.replace(row, keepalive=False)
    assert not any(one.keepalive for one in listens(plan(interfaces=(off,))))
