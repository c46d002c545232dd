"""Ed-Fi: what staging makes of rows worked out by hand, model by model."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import pytest
from tiny_warehouse import Lake, Row, Warehouse

from ingestion.contracts.layout import load_layout
from tests.dbt_in_process import problems
from ingestion.warehouse_file import open_warehouse

LAYOUT = "edfi_json"


def deliver(lake: Lake, table: str, rows: list[Row], received: str | None = None) -> None:
    told = [{"extract_id": f"north.edfi_{table}.{LAYOUT}", **row} for row in rows]
    lake.deliver(f"edfi_{table}", 2025, told, received=received)


def layout_codes(lake: Lake, table: str) -> None:
    """What the layout says that codes of a table mean."""
    lake.reference["extract_codes"] += [
        {
            "community_id": "riverbend",
            "extract_id": f"north.edfi_{table}.{LAYOUT}",
            "field": field,
            "partner_code": code,
            "conformed_code": meaning,
        }
        for field, codes in load_layout(LAYOUT).codes.items()
        for code, meaning in codes.items()
    ]


def build(manifest: Any, lake: Lake, *models: str) -> Warehouse:
    warehouse = Warehouse(manifest, lake.finish())
    kinds = ("--resource-type", "model", "--resource-type", "seed")
    result = warehouse.dbt("build", *kinds, "--select", *(f"+edfi__{model}" for model in models))
    assert result.success, problems(result)
    return warehouse


def ask(warehouse: Warehouse, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query over staging, whose views read the files of the home."""
    with open_warehouse(warehouse.home) as con:
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
    layout_codes(lake, "student")
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
        {"student_unique_id": "a", "entry_date": "2024-08-20", "calendar_code": "x", "is_primary": True},
        {"student_unique_id": "b", "entry_date": "2024-08-20", "calendar_code": "y", "is_primary": False},
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
    spells = "select student_id, entry_date::varchar, is_primary from staging.edfi__enrollment order by all"
    assert ask(warehouse, spells) == [
        ("a", "2024-08-20", True),
        ("b", "2024-08-20", False),
        ("c", "2024-08-20", None),
        ("c", "2025-05-08", None),
    ]


def test_days_are_counted_by_the_calendar_and_absences_by_their_category(manifest: Any, lake: Lake) -> None:
    """The last event is on Friday the 9th, so Monday the 12th is not over. a: 5, 6, 8 May; b: 9 May alone, by the
    own calendar; c, without one: 5 May, then 8 and 9."""
    school_year(lake)
    layout_codes(lake, "student_school_attendance_event")
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
        ("c", "2025-05-05", "truant", 0.25),  # for the part it tells
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


def event(student: str, day: dt.date, category: str, school: str = "s") -> Row:
    return {
        "student_unique_id": student,
        "school_id": school,
        "session_name": "Fall",
        "event_date": day.isoformat(),
        "attendance_event_category": category,
    }


def hundred_days(lake: Lake, students: dict[str, str]) -> list[dt.date]:
    """A calendar of a hundred days from 2 September, weekends and all, and students (with their schools) for them."""
    days = [dt.date(2024, 9, 2) + dt.timedelta(days=number) for number in range(100)]
    told: list[Row] = [
        {
            "school_id": school,
            "calendar_code": "x",
            "calendar_day": day.isoformat(),
            "calendar_events": "Instructional day",
        }
        for day in days
        for school in sorted(set(students.values()))
    ]
    deliver(lake, "calendar_date", told)
    spells: list[Row] = [
        {"student_unique_id": student, "school_id": school, "entry_date": "2024-08-20", "calendar_code": "x"}
        for student, school in students.items()
    ]
    deliver(lake, "student_school_association", spells)
    layout_codes(lake, "student_school_attendance_event")
    return days


RATES = (
    "select student_id, school_id, days_enrolled::double, days_absent::double"
    " from staging.edfi__attendance order by 1"
)


