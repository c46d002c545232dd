"""Service directories: HSDS 3 and 1 data packages, the Ohana API's CSV, and a directory of no standard at all."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingestion.community import load_communities
from ingestion.lake import take_snapshot
from ingestion.lake_files import write_empty_files
from ingestion.reference import write_reference
from publishing.dbt_project import DBT_PROJECT
from publishing.registry_tables import write_registry_tables
from tests.dbt_in_process import parse_project, problems, run_dbt
from tests.standards.one_partner import OnePartner, failed_rules

pytestmark = pytest.mark.samples


@pytest.fixture
def partner(tmp_path: Path) -> OnePartner:
    return OnePartner(tmp_path)


def accepted(outcomes: dict[str, Any]) -> dict[str, int]:
    """Extract -> rows, of a delivery that must be accepted whole."""
    told = {
        name: (o.outcome, o.reason, failed_rules(o))
        for name, o in outcomes.items()
        if o.outcome != "accepted"
    }
    assert told == {}
    return {
        name.split(".")[0].removeprefix("hsds_") + name.split("csv")[-1].split("datapackage")[-1]: o.rows
        for name, o in outcomes.items()
    }


def sent(partner: OnePartner, folder: Path, name: str) -> Path:
    """A copy of a sample's CSV files (and manifest) under a name that says whose it is."""
    target = partner.sent / name
    target.mkdir()
    for file in folder.iterdir():
        if file.suffix in (".csv", ".json"):
            shutil.copy(file, target / file.name)
    return target


@pytest.mark.parametrize(
    ("part", "counts"),
    [
        ("simple", {"organization": 10, "location": 10, "service": 13, "service_at_location": 13}),
        (
            "all_resources",
            {
                "organization": 10,
                "location": 10,
                "service": 13,
                "service_at_location": 13,
                "program": 1,
                "eligibility": 1,
                "attribute": 0,
            },
        ),
    ],
)
def test_hsds_1_packages_are_whole(
    samples: Path, partner: OnePartner, part: str, counts: dict[str, int]
) -> None:
    partner.contract("hsds_1_datapackage")
    outcomes = partner.load(sent(partner, samples / "hsds_sample_datapackage" / part, "ours_hsds_2020"))
    rows = accepted({name: o for name, o in outcomes.items() if "taxonomy_term" not in name})
    assert {name: rows[name] for name in counts} == counts
