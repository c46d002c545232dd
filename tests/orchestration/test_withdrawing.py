"""An archive is taken back as it came into force: all of its tables, or none."""

import json
from collections.abc import Callable
from pathlib import Path

from typer.testing import CliRunner, Result

from ingestion.home import Home
from ingestion.lake.ledger import Ledger
from orchestration.cli import app

HEADERS = (
    "Your Unique Identifier,First Name,Last Name,Record Found Y/N,Search Date,College Code/Branch,College Name,"
    "Enrollment Begin,Enrollment End,Enrollment Status,Graduated?,Graduation Date,Degree Title\n"
)
ADA = "1001_,ADA,LEE,Y,20230815,001234-00,OAK COLLEGE,20230826,20231213,F,N,,\n"
BO = "1002_,BO,RAY,N,20230815,,,,,,,,\n"
TABLES = ["nsc_search", "person", "postsecondary_award", "postsecondary_enrollment"]


def milepost(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def in_force(home: Home) -> dict[str, str]:
    """Table -> the file that is in force of it."""
    return {s.delivery.entity: s.delivery.file_name for s in Ledger(home.ledger).state() if s.in_force}


def test_an_archive_is_withdrawn_whole(home: Home, drop: Callable[[str, str], Path], tmp_path: Path) -> None:
    contract = tmp_path / "communities" / "lakeside" / "extracts" / "north__nsc_studenttracker.yml"
    contract.write_text("partner: north\nlayout: nsc_studenttracker\nagreement: all_in\n")
    drop("north_StudentTracker_a.csv", HEADERS + ADA + BO)
    assert milepost("load").exit_code == 0
    drop("north_StudentTracker_b.csv", HEADERS + ADA.replace("OAK", "ELM") + BO)
    assert milepost("load").exit_code == 0
    assert in_force(home) == dict.fromkeys(TABLES, "north_StudentTracker_b.csv")
    newer = next(s for s in Ledger(home.ledger).state() if s.in_force and s.delivery.entity == "person")
    told = milepost("withdraw", newer.load_id)
    assert told.exit_code == 0, told.output
    assert (told.output.count("Withdrawn:"), told.output.count("In force again:")) == (4, 4)
    assert in_force(home) == dict.fromkeys(TABLES, "north_StudentTracker_a.csv")
    older = [s.load_id for s in Ledger(home.ledger).state() if s.in_force]
    facts = json.loads(milepost("withdraw", older[0], "--json").stdout)
    assert facts["withdrawn"] == older[0]
    assert sorted(one["withdrawn"] for one in facts["archive"]) == sorted(older)
    assert in_force(home) == {}
