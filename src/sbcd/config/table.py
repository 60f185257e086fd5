"""How configuration is declared: `@table` and `@params` classes whose columns are `col()` or `kept()`.

One rule: everything the outside can know of a table or parameter (INI and CLI name, range, default,
reference, secrecy, when it takes effect) is said here once; readers, writers, checks and the reference page
derive it."""

import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, dataclass_transform

import msgspec

from sbcd.config import types

REQUIRED: Any = msgspec.NODEFAULT
AREAS = ("system", "network", "voip", "troubleshoot")  # in the order of a running-config


@dataclass(slots=True, eq=False)
class Column:
    """One column of a table, or one parameter.

    name: the attribute; ini, cli: its names outside (`derived`: nobody gave the CLI name, it is the
    kebab-case of the INI name); was: older INI names, understood when read. default: REQUIRED or the value
    ($$). refers_to: the INI name of the table whose unique column (str) or index (int) this names; `also`
    are texts that refer to nothing ("Any"), "" always is one. parent: like refers_to, and makes this a child
    table, whose CLI row is `<parent>/<position>`. unique: no two rows share a value other than "".
    array: number of NAME_0.. elements; listed: several values in one parameter, `'a', 'b'`.
    resets: takes effect at a reset only (resetNeeded). hidden: never exported but as a comment.
    always: exported also when it has its default. spellings: CLI words that are understood beside those
    written. marks: a text it does not take makes the row inactive
    (`!`) when a file is loaded, as on the device, and is not refused. obeyed: the device acts on it;
    otherwise it is carried, typed and validated. only: of an obeyed column, the values that the device acts
    on; another one is carried and told."""

    ini: str
    default: Any = REQUIRED
    help: str = ""
    cli: str = ""
    low: int | None = None
    high: int | None = None
    most: int | None = None
    pattern: str | None = None
    words: Mapping[Any, str] | None = None
    spellings: Mapping[str, Any] | None = None
    refers_to: str | None = None
    also: tuple[str, ...] = ()
    parent: str | None = None
    position: bool = False
    unique: bool = False
    array: int | None = None
    was: tuple[str, ...] = ()
    quoted: bool | None = None
    resets: bool = False
    hidden: bool = False
    always: bool = False
    marks: bool = False
    obeyed: bool = True
    only: tuple[Any, ...] | None = None
    name: str = ""
    derived: bool = False
    listed: bool = False
    secret: bool = False
    codec: types.Codec = field(default_factory=types.Text)

    @property
    def required(self) -> bool:
        return self.default is REQUIRED

    @property
    def target(self) -> str | None:
        """The table this refers to, as parent or otherwise."""
        return self.refers_to or self.parent

    @property
    def by_index(self) -> bool:
        """Whether the reference is an index and not a name."""
        return isinstance(self.codec, types.Number)

    def obeys(self, value: Any) -> bool:
        """Whether the device does as this value says."""
        return self.obeyed and (self.only is None or value in self.only)

    def read(self, text: str) -> Any:
        """The value of one INI text; ValueError is a whole sentence, which never shows a secret (R34)."""
        return self._told(self.codec.read, text)

    def read_word(self, text: str) -> Any:
        """The value of one CLI word."""
        if self.spellings is not None and text.lower() in self.spellings:
            return self.spellings[text.lower()]
        return self._told(self.codec.read_word, text)

    def _told(self, read: Callable[[str], Any], text: str) -> Any:
        try:
            return read(text)
        except ValueError as error:
            shown = "the value" if self.secret else f"'{text if len(text) <= 60 else text[:57] + '...'}'"
            raise ValueError(f"{shown} {error}") from None


def col(ini: str, *, default: Any = REQUIRED, help: str = "", **more: Any) -> Any:
    """A column or parameter that the device obeys; see `Column` for what else may be said of it."""
    return Column(ini, default, help, **more)


def kept(ini: str, *, default: Any = REQUIRED, help: str = "", **more: Any) -> Any:
    """One that is typed, validated and exported, but without behaviour on this device ("carried")."""
    return Column(ini, default, help, obeyed=False, **more)


