"""The INI dialect: everything a device writes is read, everything that is wrong is told with its place."""

from pathlib import Path

import pytest

from config.model import (
    DECLARED,
    IPGroup,
    KeepAlive,
    ManagerParams,
    NtpParams,
    ProxyIp,
    ProxySet,
    SIPInterface,
    TLSContexts,
    WebParams,
)
from sbcd.base.errors import InvalidConfig
from sbcd.config import ini, ini_writer, loading
from sbcd.config.catalogue import catalogue
from sbcd.config.check import problems
from sbcd.config.draft import Draft
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Change, Inert, Snapshot
from sbcd.config.types import Secret, obscure
from sbcd.declared import DECLARED as PRODUCT

SCHEMA = Schema(DECLARED)
FACTORY = SCHEMA.factory()
SAMPLES = Path(__file__).parents[2] / ".." / "shared" / "samples"


def read(text: str | bytes) -> ini.Loaded:
    return ini.read(text.encode() if isinstance(text, str) else text, SCHEMA, catalogue())


def merged(text: str | bytes, running: Snapshot = FACTORY) -> Snapshot:
    return loading.incremental(running, read(text))


def full(text: str | bytes) -> Snapshot:
    return loading.full(SCHEMA, read(text))


def wrong(text: str | bytes) -> list[str]:
    with pytest.raises(InvalidConfig) as refused:
        read(text)
    return [str(problem) for problem in refused.value.problems]


def written(snapshot: Snapshot) -> str:
    return ini_writer.write(snapshot, SCHEMA, catalogue()).decode()


TABLE = """
[ ProxySet ]
FORMAT Index = ProxyName, EnableProxyKeepAlive, ProxyKeepAliveTime, TLSContextName, Password;
ProxySet 1 = "one", 1, 30, "default", "$1$0oKyp6ahuKq9";
ProxySet 7 = "a, \\"b\\"; c\\d", $$, , "", "plain";
[ \\ProxySet ]
"""
ONE = ProxySet(
    name="one",
    keep_alive=KeepAlive.USING_OPTIONS,
    interval=30,
    tls="default",
    password=Secret("Password"),
)


def test_a_table() -> None:
    rows = merged(TABLE).rows(ProxySet)
    assert list(rows) == [0, 1, 7]  # R26: row 0 stays
    assert rows[1] == ONE
    assert rows[7] == ProxySet(name='a, "b"; c\\d', password=Secret("plain"))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n", "\n\n"])
def test_line_ends(end: str) -> None:
    assert merged(TABLE.replace("\n", end)) == merged(TABLE)


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + TABLE,
        TABLE.replace("Index = ", "ProxySet_Index = ").replace("ProxyName", "ProxySet_ProxyName"),
        TABLE.replace("[ ", "[").replace(" ]", "]"),
        TABLE.lower().replace("index", "INDEX").replace("$1$0okyp6ahukq9", "$1$0oKyp6ahuKq9"),
        TABLE.replace("[ \\ProxySet ]", ""),
        TABLE + "[ \\ProxySet ]\n",
        TABLE.replace("FORMAT", "; a comment\n\n  FORMAT"),
        TABLE.replace('"one"', "one"),
        ";Board: x\n  \tjunk that lost its semicolon\n" + TABLE,
        TABLE + "\x1a",
    ],
    ids=[
        "bom",
        "prefixed",
        "no blanks",
        "case",
        "not closed",
        "closed twice",
        "comments",
        "bare",
        "junk",
        "eof",
    ],
)
def test_the_same_table_as_others_write_it(text: str) -> None:
    assert merged(text).rows(ProxySet)[1] == ONE


def test_an_older_table_of_many_names() -> None:
    rows = merged('[ ProxySet ]\nFORMAT Index = DedicatedMode, ProxyName;\nProxySet 2 = 1, "x";\n').rows(
        ProxySet
    )
    assert rows[2] == ProxySet(name="x", mode=True)


