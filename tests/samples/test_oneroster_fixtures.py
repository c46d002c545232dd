"""The exact CSV zips of an open OneRoster plug-in, 1.1 and 1.2, bulk and delta."""

import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ingestion.home import Home
from tests.dbt_in_process import parse_project
from tests.standards.one_partner import OnePartner
from tests.standards.staged import build_staging, staged_rows

pytestmark = pytest.mark.samples

# users whose role is student, counted in users.csv (1.1) and roles.csv (1.2); three have one organization, a department,
# which is no school to be enrolled at
STUDENTS = ("usr-222-1234561232", "usr-222-567891", "usr-222-66778899")
FIXTURES = {
    "Test_minimal_data_set": ("oneroster_csv_1_1", 2023, STUDENTS, 0),
    "Test_full_data_set": ("oneroster_csv_1_1", 2023, STUDENTS, 0),
    "v1p2_full_dataset": ("oneroster_csv_1_2", 2023, STUDENTS, 0),
    "oneroster_test_data": ("oneroster_csv_1_2", 2024, ("USER_0",), 1),
}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return parse_project(Home(tmp_path_factory.mktemp("parse")).create())


def whole(fixture: Path, sent: Path) -> Path:
    """A copy of a fixture that says it is bulk; one of them says delta, of a roster that nobody sent before."""
    with zipfile.ZipFile(fixture) as found, zipfile.ZipFile(sent, "w") as copied:
        for name in found.namelist():
            told = found.read(name)
            copied.writestr(name, told.replace(b",delta", b",bulk") if name == "manifest.csv" else told)
    return sent


def test_changes_without_a_roster_are_refused(samples: Path, tmp_path: Path) -> None:
    partner = OnePartner(tmp_path)
    partner.contract("oneroster_csv_1_2")
    sent = partner.sent / "ours_oneroster.zip"
    shutil.copy(samples / "oneroster_catalyst_fixtures" / "oneroster_test_data.zip", sent)
    outcomes = partner.load(sent)
    assert {outcome.outcome for outcome in outcomes.values()} == {"rejected"}
    assert partner.in_force() == []


@pytest.mark.parametrize("fixture", FIXTURES)
def test_a_fixture_is_staged(manifest: Any, samples: Path, tmp_path: Path, fixture: str) -> None:
    layout, school_year, students, schools = FIXTURES[fixture]
    partner = OnePartner(tmp_path)
    partner.contract(layout)
    sent = whole(
        samples / "oneroster_catalyst_fixtures" / f"{fixture}.zip", partner.sent / "ours_oneroster.zip"
    )
    outcomes = partner.load(sent)
    assert {outcome.outcome for outcome in outcomes.values()} == {"accepted"}
    assert {outcome.delivery.school_year for outcome in outcomes.values()} == {school_year}
    build_staging(manifest, partner, "oneroster__person", "oneroster__enrollment", "oneroster__school")
    people = staged_rows(partner, "select student_id from staging.oneroster__person order by 1")
    assert people == [(student,) for student in students]
    spells = staged_rows(partner, "select student_id from staging.oneroster__enrollment order by 1")
    assert spells == (people if schools else [])
    assert staged_rows(partner, "select count(*) from staging.oneroster__school") == [(schools,)]


def test_the_fixture_with_demographics_tells_the_birth_date(
    manifest: Any, samples: Path, tmp_path: Path
) -> None:
    partner = OnePartner(tmp_path)
    partner.contract("oneroster_csv_1_2")
    fixture = samples / "oneroster_catalyst_fixtures" / "oneroster_test_data.zip"
    partner.load(whole(fixture, partner.sent / "ours_oneroster.zip"))
    build_staging(manifest, partner, "oneroster__person", "oneroster__enrollment")
    told = "select first_name, last_name, birth_date::varchar, race_ethnicity from staging.oneroster__person"
    assert staged_rows(partner, told) == [("Bruce", "Wayne", "2010-04-17", None)]
    spell = "select school_id, entry_date::varchar, exit_date from staging.oneroster__enrollment"
    assert staged_rows(partner, spell) == [("ORG_1", "2023-09-04", None)]
