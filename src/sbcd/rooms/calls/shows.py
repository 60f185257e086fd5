"""`show voip ip-group`: the peers as configured."""

from collections.abc import Callable, Sequence

from sbcd.config.show import Show, columns
from sbcd.config.snapshot import Snapshot
from sbcd.config.types import kebab
from sbcd.rooms.calls.tables.peers import IPGroup


def shows(running: Callable[[], Snapshot]) -> list[Show]:
    def ip_group(words: Sequence[str]) -> str:
        rows = [
            (index, row.name, kebab(row.type.name), row.srd, row.proxy_set, row.ip_profile, row.media_realm)
            for index, row in running().rows(IPGroup).items()
        ]
        return columns(("Index", "Name", "Type", "SRD", "Proxy Set", "IP Profile", "Media Realm"), rows)

    return [Show("voip ip-group", "The IP groups.", ip_group)]
