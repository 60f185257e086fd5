"""The catalogue of KPIs: `catalogue.csv` read into a tree of places and parameters.

One rule: a line of the file is one base in one group; which ids it has in `current` and in `history`
follows from its shape alone, so no id is written twice (R19)."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files

SHAPES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # shape: suffixes in current, suffixes in history
    "counter": (("Total",), ("",)),
    "total": (("Total",), ()),
    "line": (("Current",), ("",)),
    "gauge": (("",), ("Avg", "Max")),
    "average": (("",), ("Avg",)),
    "extent": (("",), ("Avg", "Max", "Min")),
    "grade": (("",), ("Max", "Min")),
    "peak": (("",), ("Max",)),
    "now": (("",), ()),
    "mean": ((), ("Avg",)),
    "share": ((), ("",)),
}
COUNTED = {"counter", "total", "line"}
SCALES = {"KB": 1024, "min": 60000}  # a counter in KB is fed bytes, one in minutes milliseconds
SPOKEN = {"Avg": "Average: ", "Max": "Maximum: ", "Min": "Minimum: "}

APPLICATIONS = {
    "system": "System application statistics",
    "sbc": "SBC application statistics",
    "gateway": "Gateway application statistics",
    "media": "Media application statistics",
    "network": "Network application statistics",
}
GROUPS = {
    "licenseStats": "License statistics",
    "systemStats": "System statistics",
    "storageStats": "Storage statistics",
    "cpuStats": "CPU statistics",
    "callStats": "Call statistics",
    "userDefined": "User-defined failure statistics",
    "otherStats": "Other Dialogs statistics",
    "sipRecStats": "SIPRec statistics",
    "trunkStats": "Trunk statistics",
    "analogStats": "Analog statistics",
    "ds1Stats": "DS1 statistics",
    "briStats": "BRI statistics",
    "dspStats": "DSP statistics",
    "clusterStats": "Cluster statistics",
    "mediaStats": "Media statistics",
    "coderStats": "Coder statistics",
    "ddosStats": "DDoS statistics",
    "haStats": "HA statistics",
    "portStats": "Port statistics",
}
ENTITIES = {
    "ipGroup": "Per-IPGroup statistics",
    "srd": "Per-SRD statistics",
    "cpMediaRealm": "Per-MediaRealm statistics",
    "trunk": "Per-Trunk statistics",
    "trunkGroup": "Per-TrunkGroup statistics",
    "cpu": "Per-CPU statistics",
    "partition": "Per-Partition statistics",
    "port": "Per-Port statistics",
}
GLOBAL = "global"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One id at one place. `part` is "", Avg, Max or Min: which figure of its base it shows."""

    id: str
    base: str
    part: str
    counted: bool
    unit: str
    help: str
    name: str
    scale: int = 1


@dataclass(slots=True)
class Place:
    """Where parameters live: an application, a group of it and an entity (global or an indexed one).

    `slots` gives every counted base its position in an array of totals, in the order of the file."""

    application: str
    group: str
    entity: str
    help: str
    slots: dict[str, int] = field(default_factory=dict)
    gauges: set[str] = field(default_factory=set)
    current: dict[str, Parameter] = field(default_factory=dict)  # by id in lower case, alphabetical
    history: dict[str, Parameter] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"{self.application}/{self.group}/{self.entity}"

    @property
    def indexed(self) -> bool:
        return self.entity != GLOBAL

    def __hash__(self) -> int:
        return id(self)

    def parameters(self, mode: str) -> dict[str, Parameter]:
        """Those of `current` or of `history`."""
        return self.current if mode == "current" else self.history

    def twin(self, parameter: Parameter) -> Parameter | None:
        """The history parameter that tells of the past what this current one tells of now (R19)."""
        for part in ("", "Avg", "Max"):
            found = self.history.get((parameter.base + part).lower())
            if found is not None and found.base == parameter.base:
                return found
        return None


@dataclass(slots=True)
class Node:
    """An application (its children are groups) or a group (its children are places)."""

    id: str
    help: str
    children: "dict[str, Node]" = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)


class Catalogue:
    """The whole tree; looked up by lower-case names (R5)."""

    def __init__(self, lines: Iterator[dict[str, str]]) -> None:
        self.applications: dict[str, Node] = {}
        self.places: dict[str, Place] = {}  # by path
        for line in lines:
            self._add(line)
        for place in self.places.values():
            place.current = dict(sorted(place.current.items()))
            place.history = dict(sorted(place.history.items()))
        for application in self.applications.values():
            application.children = dict(sorted(application.children.items()))
            for group in application.children.values():
                group.places = dict(sorted(group.places.items()))

    def _add(self, line: dict[str, str]) -> None:
        application = self.applications.setdefault(
            line["application"], Node(line["application"], APPLICATIONS[line["application"]])
        )
        group = application.children.setdefault(
            line["group"].lower(), Node(line["group"], GROUPS[line["group"]])
        )
        for entity in line["entities"].split():
            place = group.places.get(entity.lower())
            if place is None:
                spoken = ENTITIES.get(entity) or f"Global {_lower(group.help)}"
                place = Place(application.id, group.id, entity, spoken)
                group.places[entity.lower()] = self.places[place.path] = place
            for base, text in _expanded(line["base"], line["help"]):
                _fill(place, base, line["shape"], line["unit"], text)


def _fill(place: Place, base: str, shape: str, unit: str, text: str) -> None:
    """Adds a base with all its ids."""
    counted = shape in COUNTED
    if counted:
        place.slots[base] = len(place.slots)
    else:
        place.gauges.add(base)
    current, history = SHAPES[shape]
    scale = SCALES.get(unit, 1) if counted else 1
    for suffix in current:
        spoken = f"Total {text}" if counted else text
        _put(place.current, base, suffix, Parameter("", base, "", counted, unit, spoken, "", scale))
    for suffix in history:
        spoken = f"{text[0].upper()}{text[1:]} in the interval" if counted else SPOKEN.get(suffix, "") + text
        _put(place.history, base, suffix, Parameter("", base, suffix, counted, unit, spoken, "", scale))


def _put(into: dict[str, Parameter], base: str, suffix: str, form: Parameter) -> None:
    id = base + suffix
    into[id.lower()] = Parameter(
        id, base, form.part, form.counted, form.unit, form.help, spoken_name(id), form.scale
    )


def _expanded(base: str, text: str) -> Iterator[tuple[str, str]]:
    """`name#26` stands for name1 ... name26, `#` in its text for the number."""
    stem, _, most = base.partition("#")
    if not most:
        yield base, text
        return
    for number in range(1, int(most) + 1):
        yield f"{stem}{number}", text.replace("#", str(number))


def _lower(text: str) -> str:
    """The first letter small, unless the word is an abbreviation."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def spoken_name(id: str) -> str:
    """`attemptedCallsRateOut` is "Attempted Calls Rate Out" (guide 10)."""
    words = re.findall(r"[A-Z]{2,}(?=[A-Z][a-z]|$|[0-9])|[A-Z]?[a-z0-9]+|[A-Z]+[a-z0-9]*", id)
    return " ".join(word[:1].upper() + word[1:] for word in words)


def read() -> Catalogue:
    """The catalogue that comes with the product."""
    text = files(__package__).joinpath("catalogue.csv").read_text(encoding="utf-8")
    return Catalogue(iter(csv.DictReader(text.splitlines())))
