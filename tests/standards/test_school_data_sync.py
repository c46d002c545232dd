"""School Data Sync: children, schools and classes by way of OneRoster's tables; no password is ever read."""

import shutil
from pathlib import Path

import pytest
from one_partner import OnePartner, write_csv

STUDENT = "SIS ID,School SIS ID,First Name,Last Name,Username,Password,State ID,Grade,Status,Birthdate"


def classic(partner: OnePartner, **changed: list[str]) -> Path:
    """A folder with one school, two classes of a term, three children of whom one has left."""
    folder = partner.sent / "ours_sds"
    shutil.rmtree(folder, ignore_errors=True)
    write_csv(folder / "School.csv", "SIS ID,Name,Zip", changed.get("School", ["10,Oak,06510"]))
    rows = [
        "1,10,Ada,Lee,ALee,P-SECRET,CT,9,Active,4/2/2009",
        "2,10,Bo,Lim,BLim,P-SECRET,9012,10,Active,12/1/2008",
        "3,10,Cy,Low,CLow,P-SECRET,9013,11,Deleted,1/1/2008",
    ]
    write_csv(folder / "Student.csv", STUDENT, changed.get("Student", rows))
    section = "SIS ID,School SIS ID,Section Name,Term SIS ID,Term StartDate,Term EndDate"
    write_csv(
        folder / "Section.csv",
        section,
        ["a,10,Art,t,8/28/2023,6/14/2024", "b,10,Biology,t,8/28/2023,6/14/2024"],
    )
    enrollments = changed.get("StudentEnrollment", ["a,1", "b,1", "b,2"])
    write_csv(folder / "StudentEnrollment.csv", "Section SIS ID,SIS ID", enrollments)
    write_csv(folder / "Teacher.csv", "SIS ID,School SIS ID,Username,Password", ["9,10,T,T-SECRET"])
    return folder


def test_the_classic_files_become_a_roster(partner: OnePartner) -> None:
    partner.contract("sds_csv_v1")
    outcomes = partner.load(classic(partner))
    assert {name.split(".")[0]: (o.outcome, o.rows) for name, o in outcomes.items()} == {
        "school": ("accepted", 1),
        "oneroster_user": ("accepted", 3),
        "oneroster_demographics": ("accepted", 3),
        "oneroster_class": ("accepted", 2),
        "oneroster_academic_session": ("accepted", 1),
        "oneroster_enrollment": ("accepted", 3),
    }
    # the year is that of the last day of a term; a state's letters are no child's number
    assert partner.rows(
        "oneroster_user", "select school_year, sourced_id, user_ids, status from raw order by 2"
    ) == [
        (2024, "1", None, None),
        (2024, "2", "{StateID:9012}", None),
        (2024, "3", "{StateID:9013}", "tobedeleted"),
    ]


def test_passwords_and_staff_are_nowhere(partner: OnePartner) -> None:
    partner.contract("sds_csv_v1")
    partner.load(classic(partner))
    kept = [path.read_bytes() for path in partner.home.root.rglob("*.parquet")]
    assert kept
    assert not any(secret in content for content in kept for secret in (b"P-SECRET", b"T-SECRET", b"ALee"))


def test_a_roster_without_its_classes_is_refused(partner: OnePartner) -> None:
    partner.contract("sds_csv_v1")
    folder = classic(partner)
    (folder / "Section.csv").unlink()
    outcomes = partner.load(folder, 2024)
    assert {o.outcome for o in outcomes.values()} == {"rejected"}
    assert all("the archive has no Section.csv" in o.reason for o in outcomes.values())
    assert partner.in_force() == []


def test_an_enrollment_of_nobody_refuses_a_roster_this_small(partner: OnePartner) -> None:
    partner.contract("sds_csv_v1")
    outcomes = partner.load(classic(partner, StudentEnrollment=["a,1", "b,77"]))
    (outcome,) = [o for name, o in outcomes.items() if name.startswith("oneroster_enrollment")]
    assert "user_sourced_id_is_in_the_delivery" in outcome.reason
    assert partner.in_force() == []


@pytest.mark.parametrize("with_terms", [True, False])
def test_terms_may_be_absent(partner: OnePartner, with_terms: bool) -> None:
    partner.contract("sds_csv_v1")
    folder = classic(partner)
    if not with_terms:
        write_csv(folder / "Section.csv", "SIS ID,School SIS ID,Section Name", ["a,10,Art", "b,10,Biology"])
    outcomes = partner.load(folder, 2024)
    assert {o.outcome for o in outcomes.values()} == {"accepted"}, [o.reason for o in outcomes.values()]
