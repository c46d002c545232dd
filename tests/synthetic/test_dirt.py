"""Every planted error stands at the row and column of the file where the register says, and nowhere else."""

import csv
import gzip
import io
import json
import zipfile
from pathlib import Path

import duckdb
import pytest
from python_calamine import CalamineWorkbook

from synthetic import Manifest
from synthetic.partners.river_city import MARK_WIDTHS
from synthetic.planted import PLANTED


def records(path: Path) -> list[list[str]]:
    """Every record of a delivery as text, headers among them, so that record 1 is the first of the list."""
    if path.suffix == ".xlsx":
        sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
        return [[str(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    if path.suffix == ".ndjson":
        return [list(json.loads(line).values()) for line in path.read_text().splitlines()]
    if path.suffix == ".txt" and "marks" in path.name:
        cuts = [(start - 1, start - 1 + length) for start, length in MARK_WIDTHS.values()]
        return [[line[a:b].strip() for a, b in cuts] for line in path.read_text().splitlines()]
    content = path.read_bytes()
    if path.suffix == ".zip":
        content = zipfile.ZipFile(io.BytesIO(content)).read("incidents.csv")
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    text = content.decode("utf-8-sig")
    delimiter = next(mark for mark in ("|", "\t", ",") if mark in text.splitlines()[0])
    return list(csv.reader(io.StringIO(text), delimiter=delimiter))


def headers(path: Path, rows: list[list[str]]) -> list[str]:
    if path.suffix == ".ndjson":
        return list(json.loads(path.read_text().splitlines()[0]))
    return list(MARK_WIDTHS) if path.suffix == ".txt" and "marks" in path.name else rows[0]


LITERALS = {kind.value.strip("'") for kind in PLANTED if kind.value.startswith("'")}


def is_wrong(rule: str, row: list[str], cell: str | None, row_above: list[str]) -> bool:
    """Whether a record shows what the rule names."""
    if rule == "duplicate":
        return row == row_above
    if rule == "conflict":
        return True  # both records of the pair are registered; compared as pairs below
    if rule == "missing":
        return not cell
    if rule in ("range", "absent"):
        numbers = [float(value) for value in row if value and value.replace(".", "", 1).isdigit()][-2:]
        return numbers[1] > numbers[0]
    assert cell is not None
    return cell in LITERALS or cell.endswith("99")


def test_dirt_is_where_the_register_says(riverbend: Manifest, truth: duckdb.DuckDBPyConnection) -> None:
    registered = truth.sql(
        "select distinct file, row_number, rule, column_name from planted_dirt order by all"
    ).fetchall()
    assert len(registered) > 40
    series = {file.path.removeprefix("deliveries/"): file.series for file in riverbend.deliveries}
    for file, row_number, rule, column in registered:
        path = riverbend.folder / "deliveries" / file
        rows = records(path)
        names = headers(path, rows)
        candidates = [
            kind.header
            for kind in PLANTED
            if (kind.series, kind.rule, kind.column) == (series[file], rule, column) and kind.header in names
        ]
        row = rows[row_number - 1]
        cell = row[names.index(candidates[0])] if candidates else None
        assert is_wrong(rule, row, cell, rows[row_number - 2]), (file, row_number, rule)


def test_a_conflict_is_two_rows_of_one_child_that_differ(
    riverbend: Manifest, truth: duckdb.DuckDBPyConnection
) -> None:
    pairs = truth.sql(
        "select file, list(row_number order by row_number) from planted_dirt where rule = 'conflict'"
        " group by file, source_id"
    ).fetchall()
    assert pairs
    for file, (first, second) in pairs:
        rows = records(riverbend.folder / "deliveries" / file)
        assert second == first + 1
        assert rows[first - 1] != rows[second - 1]
        assert rows[first - 1][:2] == rows[second - 1][:2]


@pytest.mark.parametrize(
    "rule", ["date", "missing", "duplicate", "conflict", "range", "absent", "unmapped", "flag"]
)
def test_every_rule_is_planted(truth: duckdb.DuckDBPyConnection, rule: str) -> None:
    assert truth.sql(f"select count(*) from planted_dirt where rule = '{rule}'").fetchall()[0][0] > 0


def test_no_more_attendance_is_impossible_than_is_registered(
    riverbend: Manifest, truth: duckdb.DuckDBPyConnection
) -> None:
    path = riverbend.folder / "deliveries/river_city/attendance_2024-25_annual.csv"
    impossible = sum(int(row[3]) > int(row[2]) for row in records(path)[1:])
    registered = truth.sql(
        f"select count(*) from planted_dirt where file = 'river_city/{path.name}' and rule = 'range'"
    ).fetchall()[0][0]
    assert impossible == registered > 0


def test_held_back_rows_are_marked_in_the_truth(truth: duckdb.DuckDBPyConnection) -> None:
    marked = truth.sql("select count(*) from attendance where is_held_back").fetchall()[0][0]
    sources = truth.sql(
        "select count(distinct (school_year, collection, source_id)) from planted_dirt"
        " where extract_id like '%.attendance' and is_held_back and rule != 'duplicate'"
    ).fetchall()[0][0]
    assert marked == sources > 0
