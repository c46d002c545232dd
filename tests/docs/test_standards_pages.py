"""Pages of standards: their contracts are contracts, and the table of assessments is the layouts'."""

import re
from pathlib import Path

import pytest

from docs.assessment_table import PAGE, layouts, with_table
from ingestion.layout import load_contracts

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