def test_parameters() -> None:
    new = merged(
        "ntpserverip = 'time.example'\nNTPServerUTCOffset=-3600\n[ SNMP Params ]\n"
        "SNMPManagerTableIP_1 = 10.0.0.1\nSNMPManagerIsUsed = 1\nActivityListToLog = 'pvc', 'it''s', ''\n"
    )
    assert new.params(NtpParams) == NtpParams(server="time.example", offset=-3600)
    managers = new.params(ManagerParams)
    assert managers.managers == ("0.0.0.0", "10.0.0.1", "0.0.0.0", "0.0.0.0", "0.0.0.0")
    assert managers.used == (True,) * 5
    assert managers.activities == ("pvc", "it''s", "")


def test_incremental_merges_by_index_and_missing_columns_are_default() -> None:  # R26
    before = Draft(FACTORY).put(1, ONE).set(WebParams(https_port=8443)).finish()
    after = merged('[ ProxySet ]\nFORMAT Index = ProxyName;\nProxySet 1 = "new";\n', before)
    assert after.rows(ProxySet) == {0: ProxySet(name="ProxySet_0"), 1: ProxySet(name="new")}
    assert after.params(WebParams).https_port == 8443


def test_full_replaces_everything() -> None:  # R25
    new = full(TABLE + "NTPServerUTCOffset = 60\n")
    assert list(new.rows(ProxySet)) == [1, 7]
    assert new.rows(TLSContexts) == FACTORY.rows(TLSContexts)  # not in the file: as the device is delivered
    assert new.params(NtpParams) == NtpParams(offset=60)
    assert full("[ ProxySet ]\nFORMAT Index = ProxyName;\n[ \\ProxySet ]\n").rows(ProxySet) == {}


def test_what_the_catalogue_knows_is_carried() -> None:  # R27
    text = (
        "MediaChannels = 30\nifAlias_7 = 'LAN, 1'\n[ TelProfile ]\nFORMAT Index = IsFaxUsed, ProfileName;\n"
        'TelProfile 3 = 1, "x; y";\n[ \\TelProfile ]\n'
        "[ ProxySet ]\nFORMAT Index = ProxyName, MinActiveServersLB;\n"
        'ProxySet 1 = "a", 2;\nProxySet 2 = "b", $$;\n'
    )
    loaded = read(text)
    assert list(loaded.carried) == ["MediaChannels", "ifAlias_7", "TelProfile", "ProxySet.MinActiveServersLB"]
    new = loading.incremental(FACTORY, loaded)
    assert new.any_rows("TelProfile")[3] == Inert((("IsFaxUsed", "1"), ("ProfileName", '"x; y"')))
    assert new.rows(ProxySet)[1].carried == (("MinActiveServersLB", "2"),)
    out = written(new)
    assert "MediaChannels = 30\r\n" in out
    assert "ifAlias_7 = 'LAN, 1'\r\n" in out
    assert 'TelProfile 3 = "x; y", 1;' in out
    assert full(out) == new


def test_rows_marked_inactive_are_carried() -> None:
    text = TABLE.replace("ProxySet 1", "!ProxySet 1")
    new = merged(text)
    assert list(new.rows(ProxySet)) == [0, 7]
    assert list(new.inactive("ProxySet")) == [1]
    assert '!ProxySet 1 = "one", 1, 30, "default", "$1$0oKyp6ahuKq9", $$;' in written(new)
    assert full(written(new)) == new
    assert list(merged(TABLE, new).rows(ProxySet)) == [0, 1, 7]


def test_hidden_tables_and_parameters_are_passed_over() -> None:
    text = (
        ";LDAPSERVERPORT is hidden but has non-default value\n[ DspTemplates ]\n;\n"
        ";  *** TABLE DspTemplates *** \n"
        "; This table contains hidden elements and will not be exposed.\n[ \\DspTemplates ]\n"
        "NTPServerUTCOffset = 1\n"
    )
    assert merged(text).params(NtpParams).offset == 1


