"""The canonical entities say what the warehouse builds on."""

from ingestion.contracts.entities import Entity, canonical_entities, load_entities

EXPECTED_KEYS = {
    "area_measure": (
        *("area_type", "area_id", "measure_id", "disaggregate", "subgroup", "period", "value_kind"),
    ),
    "assessment": ("student_id", "assessment_id", "subject", "domain", "season", "test_date"),
    "attendance": ("student_id", "school_id"),
    "birth": ("student_id",),
    "condition": (
        *("student_id", "condition_code", "code_system", "clinical_status", "verification_status"),
        *("onset_date", "abatement_date", "recorded_date"),
    ),
    "course_mark": ("student_id", "course_id", "term"),
    "diploma": ("student_id", "diploma_date"),
    "discipline": ("incident_id", "student_id", "action_code"),
    "early_learning": ("student_id", "program_id", "start_date"),
    "employment": ("student_id", "employer_id", "wage_year", "wage_quarter"),
    "enrollment": ("student_id", "school_id", "entry_date"),
    "eviction": ("case_id", "student_id"),
    "financial_aid_application": ("student_id",),
    "guardian": ("student_id", "guardian_id"),
    "health_coverage": ("student_id", "payer_type", "start_date"),
    "housing_assistance": ("student_id", "program_type", "assistance_action", "effective_date"),
    "housing_episode": ("student_id", "project_id", "entry_date"),
    "immunization": (
        *("student_id", "vaccine_code", "administered_date"),
        *("immunization_status", "immunization_source"),
    ),
    "organization": ("organization_id",),
    "participation": ("student_id", "program_id", "site_id", "start_date"),
    "person": ("student_id",),
    "postsecondary_award": ("student_id", "college_code", "award_date", "degree_title"),
    "postsecondary_enrollment": ("student_id", "college_code", "enrollment_begin_date"),
    "program": ("program_id",),
    "school": ("school_id",),
    "screening": ("student_id", "screening_type", "instrument", "domain", "screened_date"),
    "service": ("service_id",),
    "service_at_site": ("service_id", "site_id"),
    "site": ("site_id",),
    "staff_assignment": ("staff_id", "school_id", "staff_classification"),
    "student_status": ("student_id", "status_start_date"),
}
# about organizations, areas and staff: no child is in them
WITHOUT_CHILDREN = {
    *("area_measure", "organization", "program", "school", "service", "service_at_site", "site"),
    "staff_assignment",
}


def canonical() -> list[Entity]:
    return [*canonical_entities().values()]


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


def test_names_birth_dates_addresses_and_ids_of_children_and_staff_are_direct_identifiers() -> None:
    direct = {n for e in canonical() for n, column in e.columns.items() if column.pii == "direct"}
    assert direct == {
        *(
            "student_id",
            "state_student_id",
            "clk",
            "hashed_national_id",
            "replaced_by_student_id",
            "first_name",
            "middle_name",
            "last_name",
            "birth_date",
            "address",
            "household_id",
            "guardian_id",
            "case_id",
            "staff_id",
        ),
    }


def test_an_entity_speaks_of_a_person_by_the_partners_own_number_or_has_no_identifier_at_all() -> None:
    entities = canonical_entities()
    without = {name for name, entity in entities.items() if "student_id" not in entity.columns}
    assert without == WITHOUT_CHILDREN
    direct = {
        (name, column)
        for name in without
        for column, facts in entities[name].columns.items()
        if facts.pii != "none"
    }
    assert direct == {("staff_assignment", "staff_id")}


def test_every_column_is_described_in_a_sentence_of_its_own() -> None:
    for entity in canonical():
        sentences = [column.description for column in entity.columns.values()]
        assert len(set(sentences)) == len(sentences)
        assert all(sentence.endswith(".") for sentence in sentences)
