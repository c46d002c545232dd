"""What staging makes of OneRoster, on rows worked out by hand."""

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ingestion.home import Home
from tests.dbt_in_process import parse_project
from tests.standards.one_partner import OnePartner
from tests.standards.staged import build_staging, staged_rows

Rows = list[dict[str, str]]
MODELS = ("oneroster__person", "oneroster__enrollment", "oneroster__school")


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return parse_project(Home(tmp_path_factory.mktemp("parse")).create())


def send(partner: OnePartner, members: dict[str, Rows], year: int = 2024) -> None:
    path = partner.sent / f"ours_oneroster_{year}.zip"
    manifest = [{"propertyName": f"file.{name}", "value": "bulk"} for name in members]
    with zipfile.ZipFile(path, "w") as archive:
        for name, rows in {"manifest": manifest, **members}.items():
            text = io.StringIO()
            writer = csv.DictWriter(text, list(dict.fromkeys(key for row in rows for key in row)))
            writer.writeheader()
            writer.writerows(rows)
            archive.writestr(f"{name}.csv", text.getvalue())
    outcomes = partner.load(path)
    assert {o.outcome for o in outcomes.values()} == {"accepted"}, [o.reason for o in outcomes.values()]


def session() -> Rows:
    year = {"sourcedId": "y", "title": "2024", "type": "schoolYear", "schoolYear": "2024"}
    return [{**year, "startDate": "2023-08-15", "endDate": "2024-06-10"}]


@pytest.fixture(scope="module")
def partner(manifest: Any, tmp_path_factory: pytest.TempPathFactory) -> OnePartner:
    """Five students and a teacher of two schools; what each row is for stands beside it."""
    partner = OnePartner(tmp_path_factory.mktemp("oneroster"))
    partner.contract("oneroster_csv_1_2")
    names = {"givenName": "A", "familyName": "B"}
    users = [
        {"sourcedId": "two_classes", "grades": "09", "userIds": "{LDAP:x},{StateID: S7 }", **names},
        {"sourcedId": "left_early", "grades": "KG", "userIds": "", **names},
        {"sourcedId": "no_class", "grades": "09,10", "userIds": "", **names},
        {"sourcedId": "deleted", "grades": "09", "userIds": "", "status": "tobedeleted", **names},
        {"sourcedId": "teacher", "grades": "", "userIds": "", **names},
    ]
    roles = [
        {"sourcedId": f"r_{user}", "userSourcedId": user, "roleType": "primary", "role": role}
        | {"beginDate": begin, "endDate": "", "orgSourcedId": "oak"}
        for user, role, begin in (
            ("two_classes", "student", ""),
            ("left_early", "student", ""),
            ("no_class", "student", "2023-09-20"),
            ("deleted", "student", ""),
            ("teacher", "teacher", ""),
        )
    ]
    enrollments = [
        {"sourcedId": f"e{n}", "classSourcedId": a_class, "schoolSourcedId": "", "userSourcedId": user}
        | {"role": "student", "beginDate": begin, "endDate": end}
        for n, (a_class, user, begin, end) in enumerate(
            (
                ("art", "two_classes", "2023-09-01", "2023-12-20"),
                ("math", "two_classes", "2023-08-20", "2024-06-10"),
                ("art", "left_early", "2023-09-01", "2023-11-03"),
                ("art", "deleted", "2023-09-01", ""),
                ("art", "teacher", "2023-09-01", ""),  # a slip: a teacher is no student
            )
        )
    ]
    flags = ("asian", "white", "demographicRaceTwoOrMoreRaces", "hispanicOrLatinoEthnicity")
    demographics = [
        {"sourcedId": user, "birthDate": "2009-02-03", "sex": sex, **dict(zip(flags, told, strict=True))}
        for user, sex, told in (
            ("two_classes", "Female", ("true", "true", "", "false")),
            ("left_early", "other", ("", "", "true", "true")),
            ("no_class", "", ("", "true", "true", "")),
        )
    ]
    org = {"identifier": "", "parentSourcedId": ""}
    send(
        partner,
        {
            "academicSessions": session(),
            "orgs": [
                {"sourcedId": "oak", "name": "Oak", "type": "school"} | org | {"parentSourcedId": "d"},
                {"sourcedId": "elm", "name": "Elm", "type": "school"} | org | {"identifier": "123456789012"},
                {"sourcedId": "d", "name": "District", "type": "district"} | org,
            ],
            "classes": [
                {"sourcedId": "art", "title": "Art", "schoolSourcedId": "oak"},
                {"sourcedId": "math", "title": "Math", "schoolSourcedId": "oak"},
            ],
            "users": users,
            "roles": roles,
            "enrollments": enrollments,
            "demographics": demographics,
        },
    )
    build_staging(manifest, partner, *MODELS)
    return partner