def test_a_school_tells_up_to_its_own_last_event_before_the_delivery(manifest: Any, lake: Lake) -> None:
    """Oak told of absences until 20 September and Elm until the 4th; of Ash nobody told. The delivery came on 1
    October, with a journey of 9 December entered ahead."""
    days = hundred_days(lake, {"a": "oak", "b": "ash", "c": "oak", "d": "elm"})
    events = [event("a", day, "Unexcused Absence", "oak") for day in days[0:19:6]]  # 2, 8, 14, 20 September
    events += [
        event("c", dt.date(2024, 12, 9), "Excused Absence", "oak"),
        event("d", dt.date(2024, 9, 4), "Tardy", "elm"),
        event("d", dt.date(2024, 10, 1), "Excused Absence", "elm"),  # the day is not over
    ]
    deliver(lake, "student_school_attendance_event", events, received="2024-10-01T04:30:00.000Z")
    warehouse = build(manifest, lake, "attendance")
    assert ask(warehouse, RATES) == [("a", "oak", 19, 4), ("c", "oak", 19, 0), ("d", "elm", 3, 0)]


def test_a_category_that_nobody_knows_leaves_a_child_without_a_rate(manifest: Any, lake: Lake) -> None:
    """a and c have an unmapped day; that of b was lost anyway, and that of d is no day of instruction."""
    days = hundred_days(lake, dict.fromkeys("abcde", "s"))
    events = [event("a", day, "Truant") for day in days[:9]]
    events += [
        event("a", days[9], "Medical"),
        event("b", days[8], "Medical"),
        {**event("b", days[8], "Out of School Suspension"), "session_name": "Whole year"},
        event("c", days[9], "MEDICAL"),
        event("d", dt.date(2024, 9, 1), "Medical"),
        event("d", days[0], "In School Suspension"),
        event("e", days[9], "Unexcused"),
    ]
    deliver(lake, "student_school_attendance_event", events)
    warehouse = build(manifest, lake, "attendance")
    assert ask(warehouse, RATES) == [
        ("a", "s", 10, None),
        ("b", "s", 10, 1),
        ("c", "s", 10, None),
        ("d", "s", 10, 0),
        ("e", "s", 10, 1),
    ]
    unmapped = "select partner_code, n_rows from staging.stg_code_values where conformed_code is null order by 1"
    assert ask(warehouse, unmapped) == [("MEDICAL", 1), ("Medical", 3)]


def test_what_anybody_tells_of_a_child_counts_and_a_code_that_nobody_knows_is_unknown(
    manifest: Any, lake: Lake
) -> None:
    deliver(lake, "student", [{"student_unique_id": student} for student in "abcde"])
    told: list[Row] = [
        {"student_unique_id": "a", "education_organization_id": "1", "sex": "Female", "races": "White"}
        | {"limited_english_proficiency": "NotLimited", "military_connection": "Unknown"},
        {"student_unique_id": "a", "education_organization_id": "100", "characteristics": "Homeless|"}
        | {"limited_english_proficiency": "Limited"},
        {"student_unique_id": "b", "education_organization_id": "1", "limited_english_proficiency": "F1"}
        | {"military_connection": "Active Duty"},
        {"student_unique_id": "c", "education_organization_id": "1", "limited_english_proficiency": "lep"}
        | {"military_connection": "Space Corps"},
        {"student_unique_id": "d", "education_organization_id": "1", "limited_english_proficiency": "T3"}
        | {"military_connection": "Veteran"},
    ]
    deliver(lake, "student_education_organization_association", told)
    layout_codes(lake, "student_education_organization_association")
    lake.reference["crosswalks"] = [
        {
            "community_id": "riverbend",
            "partner_id": "north",
            "field": "limited_english_proficiency",
            "partner_code": "T3",
            "conformed_code": "monitored",
        }
    ]
    warehouse = build(manifest, lake, "student_status")
    flags = (
        "select student_id, is_homeless, is_english_learner, is_military_connected"
        " from staging.edfi__student_status order by 1"
    )
    assert ask(warehouse, flags) == [
        ("a", True, True, None),
        ("b", False, None, True),
        ("c", False, True, None),
        ("d", False, False, False),
        ("e", False, False, False),
    ]
    unmapped = "select field, partner_code from staging.stg_code_values where conformed_code is null order by all"
    assert ask(warehouse, unmapped) == [
        ("limited_english_proficiency", "F1"),
        ("military_connection", "Space Corps"),
    ]


