"""The canonical entities say what the warehouse builds on."""

from ingestion.entities import CANONICAL, Entity, load_entities

EXPECTED_KEYS = {
    "assessment": ("student_id", "assessment_id", "subject", "test_date"),
    "attendance": ("student_id", "school_id"),
    "course_mark": ("student_id", "course_id", "term"),
    "diploma": ("student_id", "diploma_date"),
    "discipline": ("incident_id", "student_id", "action_code"),
    "enrollment": ("student_id", "school_id", "entry_date"),
    "person": ("student_id",),
    "postsecondary_enrollment": ("student_id", "college_code", "enrollment_begin_date"),
    "school": ("school_id",),
    "student_status": ("student_id", "status_start_date"),
}


def canonical() -> list[Entity]:
    return [entity for entity in load_entities().values() if entity.standard == CANONICAL]


def test_every_entity_is_keyed_by_columns_it_has() -> None:
    assert {entity.entity: entity.key for entity in canonical()} == EXPECTED_KEYS
    for entity in load_entities().values():
        assert set(entity.key) <= set(entity.columns)


def test_a_raw_file_begins_with_whose_row_it_is_and_ends_with_where_it_comes_from() -> None:
    columns = load_entities()["attendance"].raw_columns
    assert list(columns.items()) == [
        ("community_id", "VARCHAR"),
        ("partner_id", "VARCHAR"),
        ("extract_id", "VARCHAR"),
        ("school_year", "INTEGER"),
        ("collection", "VARCHAR"),
        ("student_id", "VARCHAR"),
        ("school_id", "VARCHAR"),
        ("days_enrolled", "DECIMAL(18,4)"),
        ("days_absent", "DECIMAL(18,4)"),
        ("_load_id", "VARCHAR"),
        ("_source_file", "VARCHAR"),
        ("_row_number", "BIGINT"),
    ]


def test_names_birth_dates_addresses_and_ids_of_children_are_direct_identifiers() -> None:
    direct = {n for e in canonical() for n, column in e.columns.items() if column.pii == "direct"}
    assert direct == {
        *(
            "student_id",
            "state_student_id",
            "first_name",
            "middle_name",
            "last_name",
            "birth_date",
            "address",
        ),
    }


def test_every_column_is_described_in_a_sentence_of_its_own() -> None:
    for entity in canonical():
        sentences = [column.description for column in entity.columns.values()]
        assert len(set(sentences)) == len(sentences)
        assert all(sentence.endswith(".") for sentence in sentences)