if TYPE_CHECKING:

    @dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(col, kept))
    class _Declared:
        carried: tuple[tuple[str, str], ...] = ()

        def but(self, **changes: Any) -> Self: ...

    class Row(_Declared):
        """A row of a table: a frozen value."""

        __table__: ClassVar["Table"]

        @classmethod
        def factory(cls) -> Mapping[int, Self]: ...

    class Params(_Declared):
        """A set of parameters: a frozen value, every one with a default."""

        __params__: ClassVar["ParamSet"]
else:

    class _Declared(msgspec.Struct, frozen=True, kw_only=True, gc=False):
        """`carried` holds known columns that are not declared, with their cells as they came (R27)."""

        carried: tuple[tuple[str, str], ...] = ()

        def but(self, **changes: Any) -> Self:
            """The same with some values changed."""
            return msgspec.structs.replace(self, **changes)

    class Row(_Declared, frozen=True, kw_only=True, gc=False):
        """A row of a table: a frozen value. Its index is not part of it."""

        @classmethod
        def factory(cls) -> Mapping[int, Self]:
            """The rows a device without configuration has; declared by overriding."""
            return {}

    class Params(_Declared, frozen=True, kw_only=True, gc=False):
        """A set of parameters: a frozen value, every one with a default."""


R = TypeVar("R", bound=Row)
P = TypeVar("P", bound=Params)


def values_of(row: Row) -> tuple[Any, ...]:
    """What a row holds: `carried`, then the columns in their order. Quicker than attribute by attribute."""
    return msgspec.structs.astuple(typing.cast("Any", row))


class _Heads:
    """Columns in order, and the ways to find one."""

    def __init__(self, columns: list[Column]) -> None:
        self.columns = tuple(columns)
        self.by_name = {column.name: column for column in columns}
        self.by_ini = {name.lower(): column for column in columns for name in (*column.was, column.ini)}
        self.by_cli = {column.cli.lower(): column for column in columns}
        if len(self.by_cli) != len(columns):
            raise TypeError(f"two columns share a CLI name: {[column.cli for column in columns]}")
        self.resetting = tuple(column for column in columns if column.resets)
        self.unset = ((), *(column.default for column in columns))  # `carried`, then the columns
        self.places = range(len(self.unset))

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)


class Link(typing.NamedTuple):
    """A reference, ready for loops over many rows: the field that holds it, what it names, what is none."""

    field: int
    target: str
    none: frozenset[Any]
    column: Column


class Table(_Heads):
    """What is declared of a table. `row` is its class, `cli` its words below `configure <area>`."""

    def __init__(self, columns: list[Column], ini: str, area: str, cli: str, help: str) -> None:
        super().__init__(columns)
        self.ini = ini
        self.area = area
        self.cli = cli
        self.help = help
        self.row: type[Row] = Row
        self.was: tuple[str, ...] = ()
        self.order_matters = False
        self.most_rows: int | None = None
        self.group: tuple[str, str] | None = None
        self.references = tuple(column for column in columns if column.target)
        self.links: tuple[Link, ...] = ()
        self.uniques = tuple(column for column in columns if column.unique)
        self.unique = self.uniques[0] if self.uniques else None
        self.parent = next((column for column in columns if column.parent), None)
        self.position = next((column for column in columns if column.position), None)

    def __repr__(self) -> str:
        return f"<Table {self.ini}>"


class ParamSet(_Heads):
    """What is declared of a set of parameters. `values` is its class, `section` its `[... Params]`."""

    def __init__(self, columns: list[Column], section: str, area: str, cli: str, help: str) -> None:
        super().__init__(columns)
        self.section = section
        self.area = area
        self.cli = cli
        self.help = help
        self.values: type[Params] = Params

    def __repr__(self) -> str:
        return f"<ParamSet {self.values.__name__}>"


