"""Call setup rules: questions asked and things set before a request is classified or routed.

One rule: what the device cannot ask (LDAP, ENUM, HTTP) was not found; nothing waits for an answer
(docs/adr/0060)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

from sbcd.base.errors import Invalid
from sbcd.rooms.calls.matching import tags
from sbcd.rooms.calls.messages import Draft, Scene
from sbcd.rooms.calls.messages.language import Condition, Value, condition, value
from sbcd.rooms.calls.messages.rules import Act, action
from sbcd.rooms.calls.messages.subjects import Subject, subject
from sbcd.sip.message import Request

if TYPE_CHECKING:
    from sbcd.rooms.calls.matching import Asked
    from sbcd.rooms.calls.plan import SetupRule

DIAL_PLAN = 2  # QueryType
RUN, EXIT = 20, 21  # ActionType
DEEPEST = 10
SIDES = ("srctags", "dsttags")
NUMBERS = {
    f"param.call.{side}.{part}": f"{name}_{part}"
    for side, name in (("src", "source"), ("dst", "dest"))
    for part in ("user", "host")
}
"""What rules may set of a call, and where a request as the rules see it holds it."""

T = TypeVar("T")
Lookup = Callable[[str, str], str]
"""From a dial plan and a number to the tag; '' when there is none."""


@dataclass(slots=True)
class SetupScene(Scene):
    """A scene with the answer to the last question; `asked` is what is being set up."""

    asked: Asked | None = None
    answer: str = ""

    def fact(self, name: str) -> str | None:
        """`dialplan.*` is the answer, all else what the message and its way tell."""
        if name in {"dialplan.found", "dialplan.result"}:
            return self.answer or None
        return None


@dataclass(frozen=True, slots=True)
class Step:
    """One row, compiled. `act` tells the verdict when it ends the run, None when the next row follows."""

    previous: bool
    ask: Callable[[SetupScene, Lookup], None]
    condition: Condition
    act: Callable[[SetupScene, Setup, int], bool | None]


def step(row: SetupRule) -> Step:
    """A row of CallSetupRules. Raises Invalid, beginning with the column that is wrong."""
    ask = _nothing
    if row.query == DIAL_PLAN:
        ask = partial(_dial_plan, row.target, _in("AttributesToQuery", lambda: value(row.attributes)))
    made = _in("Condition", lambda: condition(row.condition))
    return Step(row.previous, ask, made, _act(row))


def _act(row: SetupRule) -> Callable[[SetupScene, Setup, int], bool | None]:
    if row.action == EXIT:
        verdict = row.value.strip().strip("'").lower()
        if verdict not in {"true", "false"}:
            raise Invalid(f"ActionValue: exit needs True or False, not '{row.value[:40]}'")
        return lambda scene, setup, depth: verdict == "true"
    if row.action == RUN:
        number = row.value.strip().strip("'")
        if not number.isdecimal() or len(number) > 4:
            raise Invalid(f"ActionValue: '{row.value[:40]}' is no number of a set of rules")
        return lambda scene, setup, depth: setup.steps(int(number), scene, depth + 1)
    if not row.subject.strip():
        return lambda scene, setup, depth: None  # it only asks; later rows look at the answer
    made_subject = _in("ActionSubject", lambda: settable(row.subject))
    change = _in("ActionValue", lambda: action(made_subject, Act(row.action), row.value))

    def run(scene: SetupScene, setup: Setup, depth: int) -> None:
        change(scene)

    return run


def _in(column: str, make: Callable[[], T]) -> T:
    try:
        return make()
    except Invalid as error:
        raise Invalid(f"{column}: {error}") from error


def _nothing(scene: SetupScene, lookup: Lookup) -> None:
    """No question, or none that can be asked here."""
    scene.answer = ""


def _dial_plan(name: str, number: Value, scene: SetupScene, lookup: Lookup) -> None:
    scene.answer = lookup(name, number(scene) or "")


def settable(text: str) -> Subject:
    """A subject; here the numbers and hosts of the call can be set, too. Raises Invalid."""
    name = text.strip().lower()
    if name in SIDES:
        return _all_tags(name)
    where = NUMBERS.get(name)
    if where is None:
        return subject(text)

    def get(scene: Scene) -> str | None:
        return getattr(cast("SetupScene", scene).asked, where, None)

    def put(scene: Scene, new: str) -> None:
        setattr(cast("SetupScene", scene).asked, where, new)

    return Subject(name, get, put, lambda scene: put(scene, ""))


def _all_tags(side: str) -> Subject:
    """`srctags`, `dsttags`: a text such as `country=de;premium` sets several at once."""

    def put(scene: Scene, new: str) -> None:
        for name, held in tags(new):
            scene.tags[side if name == "default" else f"{side}.{name}"] = held

    def remove(scene: Scene) -> None:
        for name in [name for name in scene.tags if name.partition(".")[0] == side]:
            del scene.tags[name]

    return Subject(side, lambda scene: scene.tags.get(side), put, remove)


class Setup:
    """The rule sets of a plan."""

    _sets: dict[int, list[Step]]

    def __init__(
        self,
        rows: Iterable[SetupRule],
        lookup: Lookup,
        world: MutableMapping[str, str] | None = None,
        known: Setup | None = None,
    ) -> None:
        """Rows in the order of their index; `known` was made of the same ones. Raises Invalid that names
        table, row and column."""
        self._lookup = lookup
        self._world = world if world is not None else {}
        if known is not None:
            self._sets = known._sets
            return
        self._sets = {}
        for row in rows:
            try:
                self._sets.setdefault(row.set, []).append(step(row))
            except Invalid as error:
                raise Invalid(f"CallSetupRules {row.index} {error}") from error

    def __contains__(self, number: int) -> bool:
        return number in self._sets

    def run(self, number: int, asked: Asked) -> bool:
        """Runs a set for a request; False: whatever it belongs to does not apply.

        Numbers, tags and variables are set in `asked`; a changed message is `asked.request`."""
        if number not in self._sets or asked.scene is None:
            return True
        base = asked.scene(asked)
        told = base.facts
        scene = SetupScene(base.draft, told, asked.variables, self._world, _held(asked), asked=asked)
        scene.facts = lambda name: scene.fact(name) if name.startswith("dialplan.") else told(name)
        before = dict(scene.tags)
        verdict = self.steps(number, scene, 0)
        if scene.tags != before:
            asked.source_tags = _tags(scene.tags, "srctags")
            asked.dest_tags = _tags(scene.tags, "dsttags")
        if scene.draft.changed:
            message = cast("Request", scene.draft.message())
            asked.request = message
            asked.scene = lambda one: Scene(Draft(message), told, one.variables)
        return verdict is not False

    def steps(self, number: int, scene: SetupScene, depth: int) -> bool | None:
        """The rows of a set in order, until one ends the run; None: none did. Ten sets deep at most."""
        if depth > DEEPEST:
            return False
        holds = False
        for one in self._sets.get(number, ()):
            if not one.previous:
                one.ask(scene, self._lookup)
                holds = one.condition(scene)
            if holds:
                verdict = one.act(scene, self, depth)
                if verdict is not None:
                    return verdict
        return None


def _held(asked: Asked) -> dict[str, str]:
    """The tags of both sides under the names that rules have for them."""
    return {
        f"{side}.{name}" if name != "default" else side: held
        for side, pairs in zip(SIDES, (asked.source_tags, asked.dest_tags), strict=True)
        for name, held in pairs
    }


def _tags(held: MutableMapping[str, str], side: str) -> frozenset[tuple[str, str]]:
    """Back from those names."""
    return frozenset(
        (name.partition(".")[2] or "default", text)
        for name, text in held.items()
        if name.partition(".")[0] == side
    )
