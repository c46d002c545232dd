"""Small HMIS CSV exports with the headers of a specification, written from a few stated columns."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from ingestion.contracts.entities import load_entities
from ingestion.contracts.layout import load_layout

Rows = list[dict[str, str]]
Members = dict[str, Rows]


def headers(year: int) -> dict[str, list[str]]:
    """Member -> every header that the layout of that fiscal year knows of it; none of those it does not read."""
    layout = load_layout(f"hmis_csv_{year}")
    found = {}
    for extract in layout.extracts:
        facts = load_entities()[extract.entity].columns.values()
        taken = [
            f.headers[-1 if year == 2026 else 0]
            for f in facts
            if not f.on_request and (not f.versions or str(year) in f.versions)
        ]
        found[extract.member or ""] = [*taken, *extract.ignore, *layout.ignore]
    return found | {name: [] for name in layout.beside}


def whole(year: int = 2026) -> Members:
    """A shelter with a family of two, of whom the child left; all else is there and empty."""
    ended = {"2022": "2022-06-30", "2024": "2024-06-30", "2026": "2024-06-30"}[str(year)]
    members: Members = {name: [] for name in headers(year)}
    members["Export.csv"] = [
        {"ExportID": "e", "ExportDate": f"{ended} 08:00:00", "ExportStartDate": "2021-07-01"}
        | {"ExportEndDate": ended, "CSVVersion": f"{year} v1.0", "ExportDirective": "2", "HashStatus": "1"}
    ]
    members["Organization.csv"] = [
        {"OrganizationID": "o", "OrganizationName": "Inn", "VictimServiceProvider": "0"}
    ]
    members["Project.csv"] = [
        {
            "ProjectID": "p",
            "OrganizationID": "o",
            "ProjectName": "Inn",
            "ProjectType": "1" if year == 2022 else "0",
        }
    ]
    members["Client.csv"] = [client("c1", "1990-01-01"), client("c2", "2015-01-01")]
    members["Enrollment.csv"] = [enrollment("n1", "c1"), enrollment("n2", "c2", "2")]
    members["Exit.csv"] = [exit_of("n2", "c2")]
    return members


def client(number: str, born: str = "2015-01-01") -> dict[str, str]:
    return {
        "PersonalID": number,
        "FirstName": "Ada",
        "LastName": "Lee",
        "DOB": born,
        "SSN": "987654321",
        "White": "1",
    }


def enrollment(number: str, who: str, relation: str = "1", project: str = "p") -> dict[str, str]:
    named = {"EnrollmentID": number, "PersonalID": who, "ProjectID": project, "EntryDate": "2022-01-10"}
    return {**named, "HouseholdID": "h", "RelationshipToHoH": relation}


def exit_of(number: str, who: str) -> dict[str, str]:
    named = {"ExitID": f"x{number}", "EnrollmentID": number, "PersonalID": who}
    return {**named, "ExitDate": "2022-02-01", "Destination": "8"}


def zipped(path: Path, members: Members, columns: Mapping[str, list[str]]) -> Path:
    """The members as a zip file of CSV files, with these columns and those that the rows have besides."""
    path.unlink(missing_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in members.items():
            named = [*columns.get(name, []), *(key for row in rows for key in row)]
            text = io.StringIO()
            writer = csv.DictWriter(text, fieldnames=list(dict.fromkeys(named)) or ["UserID"])
            writer.writeheader()
            writer.writerows(rows)
            archive.writestr(name, text.getvalue())
    return path
