"""The text of a source as the typed columns of a contract, in one statement, keeping what did not parse."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import duckdb

from ingestion.contracts.contract import Contract
from ingestion.contracts.sql_functions import define_sql_functions
from ingestion.errors import ContractError
from ingestion.mapping.needed_headers import refuse_missing_headers
from ingestion.mapping.steps import Steps
from ingestion.readers.headers import folded
from ingestion.readers.records import LINE_IS_BROKEN
from ingestion.sql_text import identifier, literal
from ingestion.yaml_file import Location, read_yaml

DECIMAL_COMMA = "[+-]?[0-9]*,[0-9]+"
THOUSANDS = "[+-]?[0-9]{1,3}(,[0-9]{3})+"
FIRST_ROWS = 1000


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
    steps = Steps(contract, present, source_table, _empty_headers(con, source_table, present))
    query = steps.query()
    define_sql_functions(con, query)
    try:
        con.execute(f"create or replace table {table} as {query}")
    except (duckdb.DataError, duckdb.ProgrammingError, duckdb.NotSupportedError):
        # its message would quote a value
        error = _failed_expression(con, steps, contract)
        raise error from None
    return MappedTable(table, tuple(contract.columns), steps.unparsed(), steps.period_columns, source_table)


def with_decimal_commas(
    con: duckdb.DuckDBPyConnection, source_table: str, contract: Contract, columns: Iterable[str]
) -> set[str]:
    """Those of `columns` that hold texts like 12,5; 1,234 may be a thousand and does not count."""
    steps = Steps(contract, _present(con, source_table), source_table)
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


def _empty_headers(
    con: duckdb.DuckDBPyConnection, source_table: str, present: Mapping[str, str]
) -> frozenset[str]:
    """Headers without a value in any row: of the hundred of a standard most files fill a dozen.

    Nearly every header that has a value has one in the first rows; the others alone are counted throughout.
    """
    empty = [header for header in present.values() if header != LINE_IS_BROKEN]
    for rows in (f"(from {source_table} limit {FIRST_ROWS})", source_table):
        if empty:
            counts = ", ".join(f"count({identifier(header)})" for header in empty)
            (found,) = con.execute(f"select {counts} from {rows}").fetchall()
            empty = [header for header, n_values in zip(empty, found, strict=True) if not n_values]
    return frozenset(empty)


def _failed_expression(con: duckdb.DuckDBPyConnection, steps: Steps, contract: Contract) -> ContractError:
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
