"""Microsoft's own samples: 86 students of two high schools, and 22 of the newer format."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingestion.home import Home
from tests.dbt_in_process import parse_project
from tests.standards.one_partner import OnePartner
from tests.standards.staged import build_staging, staged_rows

pytestmark = pytest.mark.samples


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return parse_project(Home(tmp_path_factory.mktemp("parse")).create())


@pytest.fixture
def sent(samples: Path, tmp_path: Path) -> Callable[[str, str], tuple[OnePartner, Path]]:
    def send(layout: str, folder: str) -> tuple[OnePartner, Path]:
        partner = OnePartner(tmp_path)
        partner.contract(layout)
        target = partner.sent / "ours_sds"
        shutil.copytree(samples / "sds_csv_samples" / folder, target)
        return partner, target

    return send


def test_the_classic_sample_is_staged(
    manifest: Any, sent: Callable[[str, str], tuple[OnePartner, Path]]
) -> None:
    partner, folder = sent("sds_csv_v1", "SDS_Format/100_Users")
    outcomes = partner.load(folder)
    assert {name.split(".")[0]: (o.outcome, o.rows) for name, o in outcomes.items()} == {
        "school": ("accepted", 2),
        "oneroster_user": ("accepted", 86),
        "oneroster_demographics": ("accepted", 86),
        "oneroster_class": ("accepted", 28),
        "oneroster_academic_session": ("accepted", 1),
        "oneroster_enrollment": ("accepted", 602),
    }
    build_staging(manifest, partner, "oneroster__person", "oneroster__enrollment", "stg_school")
    people = "select count(*), count(distinct student_id), count(birth_date), count(state_student_id) from staging.oneroster__person"
    assert staged_rows(partner, people) == [(86, 86, 86, 0)]
    ora = "select first_name, last_name, birth_date::varchar, school_year from staging.oneroster__person where student_id = '13001'"
    assert staged_rows(partner, ora) == [("Ora", "Klein", "2000-04-02", 2018)]
    # a spell per student and school, over the whole term; ending with the year is no exit
    spells = "select count(*), count(distinct student_id), min(entry_date)::varchar, max(entry_date)::varchar, count(exit_date) from staging.oneroster__enrollment"
    assert staged_rows(partner, spells) == [(86, 86, "2017-07-01", "2017-07-01", 0)]
    assert staged_rows(partner, "select count(*) from staging.stg_school") == [(2,)]


def test_the_newer_sample_is_staged(
    manifest: Any, sent: Callable[[str, str], tuple[OnePartner, Path]]
) -> None:
    partner, folder = sent("sds_csv_v2", "SDS_v2")
    outcomes = partner.load(folder, 2024)
    assert {name.split(".")[0]: o.rows for name, o in outcomes.items()} == {
        "oneroster_org": 5,
        "oneroster_user": 22,
        "oneroster_class": 4,
        "oneroster_enrollment": 22,
    }
    build_staging(manifest, partner, "oneroster__person", "oneroster__school")
    assert staged_rows(partner, "select count(*) from staging.oneroster__person") == [(22,)]
    names = "select school_name from staging.oneroster__school order by 1"
    assert staged_rows(partner, names) == [("Contoso Middle School",), ("Fabrikam High School",)]
