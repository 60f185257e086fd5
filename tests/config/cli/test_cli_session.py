"""Scripts as transcripts: lines in; blocks, commands and refusals out."""

from collections.abc import Iterator

import pytest

from config.cli.configurations import SCHEMA
from sbcd.base.errors import InvalidConfig
from sbcd.config.cli import Changed, Execute, Grammar, Printed, Refused, Session
from sbcd.config.cli.help import nexts
from sbcd.config.types import Secret
from sbcd.rooms.alarms.reporting import SyslogParams, TrapParams
from sbcd.rooms.alarms.tables import AuthProtocol, PrivProtocol, SNMPUsers
from sbcd.rooms.calls.tables.coders import AudioCoders
from sbcd.rooms.calls.tables.messages import ManipulationAction, MessageManipulations
from sbcd.rooms.calls.tables.peers import IPGroup
from sbcd.rooms.calls.tables.proxies import KeepAlive, ProxyIp, ProxySet
from sbcd.rooms.calls.tables.rules import Classification, IP2IPRouting
from sbcd.rooms.network.tables import InterfaceTable
from sbcd.rooms.system.tables import CliParams, NtpParams, UpdateParams, WebParams
from sbcd.rooms.tls.tables import TLSContexts
from sbcd.rooms.users.tables import UserLevel, WebUsers

GRAMMAR = Grammar(SCHEMA)


def session(*lines: str) -> Session:
    """A session that took these lines (several in one text are parted by ` / `)."""
    made = Session(GRAMMAR, SCHEMA.factory())
    for number, line in enumerate((one for text in lines for one in text.split(" / ")), 1):
        made.take(number, line)
    return made


def told(made: Session, line: str) -> list[str]:
    return [event.text for event in made.take(99, line) if isinstance(event, Printed)]


def blocks(*lines: str) -> Iterator[Changed]:
    made = Session(GRAMMAR, SCHEMA.factory())
    for number, line in enumerate(lines, 1):
        yield from (event for event in made.take(number, line) if isinstance(event, Changed))
    yield from (event for event in made.end() if isinstance(event, Changed))


def test_a_row_is_edited_and_activated() -> None:
    made = session("configure voip", "proxy-set 0", "proxy-keep-alive-time 30")
    assert made.base.rows(ProxySet)[0].keep_alive_time == 60
    changed, done = made.take(4, "activate")
    assert isinstance(changed, Changed)
    assert done == Printed("Done")
    assert made.base.rows(ProxySet)[0].keep_alive_time == 30
    assert made.prompt == "(proxy-set-0)#"


def test_exit_applies_too_and_goes_up() -> None:
    made = session("configure voip", "proxy-set 5", "proxy-name x", "exit")
    assert made.base.rows(ProxySet)[5].name == "x"
    assert made.prompt == "(config-voip)#"
    assert session("configure voip", "proxy-set 5", "proxy-name x", "quit").prompt == "#"


def test_a_script_may_end_in_an_open_mode() -> None:
    """Guide, incremental CLI: `configure system`, `automatic-update`, `firmware ...` and nothing more."""
    made = session("configure system", "automatic-update", "firmware http://192.0.2.1/x.cmp")
    assert made.base.params(UpdateParams).firmware == ""
    made.end()
    assert made.base.params(UpdateParams).firmware == "http://192.0.2.1/x.cmp"


def test_one_activate_is_one_block() -> None:
    lines = [
        "configure voip",
        "proxy-set 1",
        "proxy-name a",
        "activate",
        "exit",
        "proxy-set 2",
        "proxy-name b",
    ]
    assert [list(change.block.rows) for change in blocks(*lines)] == [[("ProxySet", 1)], [("ProxySet", 2)]]


@pytest.mark.parametrize(
    "lines",
    [
        ["configure network interface network-if 0", "primary-dns 192.0.2.53", "activate"],
        ["conf net", "int network-if 0", "primary-dns 192.0.2.53", "act"],
        ["CONFIGURE NETWORK", "Interface Network-If 0", "Primary-DNS 192.0.2.53"],
        ["configure network", "interface", "network-if 0", "primary-dns 192.0.2.53"],
        ["configure network", "interface network-if 0", 'primary-dns "192.0.2.53"', "exit", "exit"],
    ],
)
def test_modes_on_one_line_abbreviated_or_one_by_one(lines: list[str]) -> None:
    made = session(*lines)
    made.end()
    assert made.base.rows(InterfaceTable)[0].primary_dns == "192.0.2.53"


