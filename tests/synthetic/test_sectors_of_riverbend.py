"""The sectors beside schools: files hold to the truth, names vary at the planned rates, planted gaps have their sizes."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import duckdb
import pytest
from python_calamine import CalamineWorkbook

from synthetic import Manifest, write_community
from synthetic.hmis_columns import COLUMNS
from synthetic.sectors.planted import ASSOCIATIONS, BIRTH_DATE_VARIANTS, NAME_VARIANTS

Con = duckdb.DuckDBPyConnection
LAST = 2025


def one(truth: Con, query: str) -> float:
    return truth.sql(query).fetchall()[0][0]


def csv(riverbend: Manifest, path: str, delimiter: str = ",") -> str:
    """FROM item: a delivery read by DuckDB's own reader, all of it as text."""
    return f"read_csv('{riverbend.folder}/deliveries/{path}', delim='{delimiter}', header=true, all_varchar=true)"


def unzipped(riverbend: Manifest, path: str, folder: Path) -> Path:
    with zipfile.ZipFile(riverbend.folder / "deliveries" / path) as archive:
        archive.extractall(folder)
    return folder


@pytest.mark.parametrize(
    ("path", "delimiter", "fact"),
    [
        ("birth_registry/births_2024-25.csv", ",", "birth"),
        ("immunization_registry/immunizations_2024-25.csv", ",", "immunization where partner_id = 'immunization_registry' and true"),
        ("bright_start/prek_roster_2024-25.csv", ",", "early_learning"),
        ("readiness_office/kra_2024-25.csv", ",", "readiness"),

        ("river_kids_club/session_log_2024-25.csv", ",", "participation where partner_id = 'river_kids_club' and true"),
        ("housing_authority/hud_50058_2024-25.csv", ",", "housing_assistance"),
        ("county_court/eviction_filings_2024-25.csv", ",", "eviction"),
        ("wage_records/wages_2024-25.csv", ",", "employment"),
        ("state_education/report_card_2024-25.csv", ",", "report_card"),
    ],
)  # fmt: skip
def test_a_file_has_a_row_per_true_fact(
    riverbend: Manifest, truth: Con, path: str, delimiter: str, fact: str
) -> None:
    year = f"and school_year = {LAST}" if " where " in fact else f"where school_year = {LAST}"
    rows = one(truth, f"select count(*) from {csv(riverbend, path, delimiter)}")
    assert rows == one(truth, f"select count(*) from {fact} {year}") > 0


def test_a_sign_in_sheet_has_a_row_per_session_and_months_stand_side_by_side(
    riverbend: Manifest, truth: Con
) -> None:
    sheet = CalamineWorkbook.from_path(riverbend.folder / "deliveries/reading_corps/sign_in_2024-25.xlsx")
    sessions = one(
        truth,
        f"select count(*) from participation where partner_id = 'reading_corps' and school_year = {LAST}",
    )
    assert len(sheet.get_sheet_by_index(0).to_python()) - 1 == sessions > 0
    hours = csv(riverbend, "mentor_match/hours_2024-25.csv")
    months = "[Oct Hours], [Nov Hours], [Dec Hours], [Jan Hours], [Feb Hours], [Mar Hours], [Apr Hours], [May Hours]"
    months = months.replace("[", '"').replace("]", '"')
    added_up = one(
        truth,
        f"select sum(cast(hours as double)) from (unpivot {hours} on {months} into name month value hours)",
    )
    assert added_up == one(
        truth,
        f"select sum(hours_attended) from participation where partner_id = 'mentor_match' and school_year = {LAST}",
    )


def test_births_are_written_as_they_were(riverbend: Manifest, truth: Con) -> None:
    wrong = f"""
        select count(*) from {csv(riverbend, "birth_registry/births_2024-25.csv")}
        full join (from birth where school_year = {LAST}) as birth on student_id = CertificateNumber
        where cast(BirthWeightGrams as integer) is distinct from birth_weight_grams
            or strptime(DateOfBirth, '%Y%m%d') is distinct from birth_date"""
    assert one(truth, wrong) == 0


def test_an_hmis_export_has_the_standards_files_and_columns(riverbend: Manifest, tmp_path: Path) -> None:
    folder = unzipped(riverbend, "riverbend_coc/hmis_2024-25.zip", tmp_path)
    headers = {path.name: path.read_text().splitlines()[0].split(",") for path in folder.iterdir()}
    assert headers == {name: list(columns) for name, columns in COLUMNS.items()}
    # columns in the specification of FY2026
    assert [len(headers[name]) for name in ("Client.csv", "Exit.csv", "Export.csv", "Project.csv")] == [
        38, 44, 19, 19,
    ]  # fmt: skip


