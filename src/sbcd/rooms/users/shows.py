"""`show users`: the local users; what they log in with is never shown (R34)."""

from collections.abc import Callable, Sequence

from sbcd.config.show import Show, columns
from sbcd.config.snapshot import Snapshot
from sbcd.config.types import kebab
from sbcd.rooms.users.tables import WebUsers


def shows(running: Callable[[], Snapshot]) -> list[Show]:
    def users(words: Sequence[str]) -> str:
        rows = []
        for index, row in running().rows(WebUsers).items():
            level, status = kebab(row.level.name), kebab(row.status.name)
            rows.append((index, row.name, level, status, row.session_limit, row.session_timeout))
        return columns(("Index", "User", "Level", "Status", "Sessions", "Timeout"), rows)

    return [Show("users", "The local users.", users)]