def test_children_are_users_who_are_students(partner: OnePartner) -> None:
    told = "student_id, state_student_id, gender, race_ethnicity, hispanic_ethnicity"
    assert staged_rows(partner, f"select {told} from staging.oneroster__person order by 1") == [
        ("left_early", None, "other", "two_or_more_races", "yes"),
        ("no_class", None, None, "two_or_more_races", None),  # one race flag is not all of them
        ("two_classes", "S7", "female", "asian;white", "no"),
    ]


def test_a_spell_lasts_from_the_first_class_to_the_last(partner: OnePartner) -> None:
    told = "student_id, school_id, grade_level, entry_date::varchar, exit_date::varchar"
    assert staged_rows(partner, f"select {told} from staging.oneroster__enrollment order by 1") == [
        ("left_early", "oak", "KG", "2023-09-01", "2023-11-03"),
        ("no_class", "oak", None, "2023-09-20", None),
        ("two_classes", "oak", "09", "2023-08-20", None),  # the last class ends with the year
    ]


def test_schools_know_their_district(partner: OnePartner) -> None:
    told = "school_id, school_name, district_id, district_name, nces_school_id"
    assert staged_rows(partner, f"select {told} from staging.oneroster__school order by 1") == [
        ("elm", "Elm", None, None, "123456789012"),
        ("oak", "Oak", "d", "District", None),
    ]


YEARS = [
    {"sourcedId": f"y{year}", "title": str(year), "type": "schoolYear", "schoolYear": str(year)}
    | {"startDate": f"{year - 1}-08-15", "endDate": f"{year}-06-01"}
    for year in (2024, 2025)
]
SCHOOLS = [
    {"sourcedId": "d", "name": "District", "type": "district", "parentSourcedId": ""},
    {"sourcedId": "s1", "name": "One", "type": "school", "parentSourcedId": "d"},
    {"sourcedId": "s2", "name": "Two", "type": "School", "parentSourcedId": "d"},
    {"sourcedId": "dept", "name": "Art", "type": "department", "parentSourcedId": "s1"},
]
SPELLS = (
    "select student_id, school_id, entry_date::varchar, exit_date::varchar from staging.oneroster__enrollment"
    " order by 1, 2"
)


@pytest.fixture(scope="module")
def two_years(manifest: Any, tmp_path_factory: pytest.TempPathFactory) -> OnePartner:
    """An export of 1.1 for 2025 that holds the sessions and classes of 2024 as well."""
    partner = OnePartner(tmp_path_factory.mktemp("two_years"))
    partner.contract("oneroster_csv_1_1")
    gone = {"status": "ToBeDeleted"}
    named = {"status": "", "role": "student", "givenName": "A", "familyName": "B", "grades": "05"}
    users = [
        {"sourcedId": "in_a_class", "orgSourcedIds": "d, s1"} | named,
        {"sourcedId": "class_of_last_year", "orgSourcedIds": "s1"} | named,
        {"sourcedId": "undated_in_class_of_last_year", "orgSourcedIds": "s1"} | named,
        {"sourcedId": "class_deleted", "orgSourcedIds": "s1"} | named,
        {"sourcedId": "only_class_deleted", "orgSourcedIds": ""} | named,
        {"sourcedId": "district_alone", "orgSourcedIds": "d"} | named,
        {"sourcedId": "department_alone", "orgSourcedIds": "dept"} | named,
        {"sourcedId": "two_schools", "orgSourcedIds": "s1,s2"} | named,
        {"sourcedId": "deleted", "orgSourcedIds": "s1"} | named | gone,
    ]
    classes = [
        {"sourcedId": "k24", "schoolSourcedId": "s1", "termSourcedIds": "y2024", "status": ""},
        {"sourcedId": "k25", "schoolSourcedId": "s1", "termSourcedIds": "y2024,y2025", "status": ""},
        {"sourcedId": "gone", "schoolSourcedId": "s2", "termSourcedIds": "y2025"} | gone,
    ]
    enrollments = [
        {"sourcedId": f"e{n}", "classSourcedId": a_class, "userSourcedId": user, "role": "student"}
        | {"beginDate": begin, "endDate": end, "status": ""}
        for n, (a_class, user, begin, end) in enumerate(
            (
                ("k25", "in_a_class", "", ""),
                ("k24", "class_of_last_year", "2023-08-15", "2024-02-01"),
                ("k24", "undated_in_class_of_last_year", "", ""),
                ("gone", "class_deleted", "2024-09-01", ""),
                ("gone", "only_class_deleted", "2024-09-01", ""),
            )
        )
    ]
    enrollments.append({**enrollments[0], "sourcedId": "e9", "userSourcedId": "two_schools"} | gone)
    members = {"users": users, "orgs": SCHOOLS, "academicSessions": YEARS}
    send(partner, members | {"classes": classes, "enrollments": enrollments}, 2025)
    build_staging(manifest, partner, *MODELS)
    return partner


