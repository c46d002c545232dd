"""The pages of StudentTracker and of assessments: contracts, an example, and the table of the layouts."""

import csv
import re
from pathlib import Path

import pytest

from docs.assessment_table import PAGE, layouts, with_table
from ingestion.contracts.layout_contracts import load_contracts
from tests.standards.one_partner import OnePartner

STANDARDS = Path(__file__).parents[2] / "docs" / "standards"
CONTRACTS = [
    (page.name, text)
    for page in (STANDARDS / "nsc.md", STANDARDS / "assessments.md")
    for text in re.findall(r"^```yaml contract\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)
]


@pytest.mark.parametrize(("page", "text"), CONTRACTS)
def test_a_pages_contract_is_one(tmp_path: Path, page: str, text: str) -> None:
    layout = re.findall(r"^layout: (\w+)$", text, re.M)[0]
    path = tmp_path / f"lincoln_schools__{layout}.yml"
    path.write_text(text, encoding="utf-8")
    assert load_contracts(path), page


def test_the_table_of_assessments_is_the_layouts() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert with_table(text) == text, "run `python docs/assessment_table.py`"


def test_every_layout_says_whose_result_of_what_it_is() -> None:
    for layout in layouts():
        (extract,) = layout.extracts
        assert {"student_id", "assessment_id", "assessment_type", "subject"} <= extract.columns.keys()
        assert {"scale_score", "performance_level"} & extract.columns.keys()


def test_the_example_of_studenttracker_gives_the_rows_below_it(tmp_path: Path) -> None:
    text = (STANDARDS / "nsc.md").read_text(encoding="utf-8").replace("lincoln_schools", "ours")
    ((name, file),) = re.findall(r"^```csv file=(\S+)\n(.*?)^```$", text, re.M | re.S)
    tables = re.findall(r"^```csv rows=(\S+)\n(.*?)^```$", text, re.M | re.S)
    partner = OnePartner(tmp_path)
    partner.contract("nsc_studenttracker")
    (partner.sent / name).write_text(file, encoding="utf-8")
    outcomes = partner.load(partner.sent / name)
    assert {outcome.outcome for outcome in outcomes.values()} == {"accepted"}
    assert len(tables) == 3
    for table, rows in tables:
        header, *wanted = csv.reader(rows.splitlines())
        got = partner.rows(table, f"select {', '.join(header)} from raw order by _row_number")
        assert [[_written(value) for value in row] for row in got] == wanted


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
