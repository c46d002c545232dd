"""docs/standards/edfi.md: its contract is one, its source is one, and the attendance rules are the layouts'."""

import re
from pathlib import Path

import pytest

from ingestion.connectors.edfi_copy import resources
from ingestion.connectors.sources_file import load_sources
from ingestion.contracts.layout import load_layout
from ingestion.contracts.layout_contracts import load_contracts
from tests.ingestion.configuration import COMMUNITY, millbrook

PAGE = (Path(__file__).parents[2] / "docs/standards/edfi.md").read_text(encoding="utf-8")


def block(kind: str) -> str:
    (found,) = re.findall(rf"^```yaml {kind}\n(.*?)^```$", PAGE, re.M | re.S)
    return str(found)


@pytest.mark.parametrize("layout", ["edfi_json", "edfi_xml_bulk"])
def test_three_lines_are_a_contract(tmp_path: Path, layout: str) -> None:
    path = tmp_path / f"lincoln_schools__{layout}.yml"
    path.write_text(block("contract").replace("edfi_json", layout))
    assert {contract.layout for contract in load_contracts(path)} == {layout}


def test_the_source_is_read_as_it_stands(tmp_path: Path) -> None:
    partner = "      lincoln_schools: {title: L, sector: k12}\n"
    community = COMMUNITY.replace("    disclosure:", f"{partner}    disclosure:")
    found = load_sources(millbrook(tmp_path, **{"community.yml": community, "sources.yml": block("sources")}))
    assert [source.kind for source in found.values()] == ["edfi_api"]


def test_every_resource_of_the_page_is_read() -> None:
    named = [name for name in resources() if "Program" not in name]
    assert [name for name in named if name not in PAGE] == []


@pytest.mark.parametrize("layout", ["edfi_json", "edfi_xml_bulk"])
def test_categories_mean_what_the_page_says(layout: str) -> None:
    codes = load_layout(layout).codes["attendance_event_category"]
    by_meaning = {meaning: {c for c, m in codes.items() if m == meaning} for meaning in codes.values()}
    assert by_meaning == {
        "absent": {
            *("Excused Absence", "Unexcused Absence", "Absence", "Excused", "Unexcused", "Truant", "Truancy"),
            "Out of School Suspension",
        },
        "partly_absent": {"Partial"},
        "present": {"Tardy", "Early departure", "Present", "In Attendance", "In School Suspension"},
    }
    assert [code for code in codes if code not in PAGE] == []


def test_both_layouts_have_the_same_codes() -> None:
    assert load_layout("edfi_json").codes == load_layout("edfi_xml_bulk").codes
