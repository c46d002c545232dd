"""Synthetic patients of others' making: a FHIR bulk export, and Synthea's CSV files in two dialects."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from identity.linking import link_persons
from ingestion.home import Home
from tests.dbt_in_process import parse_project
from tests.standards.one_partner import OnePartner
from tests.standards.staged import build_staging, staged_rows

pytestmark = pytest.mark.samples
PERSONS, DOSES, SCREENINGS, COVERAGE = (
    "stg_person",
    "stg_immunization",
    "stg_screening",
    "stg_health_coverage",
)
PLACES = ("stg_organization", "stg_site")


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return parse_project(Home(tmp_path_factory.mktemp("parse")).create())


@pytest.fixture
def sent(manifest: Any, samples: Path, tmp_path: Path) -> Callable[..., tuple[OnePartner, Path]]:
    """Load a sample's files as a folder that the layout knows, and build its staging."""

    def send(layout: str, sample: str, *models: str) -> tuple[OnePartner, Path]:
        partner = OnePartner(tmp_path)
        partner.contract(layout)
        target = partner.sent / f"ours_{layout.split('_')[0]}_2024"
        target.mkdir()
        for path in (samples / sample).iterdir():
            if path.suffix in (".ndjson", ".csv"):
                shutil.copy(path, target)
        outcomes = partner.load(target)
        assert {(o.outcome, o.quarantined) for o in outcomes.values()} == {("accepted", 0)}
        link_persons(partner.home)
        build_staging(manifest, partner, *models)
        return partner, target

    return send


def count(sql: str) -> int:
    """What a plain query over the files as they were sent counts."""
    return int(duckdb.sql(sql).fetchall()[0][0])


def staged(partner: OnePartner, model: str, what: str = "count(*)", where: str = "true") -> Any:
    (row,) = staged_rows(partner, f"select {what} from staging.{model} where {where}")
    return row[0] if len(row) == 1 else row


def test_a_bulk_export_is_staged(sent: Callable[..., tuple[OnePartner, Path]]) -> None:
    partner, folder = sent("fhir_r4_bulk", "fhir_bulk_synthea_10", PERSONS, DOSES, SCREENINGS, *PLACES)
    # the sample's README: 13 patients (9 F, 4 M; 1 Hispanic), 2 born 2005 or later, 161 immunizations
    people = (
        "count(distinct student_id), count(*) filter (gender = 'female'), count(*) filter (gender = 'male')"
    )
    assert staged(partner, PERSONS, people) == (13, 9, 4)
    told = "count(*) filter (hispanic_ethnicity = 'yes'), count(*) filter (birth_year >= 2005)"
    assert staged(partner, PERSONS, told) == (1, 2)
    assert staged(partner, PERSONS, "count(race_ethnicity)", "race_ethnicity <> 'unmapped'") == 13
    assert staged(partner, DOSES) == 161
    assert staged(partner, DOSES, where="immunization_status = 'completed'") == 161
    # every dose, and every visit, is of one of the patients
    assert staged(partner, DOSES, where=f"student_id not in (select student_id from staging.{PERSONS})") == 0
    visits = count(
        "select count(distinct (json ->> '$.subject.reference', left(json ->> '$.period.start', 10)))"
        f" from read_ndjson_objects('{folder}/Encounter.000.ndjson')"
        " where list_contains(json ->> '$.type[*].coding[*].code', '410620009')"
    )
    assert visits == 48
    assert staged(partner, SCREENINGS, where="screening_type = 'well_child_visit'") == visits
    organizations = count(f"select count(*) from read_ndjson_objects('{folder}/Organization.000.ndjson')")
    assert staged(partner, "stg_organization") == organizations == 43
    # one of 44 locations is "Patient's Home", a kind of place
    assert staged(partner, "stg_site") == 43


def test_conditions_of_a_bulk_export_are_staged(sent: Callable[..., tuple[OnePartner, Path]]) -> None:
    partner, folder = sent("fhir_r4_condition", "fhir_bulk_synthea_10", "stg_condition")
    told = (
        "select distinct json ->> '$.subject.reference' as child, json ->> '$.code.coding[0].code' as code,"
        " json ->> '$.clinicalStatus.coding[0].code' as clinical_status,"
        " left(json ->> '$.onsetDateTime', 10) as onset, left(json ->> '$.abatementDateTime', 10) as abated,"
        " left(json ->> '$.recordedDate', 10) as recorded"
        f" from read_ndjson_objects('{folder}/Condition.000.ndjson')"
    )
    # 555 lines, all of them confirmed and in SNOMED CT; told twice on one day is once
    assert staged(partner, "stg_condition") == count(f"select count(*) from ({told})")
    assert staged(partner, "stg_condition", "count(distinct student_id)") == 13
    for category, codes in {
        "asthma": "('233678006')",
        "diabetes": "('44054006')",
        "obesity": "('162864005', '408512008')",
        "anemia": "('271737000')",
    }.items():
        wanted = count(f"select count(*) from ({told}) where code in {codes}")
        assert wanted > 0
        assert staged(partner, "stg_condition", where=f"condition_category = '{category}'") == wanted
    for status in ("active", "resolved"):
        wanted = count(f"select count(*) from ({told}) where clinical_status = '{status}'")
        assert staged(partner, "stg_condition", where=f"clinical_status = '{status}'") == wanted
    assert staged(partner, "stg_condition", "count(onset_date)") == count(
        f"select count(onset) from ({told})"
    )


