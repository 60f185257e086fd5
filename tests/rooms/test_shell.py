"""CLI scripts over REST: what they answer, what they leave behind (R23, R25)."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from config.disk import Recorder
from config.disk import store as new_store
from sbcd.base.errors import Conflict, Invalid, InvalidConfig
from sbcd.config.cli import Grammar
from sbcd.config.schema import Schema
from sbcd.config.show import Show
from sbcd.declared import DECLARED
from sbcd.rooms.calls.tables.messages import MessageManipulations
from sbcd.rooms.calls.tables.peers import IPGroup
from sbcd.rooms.calls.tables.proxies import ProxySet
from sbcd.rooms.network.tables import DeviceTable, InterfaceTable
from sbcd.rooms.shell import Outcome, Shell, script
from sbcd.web.route import User

SAMPLES = Path(__file__).parents[2] / ".." / "shared" / "samples"
ADMIN = User("Admin", 200, "127.0.0.1")
SCHEMA = Schema(DECLARED)
GRAMMAR = Grammar(SCHEMA)


async def here(work: Callable[[], Any]) -> Any:
    return work()


class Bench:
    """A shell on a store of its own."""

    def __init__(self, folder: Path, *shows: Show) -> None:
        self.recorder = Recorder()
        self.store = new_store(folder, [self.recorder], schema=SCHEMA)
        asyncio.run(self.store.start())
        self.shell = Shell(GRAMMAR, self.store, shows, here)

    def run(self, text: str) -> Outcome:
        return asyncio.run(self.shell.run(script(text.encode()), ADMIN))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    async def later(words: Sequence[str]) -> str:
        return f"later {' '.join(words)}".strip()

    shows = [
        Show("system version", "Version.", lambda words: "Version info:\none\ntwo"),
        Show("voip calls active", "Calls.", later),
    ]
    return Bench(tmp_path, *shows)


def sample(number: int) -> str:
    found = list(SAMPLES.glob(f"{number}_*")) if SAMPLES.exists() else []
    if not found:
        pytest.skip("the sample files are not here")
    return found[0].read_text()


def test_the_guides_example(bench: Bench) -> None:
    """R23: status, output and description."""
    outcome = bench.run("configure system\r\nautomatic-update\r\nfirmware http://audc.com/ssbc.cmp\r\n")
    told = "Incremental CLI Script file was loaded. Carried without effect: CmpFileURL."
    assert outcome == Outcome("success", "", told)


def test_what_a_script_sets_without_effect_is_told(bench: Bench) -> None:
    """R27, as for INI files; what is a default, or was undone, is not."""
    outcome = bench.run("configure voip\nip-group 1\nname a\nactivate\nexit\nexit\n")
    assert outcome.description == "Incremental CLI Script file was loaded."
    text = "configure network\nhostname box\nactivate\ntls 1\nname b\nkey-exchange-groups P-256\n"
    assert bench.run(text).description.endswith("effect: HOSTNAME, TLSContexts.KeyExchangeGroups.")
    assert bench.run('configure network\nhostname ""\nactivate\nfly').description.endswith("at line 4.")
    assert list(bench.shell.whole(text.splitlines())[2]) == ["HOSTNAME", "TLSContexts.KeyExchangeGroups"]


def test_show_commands_have_seconds_configuration_has_no_limit(bench: Bench) -> None:
    """R23 is answered within six seconds, whatever the show commands of a script take."""
    seconds = iter(range(100))
    bench.shell.monotonic = lambda: float(next(seconds))
    rows = "".join(f"proxy-set {i}\nproxy-name p{i}\nactivate\nshow system version\n" for i in range(1, 20))
    outcome = bench.run(f"configure voip\n{rows}exit\nwrite\n")
    assert len(bench.store.running.rows(ProxySet)) == 20
    assert not bench.store.save_needed
    assert outcome.output.count("Version info") == 4
    assert outcome.status == "failed"
    assert outcome.output.splitlines()[-1] == (
        "Cannot execute line 21 and 14 more with show commands: "
        "there are 4.5 seconds and 16 MB for those of a script"
    )
    assert outcome.description == "Incremental CLI script failed at line 21."


def test_show_commands_have_megabytes(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Show("much", "Much.", lambda words: "x" * 1_000_000))
    outcome = bench.run("show much\n" * 100)
    assert len(outcome.output) < 18_000_000
    assert "Cannot execute line 18 and 82 more with show commands" in outcome.output


def test_configuration_and_show_commands_are_mixed_in_order(bench: Bench) -> None:
    outcome = bench.run(
        "show running-config voip proxy-set | grep proxy-name\n"
        "configure voip\nproxy-set 1\nproxy-name one\nactivate\nexit\nexit\n"
        "show running-config voip proxy-set | grep proxy-name\n"
        "show voip calls active now\nSHOW SYSTEM VERSION | count\n"
    )
    assert outcome.status == "success"
    assert outcome.output.splitlines() == [
        '    proxy-name "ProxySet_0"',
        "Done",
        '    proxy-name "ProxySet_0"',
        '    proxy-name "one"',
        "later now",
        "Count: 3 lines",
    ]


def test_an_error_in_line_7_of_10(bench: Bench) -> None:
    """Blocks activated before stay, the open one is undone, the reason stands in the output."""
    outcome = bench.run(
        "configure voip\nproxy-set 1\nproxy-name one\nactivate\n"
        "proxy-set 2\nproxy-name two\nproxy-keep-alive-time 1\nactivate\nexit\nexit\n"
    )
    assert outcome.status == "failed"
    assert outcome.output.splitlines() == [
        "Done",
        "Cannot execute line 7: proxy-keep-alive-time: '1' is not a number in 5-2000000",
        "Lines 8-10 were not executed",
    ]
    assert outcome.description == "Incremental CLI script failed at line 7."
    assert [row.name for row in bench.store.running.rows(ProxySet).values()] == ["ProxySet_0", "one"]


def test_a_block_that_is_refused_names_its_line(bench: Bench) -> None:
    outcome = bench.run(
        "configure voip\nproxy-set 1\nproxy-name one\nactivate\nexit\n"
        "ip-group 1\nname a\nproxy-set-name nowhere\nactivate\nexit\nproxy-set 2\nproxy-name two\nactivate"
    )
    assert outcome.status == "failed"
    assert "Cannot execute line 8: IPGroup 1 ProxySetName: there is no ProxySet 'nowhere'" in outcome.output
    assert [row.name for row in bench.store.running.rows(ProxySet).values()] == ["ProxySet_0", "one"]
    assert len(bench.store.running.rows(IPGroup)) == 1


def test_what_a_follower_cannot_do_fails_its_line(bench: Bench) -> None:
    bench.recorder.fails = Conflict("SIP Interface 0: UDP port 5060 is in use")
    outcome = bench.run("configure voip\nsip-interface 0\nudp-port 5070\nactivate\n")
    assert outcome.output == "Cannot execute line 3: SIP Interface 0: UDP port 5060 is in use\n"


def test_write_saves(bench: Bench) -> None:
    script = "configure voip\nproxy-set 1\nproxy-name one\nactivate\n"
    bench.run(script)
    assert bench.store.save_needed
    assert bench.run("wr").output == "Writing configuration...done\n"
    assert not bench.store.save_needed


def test_commands_that_are_refused_are_named_and_the_script_goes_on(bench: Bench) -> None:
    outcome = bench.run(
        "copy firmware from http://192.0.2.1/x\nreload now\nfly\nshow nothing\nshow system version"
    )
    assert outcome.status == "failed"
    assert outcome.output.splitlines() == [
        "Cannot execute line 1: 'copy' is not available in a script",
        "Cannot execute line 2: 'reload' is not available in a script",
        "Cannot execute line 3: unknown command 'fly'",
        "Cannot execute line 4: there is no 'show nothing'; known: running-config, system, voip",
        "Version info:",
        "one",
        "two",
    ]


def test_sample_17_nat(bench: Bench) -> None:
    """A public client's body: no exit, ends with activate. Its interface must be there."""
    bench.run('configure network\ninterface network-if 1\nname "WAN"\nip-address 127.0.0.2\nactivate\n')
    assert bench.run(sample(17)).status == "success"
    assert "nat-translation 0" in bench.shell.text()


