"""The made-up community as a whole: same bytes again, sizes, speed, the manifest."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from synthetic import Manifest, write_community
from tests.calls import calls_of
from tests.synthetic.conftest import CHILDREN, FIRST_YEAR, YEARS


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_same_arguments_give_the_same_bytes_and_another_seed_gives_others(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_community(tmp_path / name, children_per_year=650, first_year=2024, n_years=2, seed=seed)
    first, again, other = (hashes(tmp_path / name) for name in "abc")
    assert first == again
    assert len(first) > 60
    csv = "deliveries/river_city/demographics_2024-25_annual.csv"
    assert first[csv] != other[csv]


def test_another_process_writes_the_same_bytes(tmp_path: Path) -> None:
    options = ["--children", "650", "--years", "2", "--interim-years", "0"]
    for name in "ab":
        command = [sys.executable, "-m", "synthetic", str(tmp_path / name), *options]
        subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parents[2])
    first, again = (hashes(tmp_path / name) for name in "ab")
    assert first == again


def test_about_as_many_children_every_year_over_two_districts(truth: duckdb.DuckDBPyConnection) -> None:
    rows = truth.sql(
        "select school_year, count(*), avg(cast(partner_id = 'river_city_schools' as integer))"
        " from student_year where collection = 'annual' group by all order by all"
    ).fetchall()
    assert [row[0] for row in rows] == list(range(FIRST_YEAR, FIRST_YEAR + YEARS))
    assert all(0.95 * CHILDREN < row[1] < 1.05 * CHILDREN for row in rows)
    assert all(0.64 < row[2] < 0.78 for row in rows)


def test_all_grades_and_24_schools(truth: duckdb.DuckDBPyConnection) -> None:
    schools, grades = truth.sql(
        "select count(distinct organization_id), count(distinct grade_level) from student_year"
        " where school_year = 2025 and collection = 'annual'"
    ).fetchall()[0]
    assert (schools, grades) == (24, 13)


@pytest.mark.usefixtures("riverbend")  # what is imported once is imported
def test_a_year_is_written_by_sql_and_not_child_by_child(tmp_path: Path) -> None:
    def calls(children: int) -> int:
        folder = tmp_path / str(children)
        return calls_of(
            lambda: write_community(
                folder, children_per_year=children, first_year=2025, n_years=1, interim_years=0
            )
        ).total()

    few, many = calls(650), calls(2_000)
    assert many - few < 1_350


def test_the_manifest_lists_every_file(riverbend: Manifest) -> None:
    listed = {*riverbend.paths, *riverbend.rejected_paths}
    there = {*(riverbend.folder / "deliveries").rglob("*.*"), *(riverbend.folder / "rejected").rglob("*.*")}
    assert listed == there
    saved = json.loads((riverbend.folder / "manifest.json").read_text())
    assert [file["path"] for file in saved["deliveries"]] == [file.path for file in riverbend.deliveries]


def test_no_file_equals_another(riverbend: Manifest) -> None:
    contents = [hashlib.sha256(path.read_bytes()).hexdigest() for path in riverbend.paths]
    assert len(set(contents)) == len(contents)


def test_expected_quarantine_is_what_the_register_says(
    riverbend: Manifest, truth: duckdb.DuckDBPyConnection
) -> None:
    registered = truth.sql(
        "select 'deliveries/' || file, extract_id, sum(rows_held_back) from planted_dirt"
        " where is_held_back group by all"
    ).fetchall()
    expected = {
        (file.path, one.extract_id): one.quarantined
        for file in riverbend.deliveries
        for one in file.expected
        if one.quarantined
    }
    assert {(path, extract): int(n) for path, extract, n in registered} == expected
    assert len(expected) > 10


def test_a_rejected_delivery_is_half_its_size_or_has_a_column_more(riverbend: Manifest) -> None:
    half, undeclared = riverbend.rejected
    whole = next(file for file in riverbend.deliveries if file.path.endswith(half.path.split("/", 1)[1]))
    assert 0.4 < half.rows / whole.rows < 0.6
    header = (riverbend.folder / undeclared.path).read_text().splitlines()[0]
    assert header.endswith("\tssn_last4")


@pytest.mark.parametrize("folder", ["quo'te", "with space"])
def test_a_folder_may_have_any_name(tmp_path: Path, folder: str) -> None:
    manifest = write_community(tmp_path / folder, children_per_year=130, first_year=2025, n_years=1)
    assert all(path.exists() for path in manifest.paths)