def test_newer_csv_files_are_staged(sent: Callable[..., tuple[OnePartner, Path]]) -> None:
    models = (PERSONS, DOSES, SCREENINGS, COVERAGE, *PLACES)
    partner, folder = sent("synthea_csv", "synthea_pjabl", *models)
    # the sample's README: 124 patients, 1,633 immunizations, 17 born 2005 or later
    assert staged(partner, PERSONS, "count(distinct student_id)") == 124
    assert staged(partner, PERSONS, where="birth_year >= 2005") == 17
    assert staged(partner, DOSES) == 1633
    visits = count(
        f"select count(distinct (PATIENT, left(START, 10))) from read_csv('{folder}/encounters.csv',"
        " all_varchar = true) where DESCRIPTION = 'Well child visit (procedure)'"
    )
    assert staged(partner, SCREENINGS) == visits == 262
    payers = (
        f"select count(*) from read_csv('{folder}/payer_transitions.csv', all_varchar = true) t"
        f" join read_csv('{folder}/payers.csv', all_varchar = true) p on p.Id = t.PAYER where p.NAME in "
    )
    assert staged(partner, COVERAGE) == 1133
    for code, names in {
        "medicaid": "('Medicaid', 'Dual Eligible')",
        "uninsured": "('NO_INSURANCE')",
        "other_public": "('Medicare')",
    }.items():
        assert staged(partner, COVERAGE, where=f"payer_type = '{code}'") == count(payers + names), code
    assert staged(partner, COVERAGE, where="payer_type = 'unmapped'") == 0
    for model in PLACES:
        assert staged(partner, model) == 320


def test_older_csv_files_are_staged(sent: Callable[..., tuple[OnePartner, Path]]) -> None:
    models = (PERSONS, DOSES, SCREENINGS, *PLACES)
    partner, folder = sent("synthea_csv_2021", "synthea_27_ohdsi", *models)
    assert staged(partner, PERSONS, "count(distinct student_id)") == 27
    for code in ("white", "asian"):
        sql = f"select count(*) from read_csv('{folder}/patients.csv', all_varchar = true) where RACE = '{code}'"
        assert staged(partner, PERSONS, where=f"race_ethnicity = '{code}'") == count(sql)
    assert staged(partner, DOSES) == 29
    visits = count(
        f"select count(distinct (PATIENT, left(START, 10))) from read_csv('{folder}/encounters.csv',"
        " all_varchar = true) where CODE = '410620009'"
    )
    assert staged(partner, SCREENINGS) == visits == 47
    for model in PLACES:
        assert staged(partner, model) == 63


@pytest.mark.parametrize("sample", ["synthea_pjabl", "synthea_27_ohdsi"])
def test_payers_mean_what_they_are_called(samples: Path, sample: str) -> None:
    from ingestion.contracts.layout import load_layout

    codes = load_layout("synthea_csv").codes["payer_type"]
    named = {"Medicare": "other_public", "Medicaid": "medicaid", "Dual Eligible": "medicaid"}
    named["NO_INSURANCE"] = "uninsured"
    payers = duckdb.sql(f"select Id, NAME from read_csv('{samples / sample}/payers.csv')").fetchall()
    assert len(payers) == 10
    assert {payer: codes[payer] for payer, _ in payers} == {
        payer: named.get(name, "private") for payer, name in payers
    }


def test_a_dialect_is_not_taken_for_the_other(samples: Path, tmp_path: Path) -> None:
    partner = OnePartner(tmp_path)
    partner.contract("synthea_csv_2021")
    target = partner.sent / "ours_synthea_2024"
    target.mkdir()
    for path in (samples / "synthea_pjabl").glob("*.csv"):
        shutil.copy(path, target)
    outcomes = partner.load(target)
    assert {o.outcome for o in outcomes.values()} == {"rejected"}
    assert "undeclared columns 'MIDDLE', 'FIPS', 'INCOME'" in outcomes["person.synthea_csv_2021"].reason
    assert partner.in_force() == []
