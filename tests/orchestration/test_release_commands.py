"""The commands about releases, over two releases written by hand."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pytest

from ingestion.home import Home
from ingestion.lake.delivery import Delivery
from ingestion.lake.lake import take_snapshot
from ingestion.lake.ledger import Ledger
from tests.conftest import Deployment

sys.path.append(str(Path(__file__).parents[1] / "publishing"))
from published_by_hand import build, change, publish_content

from publishing.release import publish

SOURCES = (
    "insert into published.indicator_sources by name select 'tiny' as community_id, 'absence' as indicator_id,"
    " 'd00000' || i as load_id, 'north' as partner_id, 'north.attendance' as extract_id, 'attendance' as entity,"
    " 2023 + i as school_year, 'annual' as collection, 'counts' as role, 'r0001' as release_id from range(1, 3) as r(i)"
)


@pytest.fixture
def made(deployment: Deployment) -> Deployment:
    """r0001 of two values, made of attendance of 2024 and 2025 and of discipline, which absence is not made of."""
    home = Home(deployment.home).create()
    for entity, year, sha256 in (
        ("attendance", 2024, "a1"),
        ("attendance", 2025, "a2"),
        ("discipline", 2025, "d"),
    ):
        delivery = Delivery(
            *(f"load_{sha256}", f"north.{entity}", "tiny", "north", entity, year, "annual", sha256),
            *(f"{entity}.csv", home.landing, ""),
        )
        Ledger(home.ledger).append(delivery.event("received"), delivery.event("accepted", rows=1))
    take_snapshot(home)
    build(home, 2)
    change(home, SOURCES)
    publish(home)
    return deployment


def test_a_number_is_traced_to_the_files_it_is_made_of(made: Deployment) -> None:
    done = made.call("explain", "absence", "--year", "2025", "--place", "north:1", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert told["release"]["release_id"] == "r0001"
    assert (told["value"]["numerator"], told["value"]["denominator"]) == (41, 100)
    assert (told["definition"]["title"], told["definition"]["parameters"]) == ("Absent", "share=0.1")
    files = [(one["load_id"], one["sha256"], one["is_of_the_year"]) for one in told["deliveries"]]
    assert files == [("load_a2", "a2", True), ("load_a1", "a1", False)]
    people = made.call("explain", "absence", "--place", "north:1")
    assert "41.0 % of 100 children" in people.output
    assert "load_a2" in people.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("absences",), "no number with indicator_id absences in this release. Did you mean 'absence'?"),
        (("absence", "--year", "2035"), "no number with school_year 2035 of absence"),
        (("absence", "--place", "north:11"), "Did you mean 'north:1'?"),
        (("absence", "--disaggregate", "al"), "Did you mean 'all'?"),
        (("absence",), "Name one with --place"),
        (("absence", "--release", "r1"), "there is no release r1"),
    ],
)
def test_what_there_is_no_number_of_is_told_with_what_is_near(
    made: Deployment, arguments: tuple[str, ...], said: str
) -> None:
    if "--place" not in arguments and len(arguments) > 1:
        arguments = (*arguments, "--place", "north:1")
    done = made.call("explain", *arguments)
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())


def test_releases_are_listed_compared_and_withdrawn(made: Deployment) -> None:
    home = Home(made.home)
    publish_content(home, 3)
    listed = json.loads(made.call("releases", "--json").output)
    assert [(one["release_id"], one["is_current"]) for one in listed] == [("r0002", True), ("r0001", False)]
    assert "content 3" in made.call("releases").output
    changes = json.loads(made.call("release", "diff", "r0001", "--json").output)
    assert changes["values"] == {"added": 1}
    assert changes["tables"]["geographies"]["added"] == 1
    rows = list(csv.DictReader(io.StringIO(made.call("release", "diff", "r0001", "--csv").output)))
    assert [(row["geography_id"], row["change"]) for row in rows] == [("north:2", "added")]
    assert json.loads(made.call("release", "show", "--json").output)["release_id"] == "r0002"
    assert "indicator_values" in made.call("release", "show", "r0001").output
    done = made.call("release", "withdraw", "r0002", "--reason", "wrong file")
    assert "Current is r0001." in done.output, done.output
    assert "withdrawn" in made.call("releases").output
    refused = made.call("release", "show", "r0002")
    assert refused.exit_code == 2
    assert "r0002 was withdrawn (wrong file)" in refused.output
    assert made.call("release", "allow", "r0002", "--reason", "it was right").exit_code == 0


def test_who_released_exported_and_asked_is_told_without_what_they_asked(made: Deployment) -> None:
    made.call("query", "select 41 as secret, title from geographies where title = 'School 1'", "--csv")
    told = json.loads(made.call("access", "--json").output)
    assert [(one["command"], one["release"], one["rows"]) for one in told] == [
        ("query", "r0001", 1),
        ("release", "r0001", told[1]["rows"]),
    ]
    text = (made.home / "access.jsonl").read_text()
    assert "School" not in text
    assert "secret" not in text
    assert "query" in made.call("access").output


def test_a_home_without_a_release_says_what_to_do(deployment: Deployment) -> None:
    assert "milepost refresh" in deployment.call("releases").output
    for arguments in (("release", "show"), ("release", "diff", "r0001"), ("explain", "absence")):
        done = deployment.call(*arguments)
        assert (done.exit_code, "there is no release" in done.output) == (2, True), done.output
