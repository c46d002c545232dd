"""The examples of docs/contracts.md: each file, read under the contract below it, gives the rows below that."""

import csv
import re
from pathlib import Path

import duckdb
import pytest

from ingestion.configuration.tables import CrosswalkRow, check_crosswalk_row, read_table
from ingestion.contracts.file_names import match_pattern
from ingestion.contracts.layout_contracts import load_contracts
from ingestion.contracts.loading import load_contract
from ingestion.mapping.mapping import map_source
from ingestion.readers import read_source

PAGE = (Path(__file__).parents[2] / "docs" / "contracts.md").read_text(encoding="utf-8")
FACTS = "partner: ours\ntitle: An example\nagreement: first_agreement\nfile: example.csv\n"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.M | re.S)


EXAMPLES = list(zip(blocks("csv file"), blocks("yaml contract"), blocks("csv rows"), strict=True))


@pytest.mark.parametrize(("file", "contract", "rows"), EXAMPLES)
def test_an_example_gives_the_rows_beside_it(tmp_path: Path, file: str, contract: str, rows: str) -> None:
    entity = contract.split()[1]
    (tmp_path / f"ours__{entity}.yml").write_text(FACTS + contract, encoding="utf-8")
    (tmp_path / "example.csv").write_text(file, encoding="utf-8")
    loaded = load_contract(tmp_path / f"ours__{entity}.yml")
    header, *wanted = csv.reader(rows.splitlines())
    with duckdb.connect() as con:
        mapped = map_source(con, read_source(con, tmp_path / "example.csv", [loaded]), loaded)
        known = {*mapped.columns, *mapped.period_columns, *mapped.unparsed.values()}
        # a collection that nothing names is the default, which is not a matter of mapping
        columns = [name if name in known else f"'annual' as {name}" for name in header]
        got = con.execute(f"select {', '.join(columns)} from {mapped.table} order by _row_number").fetchall()
    assert [[_written(value) for value in row] for row in got] == wanted


@pytest.mark.parametrize("text", blocks("yaml layout"))
def test_a_contract_over_a_layout_is_one(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ours__oneroster_csv_1_2.yml"
    path.write_text(text, encoding="utf-8")
    assert {contract.bundle for contract in load_contracts(path)} == {"ours.oneroster_csv_1_2"}


def test_the_crosswalk_is_one(tmp_path: Path) -> None:
    (crosswalk,) = blocks("csv crosswalk")
    (tmp_path / "ours.csv").write_text(crosswalk, encoding="utf-8")
    rows = read_table(tmp_path / "ours.csv", CrosswalkRow, check_crosswalk_row)
    assert len(rows) == len(crosswalk.splitlines()) - 1


@pytest.mark.parametrize("form", re.findall(r"`(20[-_\d]+)`", PAGE.split("alike:")[1].split(";")[0]))
def test_the_forms_of_a_school_year_are_read_in_a_name(form: str) -> None:
    match = match_pattern("attendance_{school_year}.csv", f"attendance_{form}.csv")
    assert match is not None
    assert match.school_year == 2025


def _written(value: object) -> str:
    return "" if value is None else re.sub(r"\.?0+$", "", str(value)) if "." in str(value) else str(value)
