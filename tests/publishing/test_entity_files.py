"""What dbt is told of the canonical entities is what their YAML says."""

import json
from pathlib import Path

from ingestion.contracts.entities import load_entities
from publishing.entity_files import MACROS, SOURCES, code_columns, write_entity_files


def test_every_entity_is_a_source_described_by_its_title_and_grain(tmp_path: Path) -> None:
    write_entity_files(tmp_path)
    (raw,) = json.loads((tmp_path / SOURCES).read_text())["sources"]
    assert [table["name"] for table in raw["tables"]] == list(load_entities())
    described = {table["name"]: table["description"] for table in raw["tables"]}
    assert described["attendance"] == (
        "Attendance totals: one row per student, school, school year and collection."
    )


def test_columns_with_a_code_list_are_gathered_and_others_are_not() -> None:
    entities = load_entities()
    assert code_columns(entities["person"]) == [
        "gender",
        "race_ethnicity",
        "hispanic_ethnicity",
        "home_language",
    ]
    assert code_columns(entities["assessment"]) == [
        "assessment_type",
        "subject",
        "season",
        "grade_level",
    ]  # no level
    assert code_columns(entities["attendance"]) == []
    assert code_columns(entities["screening"]) == ["screening_type", "screening_result"]


def test_the_macros_are_written_once_and_again_only_when_they_change(tmp_path: Path) -> None:
    assert write_entity_files(tmp_path)
    text = (tmp_path / MACROS).read_text()
    assert (
        '"service_at_site": ["community_id", "partner_id", "extract_id", "school_year", "collection", "service_id",'
        in text
    )
    assert '"diploma": ["diploma_type"]' in text
    assert not write_entity_files(tmp_path)
    (tmp_path / MACROS).write_text("older")
    assert write_entity_files(tmp_path)
    assert (tmp_path / MACROS).read_text() == text