def test_an_abbreviation_must_be_unambiguous() -> None:
    with pytest.raises(Refused, match="'proxy' may mean proxy-ip, proxy-set"):
        session("configure voip", "proxy 1")


def test_exit_behind_several_words_leads_back_to_the_area() -> None:
    made = session("configure voip", "sbc routing ip2ip-routing 0", "route-name x", "exit")
    assert made.prompt == "(config-voip)#"


def test_without_exit_the_next_row_is_found_further_up() -> None:
    made = session("configure voip", "proxy-set 1", "proxy-name a", "proxy-set 2", "proxy-name b")
    made.end()
    assert [row.name for row in made.base.rows(ProxySet).values()] == ["ProxySet_0", "a", "b"]


def test_new_rows_take_the_next_free_index() -> None:
    made = session("configure voip", "ip-group 7", "name a", "exit", "ip-group new", "name b", "exit")
    assert list(made.base.rows(IPGroup)) == [0, 7, 8]


def test_rows_are_removed_by_index_and_by_column() -> None:
    made = session(
        "configure system",
        "snmp v3-users new",
        "user CaptureScript",
        "auth-protocol sha-1",
        "priv-protocol aes-128",
        "exit",
    )
    expected = SNMPUsers(
        name="CaptureScript", auth_protocol=AuthProtocol.SHA_1, priv_protocol=PrivProtocol.AES_128
    )
    assert dict(made.base.rows(SNMPUsers)) == {0: expected}
    made.take(7, "no snmp v3-users where username CaptureScript")
    assert not made.base.rows(SNMPUsers)
    made.take(8, "no snmp v3-users where username CaptureScript")  # nobody left, nothing to do
    with pytest.raises(Refused, match="there is no SNMPUsers 0"):
        made.take(9, "no snmp v3-users 0")


def test_rows_of_a_removed_row_go_with_it() -> None:
    made = session("configure voip", "proxy-ip 0/0", "proxy-address a", "exit", "no proxy-set 0")
    assert not made.base.rows(ProxyIp)
    assert not made.base.rows(ProxySet)


def names(made: Session) -> dict[int, str]:
    return {index: row.name for index, row in made.base.rows(IP2IPRouting).items()}


def test_the_order_of_rows() -> None:
    made = session(
        "configure voip",
        "sbc routing ip2ip-routing 0 / route-name a / exit",
        "sbc routing ip2ip-routing 1 / route-name b / exit",
        "sbc routing ip2ip-routing 4 / route-name c",
        "move-up",
    )
    assert names(made) == {0: "a", 1: "c", 4: "b"}
    assert made.prompt == "(ip2ip-routing-1)#"
    for line in ("move-down", "exit", "sbc routing ip2ip-routing insert 0", "route-name new", "exit"):
        made.take(30, line)
    assert names(made) == {0: "new", 1: "a", 2: "b", 4: "c"}
    made.take(31, "sbc routing ip2ip-routing 0")
    with pytest.raises(Refused, match="there is no row above"):
        made.take(32, "move-up")
    with pytest.raises(Refused, match="does not matter"):
        session("configure voip", "proxy-set insert 0")


def test_a_parameter_goes_back_to_its_default() -> None:
    made = session("configure system", "ntp", "primary-server a.example", "activate", "no primary-server")
    assert made.base.params(NtpParams).primary == "a.example"
    made.end()
    assert made.base.params(NtpParams).primary == ""


def test_child_rows_have_their_own_index_and_a_place() -> None:
    made = session(
        "configure voip", "proxy-set 2", "proxy-name x", "exit", "proxy-ip 2/3", "proxy-address a:5061"
    )
    made.end()
    assert dict(made.base.rows(ProxyIp)) == {0: ProxyIp(proxy_set=2, position=3, address="a:5061")}
    made.take(9, "proxy-address b")
    made.end()
    assert made.base.rows(ProxyIp)[0].address == "b"


