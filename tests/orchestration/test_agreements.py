"""No live agreement, no load, and no row in a release; a renewed one brings back what was loaded."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from three_partners import milepost, people, set_up

from ingestion.home import Home
from ingestion.lake.ledger import Ledger
from orchestration.progress import Progress
from orchestration.received import is_behind
from orchestration.snapshots import take_covered_snapshot


@pytest.fixture
def agreements(home: Home, tmp_path: Path) -> Path:
    set_up(home, tmp_path / "communities")
    return tmp_path / "communities" / "lakeside" / "agreements.yml"


def change(agreements: Path, partner: str, what: str, to: str) -> None:
    """Another value of a field in the agreement of one partner."""
    head, name, rest = agreements.read_text().partition(f"  {partner}_2020:")
    lines = rest.split("\n")
    place = next(number for number, line in enumerate(lines) if line.strip().startswith(f"{what}:"))
    lines[place] = f"    {what}: {to}"
    agreements.write_text(head + name + "\n".join(lines))


def in_snapshot(home: Home) -> tuple[set[str], dict[str, str]]:
    """Partners with rows of persons in what a build reads, and the state of each partner's delivery of them."""
    snapshot = take_covered_snapshot(home, Progress())
    with duckdb.connect() as con:
        rows = con.execute(
            f"select distinct partner_id from read_parquet('{snapshot.raw}/person/**/*.parquet', union_by_name = true)"
        ).fetchall()
        states = con.execute(
            f"select partner_id, state from '{snapshot.deliveries}' where entity = 'person'"
        ).fetchall()
    return {partner for (partner,) in rows}, dict(states)


def test_a_file_of_an_agreement_that_is_over_or_to_come_is_not_received(home: Home, agreements: Path) -> None:
    change(agreements, "clinic", "expires", "2025-06-30")
    change(agreements, "shelter", "starts", "2090-01-01")
    told = milepost("load")
    said = " ".join(told.output.split())
    assert told.exit_code == 1
    assert (
        "the agreement 'clinic_2020', which covers clinic.person, expired on 2025-06-30, its last day."
        " Without a live agreement nothing is loaded. Renew it"
    ) in said
    assert "'shelter_2020', which covers shelter.person, starts on 2090-01-01." in said
    assert {s.delivery.partner for s in Ledger(home.ledger).state()} == {"north"}


def test_a_file_received_in_time_is_not_loaded_when_it_is_over(home: Home, agreements: Path) -> None:
    assert milepost("receive", home.inbox / "clinic_people_2025.csv").exit_code == 0
    change(agreements, "clinic", "expires", "2025-06-30")
    (home.inbox / "clinic_people_2025.csv").unlink()
    told = milepost("load")
    assert told.exit_code == 1, told.output
    assert "expired on 2025-06-30, its last day" in " ".join(told.output.split())
    states = {s.delivery.partner: s.status for s in Ledger(home.ledger).state()}
    assert states == {"clinic": "received", "north": "accepted", "shelter": "accepted"} or states == {
        "clinic": "received", "north": "accepted_with_quarantine", "shelter": "accepted",
    }  # fmt: skip
    change(agreements, "clinic", "expires", "2099-12-31")
    assert milepost("load").exit_code == 0
    assert Ledger(home.ledger).state()[0].in_force


@pytest.mark.parametrize(
    ("what", "to", "said"),
    [
        ("parties", "[north]", "clinic is not a party of the agreement 'clinic_2020'"),
        ("extracts", "[clinic.immunization]", "the agreement 'clinic_2020' does not cover clinic.person"),
    ],
)
def test_an_agreement_of_others_lets_nothing_in(
    home: Home, agreements: Path, what: str, to: str, said: str
) -> None:
    text = agreements.read_text().replace("parties: [clinic]", "parties: [clinic]\n    extracts: all")
    agreements.write_text(text)
    change(agreements, "clinic", what, to)
    told = milepost("load")
    assert told.exit_code == 2
    assert said in " ".join(told.output.split())
    assert "clinic__person.yml:4" in told.output.replace("\n", "")
    assert not home.ledger.exists()


def test_an_agreement_that_ends_takes_its_extract_out_and_a_renewed_one_brings_it_back(
    home: Home, agreements: Path
) -> None:
    assert milepost("load").exit_code == 0
    assert in_snapshot(home)[0] == {"north", "clinic", "shelter"}
    change(agreements, "clinic", "expires", "2025-06-30")
    assert in_snapshot(home) == (
        {"north", "shelter"},
        {"north": "accepted", "clinic": "no_agreement", "shelter": "accepted"},
    )
    listed = [one for one in json.loads(milepost("status", "--json").stdout) if one["partner"] == "clinic"]
    assert (listed[0]["outcome"], listed[0]["in_force"]) == ("no_agreement", False)
    assert "expired on 2025-06-30" in listed[0]["reason"]
    shown = " ".join(milepost("status").output.split())
    assert "In no release until a live agreement covers it" in shown
    assert "a no live agreement" in shown
    change(agreements, "clinic", "expires", "2099-12-31")
    assert in_snapshot(home)[0] == {"north", "clinic", "shelter"}


def test_an_agreement_that_ends_makes_the_release_out_of_date(home: Home, agreements: Path) -> None:
    assert milepost("load").exit_code == 0
    take_covered_snapshot(home, Progress())
    home.snapshot_is_published.touch()
    assert not is_behind(home)
    change(agreements, "clinic", "expires", "2025-06-30")
    assert is_behind(home), "the nightly refresh has something to do"
    take_covered_snapshot(home, Progress())
    home.snapshot_is_published.touch()
    assert not is_behind(home)


def test_what_no_contract_names_any_more_is_under_no_agreement(home: Home, agreements: Path) -> None:
    assert milepost("load").exit_code == 0
    (agreements.parent / "extracts" / "clinic__person.yml").unlink()
    assert in_snapshot(home) == (
        {"north", "shelter"},
        {"north": "accepted", "clinic": "no_agreement", "shelter": "accepted"},
    )


def test_a_file_sent_again_after_a_purge_waits_for_a_live_agreement(home: Home, agreements: Path) -> None:
    assert milepost("load").exit_code == 0
    assert milepost("purge", "--agreement", "clinic_2020", "--yes").exit_code == 0
    change(agreements, "clinic", "expires", "2025-06-30")
    (home.inbox / "clinic_people_2025.csv").write_text(people("clinic"))
    assert milepost("load").exit_code == 1
    assert {s.delivery.partner: s.status for s in Ledger(home.ledger).state()}["clinic"] == "purged"