def test_written_as_the_device_writes() -> None:
    new = Draft(FACTORY).put(12, ONE).set(NtpParams(server="t")).put(3, ProxySet(name='q"', tls="default"))
    new = new.set(ManagerParams(used=(True, *(False,) * 4))).finish()
    text = ini_writer.write(new, SCHEMA, catalogue(), ["Board: sbcd", ""]).decode()
    assert text.startswith(
        ";**************\r\n;** Ini File **\r\n;**************\r\n\r\n"
        ";Board: sbcd\r\n\r\n\r\n\r\n[SYSTEM Params]\r\n\r\n"
        "NTPServerIP = 't'\r\n\r\n[BSP Params]\r\n"
    )
    assert text.endswith(
        "\r\n[ ProxySet ]\r\n\r\n"
        "FORMAT Index = ProxyName, EnableProxyKeepAlive, ProxyKeepAliveTime, TLSContextName, Password, "
        "DedicatedConnectionMode;\r\n"
        'ProxySet 0 = "ProxySet_0", 0, 60, "", "$1$gQ==", 0;\r\n'
        'ProxySet 3 = "q\\"", 0, 60, "default", "$1$gQ==", 0;\r\n'
        f'ProxySet 12 = "one", 1, 30, "default", "{obscure("Password")}", 0;\r\n'
        "\r\n[ \\ProxySet ]\r\n\r\n\r\n"
    )
    assert "SNMPManagerIsUsed_4 = 0\r\n" in text
    assert "LogoWidth = '145'\r\n" in text  # always exported
    assert "HTTPSPort" not in text


def test_everything_wrong_is_told_at_once_with_its_place() -> None:  # R3, R27
    assert wrong(
        "NTPServerUTCOffset = 90000\nNoSuchThing = 1\nwhat is this\n"
        "[ Nope ]\nFORMAT Index = A;\nNope 0 = 1;\n[ \\Nope ]\n"
        "[ ProxySet ]\nProxySet 0 = 1;\nFORMAT Index = ProxyName, ProxyKeepAliveTime;\n"
        'ProxySet 1 = "a", 4;\nProxySet 2 = "b";\nProxySet 3 = "c", 5\nProxySet 4 = "d" x, 5;\n'
        'ProxySet 5 = "e", 5;\nProxySet 5 = "f", 5;\nIPGroup 1 = "x", 1;\nProxySet 6 = $$, 5;\n'
        "NTPServerUTCOffset = 1\n"
        'ProxySet 8 = "e", 5; more\n'
        "[ IPGroup ]\nFORMAT Index = Name, Nope, Name;\nIPGroup 0 = 1, 2, 3;\n"
        "[ SIPInterface ]\nFORMAT Index = UDPPort;\n[ broken\n"
    ) == [
        "line 1: NTPServerUTCOffset: '90000' is not a number in -86400 to 86400",
        "line 2: unknown parameter 'NoSuchThing'",
        "line 3: this is neither a parameter, a title nor a comment",
        "line 4: unknown table 'Nope'",
        "line 9: ProxySet 0: a row stands before FORMAT",
        "line 11: ProxySet 1 ProxyKeepAliveTime: '4' is not a number in 5-2000000",
        "line 12: ProxySet 2: 1 values for 2 columns",
        "line 13: ProxySet 3: the row does not end with ;",
        "line 14: ProxySet 4: a quote is not closed, or text stands beside one",
        "line 16: ProxySet 5: this row is already in line 15",
        "line 17: ProxySet: a row of 'IPGroup' stands in this table",
        "line 18: ProxySet 6 ProxyName: a value is needed",
        "line 19: ProxySet: this is neither FORMAT nor a row",
        "line 20: ProxySet 8: text after the end of the row",
        "line 22: IPGroup: unknown column 'Nope'",
        "line 22: IPGroup: column 'Name' is there twice",
        "line 25: SIPInterface: FORMAT lacks InterfaceName, which has no default",
        "line 26: this is no title of a section or table",
    ]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "there is no parameter and no table in the file"),
        (b"; only a comment\r\n", "there is no parameter and no table in the file"),
        (b"NTPServerUTCOffset = 1\nX\x00Y = 1\n", "line 2: holds the control character 0x00"),
        (b"NTPServerUTCOffset = 1\n\xff\xfe\x80", "line 2: this is not text in UTF-8"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "line 1: this is not text in UTF-8"),
        (b"PK\x03\x04", "line 1: holds the control character 0x03"),
        (b"\nLogoWidth = '" + b"x" * (1 << 20) + b"'", "line 2: is longer than 65536 characters"),
        (b"just some text\n", "line 1: this is neither a parameter, a title nor a comment"),
    ],
    ids=["empty", "comment", "nul", "no utf-8", "png", "zip", "1 MB line", "text"],
)
def test_what_is_no_ini_file(data: bytes, told: str) -> None:
    assert wrong(data) == [told]


