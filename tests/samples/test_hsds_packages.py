"""Service directories: HSDS 3 and 1 data packages, the Ohana API's CSV, and a directory of no standard at all."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from expectations.outcome import LoadOutcome
from ingestion.home import Home
from tests.dbt_in_process import parse_project
from tests.standards.one_partner import OnePartner, failed_rules
from tests.standards.staged import build_staging, staged_rows

pytestmark = pytest.mark.samples
MODELS = ("hsds__organization", "hsds__site", "hsds__service", "hsds__service_at_site", "hsds__program")
COUNTS = " union all ".join(f"select '{model}', count(*) from staging.{model}" for model in MODELS)


@pytest.fixture
def partner(tmp_path: Path) -> OnePartner:
    return OnePartner(tmp_path)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return parse_project(Home(tmp_path_factory.mktemp("parse")).create())


def sent(partner: OnePartner, folder: Path, name: str) -> Path:
    """A copy of a folder's CSV files (and manifest) under a name that says whose it is."""
    target = partner.sent / name
    target.mkdir()
    for file in folder.iterdir():
        if file.suffix in (".csv", ".json"):
            shutil.copy(file, target / file.name)
    return target


def read(outcomes: dict[str, LoadOutcome]) -> dict[str, int]:
    """Table of HSDS -> rows, of a delivery that must be accepted."""
    refused = {name: (o.reason, failed_rules(o)) for name, o in outcomes.items() if o.outcome == "rejected"}
    assert refused == {}
    return {name.removeprefix("hsds_").replace(".", " "): o.rows for name, o in outcomes.items()}


def test_an_hsds_1_package_is_whole(samples: Path, partner: OnePartner, manifest: Any) -> None:
    partner.contract("hsds_1_datapackage")
    rows = read(
        partner.load(sent(partner, samples / "hsds_sample_datapackage" / "all_resources", "ours_hsds_2020"))
    )
    assert {name.split()[0]: n for name, n in rows.items() if not name.endswith("postal")} == {
        "organization": 10,
        "program": 1,
        "location": 10,
        "address": 1,
        "service": 13,
        "service_at_location": 13,
        "eligibility": 1,
        "phone": 5,
        "taxonomy_term": 1,
        "attribute": 0,
    }
    build_staging(manifest, partner, *MODELS)
    counts = {"organization": 10, "site": 10, "service": 13, "service_at_site": 13, "program": 1}
    assert dict(staged_rows(partner, COUNTS)) == {f"hsds__{name}": n for name, n in counts.items()}
    place = "select street_address, city, zip_code from staging.hsds__site where street_address is not null"
    assert staged_rows(partner, place) == [("Address 1, Address 2", "New York City", "10001")]
    helped = "select service_name, eligibility from staging.hsds__service where eligibility is not null"
    assert staged_rows(partner, helped) == [("Never Homeless Helpline", "adult")]


def test_a_package_of_five_files_is_whole_too(samples: Path, partner: OnePartner) -> None:
    partner.contract("hsds_1_datapackage")
    rows = read(partner.load(sent(partner, samples / "hsds_sample_datapackage" / "simple", "ours_hsds_2020")))
    assert list(rows.values()) == [10, 10, 13, 13, 5]


def test_a_file_that_the_package_promises_is_missed(samples: Path, partner: OnePartner) -> None:
    partner.contract("hsds_1_datapackage")
    folder = sent(partner, samples / "hsds_sample_datapackage" / "simple", "ours_hsds_2020")
    (folder / "phones.csv").unlink()
    outcomes = partner.load(folder)
    assert all("the manifest promises phones" in o.reason for o in outcomes.values())
    assert partner.in_force() == []


def standards_example(samples: Path, partner: OnePartner) -> Path:
    """The standard's own one-row example with the manifest that it points to outside of its folder."""
    folder = sent(partner, samples / "hsds_3_examples" / "csv", "ours_hsds_2023")
    resources = [{"name": file.stem, "path": file.name} for file in sorted(folder.glob("*.csv"))]
    (folder / "datapackage.json").write_text(json.dumps({"resources": resources}))
    return folder


