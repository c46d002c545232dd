"""From raw to published, and reading what was published: `refresh` and `query`."""

from __future__ import annotations

import re
import sys
import time
from typing import TYPE_CHECKING, Any

import typer

from ingestion.wording import counted
from orchestration.console import Bars, Exit, UsageError, err, print_json

if TYPE_CHECKING:
    import duckdb

READS = ("SELECT", "EXPLAIN")
NO_TABLE = re.compile(r'Table with name "?([^\s"]+)"? does not exist!( Did you mean "[^"]+"\?)?')
STEPS = {
    "reference": "Configuration as tables",
    "person_links": "Identity",
    "warehouse": "Warehouse (dbt)",
    "cell_suppression": "Disclosure control",
    "published": "Published tables (dbt)",
    "release": "Release",
}


def register(app: typer.Typer) -> None:
    app.command()(refresh)
    app.command()(query)


def refresh(
    everything: bool = typer.Option(
        False, "--full", help="Build all models, also those whose inputs are as before."
    ),
    notes: str = typer.Option(
        "", help="What readers should know of the release: column notes of the table releases."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print the result as JSON."),
) -> None:
    """Build what changed behind the gate: identity, warehouse, disclosure control, a new release.

    A failed test of severity error stops the publication; the last release stays where it is.

    Example: milepost refresh

    Example: milepost refresh --notes "River City sent its attendance of 2023-24 anew"
    """
    result = run_refresh(everything, notes)
    if as_json:
        print_json(result)
    elif result["success"] and result["is_new"]:
        err.print(
            f"[green]Published {result['release_id']}[/] in {result['seconds']} s: {result['database']}"
        )
    elif result["success"]:
        err.print(
            f"[green]Nothing changed[/] in {result['seconds']} s: {result['release_id']} is still current"
            f" ({result['database']})"
        )
        if notes:
            err.print("The notes were not taken: they go with a new release only.")
    if not result["success"]:
        raise typer.Exit(Exit.REJECTED)


def run_refresh(everything: bool = False, notes: str = "") -> dict[str, Any]:
    """Run the job `refresh` in this process and report it; failures are told to people before returning."""
    from orchestration.commands.release_facts import release_facts, sentences, years_published
    from orchestration.runs import refresh_in_process
    from orchestration.settings import prepare_environment

    home = prepare_environment()
    years_before = years_published(home.current_database)
    started = time.perf_counter()
    bars = Bars(STEPS)
    with bars.showing():
        result = refresh_in_process(bars, everything, notes)
    result["seconds"] = round(time.perf_counter() - started, 1)
    for failure in result["failures"]:
        err.print(f"[red]{failure['step']} failed.[/] ", end="")
        err.print(failure["message"], markup=False, soft_wrap=True)
    if result["failures"]:
        err.print("Nothing was published; the last release is still current.")
    else:
        result |= release_facts(home, years_before)
        for sentence in sentences(result, home.warehouse):
            err.print(sentence, markup=False, soft_wrap=True)
    return result


def query(
    sql: str = typer.Argument(help="One SELECT on the tables of schema `published`; - reads it from stdin."),
    as_json: bool = typer.Option(False, "--json", help="A list of objects."),
    as_csv: bool = typer.Option(False, "--csv", help="Comma-separated with a header."),
    limit: int = typer.Option(100, help="Rows shown in the table; --json and --csv give all.", min=1),
) -> None:
    """Ask the current release; nobody who loads or publishes is blocked by it.

    Where the columns do not fit beside each other, each row is told as a record.

    Example: milepost query "select indicator_id, title, stage from indicators"

    Example: milepost query "select * from indicator_values where geography_level = 'community'" --csv
    """
    import duckdb

    from orchestration.settings import first_steps, prepare_environment

    database = prepare_environment().current_database
    if not database.exists():
        raise UsageError(
            "Nothing was published yet",
            where=str(database),
            next_step=first_steps("Run", publish=True),
        )
    with duckdb.connect(str(database), read_only=True) as con:
        schemas = {
            row[0] for row in con.execute("select distinct schema_name from duckdb_tables()").fetchall()
        }
        if "published" in schemas:
            con.execute("set search_path = 'published,main'")
        sql = sys.stdin.read() if sql == "-" else sql
        # the release and nothing else: no file beside it, no other database, no extension
        con.execute("set enable_external_access = false; set lock_configuration = true")
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
