"""No line brings a session down, and none that is refused leaves a trace."""

from hypothesis import given, settings
from hypothesis import strategies as st

from config.cli.configurations import SCHEMA
from sbcd.base.errors import Invalid
from sbcd.config.cli import Grammar, Session, write
from sbcd.config.cli.help import helps

GRAMMAR = Grammar(SCHEMA)
FACTORY = SCHEMA.factory()
COMMANDS = "configure exit quit no do show write activate display defaults help ? new where".split()  # noqa: SIM905
HEADS = [word for table in SCHEMA.tables.values() for word in (table.cli, *table.cli.split())]
MODES = [word for params in SCHEMA.param_sets for word in (params.cli, *params.cli.split())]
NAMES = [column.cli for table in SCHEMA.tables.values() for column in table.columns]
NAMES += [column.cli for params in SCHEMA.param_sets for column in params.columns]
VALUES = ["0", "1", "-1", "1/0", "0/1", "99", '"x y"', '"', "enable", "on", "192.0.2.1", "1 2", "\\", "Admin"]
WORDS = st.sampled_from([*COMMANDS * 8, *HEADS, *MODES, *NAMES, *VALUES * 8, "system", "network", "voip"])
LINES = st.lists(WORDS, max_size=5).map(" ".join) | st.text(max_size=12)
SCRIPTS = st.lists(LINES, max_size=25)


@settings(max_examples=100, deadline=None)
@given(SCRIPTS, st.sampled_from(["configure system", "configure network", "configure voip", ""]))
def test_every_line_is_followed_or_refused(lines: list[str], first: str) -> None:
    session = Session(GRAMMAR, FACTORY)
    for number, line in enumerate([first, *lines], 1):
        before = session.base
        try:
            session.take(number, line)
        except Invalid:
            refused = True
        else:
            refused = False
        if refused:
            assert not session.block
            assert session.base is before
        helped = helps_of(session, line)
        assert isinstance(helped, str)
        assert session.prompt.endswith("#")
    write(GRAMMAR, session.base)


def helps_of(session: Session, line: str) -> str:
    try:
        return helps(session, line)
    except Invalid:
        return ""