def test_an_hmis_export_holds_the_stays_of_its_year_and_some_deleted_ones(
    riverbend: Manifest, truth: Con, tmp_path: Path
) -> None:
    folder = unzipped(riverbend, "riverbend_coc/hmis_2024-25.zip", tmp_path)
    stays = f"read_csv('{folder}/Enrollment.csv', all_varchar=true)"
    deleted = one(truth, f"select count(*) from {stays} where DateDeleted is not null")
    kept = one(truth, f"select count(*) from {stays} where DateDeleted is null")
    touching = one(truth, f"select count(*) from housing_episode where school_year = {LAST}")
    assert kept == touching > 20
    assert 0 < deleted < 0.2 * kept
    children = one(truth, f"select count(*) from {stays} where RelationshipToHoH = '2'")
    heads = one(truth, f"select count(distinct HouseholdID) from {stays} where RelationshipToHoH = '1'")
    assert children > heads > 0


@pytest.mark.parametrize("system", ["riverbend_health", "prairie_childrens"])
def test_a_bulk_export_tells_of_every_dose_visit_and_patient(
    riverbend: Manifest, truth: Con, tmp_path: Path, system: str
) -> None:
    folder = unzipped(riverbend, f"{system}/fhir_bulk_2024-25.zip", tmp_path)
    lines = {
        path.stem: [json.loads(line) for line in path.read_text().splitlines()] for path in folder.iterdir()
    }
    assert all(
        resource["resourceType"] == kind for kind, resources in lines.items() for resource in resources
    )
    mine = f"where partner_id = '{system}' and school_year = {LAST}"
    counts = {
        "Immunization": f"immunization {mine}",
        "Patient": f"health_coverage {mine}",
        "Coverage": f"health_coverage {mine}",
        "Encounter": f"screening {mine} and screening_type = 'well_child_visit'",
        "Observation": f"screening {mine} and screening_type <> 'well_child_visit'",
    }
    assert {kind: len(lines[kind]) for kind in counts} == {
        kind: one(truth, f"select count(*) from {fact}") for kind, fact in counts.items()
    }
    patients = {resource["id"] for resource in lines["Patient"]}
    subjects = {
        resource["patient"]["reference"].removeprefix("Patient/") for resource in lines["Immunization"]
    }
    assert subjects <= patients


@pytest.mark.parametrize("variant", NAME_VARIANTS)
def test_names_vary_at_the_planned_rate(truth: Con, variant: str) -> None:
    order = list(NAME_VARIANTS)
    later = ", ".join(f"'{name}'" for name in [*order[order.index(variant) :], "none"])
    true_name = "inhabitant.first_name || inhabitant.last_name"
    possible = {
        "nickname": "inhabitant.first_name in (select distinct i.first_name from inhabitant as i inner join partner_person"
        " as p using (true_person_id) where p.name_variant = 'nickname')",
        "hyphenated": "inhabitant.last_name not like '%-%'",
        "typo": "length(inhabitant.last_name) > 3",
        "accents_dropped": f"strip_accents({true_name}) <> {true_name}",
    }.get(variant, "true")
    share, n = truth.sql(f"""
        select avg(cast(name_variant = '{variant}' as integer)), count(*)
        from partner_person inner join inhabitant using (true_person_id)
        where partner_id <> 'birth_registry' and name_variant in ({later}) and {possible}""").fetchall()[0]
    assert n > 300
    assert share == pytest.approx(NAME_VARIANTS[variant], abs=4 * (0.25 / n) ** 0.5)


def test_a_varied_name_is_another_and_an_unvaried_one_the_same(truth: Con) -> None:
    same = """
        partner_person.first_name = inhabitant.first_name and partner_person.last_name = inhabitant.last_name"""
    wrong = f"""
        select count(*) from partner_person inner join inhabitant using (true_person_id)
        where (name_variant = 'none') <> ({same})"""
    # first and last name can be the same word, and then changing places changes nothing
    assert one(truth, wrong + " and inhabitant.first_name <> inhabitant.last_name") == 0


def test_birth_dates_are_missing_or_wrong_at_the_planned_rate(truth: Con) -> None:
    known = "from partner_person where partner_id <> 'birth_registry'"
    missing = one(truth, f"select avg(cast(birth_date is null as integer)) {known}")
    assert missing == pytest.approx(BIRTH_DATE_VARIANTS["missing"], abs=0.006)
    later = one(
        truth,
        f"select avg(cast(birth_date_variant = 'wrong_year' as integer)) {known} and birth_date is not null",
    )
    assert 0.003 < later < BIRTH_DATE_VARIANTS["wrong_year"] + 0.004
    assert one(truth, "select count(*) from partner_person where partner_id = 'birth_registry' and birth_date_variant <> 'none'") == 0  # fmt: skip


