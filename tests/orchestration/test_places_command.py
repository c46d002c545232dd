"""`milepost places`: what is linked, and the pairs that wait, each as the start of its row in same_places.csv."""

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingestion.configuration.same_places import SamePlaceRow
from orchestration.cli import app
from tests.identity.hand_made_places import Places


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MILEPOST_HOME", str(tmp_path))
    return tmp_path


def test_before_any_refresh_it_says_what_to_do(home: Path) -> None:
    result = CliRunner().invoke(app, ["places"])
    assert (result.exit_code, "milepost refresh" in result.output) == (2, True), home


def test_it_lists_places_of_several_accounts_and_the_pairs_that_wait(home: Path) -> None:
    places = Places(home)
    places.tell("organization", "one", "a", "Willow Corps")
    places.tell("organization", "two", "b", "Willow Corps Inc.")
    places.tell("organization", "one", "c", "Hazel Bright")
    places.tell("organization", "two", "d", "Hazel Bright Pre-K")
    found = places.link()
    listed = CliRunner().invoke(app, ["places"]).output
    assert "Willow" in listed
    assert "Hazel" not in listed
    everything = json.loads(CliRunner().invoke(app, ["places", "--json"]).output)
    assert {row["place_id"] for row in everything} == set(found.values())
    assert [row["place_name"].split()[0] for row in everything if row["is_linked"]] == ["Willow"]
    waiting = CliRunner().invoke(app, ["places", "--to-decide"]).output.splitlines()
    (row,) = csv.DictReader(io.StringIO("\n".join(waiting[:2])))
    assert "Hazel Bright | Hazel Bright Pre-K" in waiting[2]
    # the line is what the file takes, with a decision behind it
    ends = {"decision": "same", "reviewer": "R.", "decided_on": "2025-09-12", "reason": "one and the same"}
    decided = SamePlaceRow.model_validate(row | ends)
    assert decided.one == ("organization", "one", "c")
    assert decided.other == ("organization", "two", "d")