def table(
    *,
    ini: str,
    area: str,
    cli: str,
    help: str,
    was: tuple[str, ...] = (),
    order_matters: bool = False,
    most_rows: int | None = None,
    group: tuple[str, str] | None = None,
) -> Callable[[type[R]], type[R]]:
    """Declares a table. `was`: older INI names; `order_matters`: its rows may be moved (insert, move-up).
    `group`: words of a CLI mode that gathers rows, and the column whose value it sets."""

    def declare(declared: type[R]) -> type[R]:
        columns = _columns(declared)
        meta = Table(columns, ini, area, cli, help)
        meta.was, meta.order_matters, meta.most_rows = was, order_matters, most_rows
        meta.group = group
        made = _made(declared, Row, columns, "__table__", meta)
        meta.row = made
        fields = made.__struct_fields__
        meta.links = tuple(
            Link(fields.index(c.name), c.target or "", frozenset({"", -1, *c.also}), c)
            for c in meta.references
        )
        return typing.cast("type[R]", made)

    return _in_area(area, declare)


def params(*, section: str, area: str, cli: str, help: str = "") -> Callable[[type[P]], type[P]]:
    """Declares a set of parameters that share an INI section and a CLI mode ("" is the area itself)."""

    def declare(declared: type[P]) -> type[P]:
        columns = _columns(declared)
        if missing := [column.ini for column in columns if column.required]:
            raise TypeError(f"parameters without a default: {missing}")
        meta = ParamSet(columns, section, area, cli, help or (declared.__doc__ or "").strip())
        made = _made(declared, Params, columns, "__params__", meta)
        meta.values = made
        return typing.cast("type[P]", made)

    return _in_area(area, declare)


def _in_area(area: str, declare: Callable[[type[Any]], type[Any]]) -> Callable[[type[Any]], type[Any]]:
    if area not in AREAS:
        raise TypeError(f"no such area: {area}")
    return declare


def _columns(declared: type[Any]) -> list[Column]:
    """The columns of a class as it was written, completed by their annotations."""
    columns = []
    for field_ in msgspec.structs.fields(declared):
        if field_.name == "carried":
            continue
        column = field_.default
        if not isinstance(column, Column):
            raise TypeError(f"{declared.__name__}.{field_.name} is not declared by col() or kept()")
        column.name = field_.name
        column.derived = not column.cli
        column.cli = column.cli or types.kebab(column.ini)
        kind = field_.type
        if typing.get_origin(kind) is tuple:
            kind = typing.get_args(kind)[0]
            column.listed = column.array is None
            if column.array is not None and not isinstance(column.default, tuple):
                column.default = (column.default,) * column.array
        column.codec = _codec(column, kind)
        column.secret = kind is types.Secret
        columns.append(column)
    return columns


def _codec(column: Column, kind: Any) -> types.Codec:
    """The codec an annotation asks for."""
    if kind is bool:
        return types.Flag(column.words)
    if kind is int:
        number = types.Number(column.low, column.high, column.quoted or False)
        number.words = column.words or {}
        return number
    if kind is types.Address:
        return types.IpAddress(column.quoted or False)
    if kind is types.Secret:
        return types.SecretText(column.most)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return types.Choice(kind, column.words)
    if kind is str:
        text = types.Text(column.most, column.pattern)
        text.quoted = True if column.quoted is None else column.quoted
        text.words = column.words or {}
        return text
    raise TypeError(f"{column.ini}: no value type for {kind}")


def _made(declared: type[Any], base: Any, columns: list[Column], mark: str, meta: Any) -> Any:
    """The real class: a msgspec struct with the declared defaults and methods."""
    ours = (staticmethod, classmethod, property)
    namespace: dict[str, Any] = {
        name: value
        for name, value in vars(declared).items()
        if not name.startswith("__") and (isinstance(value, ours) or callable(value))
    }
    namespace |= {mark: meta, "__doc__": declared.__doc__}
    return msgspec.defstruct(
        declared.__name__,
        [(column.name, Any, column.default) for column in columns],
        bases=(base,),
        namespace=namespace,
        module=declared.__module__,
        frozen=True,
        kw_only=True,
        gc=False,
    )