def test_sample_18_users_and_capture(bench: Bench) -> None:
    """`debug capture` is not ours: those lines are named, everything else is done."""
    outcome = bench.run(sample(18))
    assert outcome.status == "failed"
    assert outcome.output.splitlines() == [
        "Writing configuration...done",
        "Cannot execute line 12: unknown command 'debug_capture'",
        "Cannot execute line 13: 'debug' is not available in a script",
        "Cannot execute line 14: unknown command 'debug_capture'",
    ]
    assert "snmp v3-users 0" in bench.shell.text()
    assert bench.run(sample(18)).output == outcome.output  # a second time: the user is replaced
    assert bench.shell.text().count("snmp v3-users") == 1


def test_sample_19_running_config(bench: Bench) -> None:
    assert bench.run(sample(19)).status == "success"
    assert bench.store.running.rows(DeviceTable)[312].name == "blub"
    assert bench.store.running.rows(ProxySet)[21].name == "bleb"


def test_sample_20_what_was_typed_in_a_session(bench: Bench) -> None:
    typed = [line.partition("# ")[2] for line in sample(20).splitlines() if "# " in line]
    outcome = bench.run("en\n" + "\n".join(typed))
    assert outcome.status == "success"
    assert outcome.output.splitlines()[-2:] == ["Done", "Writing configuration...done"]
    assert bench.store.running.rows(InterfaceTable)[0].ip_address == "192.168.2.220"


