"""What the sending partner gets back: a page and a CSV per delivery, with row numbers and columns, no values.

File names, member names and headers come from outside: the page escapes them, and a cell of the CSV that a
spreadsheet would take for a formula begins with an apostrophe.
"""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from expectations.located import LOOKED_AT, VIOLATIONS
from expectations.quarantine import RULES
from expectations.rule import RuleResult
from ingestion.spreadsheets import neutral, neutral_sql

if TYPE_CHECKING:
    import jinja2

ROWS_ON_THE_PAGE = 100
CSV_HEADER = ("row", "column", "rule", "severity", "rows", "explanation", "how_to_fix", "part_of_file")
CONSEQUENCES = {"reject": "stops the file", "quarantine": "rows held back", "warn": "please check"}
HEADLINES = {
    "accepted": "Accepted",
    "accepted_with_quarantine": "Accepted, some rows held back",
    "rejected": "Not accepted",
}


@dataclass(frozen=True)
class BadRow:
    """A row that breaks rules: where it stands in the file, which columns, which rules."""

    row_number: int
    source_file: str
    columns: tuple[str, ...]
    rules: tuple[str, ...]
    severity: str


@dataclass(frozen=True)
class Feedback:
    """Everything the page shows; `labels` gives the partner's own header for a column."""

    title: str
    partner: str
    file_name: str
    period: str
    load_id: str
    outcome: str
    sentence: str
    rows: int
    quarantined: int
    failed: Sequence[RuleResult]
    passed: int
    bad_rows: Sequence[BadRow]
    n_bad_rows: int
    labels: Mapping[str, str]
    row_numbers: str  # what they count, as a sentence
    units: Mapping[str, str]  # what the violations of a rule are; a rule about the file as a whole has none


def units_of(con: duckdb.DuckDBPyConnection, failed: Sequence[RuleResult]) -> dict[str, str]:
    """Failed rule -> what is counted, for the rules whose count tells something."""
    found = con.execute(f"select distinct name from {VIOLATIONS} join {RULES} using (rule)").fetchall()
    by_row = {name for (name,) in found}
    children = {r.rule for r in failed if r.expectation == "history_roster_share"}
    by_row |= {r.rule for r in failed if r.expectation in ("tolerance", "history_null_share")}
    units = {r.rule: "row" if r.violations == 1 else "rows" for r in failed if r.rule in by_row}
    return units | dict.fromkeys(children, "children")


def bad_rows(con: duckdb.DuckDBPyConnection, limit: int = ROWS_ON_THE_PAGE) -> tuple[int, list[BadRow]]:
    """How many rows break a rule, and the first of them, after a gate left its tables in `con`."""
    (total,) = con.execute(f"select count(distinct _row_id) from {VIOLATIONS}").fetchall()[0]
    if not total:
        return 0, []
    # the first rows are chosen before their reasons are listed: of a million that takes seconds
    found = con.execute(f"""
        with first_rows as (
            select _row_id, _row_number, {_source_file(con)} as source_file
            from {LOOKED_AT} as looked_at
            where _row_id in (select _row_id from {VIOLATIONS})
            order by source_file, _row_number, _row_id
            limit {limit}
        ),
        reasons as (
            select
                _row_id,
                list_distinct(flatten(list(columns order by rule))) as columns,
                list(name order by rule) as rules,
                min_by(severity, list_position(['reject', 'quarantine', 'warn'], severity)) as severity
            from {VIOLATIONS} join {RULES} using (rule)
            where _row_id in (select _row_id from first_rows)
            group by _row_id
        )
        select first_rows._row_number, source_file, list_sort(reasons.columns), rules, reasons.severity
        from reasons join first_rows using (_row_id)
        order by source_file, first_rows._row_number, _row_id
    """).fetchall()
    return total, [BadRow(n, source, tuple(c), tuple(r), severity) for n, source, c, r, severity in found]


def write_page(path: Path, feedback: Feedback) -> None:
    """Write the self-contained page, whole or not at all."""
    failed_by = {result.rule: result for result in feedback.failed}
    html = _template().render(
        feedback=feedback,
        headline=HEADLINES[feedback.outcome],
        consequences=CONSEQUENCES,
        rules=failed_by,
        labels=lambda columns: ", ".join(feedback.labels.get(column, column) for column in columns),
        several_sources=len({row.source_file for row in feedback.bad_rows}) > 1,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_suffix(".part")
    staged.write_text(html, encoding="utf-8")
    staged.replace(path)


def write_csv(path: Path, feedback: Feedback, con: duckdb.DuckDBPyConnection | None) -> None:
    """Write a line per failed rule, then a line per row and rule it breaks; without `con` the rules alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_suffix(".part")
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(CSV_HEADER)
    for result in feedback.failed:
        columns = [feedback.labels.get(c, c) for c in (result.column or "").split(", ")]
        cells = ["", ", ".join(columns), result.rule, result.severity, str(result.violations)]
        lines.writerow([neutral(cell) for cell in [*cells, result.explanation, result.how_to_fix, ""]])
    # without the mark Excel takes the file for Windows-1252, and shows accents as two letters
    staged.write_text(text.getvalue(), encoding="utf-8-sig")
    if con is not None and feedback.n_bad_rows:
        _append_rows(con, staged, feedback.labels)
    staged.replace(path)


def _append_rows(con: duckdb.DuckDBPyConnection, path: Path, labels: Mapping[str, str]) -> None:
    """DuckDB writes the rows beside the file, which takes them over in pieces: a million cost no memory."""
    rules = con.execute(f"select rule, columns from {RULES}").fetchall()
    con.execute(
        "create or replace table feedback_rules as"
        " select unnest(?::integer[]) as rule, unnest(?::varchar[]) as columns",
        [[rule for rule, _ in rules], [", ".join(labels.get(c, c) for c in columns) for _, columns in rules]],
    )
    rows = path.with_suffix(".rows")
    con.sql(f"""
        select
            looked_at._row_number, {neutral_sql("f.columns")}, r.name, r.severity, 1, '', '',
            {neutral_sql(_source_file(con))}
        from {VIOLATIONS} as v join {RULES} as r on v.rule = r.rule
            join feedback_rules as f on v.rule = f.rule
            join {LOOKED_AT} as looked_at on v._row_id = looked_at._row_id
        order by {_source_file(con)}, looked_at._row_number, v.rule
    """).write_csv(str(rows), header=False)
    with path.open("ab") as whole, rows.open("rb") as part:
        while chunk := part.read(1 << 20):
            whole.write(chunk)
    rows.unlink()


def _source_file(con: duckdb.DuckDBPyConnection) -> str:
    return "looked_at._source_file" if "_source_file" in con.table(LOOKED_AT).columns else "''"


@functools.cache
def _template() -> jinja2.Template:
    import jinja2

    folder = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(loader=folder, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["thousands"] = lambda number: f"{number:,}"
    return environment.get_template("feedback.html")
