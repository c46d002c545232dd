"""The text of a source as the typed columns of a contract, in one statement, keeping what did not parse."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import duckdb

from ingestion.contracts.columns import Column, Origin
from ingestion.contracts.contract import Contract
from ingestion.contracts.entities import SQL_TYPES
from ingestion.contracts.sql_functions import define_sql_functions
from ingestion.errors import ContractError
from ingestion.mapping.needed_headers import PERIOD_COLUMNS, refuse_missing_headers
from ingestion.mapping.parsing import FALLIBLE_TYPES, SCHOOL_YEAR_BEGINS, parsed, school_year
from ingestion.readers.headers import folded
from ingestion.readers.records import LINE_IS_BROKEN
from ingestion.sql_text import identifier, literal
from ingestion.yaml_file import Location, read_yaml

DECIMAL_COMMA = "[+-]?[0-9]*,[0-9]+"
THOUSANDS = "[+-]?[0-9]{1,3}(,[0-9]{3})+"


@dataclass(frozen=True)
class MappedTable:
    """A table of typed rows: the contract's columns, those of `period_columns`, `_row_number`,
    `_source_file`.

    `unparsed` gives, for each column that can fail, the hidden boolean column that is true where a value
    was there and did not parse (the value itself is then NULL). `dangling` gives the hidden columns that are
    true where what a column refers to is not in the delivery. Where the source has broken lines they are rows
    without values, and the hidden column LINE_IS_BROKEN tells them.
    """

    table: str
    columns: tuple[str, ...]
    unparsed: Mapping[str, str] = field(default_factory=dict)
    period_columns: tuple[str, ...] = ()
    source_table: str = ""
    dangling: Mapping[str, str] = field(default_factory=dict)

    @property
    def hidden(self) -> tuple[str, ...]:
        """Columns that rules look at and that are not kept."""
        return (*self.unparsed.values(), *self.dangling.values())


def map_source(
    con: duckdb.DuckDBPyConnection, source_table: str, contract: Contract, *, table: str = "mapped"
) -> MappedTable:
    """Create `table` from what `read_source` read.

    Cells are trimmed of blanks, and accents are one with their letter (NFC); empty ones and those in
    `missing` are NULL, also for `sql:` and `where:`. Of several headers in a `from`, the first that the file
    has is taken. A column whose headers are all absent is NULL.

    Raises ReadError where the file lacks a header the contract needs, ContractError where an expression
    fails.
    """
    present = _present(con, source_table)
    refuse_missing_headers(con, source_table, contract, present)
    steps = _Steps(contract, present, source_table)
    define_sql_functions(con)
    try:
        con.execute(f"create or replace table {table} as {steps.query()}")
    except (duckdb.DataError, duckdb.ProgrammingError, duckdb.NotSupportedError):
        # its message would quote a value
        error = _failed_expression(con, steps, contract)
        raise error from None
    return MappedTable(table, tuple(contract.columns), steps.unparsed(), steps.period_columns, source_table)


def with_decimal_commas(
    con: duckdb.DuckDBPyConnection, source_table: str, contract: Contract, columns: Iterable[str]
) -> set[str]:
    """Those of `columns` that hold texts like 12,5; 1,234 may be a thousand and does not count."""
    steps = _Steps(contract, _present(con, source_table), source_table)
    names = [*columns]
    looks = ", ".join(
        f"coalesce(bool_or(regexp_full_match(({steps.text(name)})::varchar, {literal(DECIMAL_COMMA)})"
        f" and not regexp_full_match(({steps.text(name)})::varchar, {literal(THOUSANDS)})), false)"
        for name in names
    )
    (found,) = con.execute(f"{steps.rows()} select {looks} from filtered").fetchall()
    return {name for name, has_commas in zip(names, found, strict=True) if has_commas}


def _present(con: duckdb.DuckDBPyConnection, source_table: str) -> dict[str, str]:
    """Header as it is compared -> header as it is written, of a table that `read_source` made.

    LINE_IS_BROKEN is among them where the source has broken lines.
    """
    return {folded(row[0]): row[0] for row in con.execute(f"describe {source_table}").fetchall()}


class _Steps:
    """The statement as a chain of named steps: cleaned, repeated, filtered, texts, typed."""

    def __init__(self, contract: Contract, present: Mapping[str, str], source_table: str) -> None:
        self.contract = contract = contract.over(present.values())
        self.present = present
        self.source_table = source_table
        # a column of every step where the source has broken lines
        self.flag = (LINE_IS_BROKEN,) if LINE_IS_BROKEN in present else ()
        self.origins: dict[str, Origin] = dict(contract.columns)
        for name in PERIOD_COLUMNS:
            if origin := getattr(contract, name):
                self.origins[name] = origin
        self.period_columns = tuple(name for name in PERIOD_COLUMNS if name in self.origins)

    def query(self) -> str:
        ctes = f"{self.rows()}, texts as ({self._texts()}), typed as ({self._typed()})"
        names = [identifier(name) for name in self.origins]
        flags = [
            f"({identifier(name)} is null and {identifier(name + '__text')} is not null)"
            f" as {identifier(flag)}"
            for name, flag in self.unparsed().items()
        ]
        named = ", ".join([*names, *flags, *self.flag])
        return f"{ctes} select {named}, _row_number, _source_file from typed"

    def unparsed(self) -> dict[str, str]:
        """Column -> hidden column, for every column whose text may be there and not parse."""
        return {
            name: f"{name}__unparsed"
            for name, origin in self.origins.items()
            if self._kind(name) in FALLIBLE_TYPES and (origin.sql or self._header(origin.headers))
        }

    def rows(self) -> str:
        """The steps up to the rows the extract is made of, as `with …`; the last is named filtered."""
        used = {
            folded(h): self.present[folded(h)]
            for h in self.contract.file_headers
            if folded(h) in self.present
        }
        made = self._made()
        cells = [f"{self._cleaned(h)} as {identifier(h)}" for fold, h in used.items() if fold not in made]
        absent = dict.fromkeys(h for h in self.contract.optional if folded(h) not in self.present)
        cells += [f"null::varchar as {identifier(h)}" for h in absent]
        rows = self.contract.rows
        where = f" where ({rows.where}\n)" if rows and rows.where else ""
        if where and self.flag:
            where += f" or {LINE_IS_BROKEN}"
        repeated = self._repeated() if self.contract.unpivot else "select * from cleaned"
        hidden = [f"{self._cleaned(used[fold])} as {identifier('_of_' + fold)}" for fold in used]
        flag = [f"coalesce({name}, false) as {name}" for name in self.flag]
        repeats = hidden if self.contract.unpivot else []
        inner = ", ".join([*cells, *repeats, *flag, "_row_number", "_source_file"])
        return (
            f"with cleaned as (select {inner} from {self.source_table}),"
            f" repeated as ({repeated}), filtered as (select * from repeated{where})"
        )

    def _made(self) -> set[str]:
        """Names that unpivoting gives its columns; they stand before headers of the same name."""
        unpivot = self.contract.unpivot
        return {*unpivot.made} if unpivot else set()

    def _cleaned(self, header: str) -> str:
        """A cell without surrounding blanks, NULL where missing.

        Two comparisons spare most cells the trim, which copies: 0.7 s instead of 1.2 s of 12 million cells.
        Accents become one with their letter, whichever way the file writes them; of ASCII text that costs
        0.05 s of 12 million cells.
        """
        cell = identifier(header)
        trimmed = (
            f"nfc_normalize(case when {cell} < '!' or {cell} like '% '"
            f" then nullif(trim({cell}, ' '), '') else {cell} end)"
        )
        stated = {marker.strip() for marker in self.contract.missing} - {""}
        markers = sorted(stated | {unicodedata.normalize("NFD", marker) for marker in stated})
        if not markers:
            return trimmed
        longest = max(len(marker.encode()) for marker in markers)
        listed = ", ".join(map(literal, markers))
        is_missing = f"strlen({cell}) <= {longest} and {cell} in ({listed})"
        padded = f"({cell} < '!' or {cell} like '% ') and trim({cell}, ' ') in ({listed})"
        return f"case when ({is_missing}) or ({padded}) then null else {trimmed} end"

    def _repeated(self) -> str:
        """Rows times repeats, without the repeats that say nothing."""
        unpivot = self.contract.unpivot
        assert unpivot is not None
        structs, repeats = [], self._repeats_there()
        for repeat in repeats:
            fields = [
                f"{identifier(name)} := {literal(label)}"
                for name, label in zip(unpivot.labels, repeat, strict=True)
            ]
            for name, by_repeat in unpivot.by_repeat.items():
                # of the file: a column that is made may be called like the header it is made of
                header = self._header_of_file(by_repeat[repeat])
                value = identifier("_of_" + folded(header)) if header else "null::varchar"
                fields.append(f"{identifier(name)} := {value}")
            structs.append(f"struct_pack({', '.join(fields)})")
        picked = ", ".join(f"_repeat.{identifier(name)} as {identifier(name)}" for name in unpivot.made)
        something = " or ".join(f"_repeat.{identifier(name)} is not null" for name in unpivot.into)
        if self.flag:
            is_first = " and ".join(
                f"_repeat.{identifier(name)} = {literal(label)}"
                for name, label in zip(unpivot.labels, repeats[0], strict=True)
            )
            something += f" or ({LINE_IS_BROKEN} and {is_first})"
        return (
            f"select * exclude (_repeat), {picked} from"
            f" (select *, unnest([{', '.join(structs)}]) as _repeat from cleaned) where {something}"
        )

    def _repeats_there(self) -> list[tuple[str, ...]]:
        """Repeats of which the file has a header; a layout may know a hundred more."""
        unpivot = self.contract.unpivot
        assert unpivot is not None
        return [
            repeat
            for repeat in unpivot.repeats
            if any(self._header_of_file(by_repeat[repeat]) for by_repeat in unpivot.by_repeat.values())
        ]

    def _texts(self) -> str:
        columns = [f"{self.text(name)} as {identifier(name)}" for name in self.origins]
        texts = ", ".join([*columns, *self.flag])
        if self.contract.rows and self.contract.rows.distinct:
            first = "min(_row_number) as _row_number, min_by(_source_file, _row_number) as _source_file"
            if self.flag:
                # each broken line stays a row of its own
                texts += f", case when {LINE_IS_BROKEN} then row(_source_file, _row_number) end as _line"
            return f"select {texts}, {first} from filtered group by all"
        return f"select {texts}, _row_number, _source_file from filtered"

    def text(self, name: str) -> str:
        """The text of a column before it is parsed."""
        origin = self.origins[name]
        if origin.sql is not None:
            # on a line of its own, so that a trailing comment ends
            return f"nullif(trim(({origin.sql}\n)::varchar), '')"
        if origin.value is not None:
            return f"{literal(origin.value)}"
        header = self._header(origin.headers)
        return identifier(header) if header else "null::varchar"

    def _header(self, aliases: Iterable[str]) -> str | None:
        """The first of `aliases` that is there, made or in the file, as it is written there."""
        made = {name: name for name in self._made()}
        there = {**self.present, **made}
        return next((there[folded(alias)] for alias in aliases if folded(alias) in there), None)

    def _header_of_file(self, aliases: Iterable[str]) -> str | None:
        return next((self.present[folded(alias)] for alias in aliases if folded(alias) in self.present), None)

    def _kind(self, name: str) -> str:
        if name in PERIOD_COLUMNS:
            return "integer" if name == "school_year" else "text"
        return self.contract.columns[name].type or "text"

    def _typed(self) -> str:
        values = []
        for name in self.origins:
            values.append(f"{self._value(name)} as {identifier(name)}")
            if name in self.unparsed():
                values.append(f"{identifier(name)} as {identifier(name + '__text')}")
        return f"select {', '.join([*values, *self.flag])}, _row_number, _source_file from texts"

    def _school_year(self, text: str) -> str:
        """The year that a text says, or the one that the day it says lies in."""
        formats = self.contract.school_year.formats if self.contract.school_year else ()
        if not formats:
            return school_year(text)
        day = parsed(text, Column(value="day", type="date", format=formats))
        return f"year({day}) + (month({day}) >= {SCHOOL_YEAR_BEGINS})::integer"

    def _value(self, name: str) -> str:
        text = identifier(name)
        if name == "school_year":
            return self._school_year(text)
        if name == "collection":
            return f"lower({text})"
        column = self.contract.columns[name]
        if column.sql is not None and column.type == "boolean":
            column = _with_sql_booleans(column)
        return f"({parsed(text, column)})::{SQL_TYPES[self._kind(name)]}"


def _with_sql_booleans(column: Column) -> Column:
    """An expression may give a boolean itself, whatever texts stand for true and false in the file."""
    return column.model_copy(
        update={
            "true_values": (*column.true_values, "true"),
            "false_values": (*column.false_values, "false"),
        }
    )


def _failed_expression(con: duckdb.DuckDBPyConnection, steps: _Steps, contract: Contract) -> ContractError:
    """Which expression of the contract fails on these rows, by computing each alone."""
    candidates: list[tuple[Location, str]] = []
    if contract.rows and contract.rows.where:
        candidates.append((("rows", "where"), f"{steps.rows()} select count(*) from filtered"))
    for name, origin in steps.origins.items():
        if origin.sql is not None:
            place: Location = ("columns", name, "sql") if name in contract.columns else (name, "sql")
            candidates.append((place, f"{steps.rows()} select count({steps.text(name)}) from filtered"))
    for at, query in candidates:
        try:
            con.execute(query)
        except duckdb.Error as error:
            return _expression_error(contract, at, type(error).__name__)
    return _expression_error(contract, ("columns",), "Error")


def _expression_error(contract: Contract, place: Location, kind: str) -> ContractError:
    what = f"{'.'.join(map(str, place))} fails on these rows ({kind})"
    step = "Make it hold for every value: try_cast instead of cast, nullif(…, 0) to divide"
    rule = "An expression must give a value or NULL for every row"
    if contract.path.is_file():
        return read_yaml(contract.path).problem(place, what, step, rule)
    return ContractError(what, where=str(contract.path), rule=rule, next_step=step)