@pytest.mark.parametrize(
    "line",
    [
        "[" + " " * 60000,
        "[" + "\\" * 60000 + "]",
        "FORMAT Index = " + " " * 60000,
        "FORMAT Index =" + " ," * 30000,
        "ProxySet 1 = " + "x" * 60000,
        "ProxySet 1 = " + '"' * 60000,
        "ProxySet 1 = " + '\\"' * 30000,
        "ProxySet 1 = " + "," * 60000 + ";",
        "ActivityListToLog = " + "' " * 30000,
        "NTPServerIP =" + " x" * 30000,
        " " * 60000 + "x",
    ],
    ids=range(11),
)
def test_no_line_takes_long(line: str) -> None:
    for before in ("", "[ ProxySet ]\nFORMAT Index = ProxyName;\n"):
        with pytest.raises(InvalidConfig):
            read(f"{before}{line}\n" * 3 + "Nope = 1\n")


def test_too_many_lines() -> None:
    assert wrong("\n" * 1_000_000) == ["there are more than 400000 lines"]


def test_a_row_that_is_kept_as_text_keeps_its_secret() -> None:  # R34
    text = written(merged(TABLE.replace("ProxySet 7", "!ProxySet 7")))
    assert "plain" not in text
    assert obscure("plain") in text


def test_an_element_that_an_array_does_not_have() -> None:
    assert wrong("SNMPManagerIsUsed_5 = 1\n") == ["line 1: unknown parameter 'SNMPManagerIsUsed_5'"]


def test_an_endless_list_of_problems_has_an_end() -> None:
    told = wrong("x\n" * 50_000)
    assert len(told) == ini.MOST_PROBLEMS + 1
    assert told[-1] == "line 10000: too many problems, the rest is not read"


def test_problems_between_rows_get_their_line() -> None:
    loaded = read('[ IPGroup ]\nFORMAT Index = Name, ProxySetName;\nIPGroup 4 = "a", "nowhere";\n')
    found = problems(Change(FACTORY, loading.incremental(FACTORY, loaded)), SCHEMA.tables)
    assert str(loading.placed(InvalidConfig(found), loaded)) == (
        "line 3: IPGroup 4 ProxySetName: there is no ProxySet 'nowhere'"
    )


GROUPS = (
    "[ ProxySet ]\nFORMAT Index = ProxyName, TLSContextName;\n"
    'ProxySet 1 = "good", "default";\nProxySet 2 = "bad", "gone";\n'
    '[ IPGroup ]\nFORMAT Index = Name, ProxySetName;\nIPGroup 1 = "one", "good";\nIPGroup 2 = "two", "bad";\n'
    "[ ProxyIp ]\nFORMAT Index = ProxySetId;\nProxyIp 0 = 1;\nProxyIp 1 = 2;\n"
)
CONTEXTS = '[ TLSContexts ]\nFORMAT Index = Name;\nTLSContexts 0 = "default";\n'


