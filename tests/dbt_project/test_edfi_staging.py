"""Ed-Fi: what staging makes of rows worked out by hand, model by model."""

from __future__ import annotations

from typing import Any

import duckdb
from tiny_warehouse import Lake, Row, Warehouse

from tests.dbt_in_process import problems

LAYOUT = "edfi_json"


def deliver(lake: Lake, table: str, rows: list[Row], label: str = "") -> None:
    layout = "_".join(part for part in (LAYOUT, label) if part)
    lake.deliver(
        f"edfi_{table}", 2025, [{"extract_id": f"north.edfi_{table}.{layout}", **row} for row in rows]
    )


def build(manifest: Any, lake: Lake, *models: str) -> Warehouse:
    warehouse = Warehouse(manifest, lake.finish())
    kinds = ("--resource-type", "model", "--resource-type", "seed")
    result = warehouse.dbt("build", *kinds, "--select", *(f"+edfi__{model}" for model in models))
    assert result.success, problems(result)
    return warehouse


def ask(warehouse: Warehouse, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query over staging, whose views read the files of the home."""
    with duckdb.connect(str(warehouse.home.warehouse), read_only=True) as con:
        con.execute(f"set file_search_path = '{warehouse.home.root}'")
        return con.execute(sql).fetchall()


def test_the_organization_that_tells_race_says_who_a_child_is(manifest: Any, lake: Lake) -> None:
    deliver(
        lake,
        "student",
        [
            {"student_unique_id": "a", "first_name": "Ana", "last_surname": "Oak", "birth_sex": "Female"},
            {
                "student_unique_id": "b",
                "first_name": "Bo",
                "last_surname": "Elm",
                "sex": "Male",
                "races": "White",
            },
        ],
    )
    deliver(
        lake,
        "student_education_organization_association",
        [
            {"student_unique_id": "a", "education_organization_id": "1", "sex": "Non-binary"},
            {
                "student_unique_id": "a",
                "education_organization_id": "100",
                "sex": "Female",
                "races": "Asian;White",
                "hispanic_latino_ethnicity": False,
                "state_student_id": "S1",
            },
        ],
    )
    warehouse = build(manifest, lake, "person")
    people = (
        "select student_id, state_student_id, last_name, gender, race_ethnicity, hispanic_ethnicity"
        " from staging.edfi__person order by 1"
    )
    assert ask(warehouse, people) == [
        ("a", "S1", "Oak", "Female", "Asian;White", "no"),
        ("b", None, "Elm", "Male", "White", None),
    ]


def test_circumstances_hold_in_the_year_and_are_empty_where_nobody_tells_of_them(
    manifest: Any, lake: Lake
) -> None:
    """The school year 2025 is July 2024 to June 2025."""
    deliver(
        lake,
        "student",
        [
            {"student_unique_id": "a", "characteristics": "Homeless|2024-07-01;Refugee|"},
            {"student_unique_id": "b", "characteristics": "Homeless|2024-06-30"},
            {"student_unique_id": "c", "limited_english_proficiency": "Limited Monitored 1"},
            {"student_unique_id": "d", "limited_english_proficiency": "Limited"},
        ],
    )
    began = {"begin_date": "2023-09-01", "program_name": "p"}
    special: list[Row] = [
        {"student_unique_id": "a", "association": "special_education", "is_eligible": False, **began},
        {"student_unique_id": "b", "association": "special_education", "end_date": "2024-07-01", **began},
        {"student_unique_id": "c", "association": "special_education", "end_date": "2024-06-30", **began},
        {"student_unique_id": "d", "association": "special_education", "begin_date": "2025-07-01"},
    ]
    meals: list[Row] = [
        {
            "student_unique_id": "a",
            "association": "school_food_service",
            "services": "Full Price Lunch",
            **began,
        },
        {
            "student_unique_id": "b",
            "association": "school_food_service",
            "services": "Full Price Milk;Reduced Price Lunch",
            **began,
        },
        {"student_unique_id": "c", "association": "school_food_service", "is_eligible": True, **began},
    ]
    general: list[Row] = [
        {
            "student_unique_id": "d",
            "association": "general",
            "program_type": "Section 504 Placement",
            **began,
        },
        {"student_unique_id": "c", "association": "general", "program_type": "Homeless", **began},
    ]
    deliver(lake, "student_program_association", [*special, *meals, *general])
    warehouse = build(manifest, lake, "student_status")
    flags = (
        "select student_id, is_economically_disadvantaged, is_english_learner, has_disability, is_homeless,"
        " is_migrant from staging.edfi__student_status order by 1"
    )
    assert ask(warehouse, flags) == [
        ("a", False, False, False, True, None),
        ("b", True, False, True, False, None),
        ("c", True, False, False, True, None),
        ("d", False, True, False, False, None),
    ]


def school_year(lake: Lake) -> None:
    """Four days of school in a week of May at school s, one more of them (Friday) in the calendar of b alone."""
    days = {
        "2025-05-05": "Instructional day",
        "2025-05-06": "Instructional day;Student late arrival/early dismissal",
        "2025-05-07": "Holiday",
        "2025-05-08": "Make-up day",
        "2025-05-12": "Instructional day",
    }
    dates: list[Row] = [
        {"school_id": "s", "calendar_code": "x", "calendar_day": day, "calendar_events": event}
        for day, event in days.items()
    ]
    friday: Row = {"calendar_day": "2025-05-09", "calendar_events": "Instructional day"}
    deliver(lake, "calendar_date", [*dates, {"school_id": "s", "calendar_code": "y", **friday}])
    spells: list[Row] = [
        {"student_unique_id": "a", "entry_date": "2024-08-20", "calendar_code": "x"},
        {"student_unique_id": "b", "entry_date": "2024-08-20", "calendar_code": "y"},
        {"student_unique_id": "c", "entry_date": "2024-08-20", "exit_withdraw_date": "2025-05-05"},
        {"student_unique_id": "c", "entry_date": "2025-05-08"},
        {"student_unique_id": "d", "entry_date": "2024-08-20", "exit_withdraw_type": "No show"},
        {"student_unique_id": "e", "entry_date": "2023-08-20", "exit_withdraw_date": "2024-06-30"},
        {"student_unique_id": "f", "entry_date": "2024-08-20", "told_school_year": 2024},
    ]
    deliver(
        lake,
        "student_school_association",
        [{"school_id": "s", "entry_grade_level": "First grade", **s} for s in spells],
    )


def test_enrollments_are_those_of_the_year_that_took_place(manifest: Any, lake: Lake) -> None:
    school_year(lake)
    warehouse = build(manifest, lake, "enrollment")
    spells = "select student_id, entry_date::varchar from staging.edfi__enrollment order by all"
    assert ask(warehouse, spells) == [
        ("a", "2024-08-20"),
        ("b", "2024-08-20"),
        ("c", "2024-08-20"),
        ("c", "2025-05-08"),
    ]


def test_days_are_counted_by_the_calendar_and_absences_by_their_category(manifest: Any, lake: Lake) -> None:
    """The last event is on Friday the 9th, so Monday the 12th is not over. a: 5, 6, 8 May; b: 9 May alone, by the
    own calendar; c, without one: 5 May, then 8 and 9."""
    school_year(lake)
    lake.reference["extract_codes"] = [
        {
            "community_id": "riverbend",
            "extract_id": f"north.edfi_student_school_attendance_event.{LAYOUT}",
            "field": "attendance_event_category",
            "partner_code": code,
            "conformed_code": meaning,
        }
        for code, meaning in {
            "Unexcused Absence": "absent",
            "Tardy": "present",
            "Partial": "partly_absent",
        }.items()
    ]
    lake.reference["crosswalks"] = [
        {
            "community_id": "riverbend",
            "partner_id": "north",
            "field": "attendance_event_category",
            "partner_code": "At home",
            "conformed_code": "absent",
        }
    ]
    told: list[tuple[str, str, str, float | None]] = [
        ("a", "2025-05-05", "Unexcused Absence", None),  # 1
        ("a", "2025-05-06", "Tardy", None),  # 0
        ("a", "2025-05-07", "Unexcused Absence", 1),  # a holiday
        ("a", "2025-05-08", "Partial", 0.5),  # one half
        ("b", "2025-05-09", "Partial", None),  # nobody knows how long
        ("c", "2025-05-05", "Absent - ill", 0.25),  # by its words, for the part it tells
        ("c", "2025-05-05", "At home", 1),  # by the crosswalk; more than a day a day is not
        ("c", "2025-05-06", "At home", 1),  # not enrolled
    ]
    events: list[Row] = [
        {
            "student_unique_id": student,
            "school_id": "s",
            "session_name": "Spring",
            "event_date": day,
            "attendance_event_category": category,
            "event_duration": duration,
        }
        for student, day, category, duration in told
    ]
    deliver(lake, "student_school_attendance_event", events)
    warehouse = build(manifest, lake, "attendance")
    days = "select student_id, school_id, days_enrolled::double, days_absent::double from staging.edfi__attendance order by 1"
    assert ask(warehouse, days) == [("a", "s", 3, 1.5), ("b", "s", 1, 0), ("c", "s", 3, 1)]


def test_without_events_nothing_is_known_of_attendance(manifest: Any, lake: Lake) -> None:
    school_year(lake)
    warehouse = build(manifest, lake, "attendance")
    assert ask(warehouse, "select count(*) from staging.edfi__attendance") == [(0,)]


def test_actions_of_one_incident_add_up(manifest: Any, lake: Lake) -> None:
    iss = {"disciplines": "In School Suspension", "incident_identifiers": "7", "incident_school_id": "s"}
    actions: list[Row] = [
        {
            "discipline_action_identifier": "1",
            "discipline_date": "2025-01-10",
            "actual_discipline_action_length": 1,
            **iss,
        },
        {
            "discipline_action_identifier": "2",
            "discipline_date": "2025-01-08",
            "discipline_action_length": 0.5,
            **iss,
        },
        {
            "discipline_action_identifier": "3",
            "discipline_date": "2025-02-01",
            "disciplines": "Community Service;Expulsion",
            "responsibility_school_id": "t",
            "actual_discipline_action_length": 20,
        },
        {"discipline_action_identifier": "4", "discipline_date": "2024-06-30", **iss},
    ]
    deliver(lake, "discipline_action", [{"student_unique_id": "a", **action} for action in actions])
    warehouse = build(manifest, lake, "discipline")
    rows = (
        "select incident_id, school_id, action_code, action_date::varchar, days_removed::double"
        " from staging.edfi__discipline order by all"
    )
    assert ask(warehouse, rows) == [
        ("3", "t", "Community Service", "2025-02-01", None),
        ("3", "t", "Expulsion", "2025-02-01", 20),
        ("s:7", "s", "In School Suspension", "2025-01-08", 1.5),
    ]


def test_results_marks_diplomas_and_schools(manifest: Any, lake: Lake) -> None:
    deliver(
        lake,
        "school",
        [
            {
                "school_id": "s",
                "name_of_institution": "Oak",
                "local_education_agency_id": "9",
                "school_categories": "High School",
            },
            {
                "school_id": "t",
                "name_of_institution": "Elm",
                "local_education_agency_ref": "LEA_9",
                "school_categories": "A;B",
            },
        ],
    )
    deliver(
        lake,
        "local_education_agency",
        [{"local_education_agency_id": "9", "xml_id": "LEA_9", "name_of_institution": "District"}],
    )
    deliver(
        lake,
        "assessment",
        [
            {
                "assessment_identifier": "math",
                "namespace": "n",
                "academic_subjects": "Mathematics",
                "assessment_category": "Interim",
            },
            {"assessment_identifier": "both", "namespace": "n", "academic_subjects": "Mathematics;Reading"},
        ],
    )
    taken = {"student_unique_id": "a", "namespace": "n", "administration_date": "2025-04-01"}
    results: list[Row] = [
        {"student_assessment_identifier": "1", "assessment_identifier": "math", "scale_score": 20, **taken},
        {
            "student_assessment_identifier": "2",
            "assessment_identifier": "math",
            "scale_score": 25,
            "performance_level": "Met Standard",
            **taken,
        },
        {"student_assessment_identifier": "3", "assessment_identifier": "both", **taken},
        {
            "student_assessment_identifier": "4",
            "assessment_identifier": "unheard_of",
            "told_school_year": 2025,
            **taken,
        },
        {
            "student_assessment_identifier": "5",
            "assessment_identifier": "math",
            **taken,
            "told_school_year": 2024,
        },
        {
            "student_assessment_identifier": "6",
            "assessment_identifier": "both",
            **taken,
            "reason_not_tested": "Absent",
        },
    ]
    deliver(lake, "student_assessment", results)
    deliver(
        lake,
        "course",
        [
            {
                "course_code": "ALG",
                "education_organization_id": "9",
                "course_title": "Algebra",
                "academic_subjects": "Mathematics",
            }
        ],
    )
    course = {
        "student_unique_id": "a",
        "course_code": "ALG",
        "education_organization_id": "s",
        "term": "Fall Semester",
    }
    transcripts: list[Row] = [
        {
            "course_education_organization_id": "9",
            "told_school_year": 2025,
            "course_attempt_result": "Fail",
            "earned_credits": 0,
            **course,
        },
        {
            "course_education_organization_id": "9",
            "told_school_year": 2025,
            "course_attempt_result": "Pass",
            "final_letter_grade_earned": "B-",
            "earned_credits": 0.5,
            **course,
        },
        {
            "course_education_organization_id": "9",
            "told_school_year": 2024,
            "course_attempt_result": "Fail",
            **course,
        },
    ]
    deliver(lake, "course_transcript", transcripts)
    record = {"student_unique_id": "a", "education_organization_id": "s", "told_school_year": 2025}
    deliver(
        lake,
        "student_academic_record",
        [
            {
                "term": "Fall Semester",
                "diploma_types": "Regular diploma;Other",
                "diploma_award_dates": "2025-05-30;2024-05-30",
                **record,
            },
            {
                "term": "Spring Semester",
                "diploma_types": "Regular diploma",
                "diploma_award_dates": "2025-05-30",
                **record,
            },
        ],
    )
    warehouse = build(manifest, lake, "school", "assessment", "course_mark", "diploma")
    schools = (
        "select school_id, district_id, district_name, school_level from staging.edfi__school order by 1"
    )
    assert ask(warehouse, schools) == [
        ("s", "9", "District", "High School"),
        ("t", "9", "District", "Other Combination"),
    ]
    scores = (
        "select assessment_id, assessment_type, subject, scale_score::int, is_proficient"
        " from staging.edfi__assessment order by 1"
    )
    assert ask(warehouse, scores) == [
        ("both", None, "Cross Subject", None, None),
        ("math", "Interim", "Mathematics", 25, True),
        ("unheard_of", None, "not told", None, None),
    ]
    marks = "select school_id, course_id, course_name, subject_area, mark, credits_earned::double from staging.edfi__course_mark"
    assert ask(warehouse, marks) == [("s", "ALG", "Algebra", "Mathematics", "B-", 0.5)]
    diplomas = "select student_id, school_id, diploma_date::varchar, diploma_type from staging.edfi__diploma order by 3"
    # the award of 2024 stands in a record of 2025, and is an award of 2024
    assert ask(warehouse, diplomas) == [("a", "s", "2025-05-30", "Regular diploma")]
