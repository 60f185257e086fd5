"""Rules and sets of rules: which messages they look at, and what they do to them.

One rule: the rules of a set run in the order of their index, each on what those before it left."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar

from msgspec.structs import replace

from sbcd.base.errors import Invalid
from sbcd.rooms.calls.messages.draft import Draft
from sbcd.rooms.calls.messages.language import Condition, Value, condition, value
from sbcd.rooms.calls.messages.scene import Scene
from sbcd.rooms.calls.messages.subjects import Subject, subject
from sbcd.sip.headers import Address
from sbcd.sip.message import Malformed, Message, Request, Response

KNOWN_URI_PARAMS = frozenset({"user", "transport", "maddr", "lr", "method", "ttl"})
PROTECTED = frozenset({"header.via", "header.cseq", "header.call-id", "header.content-length"})
"""What the stack alone may write: changing it would break the transaction or dialog."""


class Act(IntEnum):
    """ActionType."""

    ADD = 0
    REMOVE = 1
    MODIFY = 2
    ADD_PREFIX = 3
    ADD_SUFFIX = 4
    REMOVE_SUFFIX = 5
    REMOVE_PREFIX = 6
    NORMALIZE = 7


T = TypeVar("T")
Matches = Callable[[Message, bool], bool]
"""Whether a message, inside a dialog or not, is of the rule's type."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row, compiled. `previous`: it takes the verdict of the condition before it (RowRole)."""

    matches: Matches
    condition: Condition
    previous: bool
    act: Callable[[Scene], None]


def rule(
    message_type: str, when: str, what: str, act: int, action_value: str, *, previous: bool = False
) -> Rule:
    """A row of MessageManipulations. Raises Invalid, beginning with the column that is wrong."""
    made_type = _in("MessageType", lambda: message_types(message_type))
    made_condition = _in("Condition", lambda: condition(when))
    made_subject = _in("ActionSubject", lambda: subject(what))
    made_action = _in("ActionValue", lambda: action(made_subject, Act(act), action_value))
    return Rule(made_type, made_condition, previous, made_action)


def _in(column: str, make: Callable[[], T]) -> T:
    try:
        return make()
    except Invalid as error:
        raise Invalid(f"{column}: {error}") from error


_TYPE = re.compile(r"([a-z]*)(?:\.(request|response)(?:\.(\d\d\d|\dxx|any))?)?")


def message_types(text: str) -> Matches:
    """`invite`, `reinvite.request`, `any.response.4xx`, `` (all). Raises Invalid."""
    found = _TYPE.fullmatch(text.strip().lower())
    if found is None:
        raise Invalid(f"'{text[:40]}' is no message type, such as invite.request or any.response.2xx")
    method, role, code = found[1], found[2], found[3] or "any"
    anyone = method in {"", "any", "all"}
    again = method == "reinvite"
    wanted = "INVITE" if again else method.upper()

    def matches(message: Message, inside: bool) -> bool:
        request = isinstance(message, Request)
        if role and (role == "request") is not request:
            return False
        own = message.method if isinstance(message, Request) else message.cseq.method
        if not anyone and (own != wanted or (wanted == "INVITE" and again is not inside)):
            return False
        if isinstance(message, Response) and code != "any":
            status = str(message.status)
            return status == code or (code.endswith("xx") and status[0] == code[0])
        return True

    return matches


def action(what: Subject, act: Act, text: str) -> Callable[[Scene], None]:
    """What the action does. Raises Invalid when the subject does not bear it."""
    if what.name.split(".0")[0] in PROTECTED:
        raise Invalid(f"{what.name} belongs to the device and cannot be manipulated")
    if act is Act.REMOVE:
        if what.remove is None:
            raise Invalid(f"{what.name} cannot be removed")
        return what.remove
    if what.set is None:
        raise Invalid(f"{what.name} cannot be changed")
    if act is Act.NORMALIZE:
        return lambda scene: _normalize(scene, what)
    made = value(text)
    if act is Act.ADD:
        add = what.add or what.set
        return lambda scene: add(scene, made(scene) or "")
    return _change(what, act, made)


def _change(what: Subject, act: Act, made: Value) -> Callable[[Scene], None]:
    put, get = what.set, what.get
    assert put is not None
    if act is Act.MODIFY:
        return lambda scene: put(scene, made(scene) or "")
    join: Mapping[Act, Callable[[str, str], str]] = {
        Act.ADD_PREFIX: lambda held, new: new + held,
        Act.ADD_SUFFIX: lambda held, new: held + new,
        Act.REMOVE_PREFIX: str.removeprefix,
        Act.REMOVE_SUFFIX: str.removesuffix,
    }
    change = join[act]

    def act_on(scene: Scene) -> None:
        held = get(scene)
        if held is not None:
            put(scene, change(held, made(scene) or ""))

    return act_on


def _normalize(scene: Scene, what: Subject) -> None:
    """Leaves of an address what RFC 3261 knows: no strange parameters of the URI, none of the header."""
    held = what.get(scene)
    if held is None or what.set is None:
        return
    try:
        address = Address.parse(held)
    except Malformed:
        return
    uri = replace(
        address.uri, params={k: v for k, v in address.uri.params.items() if k in KNOWN_URI_PARAMS}, headers=""
    )
    if ".url" in what.name or what.name == "header.request-uri":
        what.set(scene, str(uri))
    else:
        params = {key: text for key, text in address.params.items() if key in {"tag", "expires", "q"}}
        what.set(scene, str(replace(address, uri=uri, params=params)))


class Sets:
    """The manipulation sets of a plan, by number."""

    def __init__(self, rules: Iterable[tuple[int, Rule]]) -> None:
        """Set numbers and rules, in the order of their index."""
        self._sets: dict[int, list[Rule]] = {}
        for number, made in rules:
            self._sets.setdefault(number, []).append(made)

    def __contains__(self, number: int) -> bool:
        return number in self._sets

    def apply(
        self,
        number: int,
        message: Request | Response,
        scene: Callable[[Draft], Scene],
        *,
        inside: bool = False,
    ) -> Request | Response:
        """The message after set `number` (none such: unchanged); `scene` is asked for when a rule may act."""
        rules = [rule for rule in self._sets.get(number, ()) if rule.matches(message, inside)]
        if not rules:
            return message
        at = scene(Draft(message))
        verdict = False
        for made in rules:
            if not made.previous:
                verdict = made.condition(at)
            if verdict:
                made.act(at)
        return at.draft.message()