def test_child_rows_are_entered_from_their_parent_too() -> None:
    made = session("configure voip", "proxy-set 2", "proxy-name x", "proxy-ip 1", "proxy-address a", "quit")
    assert dict(made.base.rows(ProxyIp)) == {0: ProxyIp(proxy_set=2, position=1, address="a")}


def test_a_parent_that_goes_by_its_name_is_said_by_its_index() -> None:
    made = session("configure voip", "coders-and-profiles audio-coders 0/4", "name 3", "quit")
    assert made.base.rows(AudioCoders)[1].group == "AudioCodersGroups_0"
    with pytest.raises(Refused, match="there is no AudioCodersGroups 5"):
        session("configure voip", "coders-and-profiles audio-coders 5/0")


def test_users_go_by_their_name() -> None:
    made = session("configure system", "user bob", "password secret12", "privilege admin", "activate")
    bob = made.base.rows(WebUsers)[2]
    assert (bob.name, bob.level, bob.password.reveal()) == ("bob", UserLevel.ADMIN, "secret12")
    made.take(6, "exit")
    made.take(7, "no user bob")
    assert list(made.base.rows(WebUsers)) == [0, 1]


def test_words_numbers_and_quotes() -> None:
    made = session(
        "configure voip",
        "proxy-set 0",
        "proxy-enable-keep-alive using-options",
        "is-proxy-hot-swap on",
        "exit",
        "proxy-set 0",
        'proxy-name "a \\"b\\" c"',
        "proxy-load-balancing-method 1",
        "activate",
    )
    row = made.base.rows(ProxySet)[0]
    assert (row.keep_alive, row.hot_swap, row.name) == (KeepAlive.USING_OPTIONS, True, 'a "b" c')


def test_an_expression_needs_no_quotes() -> None:
    """The manual's example: the value is the rest of the line."""
    made = session(
        "configure voip",
        "message message-manipulations 0",
        "message-type invite.request",
        "condition header.request.uri.url=='120'",
        "action-subject header.to",
        "action-type modify",
        "action-value header.to +';urgent=1'",
        "activate",
    )
    assert made.base.rows(MessageManipulations)[0] == MessageManipulations(
        message_type="invite.request",
        condition="header.request.uri.url=='120'",
        subject="header.to",
        action=ManipulationAction.MODIFY,
        value="header.to +';urgent=1'",
    )


def test_rows_of_a_set_of_a_later_version() -> None:
    """7.40: `message-manipulations` is a child of `msg-man-set`; here it is the n-th row of that set."""
    made = session(
        "configure voip",
        "message message-manipulations 0 / manipulation-set-id 3 / action-value a / exit",
        "message message-manipulations 1 / manipulation-set-id 4 / exit",
        "message msg-man-set 3 / message-manipulations 0 / action-value b",
    )
    assert made.prompt == "(message-manipulations-3/0)#"
    made.take(20, "exit")
    assert made.base.rows(MessageManipulations)[0].value == "b"
    for line in ("message-manipulations 1", "action-value c", "activate"):
        made.take(21, line)
    assert made.base.rows(MessageManipulations)[2] == MessageManipulations(set_id=3, value="c")
    for line in ("exit", "no message-manipulations 0"):
        made.take(22, line)
    assert list(made.base.rows(MessageManipulations)) == [1, 2]


def test_both_spellings_of_a_renamed_parameter_are_understood() -> None:
    for name in ("src-user-name-prefix", "src-user-name-pattern"):
        made = session("configure voip", "sbc classification 0", f"{name} 12*", "activate")
        assert made.base.rows(Classification)[0].src_user == "12*"


def test_arrays_are_set_element_by_element() -> None:
    made = session(
        "configure system", "snmp trap-destination 2", "ip-address 192.0.2.9", "is-used enable", "quit"
    )
    assert made.base.params(TrapParams).managers[2] == "192.0.2.9"
    assert made.base.params(TrapParams).used == (False, False, True, False, False)
    made = session("configure system", "web", "web-access-list 1 192.0.2.1", "activate")
    assert made.base.params(WebParams).access_list[:3] == ("0.0.0.0", "192.0.2.1", "0.0.0.0")


