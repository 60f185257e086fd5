"""The reference page of the configuration, written from what is declared.

One rule: nothing stands on the page that the device doesn't read from the same declarations."""

from collections.abc import Iterable, Iterator

from sbcd.config.cli.grammar import is_child, key
from sbcd.config.cli.values import spelled
from sbcd.config.schema import Schema
from sbcd.config.table import AREAS, REQUIRED, Column, ParamSet, Table

INTRO = """# Configuration

Every table and parameter of the device, generated from their declarations (`make docs`). The INI file and the
CLI script are two forms of the same.

* **CLI**: the name in a CLI script. `*`: the vendor's name is not known; it is the INI name in kebab-case.
* **Default**: as the CLI writes it; *none* means that a row must say it. Secrets are always shown empty.
* **Effect**: *at once*, or *reset*: after the next reset only (`resetNeeded`).
* **Here**: *obeyed*, or *carried*: checked, stored and exported, without behaviour on this device;
  with values, only those are obeyed.
* **Was**: names of earlier versions, understood when read.
"""

HEADS = ("INI", "CLI", "Values", "Default", "Refers to", "Effect", "Here", "Meaning")


def page(schema: Schema, carried: Iterable[str] = ()) -> str:
    """The whole page. `carried`: tables of the catalogue that are stored as they come."""
    lines = [INTRO]
    for area in AREAS:
        lines.append(f"## configure {area}\n")
        for params in schema.param_sets:
            if params.area == area:
                lines += _params(params)
        for table in schema.tables.values():
            if table.area == area:
                lines += _table(table)
    names = ", ".join(f"`{name}`" for name in sorted(carried) if schema.table(name) is None)
    lines.append("## Carried tables\n")
    lines.append("Known from the INI files of real devices, stored and exported as they come (INI only):\n")
    lines.append(names + "\n")
    return "\n".join(lines)


def _params(params: ParamSet) -> Iterator[str]:
    yield f"### {params.area} {params.cli}".rstrip() + f": parameters of `[{params.section}]`\n"
    yield f"{params.help}\n"
    yield from _columns(params.columns)


def _table(table: Table) -> Iterator[str]:
    yield f"### `{table.ini}`\n"
    named, head = key(table), "<index>"
    if is_child(table):
        head = "<parent>/<place>"
    elif named is not None:
        head = "<name>"
    yield f"{table.help} CLI: `configure {table.area}` / `{table.cli} {head}`.\n"
    if notes := list(_notes(table)):
        yield f"{' '.join(notes)}\n"
    yield from _columns(table.columns)


def _notes(table: Table) -> Iterator[str]:
    if table.was:
        yield f"Was: {', '.join(f'`{name}`' for name in table.was)}."
    if table.order_matters:
        yield "The order of the rows matters."
    if table.most_rows is not None:
        yield f"At most {table.most_rows} rows."
    if table.row.factory():
        yield f"Rows of a device without configuration: {', '.join(str(i) for i in table.row.factory())}."


def _columns(columns: Iterable[Column]) -> Iterator[str]:
    yield f"| {' | '.join(HEADS)} |"
    yield "|---" * len(HEADS) + "|"
    for column in columns:
        yield f"| {' | '.join(_cell(text) for text in _texts(column))} |"
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _texts(column: Column) -> tuple[str, ...]:
    name = column.ini if column.array is None else f"{column.ini}_0..{column.array - 1}"
    was = f" (was {', '.join(column.was)})" if column.was else ""
    values = column.codec.describe()
    if column.listed:
        values = f"list of: {values}"
    if column.unique:
        values += ", unique"
    target = f"{column.target}{' by index' if column.by_index else ''}" if column.target else ""
    if column.also:
        target += f" or {', '.join(column.also)}"
    return (
        f"`{name}`{was}",
        f"`{column.cli}`{'*' if column.derived else ''}",
        values,
        _default(column),
        target,
        "reset" if column.resets else "at once",
        _here(column),
        column.help,
    )


def _here(column: Column) -> str:
    if column.only is None:
        return "obeyed" if column.obeyed else "carried"
    return f"obeyed: {', '.join(f'`{spelled(column, value)}`' for value in column.only)}; else carried"


def _default(column: Column) -> str:
    if column.default is REQUIRED:
        return "*none*"
    if column.secret:
        return "*secret*"
    if column.listed:
        return " ".join(f"`{item}`" for item in column.default if item)
    value = column.default
    if column.array is not None:
        value = column.default[0]
        if set(column.default) != {value}:
            return " ".join(f"`{spelled(column, item)}`" for item in column.default)
    return f"`{spelled(column, value)}`"