def test_tests_of_one_name_in_two_namespaces_are_two(manifest: Any, lake: Lake) -> None:
    spring = {
        "student_unique_id": "a",
        "assessment_identifier": "ELA-05",
        "administration_date": "2025-05-01",
    }
    state, vendor = {**spring, "namespace": "uri://state.example"}, {**spring, "namespace": "uri://vendor.example"}
    results: list[Row] = [
        {**state, "student_assessment_identifier": "1", "performance_level": "Basic"},
        {**state, "student_assessment_identifier": "2", "performance_level": "Proficient"},
        {**vendor, "student_assessment_identifier": "3", "scale_score": 900, "performance_level": "Basic"},
    ]
    deliver(lake, "student_assessment", results)
    name = {"assessment_identifier": "ELA-05", "academic_subjects": "Reading"}
    kinds: list[Row] = [
        {**name, "namespace": "uri://state.example", "assessment_category": "State assessment"},
        {**name, "namespace": "uri://vendor.example", "assessment_category": "Benchmark test"},
    ]
    deliver(lake, "assessment", kinds)
    warehouse = build(manifest, lake, "assessment")
    scores = "select assessment_type, performance_level from staging.edfi__assessment order by 1"
    assert ask(warehouse, scores) == [("Benchmark test", "Basic"), ("State assessment", "Proficient")]


@pytest.mark.parametrize("turn", [1, -1])
def test_the_order_of_a_file_decides_no_mark_and_no_diploma(manifest: Any, lake: Lake, turn: int) -> None:
    attempts: dict[str, list[tuple[str, str | None, float | None]]] = {
        "a": [("Fail", "F", None), ("Pass", "A", None)],
        "b": [("Fail", None, 0), ("Pass", None, None)],  # credits of none go before credits that nobody told
        "c": [("Pass", "C", 0.5), ("Pass", "B-", 0.5), ("Pass", "A", 0.25)],
        "d": [("Pass", "9", 1), ("Pass", "87", 1)],
        "e": [("Fail", "F", None), ("Withdrawn", None, None)],
    }
    transcripts: list[Row] = [
        {
            "student_unique_id": student,
            "course_code": "M",
            "education_organization_id": f"school {mark}",
            "term": "Fall Semester",
            "told_school_year": 2025,
            "course_attempt_result": result,
            "final_letter_grade_earned": mark,
            "earned_credits": credits,
        }
        for student, told in attempts.items()
        for result, mark, credits in told
    ]
    deliver(lake, "course_transcript", transcripts[::turn])
    record = {"student_unique_id": "a", "told_school_year": 2025, "diploma_award_dates": "2025-05-30"}
    records: list[Row] = [
        {**record, "education_organization_id": "s", "diploma_types": "Certificate of attendance"},
        {**record, "education_organization_id": "s", "diploma_types": "Endorsed/advanced diploma"},
        {**record, "education_organization_id": "9", "diploma_types": "Endorsed/advanced diploma"},
    ]
    deliver(lake, "student_academic_record", records[::turn])
    deliver(lake, "school", [{"school_id": "s", "name_of_institution": "Oak"}])
    warehouse = build(manifest, lake, "course_mark", "diploma")
    marks = "select student_id, mark from staging.edfi__course_mark order by 1"
    assert ask(warehouse, marks) == [("a", "A"), ("b", "Pass"), ("c", "B-"), ("d", "87"), ("e", "Withdrawn")]
    diplomas = "select school_id, diploma_type from staging.edfi__diploma order by 2"
    assert ask(warehouse, diplomas) == [("s", "Certificate of attendance"), ("s", "Endorsed/advanced diploma")]


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