def test_sample_21_the_manuals_examples(bench: Bench) -> None:
    text = sample(21)
    first = "\n".join(text.splitlines()[1:4])
    assert bench.run(first).status == "success"
    flat = text[text.index("(config-voip)#") : text.index("# SBC CLI")]
    typed = [line.partition("# ")[2] for line in flat.splitlines() if line.startswith("(")]
    assert bench.run("configure voip\n" + "\n".join(typed)).output == "Done\n"
    later = text[text.rindex("(config-voip)#") : text.index("# show output")]
    typed = [line.partition("# ")[2] for line in later.splitlines() if line.startswith("(")]
    outcome = bench.run("configure voip\n" + "\n".join(typed))
    assert outcome.output == "The name of a set is not kept by this version\nDone\n"
    flat, child = bench.store.running.rows(MessageManipulations).values()
    assert flat == child


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b"\r\n \r\n", "it is empty"),
        (b"\x00\x01\x02", "control characters"),
        (b"\xff\xfe\x00", "not text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not text"),
        (b";**\r\n\r\n[SYSTEM Params]\r\n", "it is an INI file"),
        (b"<html>\n", "it is a page"),
        (b'{"a": 1}', "it is JSON"),
    ],
)
def test_what_is_no_script(content: bytes, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        script(content)


def test_line_ends_and_marks_of_every_kind() -> None:
    assert script(b"\xef\xbb\xbfa\r\nb\rc\nd") == ["a", "b", "c", "d"]


def test_ten_thousand_lines_in_two_seconds(bench: Bench) -> None:
    """Seconds of processor time: a busy machine is no slow device."""
    rows = [
        f'  ip-group {i}\n    name "g{i}"\n    tags "a=b"\n    activate\n  exit\n' for i in range(1, 2001)
    ]
    begun = time.process_time()
    outcome = bench.run(f"configure voip\n{''.join(rows)}exit\n")
    assert time.process_time() - begun < 2
    assert outcome.status == "success"
    assert len(bench.store.running.rows(IPGroup)) == 2001


def test_the_last_of_many_blocks_is_bad(bench: Bench) -> None:
    """It is found by halves: the time for a refused script is that of a few changes, not of one each."""
    rows = [f"ip-group {i}\nname g{i}\nactivate\nexit\n" for i in range(1, 1001)]
    bad = "ip-group 1001\nname g1\nactivate\n"
    begun = time.process_time()
    outcome = bench.run(f"configure voip\n{''.join(rows)}{bad}")
    assert time.process_time() - begun < 3
    assert outcome.output.splitlines()[1000:] == [
        "Cannot execute line 4003: IPGroup 1001 Name: 'g1' is also that of row 1"
    ]
    assert len(bench.store.running.rows(IPGroup)) == 1001


def test_a_megabyte_of_one_line(bench: Bench) -> None:
    outcome = bench.run("configure voip\nproxy-set 1\nproxy-name " + "x" * 1_000_000)
    assert outcome.status == "failed"
    assert len(outcome.output) < 500


def test_a_full_script_replaces_everything(bench: Bench) -> None:
    """R25: what is not in the script returns to its default; the text reproduces the device."""
    bench.run("configure voip\nproxy-set 1\nproxy-name one\nactivate\n")
    text = bench.shell.text()
    assert bench.shell.whole(script(text.encode()))[0] == bench.store.running
    assert bench.shell.whole(["configure system"])[0] == SCHEMA.factory()


def test_every_bad_line_of_a_full_script_is_told(bench: Bench) -> None:
    with pytest.raises(InvalidConfig) as refused:
        bench.shell.whole(
            ["show users", "configure voip", "proxy-set 0", "colour red", "proxy-keep-alive-time 1"]
        )
    assert [problem.line for problem in refused.value.problems] == [1, 4, 5]
    assert "line 1: 'show' is no configuration command" in str(refused.value)


def test_show_running_config_in_parts_and_whole(bench: Bench) -> None:
    assert bench.run("show running-config system").output.splitlines()[0] == "configure system"
    assert "127.0.0.1" not in bench.run("show running-config voip").output
    assert "proxy-keep-alive-time 60" in bench.run("show running-config voip proxy-set full").output
    assert "has no part 'moon'" in bench.run("show running-config moon").output


def test_a_large_configuration_is_written_beside_the_loop(tmp_path: Path) -> None:
    """Nobody waits while `show running-config` writes a large one."""
    bench = Bench(tmp_path)
    offloaded: list[str] = []

    async def elsewhere(work: Callable[[], Any]) -> Any:
        done = work()
        offloaded.append(type(done).__name__)
        return done

    bench.shell.offload = elsewhere
    assert "configure voip" in bench.run("show running-config | grep configure").output
    assert "str" in offloaded


def test_show_helps(bench: Bench) -> None:
    assert bench.run("show ?").output.split()[:1] == ["running-config"]
    assert "active" in bench.run("show voip calls ?").output
