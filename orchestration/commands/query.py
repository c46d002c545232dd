"""Reading what was published, or the warehouse behind it: `query`."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ingestion.wording import counted
from orchestration.console import UsageError, err, print_json

if TYPE_CHECKING:
    import duckdb

READS = ("SELECT", "EXPLAIN")
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
    import duckdb

    from orchestration.settings import first_steps, prepare_environment

    home = prepare_environment()
    database = home.warehouse if warehouse else home.current_database
    if not database.exists():
        raise UsageError(
            "Nothing was built yet" if warehouse else "Nothing was published yet",
            where=str(database),
            next_step=first_steps("Run", publish=True),
        )
    with _opened(database) as con:
        if warehouse:
            con.execute("set file_search_path = ?", [str(home.root)])  # its views read files beside it
        else:
            # the release and nothing else: no file beside it, no other database, no extension
            con.execute("set search_path = 'published,main'; set enable_external_access = false")
        con.execute("set lock_configuration = true")
        sql = sys.stdin.read() if sql == "-" else sql
        try:
            _refuse_to_write(con.extract_statements(sql))
            cursor = con.execute(sql)
            names = [column[0] for column in cursor.description or []]
            rows = cursor.fetchall() if as_json or as_csv else cursor.fetchmany(limit + 1)
        except duckdb.Error as error:
            message = _of_the_release(_first_paragraph(str(error)), con)
            step = "`milepost query 'show tables'` lists the tables, `describe NAME` the columns of one"
            raise UsageError(message, next_step=step) from error
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    elif as_csv:
        import csv

        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
    else:
        from orchestration.records import print_rows

        if print_rows(names, rows[:limit]):
            err.print("One record for each row: as a table it is too wide for here; --csv gives all.")
        if len(rows) > limit:
            err.print(f"The first {counted(limit, 'row')}; --limit shows more, --csv all.")


def _opened(database: Path) -> duckdb.DuckDBPyConnection:
    import duckdb

    try:
        return duckdb.connect(str(database), read_only=True)
    except duckdb.IOException as error:
        raise UsageError(
            "The warehouse is being built just now",
            where=str(database),
            next_step="Ask again when the refresh has ended; releases can always be asked",
        ) from error


def _refuse_to_write(statements: list[duckdb.Statement]) -> None:
    """A release is opened to be read, so what writes would fail anyway, in words of the database."""
    kind = statements[-1].type.name if statements else "nothing"
    if kind not in READS:
        raise UsageError(
            f"`milepost query` only reads a release, with one SELECT; {kind} is none",
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
