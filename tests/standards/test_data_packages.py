"""Data packages of HSDS: the manifest binds, references hold, and persons are left out."""

import json
from pathlib import Path

import pytest
from one_partner import OnePartner, failed_rules, write_csv

TABLES = {
    "organizations": ("id,name,description", ["o,Helpers,We help"]),
    "locations": (
        "id,location_type,organization_id,name,latitude,longitude",
        ["a,physical,o,Oak House,41.3,-72.9"],
    ),
    "services": ("id,organization_id,name,status,minimum_age,maximum_age", ["s,o,Pantry,active,0,"]),
    "service_at_location": ("id,service_id,location_id", ["1,s,a"]),
    "phones": (
        "id,location_id,service_id,organization_id,contact_id,service_at_location_id,number",
        ["1,,,o,,,555-0101", "2,,,o,c,,555-0199"],
    ),
    "contacts": ("id,organization_id,name,email", ["c,o,Ann Persona,ann@example.org"]),
}


def package(partner: OnePartner, listed: list[str] | None = None, **changed: list[str]) -> Path:
    """A folder of the tables, with a manifest that lists them (or those of `listed`)."""
    folder = partner.sent / "ours_hsds_2024"
    for name, (header, rows) in TABLES.items():
        write_csv(folder / f"{name}.csv", header, changed.get(name, rows))
    resources = [{"name": name, "path": f"{name}.csv"} for name in (listed or TABLES)]
    (folder / "datapackage.json").write_text(json.dumps({"resources": resources}))
    return folder


def test_a_package_is_read_without_its_persons(partner: OnePartner) -> None:
    partner.contract("hsds_3_datapackage")
    outcomes = partner.load(package(partner))
    assert {name.split(".")[0]: (o.outcome, o.rows) for name, o in outcomes.items()} == {
        "hsds_organization": ("accepted", 1),
        "hsds_location": ("accepted", 1),
        "hsds_service": ("accepted", 1),
        "hsds_service_at_location": ("accepted", 1),
        "hsds_phone": ("accepted", 1),
    }
    kept = [path.read_bytes() for path in partner.home.raw.rglob("*.parquet")]
    assert not any(secret in content for content in kept for secret in (b"Ann Persona", b"555-0199"))


def test_files_may_be_called_as_their_tables(partner: OnePartner) -> None:
    partner.contract("hsds_3_datapackage")
    folder = package(partner)
    text = (folder / "datapackage.json").read_text()
    for name in ("organizations", "locations", "services", "phones", "contacts"):
        (folder / f"{name}.csv").rename(folder / f"{name[:-1]}.csv")
        text = text.replace(f"{name}.csv", f"{name[:-1]}.csv")
    (folder / "datapackage.json").write_text(text)
    outcomes = partner.load(folder)
    assert {o.outcome for o in outcomes.values()} == {"accepted"}, [o.reason for o in outcomes.values()]


def test_the_manifest_promises_what_is_not_there(partner: OnePartner) -> None:
    partner.contract("hsds_3_datapackage")
    outcomes = partner.load(package(partner, [*TABLES, "taxonomy_terms"]))
    assert all("the manifest promises taxonomy_terms" in o.reason for o in outcomes.values())
    assert partner.in_force() == []


@pytest.mark.parametrize(
    "text", ["../../datapackage.json", "[]", "{}", '{"resources": []}', '{"resources": [{"name": "a"}]}']
)
def test_a_manifest_that_lists_nothing_is_refused(partner: OnePartner, text: str) -> None:
    partner.contract("hsds_3_datapackage")
    folder = package(partner)
    (folder / "datapackage.json").write_text(text)
    outcomes = partner.load(folder)
    assert {o.outcome for o in outcomes.values()} == {"rejected"}
    assert all("datapackage.json lists no files under 'resources'" in o.reason for o in outcomes.values())
    assert partner.in_force() == []


def test_a_service_of_no_organization_refuses_a_directory_this_small(partner: OnePartner) -> None:
    partner.contract("hsds_3_datapackage")
    partner.load(package(partner))
    before = partner.in_force()
    outcomes = partner.load(package(partner, services=["s,elsewhere,Pantry,active,0,"]))
    assert (
        failed_rules(outcomes["hsds_service.hsds_3_datapackage"])["organization_id_is_in_the_delivery"] == 1
    )
    assert {o.outcome for o in outcomes.values()} == {"rejected"}
    assert partner.in_force() == before
    assert partner.rows("hsds_service", "select organization_id from raw") == [("o",)]


@pytest.mark.parametrize(("parent", "outcome"), [("1", "accepted"), ("7", "rejected")])
def test_a_term_s_parent_is_in_the_same_table(partner: OnePartner, parent: str, outcome: str) -> None:
    partner.contract("ohana_csv")
    folder = partner.sent / "ours_ohana_2024"
    write_csv(folder / "organizations.csv", "id,name", ["o,Helpers"])
    write_csv(folder / "locations.csv", "id,organization_id,name,description", ["a,o,Oak,A house"])
    write_csv(folder / "services.csv", "id,location_id,name", ["s,a,Pantry"])
    write_csv(
        folder / "taxonomy.csv",
        "taxonomy_id,name,parent_id,parent_name",
        ["1,Food,,", f"2,Pantries,{parent},Food"],
    )
    outcomes = partner.load(folder)
    assert {o.outcome for o in outcomes.values()} == {outcome}, [o.reason for o in outcomes.values()]
