"""The directory of services: an HSDS 3 data package of the providers' organizations, places and services."""

from __future__ import annotations

import json

from synthetic.calendars import Collection
from synthetic.deliveries import Series, annual_since
from synthetic.formats import Format, archive, delimited, lines

FIRST_SENT = 2025  # the same directory a second time would be refused
DIRECTORY, LAYOUT = "service_directory", "hsds_3_datapackage"
TABLES = (
    "hsds_organization",
    "hsds_program",
    "hsds_location",
    "hsds_address",
    "hsds_service",
    "hsds_service_at_location",
    "hsds_phone",
    "hsds_taxonomy_term",
    "hsds_attribute",
)
# organization, what it does, its sites, its service, kind of service, ages
ORGANIZATIONS = (
    ("Reading Corps Riverbend", "Tutors young readers", 3, "Reading tutoring", "Tutoring", 5, 10),
    ("Mentor Match", "Pairs pupils with mentors", 1, "One-to-one mentoring", "Mentoring", 11, 15),
    (
        "River Kids Club",
        "Looks after children when school is out",
        4,
        "After-school club",
        "After school",
        5,
        11,
    ),
    ("Bright Start", "Pre-K and Head Start", 5, "Pre-K", "Early learning", 3, 5),
    ("Riverbend Shelters", "Shelter and rapid rehousing", 2, "Family shelter", "Housing", 0, 120),
    ("Riverbend Food Bank", "Food for families", 2, "Food pantry", "Food", 0, 120),
)
KINDS = tuple(sorted({organization[4] for organization in ORGANIZATIONS}))
Rows = list[dict[str, str]]


def _values(rows: Rows) -> str:
    """SELECT of rows that are written out; a directory is small."""
    names = list(rows[0])
    values = ", ".join(
        "(" + ", ".join("'" + row[name].replace("'", "''") + "'" for name in names) + ")" for row in rows
    )
    listed = ", ".join(f'"{name}"' for name in names)
    return f"select * from (values {values}) as rows ({listed})"


def directory() -> dict[str, Rows]:
    """The rows of every table of the package, which stay the same over the years."""
    tables: dict[str, Rows] = {
        name: []
        for name in (
            "organizations",
            "programs",
            "locations",
            "addresses",
            "services",
            "service_at_location",
            "phones",
        )
    }
    tables["taxonomy_terms"] = [
        {
            "id": f"term-{number}",
            "code": kind[:4].upper(),
            "name": kind,
            "parent_id": "",
            "taxonomy": "riverbend",
        }
        for number, kind in enumerate(KINDS, 1)
    ]
    tables["attributes"] = []
    for number, organization in enumerate(ORGANIZATIONS, 1):
        _describe(tables, f"{number:02d}", *organization)
    return tables


def _describe(
    tables: dict[str, Rows],
    number: str,
    name: str,
    purpose: str,
    sites: int,
    service: str,
    kind: str,
    youngest: int,
    oldest: int,
) -> None:
    """Add one organization with its service, and its sites."""
    tables["organizations"].append(_organization(number, name, purpose))
    tables["programs"].append(
        {
            "id": f"prog-{number}",
            "organization_id": f"org-{number}",
            "name": f"{service} program",
            "description": purpose,
        }
    )
    tables["services"].append(_service(number, service, purpose, youngest, oldest))
    tables["attributes"].append(_kind_of_service(number, kind))
    tables["phones"].append(_phone(number))
    for site in range(1, sites + 1):
        tables["locations"].append(_location(number, site, name))
        tables["addresses"].append(_address(number, site))
        tables["service_at_location"].append(
            {
                "id": f"sal-{number}-{site}",
                "service_id": f"serv-{number}",
                "location_id": f"loc-{number}-{site}",
                "description": "",
            }
        )


def _organization(number: str, name: str, purpose: str) -> dict[str, str]:
    owner = f"org-{number}"
    return {
        "id": owner,
        "name": name,
        "description": purpose,
        "email": f"hello@{owner}.example",
        "website": f"https://{owner}.example",
        "tax_id": f"41-00000{number}",
        "legal_status": "nonprofit",
    }


def _service(number: str, service: str, purpose: str, youngest: int, oldest: int) -> dict[str, str]:
    owner = f"org-{number}"
    return {
        "id": f"serv-{number}",
        "organization_id": owner,
        "program_id": f"prog-{number}",
        "name": service,
        "description": purpose,
        "url": f"https://{owner}.example/service",
        "status": "active",
        "fees_description": "none",
        "eligibility_description": "Families of Riverbend",
        "minimum_age": str(youngest),
        "maximum_age": str(oldest),
        "assured_date": "2024-09-01",
    }


def _kind_of_service(number: str, kind: str) -> dict[str, str]:
    return {
        "id": f"attr-{number}",
        "link_id": f"serv-{number}",
        "link_entity": "service",
        "link_type": "taxonomy_term",
        "taxonomy_term_id": f"term-{KINDS.index(kind) + 1}",
        "value": kind,
    }


def _phone(number: str) -> dict[str, str]:
    return {
        "id": f"phone-{number}",
        "organization_id": f"org-{number}",
        "service_id": "",
        "location_id": "",
        "service_at_location_id": "",
        "contact_id": "",
        "number": f"555-01{number}",
        "type": "voice",
    }


def _location(number: str, site: int, name: str) -> dict[str, str]:
    return {
        "id": f"loc-{number}-{site}",
        "organization_id": f"org-{number}",
        "name": f"{name}, site {site}",
        "location_type": "physical",
        "latitude": f"44.{number}{site}00",
        "longitude": f"-93.{number}{site}00",
    }


def _address(number: str, site: int) -> dict[str, str]:
    return {
        "id": f"addr-{number}-{site}",
        "location_id": f"loc-{number}-{site}",
        "address_1": f"{site}{number} Mill St",
        "city": "Riverbend",
        "state_province": "ST",
        "postal_code": f"5510{site}",
        "country": "US",
        "address_type": "physical",
    }


def _package(tables: dict[str, Rows]) -> str:
    described = {
        "name": "riverbend-services",
        "resources": [{"name": name, "path": f"{name}.csv"} for name in tables],
    }
    return "select '" + json.dumps(described).replace("'", "''") + "' as line"


def _members(_: Collection) -> dict[str, tuple[str, Format]]:
    tables = directory()
    return {
        "datapackage.json": (_package(tables), lines()),
        **{f"{name}.csv": (_values(rows), delimited()) for name, rows in tables.items()},
    }


SERIES = (
    Series(
        "service_directory.hsds",
        "service_directory/hsds_{label}.zip",
        tuple(f"{DIRECTORY}.{table}.{LAYOUT}" for table in TABLES),
        lambda _: "select 1 as one",
        lambda collection: archive(_members(collection)),
        annual_since(FIRST_SENT),
    ),
)
