"""Reading what was published, or the warehouse behind it: `query`."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import typer

from ingestion.wording import counted
from orchestration.console import UsageError, err, print_json

if TYPE_CHECKING:
    import duckdb

    from ingestion.home import Home

READS = ("SELECT", "EXPLAIN")
NO_SCHEMA = re.compile(r'because schema "([^"]+)" does not exist')
OF_WAREHOUSE = ("staging", "intermediate", "marts", "disclosure")
NO_TABLE = re.compile(r'Table with name "?([^\s"]+)"? does not exist!( Did you mean "[^"]+"\?)?')


def register(app: typer.Typer) -> None:
    app.command()(query)


def query(
    sql: str = typer.Argument(help="One SELECT on the tables of schema `published`; - reads it from stdin."),
    as_json: bool = typer.Option(False, "--json", help="A list of objects."),
    as_csv: bool = typer.Option(False, "--csv", help="Comma-separated with a header."),
    limit: int = typer.Option(100, help="Rows shown in the table; --json and --csv give all.", min=1),
    warehouse: bool = typer.Option(
        False, "--warehouse", help="Ask the warehouse instead: children's records, for named analysts alone."
    ),
) -> None:
    """Ask the current release; nobody who loads or publishes is blocked by it.

    Where the columns do not fit beside each other, each row is told as a record.

    Example: milepost query "select indicator_id, title, stage from indicators"

    Example: milepost query "select * from indicator_values where geography_level = 'community'" --csv

    Example: milepost query --warehouse "from marts.unmapped_codes"
    """
    from ingestion.warehouse_file import open_warehouse
    from orchestration.settings import first_steps, prepare_environment

    home = prepare_environment()
    database = home.warehouse if warehouse else home.current_database
    if not database.exists():
        raise UsageError(
            "Nothing was built yet" if warehouse else "Nothing was published yet",
            where=str(database),
            next_step=first_steps("Run", publish=True),
        )
    form = "json" if as_json else "csv" if as_csv else "table"
    most = None if as_json or as_csv else limit + 1
    with open_warehouse(home) if warehouse else _release(home) as con:
        try:
            names, rows = _answer(con, sys.stdin.read() if sql == "-" else sql, most)
        except BaseException:
            # what was asked in vain may still have told something: a value that is no number is named
            _record(home, warehouse, form, 0)
            raise
    _record(home, warehouse, form, min(len(rows), most or len(rows)))
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    elif as_csv:
        from publishing.csv_text import write_table

        write_table(sys.stdout, names, rows)
    else:
        _print(names, rows, limit)


def _print(names: list[str], rows: list[tuple[Any, ...]], limit: int) -> None:
    from orchestration.records import print_rows

    if not rows:
        err.print(f"No rows. Columns: {', '.join(names)}", markup=False, soft_wrap=True)
    elif print_rows(names, rows[:limit]):
        err.print("One record for each row: as a table it is too wide for here; --csv gives all.")
    if len(rows) > limit:
        err.print(f"The first {counted(limit, 'row')}; --limit shows more, --csv all.")


def _record(home: Home, of_warehouse: bool, form: str, rows: int) -> None:
    """Note that it was asked; who may not write into the home may read a release, no child's record."""
    from publishing.access_log import record_access
    from publishing.release_history import current_manifest

    release = None if of_warehouse else (current_manifest(home) or {}).get("release_id")
    try:
        record_access(
            home, "query --warehouse" if of_warehouse else "query", release=release, rows=rows, format=form
        )
    except OSError:
        if of_warehouse:
            raise


def _release(home: Home) -> duckdb.DuckDBPyConnection:
    """The release and nothing else: no file beside it, no other database, no extension."""
    import duckdb

    con = duckdb.connect(str(home.current_database), read_only=True)
    con.execute("set search_path = 'published,main'; set enable_external_access = false")
    con.execute("set lock_configuration = true")
    return con


def _answer(
    con: duckdb.DuckDBPyConnection, sql: str, most: int | None
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Names of the columns, and the rows, of which at most so many."""
    import duckdb

    try:
        _refuse_to_write(con.extract_statements(sql))
        cursor = con.execute(sql)
        names = [column[0] for column in cursor.description or []]
        return names, cursor.fetchall() if most is None else cursor.fetchmany(most)
    except duckdb.Error as error:
        message = _of_the_release(_first_paragraph(str(error)), con)
        raise UsageError(message, next_step=_next_step(message)) from error


def _next_step(message: str) -> str:
    """Where to look instead; DuckDB knows no schema of the warehouse only where the release was asked."""
    missing = NO_SCHEMA.search(message)
    if missing and missing[1] in OF_WAREHOUSE:
        return f"Schema {missing[1]} is in the warehouse alone: named analysts ask it with --warehouse"
    return "`milepost query 'show tables'` lists the tables, `describe NAME` the columns of one"


def _refuse_to_write(statements: list[duckdb.Statement]) -> None:
    """One SELECT alone: of several, one might write a file."""
    kinds = [statement.type.name for statement in statements]
    if len(kinds) != 1 or kinds[0] not in READS:
        found = " and ".join(kinds) or "nothing"
        raise UsageError(
            f"`milepost query` only reads, with one SELECT; {found} is none",
            next_step='Ask for example `milepost query "select * from indicators"`',
        )


def _first_paragraph(message: str) -> str:
    """DuckDB's message on one line, without the lines that repeat the query and point into it."""
    return " ".join(message.strip().split("\n\nLINE ")[0].split())


def _of_the_release(message: str, con: duckdb.DuckDBPyConnection) -> str:
    """DuckDB's message with a nearest table of the release: its own may be one of DuckDB's tables."""
    from ingestion.yaml_file import near_miss
    from orchestration.commands.release_facts import table_names

    return NO_TABLE.sub(
        lambda found: f"There is no table '{found[1]}'. {near_miss(found[1], table_names(con))}", message
    )