def test_an_export_of_older_firmware_keeps_rows_that_refer_to_nothing_inactive() -> None:  # ADR 0009
    loaded = read(";Software Version: 7.00A.049.003\n" + CONTEXTS + GROUPS)
    new = loading.full(SCHEMA, loaded)
    assert [list(new.rows(table)) for table in (ProxySet, IPGroup, ProxyIp)] == [[1], [1], [0]]
    assert [list(new.inactive(name)) for name in ("ProxySet", "IPGroup", "ProxyIp")] == [[2], [2], [1]]
    assert list(problems(Change(Snapshot.empty(), new), SCHEMA.tables)) == []
    assert [str(problem) for problem in loaded.marked] == [
        "ProxySet 2 TLSContextName: there is no TLSContexts 'gone'",
        "IPGroup 2 ProxySetName: there is no ProxySet 'bad'",
        "ProxyIp 1 ProxySetId: there is no ProxySet '2'",
    ]
    assert full(written(new)) == new


@pytest.mark.parametrize("header", [";Software Version: 7.40A.250.541\n", ""])
def test_otherwise_a_reference_to_a_row_that_the_file_lacks_is_a_problem(header: str) -> None:
    new = full(header + CONTEXTS + GROUPS)
    found = [str(problem) for problem in problems(Change(Snapshot.empty(), new), SCHEMA.tables)]
    assert found == ["ProxySet 2 TLSContextName: there is no TLSContexts 'gone'"]


def test_a_template_may_refer_to_tables_it_leaves_out() -> None:
    new = full(GROUPS)
    assert [list(new.inactive(name)) for name in ("ProxySet", "IPGroup", "ProxyIp")] == [[2], [2], [1]]
    assert new.rows(TLSContexts)[0].name == "default"


def test_factory_rows_follow_the_tables_of_the_file() -> None:
    schema = Schema([TLSContexts, ProxySet])
    text = b'[ TLSContexts ]\nFORMAT Index = Name;\nTLSContexts 4 = "mine";\n'
    bound = Draft(Snapshot.empty()).put(0, ProxySet(name="ProxySet_0", tls="default")).finish()
    loaded = ini.read(text, schema, catalogue())
    draft = Draft(loading._merge(Draft(bound), loaded))
    assert loading._settled(schema, loaded, draft.finish()).rows(ProxySet)[0].tls == "mine"


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not in the repository")
@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.ini")), ids=lambda path: path.name)
def test_real_files_load_and_read_back_equal(path: Path) -> None:
    schema = Schema(PRODUCT)
    loaded = ini.read(path.read_bytes(), schema, catalogue())
    new = loading.full(schema, loaded)
    assert list(problems(Change(Snapshot.empty(), new), schema.tables)) == []
    out = ini_writer.write(new, schema, catalogue())
    again = loading.full(schema, ini.read(out, schema, catalogue()))
    assert again == new
    assert ini_writer.write(again, schema, catalogue()) == out


def test_the_product_starts_with_a_configuration_that_holds() -> None:
    schema = Schema(PRODUCT)
    factory = schema.factory()
    assert list(problems(Change(Snapshot.empty(), factory), schema.tables)) == []
    out = ini_writer.write(factory, schema, catalogue())
    assert loading.full(schema, ini.read(out, schema, catalogue())) == factory


def test_an_interface_that_is_only_a_number_of_rows() -> None:
    rows = "".join(f'SIPInterface {i} = "s{i}";\n' for i in range(4))
    new = merged(f"[ SIPInterface ]\nFORMAT Index = InterfaceName;\n{rows}")
    assert [str(p) for p in problems(Change(FACTORY, new), SCHEMA.tables)] == [
        "SIPInterface: 4 rows are more than 3"
    ]
    assert len(new.rows(SIPInterface)) == 4