def test_the_standards_example_has_no_manifest(samples: Path, partner: OnePartner) -> None:
    partner.contract("hsds_3_datapackage")
    outcomes = partner.load(sent(partner, samples / "hsds_3_examples" / "csv", "ours_hsds_2023"))
    assert all("datapackage.json lists no files under 'resources'" in o.reason for o in outcomes.values())
    assert partner.in_force() == []


def test_the_standards_example_has_a_place_outside_of_the_world(samples: Path, partner: OnePartner) -> None:
    partner.contract("hsds_3_datapackage")
    outcomes = partner.load(standards_example(samples, partner))
    assert {o.outcome for o in outcomes.values()} == {"rejected"}
    failed = failed_rules(outcomes["hsds_location.hsds_3_datapackage"])
    assert failed["latitude_is_in_range"] == 1
    assert failed["organization_id_is_in_the_delivery"] == 1
    assert partner.in_force() == []


def test_the_standards_example_mended_is_staged(samples: Path, partner: OnePartner, manifest: Any) -> None:
    partner.contract("hsds_3_datapackage")
    folder = standards_example(samples, partner)
    locations = (folder / "locations.csv").read_text()
    here = locations.replace(",100,101,", ",10,101,").replace(
        "985e4a42-bd9f-4edc-911d-0243a4640aca", "d9d5e0f5-d3ce-4f73-9a2f-4dd0ecc6c610"
    )
    (folder / "locations.csv").write_text(here)
    attributes = (folder / "attributes.csv").read_text()
    given = attributes.replace(
        "f28dd44b-0c4d-479f-8e90-4c52219a8b3c", "ac148810-d857-441c-9679-408f346de14b"
    ).replace(",link_entity,", ",service,")
    (folder / "attributes.csv").write_text(
        given.replace(
            "link_id,taxonomy_term_id,link_type,service", "link_id,taxonomy_term_id,link_type,link_entity"
        )
    )
    rows = read(partner.load(folder))
    # the one telephone is that of a contact, who is a person
    assert {n for name, n in rows.items() if not name.startswith("phone")} == {1}
    build_staging(manifest, partner, *MODELS)
    assert {n for _, n in staged_rows(partner, COUNTS)} == {1}
    service = "select minimum_age_years::int, maximum_age_years::int, assured_date::varchar, taxonomy_terms, service_status from staging.hsds__service"
    assert staged_rows(partner, service) == [(12, 100, "2005-01-01", "name", "active")]


def test_the_ohana_sample_is_whole(samples: Path, partner: OnePartner, manifest: Any) -> None:
    partner.contract("ohana_csv")
    rows = read(partner.load(sent(partner, samples / "ohana_smc_csv", "ours_ohana_2020")))
    with (samples / "ohana_smc_csv" / "phones.csv").open() as file:
        of_no_person = sum(not row["contact_id"] for row in csv.DictReader(file))
    assert rows == {
        "organization ohana_csv": 8,
        "program ohana_csv": 1,
        "location ohana_csv": 22,
        "address ohana_csv": 21,
        "address ohana_csv_mail": 21,
        "service ohana_csv": 23,
        "phone ohana_csv": of_no_person,
        "schedule ohana_csv": 11,
        "schedule ohana_csv_holiday": 4,
        "taxonomy_term ohana_csv": 290,
    }
    build_staging(manifest, partner, *MODELS)
    counts = {"organization": 8, "site": 22, "service": 23, "service_at_site": 23, "program": 1}
    assert dict(staged_rows(partner, COUNTS)) == {f"hsds__{name}": n for name, n in counts.items()}
    first = "select organization_id, taxonomy_terms, minimum_age_years from staging.hsds__service where service_id = '1'"
    assert staged_rows(partner, first) == [("1", None, None)]
    place = "select site_name, street_address, city, zip_code, latitude is not null from staging.hsds__site where site_id = '1'"
    assert staged_rows(partner, place) == [
        ("Fair Oaks Adult Activity Center", "2600 Middlefield Road", "Redwood City", "94063", True)
    ]