def test_two_sections_of_the_ini_may_share_a_mode() -> None:
    made = session(
        "configure troubleshoot", "syslog", "syslog on", "syslog-ip 192.0.2.1", "debug-level 5", "activate"
    )
    assert made.base.params(SyslogParams).enabled
    assert made.base.params(SyslogParams).server == "192.0.2.1"


def test_passwords_may_come_obscured() -> None:
    made = session("configure voip", "ip-group 0", 'password "$1$0oKyp6ahuKq9" obscured', "activate")
    assert made.base.rows(IPGroup)[0].password == Secret("Password")
    digest = "0123456789abcdef" * 4
    made = session("configure system", "user Admin", f"password {digest} obscured", "activate")
    assert made.base.rows(WebUsers)[0].password.reveal() == digest
    with pytest.raises(Refused, match="password: the value is not obscured in a form") as refused:
        session("configure voip", "ip-group 0", 'password "s3cret" obscured')
    assert "s3cret" not in str(refused.value)


def test_what_is_no_configuration_is_handed_on() -> None:
    made = Session(GRAMMAR, SCHEMA.factory())
    assert made.take(1, "show system version") == [Execute(1, "show system version")]
    assert made.take(2, "wr") == [Execute(2, "write")]
    assert made.take(3, "debug capture voip physical start") == [
        Execute(3, "debug capture voip physical start")
    ]
    made.take(4, "configure voip")
    assert made.take(5, "do show users | grep Admin") == [Execute(5, "show users | grep Admin")]
    assert made.take(6, "# a remark") == made.take(7, "   ") == []


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["configure moon"], "configure what"),
        (["configure voip", "proxy-set"], "needs an index, or new"),
        (["configure voip", "proxy-set x"], "'x' is not an index, or new"),
        (["configure voip", "proxy-ip 1"], "'1' is not <ProxySet>/<place>"),
        (["configure voip", "proxy-set 1", "colour red"], "there is no 'colour' in .proxy-set-1."),
        (["configure voip", "proxy-set 1", "proxy-keep-alive-time 4"], "'4' is not a number in 5-2000000"),
        (["configure voip", "proxy-set 1", "proxy-keep-alive-time"], "needs a value"),
        (["configure voip", "proxy-set 1", "proxy-keep-alive-time 5 6"], "'6' follows the value"),
        (["configure voip", "proxy-set 1", "proxy-enable-keep-alive loud"], "'loud' is not one of"),
        (["configure voip", "proxy-set 1", 'proxy-name "x'], "the quote is not closed"),
        (["configure voip", "proxy-set 1", 'proxy-name "x" y'], "'y' follows the closing quote"),
        (["configure voip", "proxy-set 1", f"proxy-name {'x' * 41}"], "is longer than 40 characters"),
        (["configure system", "snmp trap-destination 5"], "'5' is not a number in 0-4"),
        (["configure system", "web", "web-access-list 50 192.0.2.1"], "'50' is not a number in 0-49"),
        (["configure voip", "no proxy-set 9"], "there is no ProxySet 9"),
        (["configure voip", "no colour"], "there is no 'colour'"),
        (["configure voip", "no sip-interface where colour red"], "has no column 'colour'"),
        (["configure voip", "srd 0", "no name"], "name has no default"),
    ],
)
def test_refusals_name_the_reason(lines: list[str], why: str) -> None:
    with pytest.raises(Refused, match=why):
        session(*lines)


def test_a_secret_is_in_no_refusal() -> None:
    """R34."""
    for line in ('password "hidden" hidden', 'password "hidden'):
        with pytest.raises(Refused) as refused:
            session("configure system", "snmp v3-users 0", line.replace("password", "auth-key"))
        assert "hidden" not in str(refused.value)


def test_a_refused_line_drops_its_block() -> None:
    made = session("configure voip", "proxy-set 0", "proxy-name x")
    with pytest.raises(Refused):
        made.take(4, "proxy-keep-alive-time 4")
    made.end()
    assert made.base.rows(ProxySet)[0].name == "ProxySet_0"