def test_the_year_before_and_what_is_deleted_enroll_nobody(two_years: OnePartner) -> None:
    assert staged_rows(two_years, SPELLS) == [
        # what is known of the child's class is that it is gone: the school is still the child's own
        ("class_deleted", "s1", "2024-08-15", None),
        ("in_a_class", "s1", "2024-08-15", None),
        ("two_schools", "s1", "2024-08-15", None),
        ("two_schools", "s2", "2024-08-15", None),
    ]


def test_a_district_or_a_department_is_no_school(two_years: OnePartner) -> None:
    schools = staged_rows(
        two_years, "select distinct school_id from staging.oneroster__enrollment order by 1"
    )
    assert schools == [("s1",), ("s2",)]
    # who is a student of the district alone is a person, at no school
    people = staged_rows(two_years, "select student_id from staging.oneroster__person order by 1")
    assert people == [
        ("class_deleted",),
        ("class_of_last_year",),
        ("department_alone",),
        ("district_alone",),
        ("in_a_class",),
        ("only_class_deleted",),
        ("two_schools",),
        ("undated_in_class_of_last_year",),
    ]


def test_a_year_may_be_named_by_its_start(manifest: Any, tmp_path: Path) -> None:
    partner = OnePartner(tmp_path)
    partner.contract("oneroster_csv_1_1")
    years = [{**year, "schoolYear": str(int(year["schoolYear"]) - 1)} for year in YEARS]
    user = {"sourcedId": "u", "orgSourcedIds": "s1", "role": "student", "givenName": "A", "familyName": "B"}
    send(partner, {"users": [user], "orgs": SCHOOLS, "academicSessions": years}, 2025)
    build_staging(manifest, partner, *MODELS)
    assert staged_rows(partner, SPELLS) == [("u", "s1", "2024-08-15", None)]


def test_the_primary_of_several_schools_is_told(manifest: Any, tmp_path: Path) -> None:
    partner = OnePartner(tmp_path)
    partner.contract("oneroster_csv_1_2")
    users = [
        {"sourcedId": user, "givenName": "A", "familyName": "B", "primaryOrgSourcedId": primary}
        for user, primary in (
            ("by_org", "s2"),
            ("by_role", "d"),
            ("equal", ""),
            ("moved", "s2"),
            ("one", "s1"),
        )
    ]
    roles = [
        {"sourcedId": f"r{n}", "userSourcedId": user, "roleType": kind, "role": "student"}
        | {"beginDate": begin, "endDate": end, "orgSourcedId": school}
        for n, (user, school, kind, begin, end) in enumerate(
            (
                ("by_org", "s1", "primary", "", ""),
                ("by_org", "s2", "primary", "", ""),
                ("by_role", "d", "primary", "", ""),
                ("by_role", "s1", "secondary", "", ""),
                ("by_role", "s2", "Primary", "", ""),
                ("equal", "s1", "primary", "", ""),
                ("equal", "s2", "primary", "", ""),
                ("moved", "s1", "primary", "2024-08-15", "2025-02-28"),  # a school of its own time
                ("moved", "s2", "primary", "2025-03-01", ""),
                ("one", "s1", "primary", "", ""),
            )
        )
    ]
    send(partner, {"users": users, "orgs": SCHOOLS, "academicSessions": YEARS, "roles": roles}, 2025)
    build_staging(manifest, partner, *MODELS)
    told = "select student_id, school_id, is_primary from staging.oneroster__enrollment order by 1, 2"
    assert staged_rows(partner, told) == [
        ("by_org", "s1", False),
        ("by_org", "s2", True),
        ("by_role", "s1", False),
        ("by_role", "s2", True),
        ("equal", "s1", None),
        ("equal", "s2", None),
        ("moved", "s1", None),
        ("moved", "s2", True),
        ("one", "s1", None),
    ]