# fixture -> the member it stands for, the table that refuses it, and the rules that do not hold, with rows
FIXTURES = {
    "invalid_org": ("organizations", "organization", {"name_is_present": 1}),
    "org_with_invalid_date": ("organizations", "organization", {"date_incorporated_is_a_date": 1}),
    "invalid_location": ("locations", "location", {"name_is_present": 1}),
    "invalid_location_org": ("locations", "location", {"organization_id_is_in_the_delivery": 1}),
    "invalid_address": ("addresses", "address", {"city_is_present": 1}),
    "missing_address": ("addresses", "address", {"city_is_present": 1, "location_id_is_in_the_delivery": 1}),
    "invalid_mail_address": ("mail_addresses", "address_mail", {"address_1_is_present": 1}),
    "invalid_mail_address_location": (
        "mail_addresses",
        "address_mail",
        {"location_id_is_in_the_delivery": 1},
    ),
    "invalid_service": ("services", "service", {"name_is_present": 1}),
    "invalid_service_location": ("services", "service", {"location_id_is_in_the_delivery": 1}),
    "invalid_program": ("programs", "program", {"name_is_present": 1}),
    "program_with_no_parent": ("programs", "program", {"organization_id_is_present": 1}),
    "invalid_phone": ("phones", "phone", {"type_is_present": 1}),
    "phone_with_no_parent": ("phones", "phone", {"belongs_to_is_present": 1}),
    "invalid_category": ("taxonomy", "taxonomy_term", {"name_is_present": 1}),
    "invalid_parent_category": ("taxonomy", "taxonomy_term", {"parent_id_is_in_the_delivery": 1}),
    "invalid_regular_schedule": ("regular_schedules", "schedule", {"closes_at_is_present": 1}),
    "regular_schedule_with_no_parent": ("regular_schedules", "schedule", {"belongs_to_is_present": 1}),
    "invalid_holiday_schedule": ("holiday_schedules", "schedule_holiday", {"is_closed_is_present": 1}),
    "hs_with_invalid_date": ("holiday_schedules", "schedule_holiday", {"end_date_is_a_date": 1}),
    "holiday_schedule_with_no_parent": (
        "holiday_schedules",
        "schedule_holiday",
        {"belongs_to_is_present": 1},
    ),
}


def with_fixture(samples: Path, partner: OnePartner, fixture: str, member: str) -> Path:
    """Sound organizations, places and services, in which one file is the fixture."""
    of_sample = samples / "ohana_smc_csv"
    folder = partner.sent / "ours_ohana_2020"
    folder.mkdir()
    shutil.copy(of_sample / "organizations.csv", folder)
    shutil.copy(of_sample / "_origin_invalid_fixtures" / "locations.csv", folder)
    shutil.copy(of_sample / "_origin_invalid_fixtures" / "programs.csv", folder)
    shutil.copy(of_sample / "_origin_invalid_fixtures" / "valid_service.csv", folder / "services.csv")
    shutil.copy(of_sample / "_origin_invalid_fixtures" / f"{fixture}.csv", folder / f"{member}.csv")
    return folder


@pytest.mark.parametrize("fixture", FIXTURES)
def test_what_ohana_calls_invalid_is_refused(samples: Path, partner: OnePartner, fixture: str) -> None:
    member, table, rules = FIXTURES[fixture]
    partner.contract("ohana_csv")
    outcomes = partner.load(with_fixture(samples, partner, fixture, member))
    entity, _, label = table.partition("_") if table.startswith(("address", "schedule")) else (table, "", "")
    refused = outcomes[f"hsds_{entity}.ohana_csv" + (f"_{label}" if label else "")]
    assert refused.outcome == "rejected"
    told = failed_rules(refused)
    assert {rule: told.get(rule) for rule in rules} == rules
    assert {o.outcome for o in outcomes.values()} == {"rejected"}
    assert partner.in_force() == []


