"""What staging makes of OneRoster, on rows worked out by hand."""

import csv
import io
import zipfile
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


def send(partner: OnePartner, members: dict[str, Rows]) -> None:
    path = partner.sent / "ours_oneroster_2024.zip"
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
            ("no_class", "", ("", "", "", "")),
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
        ("no_class", None, None, None, None),
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
