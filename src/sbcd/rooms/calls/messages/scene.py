"""What a rule can see besides the message: parameters of the call, variables, tags.

One rule: names are lower case here; what nobody knows is None."""

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field

from sbcd.rooms.calls.messages.draft import Draft

Facts = Callable[[str], str | None]


def _nothing(_name: str) -> None:
    return None


@dataclass(slots=True)
class Scene:
    """One message at one point of its way.

    `facts` answers `param.*` (and `ldap.*`, `dialplan.*`, `http.*` in call setup rules) by its whole name.
    `variables` hold `var.session.*` and `var.call.*` of this session, `world` the `var.global.*` of the
    engine; `tags` are `srctags.*` and `dsttags.*`. `found` are the groups of the last regex that matched."""

    draft: Draft
    facts: Facts = _nothing
    variables: MutableMapping[str, str] = field(default_factory=dict)
    world: MutableMapping[str, str] = field(default_factory=dict)
    tags: MutableMapping[str, str] = field(default_factory=dict)
    found: tuple[str, ...] = ()

    def variable(self, name: str) -> MutableMapping[str, str]:
        """Where a variable or tag of this name lives."""
        if name.startswith("var.global."):
            return self.world
        return self.variables if name.startswith("var.") else self.tags