def test_an_empty_cell_beyond_the_headers_loses_nothing(samples: Path, partner: OnePartner) -> None:
    # the Ohana API wants every header of its own; here the program is whole without an alternate name
    partner.contract("ohana_csv")
    outcomes = partner.load(with_fixture(samples, partner, "invalid_program_headers", "programs"))
    assert failed_rules(outcomes["hsds_program.ohana_csv"]).keys() <= {"every_table_of_the_delivery_passes"}


@pytest.mark.parametrize(
    ("fixture", "member"),
    [
        ("valid_org", "organizations"),
        ("org_with_2_digit_year", "organizations"),
        ("org_with_spelled_out_date", "organizations"),
        ("hs_with_2_digit_year", "holiday_schedules"),
        ("hs_with_spelled_out_date", "holiday_schedules"),
        ("valid_address", "addresses"),
        ("valid_mail_address", "mail_addresses"),
        ("valid_category", "taxonomy"),
        ("existing_category", "taxonomy"),
        ("valid_location_phone", "phones"),
        ("valid_org_phone", "phones"),
        ("valid_service_phone", "phones"),
        ("valid_contact_phone", "phones"),
        ("valid_location_regular_schedule", "regular_schedules"),
        ("valid_service_holiday_schedule", "holiday_schedules"),
        # contacts are persons: the file may be there, sound or not, and is not read
        ("valid_org_contact", "contacts"),
        ("invalid_contact", "contacts"),
        ("contact_with_no_parent", "contacts"),
    ],
)
def test_what_ohana_calls_valid_passes_its_table(
    samples: Path, partner: OnePartner, fixture: str, member: str
) -> None:
    partner.contract("ohana_csv")
    outcomes = partner.load(with_fixture(samples, partner, fixture, member))
    own = {
        "organizations": "organization",
        "addresses": "address",
        "mail_addresses": "address",
        "taxonomy": "taxonomy_term",
        "phones": "phone",
    }
    table = own.get(member, "schedule")
    broken = {name: failed_rules(o) for name, o in outcomes.items() if name.startswith(f"hsds_{table}.")}
    assert all({*rules} <= {"every_table_of_the_delivery_passes"} for rules in broken.values()), broken
    assert not any("John Smith" in str(row) for o in outcomes.values() for row in o.bad_rows)


FLORIDA = {
    "organization": """
        entity: organization
        title: Legal aid organizations of Florida
        file: "organizations.csv"
        school_year: {value: "2020"}
        columns:
          organization_id: {from: [organization_uuid], required: true}
          organization_name: {from: [organization_name], required: true}
          description: {from: [organization_description]}
          website: {from: [organization_url]}
          email: {from: [organization_email]}
          tax_id: {from: [organization_tax_id]}
        ignore: [organization_legal_status, organization_alternate_name, organization_year_incorporated]
        """,
    "site": """
        entity: site
        title: Places of legal aid
        file: "locations.csv"
        school_year: {value: "2020"}
        columns:
          site_id: {from: [location_uuid], required: true}
          site_name: {from: [location_name], required: true}
          organization_id: {from: [organization_uuid]}
          street_address: {from: [location_address]}
        ignore: [organization_name, location_url, phones]
        """,
    "service": """
        entity: service
        title: Services of legal aid
        file: "services.csv"
        school_year: {value: "2020"}
        columns:
          service_id: {from: [service_uuid], required: true}
          service_name: {from: [service_name], required: true}
          organization_id: {from: [organization_uuid]}
          description: {from: [service_description]}
          taxonomy_terms: {sql: "replace(service_problem_codes, '; ', ';')"}
          minimum_age_years: {from: [service_min_age]}
          maximum_age_years: {sql: "case when try_cast(service_max_age as double) <= 120 then service_max_age end"}
        ignore: [organization_name, service_alternate_name, service_email, service_url, service_additional_information, service_program, service_income_limit, service_require_veteran, service_military_status, service_immigration_status, service_incarceration_status, service_areas, note_1, note_2]
        """,
}


