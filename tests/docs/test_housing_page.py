"""docs/standards/hmis.md: its contracts are ones, and its files give the rows beside them."""

import csv
import re
from pathlib import Path

import duckdb
import pytest

from ingestion.contracts.layout_contracts import load_contracts
from ingestion.mapping.mapping import map_source
from ingestion.readers import read_source

PAGE = (Path(__file__).parents[2] / "docs/standards/hmis.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[tuple[str, str]]:
    """The examples of one kind: what they are called, and their text."""
    return re.findall(rf"^```{kind} ?(\w*)\n(.*?)^```$", PAGE, re.M | re.S)


FILES = [(*file, *rows) for file, rows in zip(blocks("csv file"), blocks("csv rows"), strict=True)]


@pytest.mark.parametrize("contract", [text for _, text in blocks("yaml contract")])
def test_three_lines_are_a_contract(tmp_path: Path, contract: str) -> None:
    partner, layout, _ = (line.split(": ")[1] for line in contract.splitlines())
    path = tmp_path / f"{partner}__{layout}.yml"
    path.write_text(contract)
    assert {loaded.layout for loaded in load_contracts(path)} == {layout}


@pytest.mark.parametrize(("layout", "file", "entity", "rows"), FILES)
def test_a_file_gives_the_rows_beside_it(
    tmp_path: Path, layout: str, file: str, entity: str, rows: str
) -> None:
    path = tmp_path / f"ours__{layout}.yml"
    path.write_text(f"partner: ours\nlayout: {layout}\nagreement: ours_2024\n")
    (tmp_path / "sent.csv").write_text(file)
    contracts = load_contracts(path)
    (contract,) = [loaded for loaded in contracts if loaded.entity == entity]
    header, *wanted = csv.reader(rows.splitlines())
    with duckdb.connect() as con:
        mapped = map_source(con, read_source(con, tmp_path / "sent.csv", contracts), contract)
        found = con.execute(f"select {', '.join(header)} from {mapped.table} order by _row_number").fetchall()
    assert [["" if value is None else str(value) for value in row] for row in found] == wanted


def test_every_version_is_on_the_page() -> None:
    assert set(re.findall(r"`(hmis_csv_\d{4})`", PAGE)) == {"hmis_csv_2022", "hmis_csv_2024", "hmis_csv_2026"}