def test_a_partners_number_is_one_persons(truth: Con) -> None:
    doubled = "select count(*) from (select 1 from partner_person group by partner_id, student_id having count(*) > 1)"
    assert one(truth, doubled) == 0
    twice = "select count(*) from (select 1 from partner_person group by partner_id, true_person_id having count(*) > 1)"
    assert one(truth, twice) == 0


def test_who_is_who_has_one_person_for_each_number_of_each_partner(truth: Con) -> None:
    doubled = (
        "select count(*) from (select 1 from who_is_who group by partner_id, student_id having count(*) > 1)"
    )
    assert one(truth, doubled) == 0
    # two districts, the tracker, the admissions test, the readiness test, wages, and the ten that have no state number
    assert one(truth, "select count(distinct partner_id) from who_is_who") == 6 + 10
    across = "select count(*) from (select 1 from who_is_who group by true_person_id having count(distinct partner_id) >= 5)"
    assert one(truth, across) > 100


def test_pupils_of_the_sectors_are_the_schools_children(truth: Con) -> None:
    pupils = "select distinct true_person_id from person where partner_id in ('river_city_schools', 'lakeshore_unified')"
    strangers = f"select count(*) from ({pupils}) anti join inhabitant using (true_person_id)"
    assert one(truth, strangers) == 0
    with_schools = f"select count(distinct true_person_id) from housing_episode semi join ({pupils}) using (true_person_id)"
    assert one(truth, with_schools) > 50


def test_children_are_born_every_year_and_some_are_twins(truth: Con) -> None:
    years = truth.sql(
        "select school_year, count(*) from birth where school_year > 2022 group by all"
    ).fetchall()
    assert [year for year, _ in sorted(years)] == [2023, 2024, 2025]
    assert all(60 < n < 190 for _, n in years)
    twins = one(truth, "select avg(cast(plurality = 2 as integer)) from birth")
    assert 0.01 < twins < 0.13
    apart = """
        select count(*) from (
            select family, birth_date, count(*) as n, bool_and(is_twin) as all_twins
            from inhabitant where role = 'child' group by all having count(*) > 1
        ) where not all_twins"""
    assert one(truth, apart) == 0


def test_families_move_and_their_address_with_them(truth: Con) -> None:
    moved, same_address = truth.sql("""
        select count(*), count(*) filter (later.address = earlier.address)
        from household_year as later inner join household_year as earlier
            on later.family = earlier.family and later.school_year = earlier.school_year + 1
        where later.moves <> earlier.moves""").fetchall()[0]
    assert moved > 100
    assert same_address < 0.02 * moved


def test_prek_and_readiness_go_together_as_planted(truth: Con) -> None:
    points = """
        select avg(cast(is_ready as integer)) filter (was_in_prek) - avg(cast(is_ready as integer)) filter (not was_in_prek)
        from readiness inner join child_here using (true_person_id, school_year)
        inner join household_year using (family, school_year) where not is_poor"""
    planted = ASSOCIATIONS["ready_for_kindergarten"].adds["was_in_prek"]
    assert one(truth, points) == pytest.approx(planted, abs=0.14)
    stated = "select points from planted_associations where outcome = 'ready_for_kindergarten' and circumstance = 'was_in_prek'"
    assert one(truth, stated) == planted == 0.16


def test_twins_are_light_and_the_poor_are_seen_less(truth: Con) -> None:
    light = "select avg(cast(birth_weight_grams < 2500 as integer)) from birth where plurality = {}"
    assert one(truth, light.format(2)) - one(truth, light.format(1)) == pytest.approx(0.45, abs=0.2)
    homeless_cases = """
        select avg(cast(eviction.family is not null as integer)) filter (is_homeless)
            - avg(cast(eviction.family is not null as integer)) filter (not is_homeless)
        from household_year left join eviction using (family, school_year)"""
    assert one(truth, homeless_cases) == pytest.approx(0.15 + 0.045 * 0.6, abs=0.08)


def test_schools_files_are_the_same_with_and_without_the_sectors(tmp_path: Path) -> None:
    def hashes(folder: Path) -> dict[str, str]:
        return {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for partner in ("river_city", "lakeshore", "college_tracker", "admissions_test")
            for path in (folder / "deliveries" / partner).rglob("*.*")
        }

    for name, with_sectors in (("with", True), ("without", False)):
        write_community(
            tmp_path / name, children_per_year=300, first_year=2024, n_years=2, with_sectors=with_sectors
        )
    assert hashes(tmp_path / "with") == hashes(tmp_path / "without") != {}
    assert {path.name for path in (tmp_path / "without" / "deliveries").iterdir()} == {
        "admissions_test", "college_tracker", "lakeshore", "river_city",
    } & {path.name for path in (tmp_path / "without" / "deliveries").iterdir()}  # fmt: skip