def test_a_directory_of_no_standard_is_three_contracts(samples: Path, partner: OnePartner) -> None:
    rows = {}
    for entity, text in FLORIDA.items():
        partner.contract(entity, text)
    folder = sent(partner, samples / "hsds_florida", "florida")
    (refused,) = partner.load(folder / "services.csv").values()
    assert "services.csv, row 65: column 20 has no header but holds a value" in refused.reason
    header, rest = (folder / "services.csv").read_text().split("\n", 1)
    assert header.endswith(",,")
    (folder / "services.csv").write_text(f"{header[:-1]}note_1,note_2\n{rest}")
    for name in ("organizations", "locations", "services"):
        for extract, outcome in partner.load(folder / f"{name}.csv").items():
            rows[extract] = (outcome.outcome, outcome.rows, outcome.quarantined)
    assert rows == {
        "organization": ("accepted", 20, 0),
        "site": ("accepted", 378, 0),
        # the cells of row 65 are shifted to the right: a word stands where an age should
        "service": ("accepted_with_quarantine", 135, 1),
    }
    clinic = (
        "select minimum_age_years::int, maximum_age_years, len(string_split(taxonomy_terms, ';')) > 10"
        " from raw where service_name like 'Bay Pines%'"
    )
    assert partner.rows("service", clinic) == [(0, None, True)]


def organization_in_full(samples: Path) -> dict[str, Any]:
    """The standard's example, whose place is moved into the world."""
    organization: dict[str, Any] = json.loads(
        (samples / "hsds_3_examples" / "organization_full.json").read_text()
    )
    for location in organization["locations"]:
        location["latitude"] = 10
    return organization


def test_an_organization_in_full_is_every_table(samples: Path, partner: OnePartner, manifest: Any) -> None:
    partner.contract("hsds_3_json")
    path = partner.sent / "ours_hsds_2024.json"
    path.write_text(json.dumps({"contents": [organization_in_full(samples)]}))
    rows = read(partner.load(path))
    assert {*rows.values()} == {1}
    build_staging(manifest, partner, *MODELS)
    assert {n for _, n in staged_rows(partner, COUNTS)} == {1}
    service = (
        "select service_name, organization_id, program_id, minimum_age_years::int, taxonomy_terms"
        " from staging.hsds__service"
    )
    ours, its_program = "d9d5e0f5-d3ce-4f73-9a2f-4dd0ecc6c610", "e7ec2e57-4540-43fa-b2c7-6be5a0ef7f42"
    assert staged_rows(partner, service) == [("Community Counselling", ours, its_program, 12, "name")]
    # the person behind the telephone of a contact is not in the lake
    assert not any(b"Ann Persona" in file.read_bytes() for file in partner.home.raw.rglob("*.parquet"))


def test_organizations_without_programs_are_whole(samples: Path, partner: OnePartner) -> None:
    partner.contract("hsds_3_json")
    organization = organization_in_full(samples)
    del organization["programs"], organization["phones"]
    for service in organization["services"]:
        del service["program"]
    path = partner.sent / "ours_hsds_2024.json"
    path.write_text(json.dumps({"contents": [organization]}))
    rows = read(partner.load(path))
    assert (rows["program hsds_3_json"], rows["phone hsds_3_json"], rows["service hsds_3_json"]) == (0, 0, 1)


def test_a_list_of_organizations_alone_is_refused(samples: Path, partner: OnePartner) -> None:
    partner.contract("hsds_3_json")
    path = partner.sent / "ours_hsds_2024.json"
    shutil.copy(samples / "hsds_3_examples" / "organization_list.json", path)
    outcomes = partner.load(path)
    assert "there is nothing at $.contents[*].services[*]" in outcomes["hsds_service.hsds_3_json"].reason
    assert partner.in_force() == []