def test_what_a_refused_line_would_have_applied_is_dropped_too() -> None:
    """The second `proxy-set` leaves the first, which would apply it; but the line as a whole is refused."""
    made = session("configure voip", "proxy-set 0", "proxy-name x")
    with pytest.raises(Refused):
        made.take(4, "proxy-set 1 colour red")
    assert made.base.rows(ProxySet)[0].name == "ProxySet_0"


def test_what_a_new_row_lacks_is_told_with_its_line() -> None:
    made = session("configure voip", "srd 1")
    with pytest.raises(InvalidConfig, match="line 3: SRD 1 Name: name is missing"):
        made.take(3, "activate")


def test_a_row_that_was_only_looked_at_is_not_made() -> None:
    assert 5 not in session("configure voip", "proxy-set 5", "exit").base.rows(ProxySet)
    assert 5 in session("configure voip", "proxy-set 5", "activate").base.rows(ProxySet)


def test_rows_are_shown() -> None:
    made = session("configure network", "interface network-if 0")
    assert "  ip-address 127.0.0.1" in told(made, "display")[0].splitlines()
    listed = told(session("configure network"), "interface network-if display")[0]
    assert listed.splitlines()[0] == "interface network-if 0"


def test_help_knows_what_may_follow() -> None:
    made = Session(GRAMMAR, SCHEMA.factory())
    assert "configure" in told(made, "?")[0]
    assert [line.split()[0] for line in told(made, "configure ?")[0].splitlines()] == [
        "system",
        "network",
        "voip",
        "troubleshoot",
    ]
    made.take(1, "configure voip")
    assert "Where a peer is." in told(made, "?")[0]
    assert "ip2ip-routing" in told(made, "sbc routing ?")[0]
    made.take(2, "proxy-set 0")
    assert "using-options" in told(made, "proxy-enable-keep-alive ?")[0]
    assert "a number in 5-2000000" in told(made, "proxy-keep-alive-time ?")[0]


def test_defaults_of_a_whole_row() -> None:
    made = session(
        "configure system", "cli-settings", "window-height 0", "exit", "user Admin", "defaults", "exit"
    )
    assert made.base.params(CliParams).window_height == 0
    assert made.base.rows(WebUsers)[0].level == UserLevel.USER


@pytest.mark.parametrize(
    ("line", "value"),
    [("application-type omc", 6), ("application-type OC", 4), ("application-type oamp", 0)],
)
def test_words_that_are_understood_beside_those_written(line: str, value: int) -> None:
    made = session("configure network", "interface network-if 0", line, "activate")
    assert made.base.rows(InterfaceTable)[0].application_types == value


def test_words_of_tls_versions() -> None:
    made = session("configure network", "tls 0", "tls-version tls-v1.2", "activate")
    assert made.base.rows(TLSContexts)[0].tls_version == 4
    made.take(9, "tls-version unlimited")
    made.take(10, "activate")
    assert made.base.rows(TLSContexts)[0].tls_version == 0


def test_list_is_help() -> None:
    assert told(session("configure voip", "proxy-set 0"), "list") == told(
        session("configure voip", "proxy-set 0"), "?"
    )
    assert "  write " in told(session(), "list")[0]


def test_scripts_of_versions_up_to_7_0() -> None:
    """There the IP interfaces are below `configure voip`, and a parameter may have `set` before it."""
    made = session(
        "configure voip", "proxy-set 0", "interface network-if 0", "set prefix-length 24", "activate", "exit"
    )
    assert made.base.rows(InterfaceTable)[0].prefix_length == 24
    assert made.prompt == "(config-voip)#"
    with pytest.raises(Refused, match="there is no 'set' in"):
        made.take(9, "set")
    with pytest.raises(Refused, match="there is no 'interface' in"):
        session("configure troubleshoot", "interface network-if 0")


def test_help_names_the_rows_that_may_be_referred_to() -> None:
    made = session("configure voip", 'proxy-set 4 / proxy-name "my trunk" / exit', "ip-group 0")
    assert told(made, "proxy-set-name ?")[0].splitlines() == [
        "  <value>                         text",
        "  ProxySet_0                      ProxySet",
        '  "my trunk"                      ProxySet',
    ]
    route = session("configure voip", "sbc routing ip2ip-routing 0")
    assert {"Any", "Default_IPG"} <= nexts(route, "src-ip-group-name").keys()
