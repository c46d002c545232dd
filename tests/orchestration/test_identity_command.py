"""`milepost identity`: what is told of links, decisions by command and by file, and another key for the vault."""

from __future__ import annotations

import csv
import json
import re
import stat
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from identity.linking import link_persons
from ingestion.home import Home
from ingestion.vault_key import KEY_VARIABLE
from orchestration.cli import app
from tests.identity.accounts_of_partners import child, cohort, persons, send


def milepost(*arguments: str | Path, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(app, ["identity", *map(str, arguments)], env=env)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Sixty children at two partners, of whom 40 are the same; one of them under a name that only its date fits."""
    monkeypatch.setenv("MILEPOST_HOME", str(tmp_path))
    monkeypatch.setenv("MILEPOST_PERSON_KEY", "a key for tests")
    home = Home(tmp_path)
    clinic = cohort("C", 20, 60)
    clinic[0] = {**clinic[0], "first_name": "Xyqora"}  # C20 of N20: a twin, or the same child
    send(home, "north", *cohort("N", 0, 60))
    send(home, "clinic", *clinic)
    link_persons(home)
    return home


def test_before_any_refresh_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILEPOST_HOME", str(tmp_path))
    told = milepost("status")
    assert (told.exit_code, "milepost refresh" in told.output) == (2, True)
    assert not Home(tmp_path).vault.exists()


@pytest.mark.usefixtures("home")
def test_status_counts_by_partner() -> None:
    told = json.loads(milepost("status", "--json").stdout)
    assert [(row["partner"], row["children"], row["linked"]) for row in told["partners"]] == [
        ("clinic", 60, 39),
        ("north", 60, 39),
    ]
    assert told["decisions"] == told["decisions_on_nobody"] == 0
    (model,) = told["models"]
    assert (model["community_id"], model["records"]) == ("lakeside", 120)
    assert [set(row) for row in told["partners"]] == [
        {"partner", "children", "linked", "match_rate", "by_state_id", "by_what_they_say"}
    ] * 2
    said = milepost("status").output
    assert "clinic" in said
    assert "match rate" in said
    (pairs,) = re.findall(r"(.*) for review, 0 decisions are kept", said)
    n_waiting = told["to_review"]
    assert pairs == ("1 pair waits" if n_waiting == 1 else f"{n_waiting} pairs wait")


def test_a_pair_decided_the_same_is_one_child_from_the_next_refresh_on_and_is_explained(home: Home) -> None:
    assert persons(home)["north", "N20"] != persons(home)["clinic", "C20"]
    decided = milepost("decide", "same", "north:N20", "clinic:C20", "--reason", "asked", "--reviewer", "R.")
    assert decided.exit_code == 0, decided.output
    assert "decided before" in milepost("decide", "same", "clinic:C20", "north:N20", "--reason", "x").output
    (kept,) = json.loads(milepost("decisions", "--json").stdout)
    assert (kept["decision"], kept["reviewer"], kept["reason"]) == ("same", "R.", "asked")
    before = persons(home)
    link_persons(home)
    person = persons(home)["north", "N20"]
    assert person == persons(home)["clinic", "C20"]
    former = ({before["north", "N20"], before["clinic", "C20"]} - {person}).pop()
    told = json.loads(milepost("explain", former, "--json").stdout)
    assert told["person_id"] == person
    assert [(row["partner_id"], row["student_id"], row["method"]) for row in told["children"]] == [
        ("clinic", "C20", "decided"),
        ("north", "N20", "decided"),
    ]
    (change,) = told["changes"]
    assert (change["kind"], change["other_person_id"]) == ("joined", former)
    assert change["cause"] == "a reviewer decided"
    # who came to the person with the decision did so later than who was there from the start
    came = {before[row["partner_id"], row["student_id"]]: row["since"] for row in told["children"]}
    assert came[former] == change["changed_at"] > came[person]
    (decision,) = told["decisions"]
    assert (decision["child"], decision["other_child"]) == ("north:N20", "clinic:C20")
    assert (decision["decision"], decision["reviewer"], decision["reason"]) == ("same", "R.", "asked")
    assert decision["decided_at"] == kept["decided_at"]
    shown = " ".join(milepost("explain", "north:N20").output.split())
    assert "R." in shown
    assert "asked" in shown


def test_a_child_is_explained_by_its_partners_number_as_by_its_person_id(home: Home) -> None:
    person = persons(home)["north", "N30"]
    told = json.loads(milepost("explain", "north:N30", "--json").stdout)
    assert told == json.loads(milepost("explain", person, "--json").stdout)
    assert told["person_id"] == person
    (link,) = told["links"]
    assert {
        (link["partner_id"], link["student_id"]),
        (link["other_partner_id"], link["other_student_id"]),
    } == {
        ("clinic", "C30"),
        ("north", "N30"),
    }
    assert link["match_weight"] > 0
    assert "birth_date: exact" in link["evidence"]
    assert told["decisions"] == told["changes"] == []
    for nobody in ("nobody000000", "north:4711", "east:N30"):
        refused = milepost("explain", nobody)
        assert (refused.exit_code, "4711" in refused.output) == (2, False)


def test_of_a_person_that_lost_a_child_the_other_one_is_named(home: Home) -> None:
    both = ("north:N30", "clinic:C30")
    milepost("decide", "different", *both, "--reason", "twins", "--reviewer", "R.")
    link_persons(home)
    found = persons(home)
    one, other = found["north", "N30"], found["clinic", "C30"]
    for person, named in ((one, other), (other, one)):
        (change,) = json.loads(milepost("explain", person, "--json").stdout)["changes"]
        assert (change["kind"], change["other_person_id"]) == ("split", named)


def test_a_withdrawn_file_counts_for_nothing_in_status_and_is_told_of_as_that(home: Home) -> None:
    (home.raw / "person" / "clinic.person" / "2025-annual.parquet").unlink()
    link_persons(home)
    told = json.loads(milepost("status", "--json").stdout)
    assert [(row["partner"], row["children"], row["linked"]) for row in told["partners"]] == [
        ("north", 60, 0)
    ]
    children = json.loads(milepost("explain", "clinic:C30", "--json").stdout)["children"]
    assert [(row["partner_id"], row["is_in_force"]) for row in children] == [
        ("clinic", False),
        ("north", True),
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("decide", "maybe", "north:N1", "clinic:C21", "--reason", "x"), "is no decision"),
        (("decide", "same", "N1", "clinic:C21", "--reason", "x"), "north:1001"),
        (("decide", "same", "north:nobody", "clinic:C21", "--reason", "x"), "never spoke of"),
        (("decide", "same", "north:N1", "north:N1", "--reason", "x"), "one child twice"),
    ],
)
@pytest.mark.usefixtures("home")
def test_what_is_no_decision_is_refused_and_nothing_is_kept(arguments: tuple[str, ...], said: str) -> None:
    told = milepost(*arguments)
    assert (told.exit_code, said in " ".join(told.output.split())) == (2, True), told.output
    assert json.loads(milepost("decisions", "--json").stdout) == []


def test_decisions_go_out_and_come_back_as_a_file(home: Home, tmp_path: Path) -> None:
    # whoever shares only a birth date with somebody may wait for review: ask for all, and find ours among them
    file = tmp_path / "pairs.csv"
    assert milepost("review", "--export", file).exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert milepost("review", "--export", file).exit_code == 2, "never over another file"
    with file.open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert {"first_name", "other_first_name", "evidence", "decision"} <= rows[0].keys()
    ours = {
        "partner_id": "north",
        "student_id": "N20",
        "other_partner_id": "clinic",
        "other_student_id": "C20",
    }
    rows = [dict.fromkeys(rows[0], "") | ours | {"decision": "Same", "reviewer": "R.", "reason": "seen"}]
    back = tmp_path / "back.csv"

    def write() -> None:
        with back.open("w", newline="") as opened:
            written = csv.DictWriter(opened, rows[0].keys())
            written.writeheader()
            written.writerows(rows)

    rows.append({**rows[0], "decision": "perhaps"})
    write()
    refused = milepost("review", "--import", back)
    assert (refused.exit_code, "row 3" in refused.output) == (2, True)
    assert json.loads(milepost("decisions", "--json").stdout) == [], "all or none"
    rows[1]["decision"] = ""
    rows[0]["reviewer"] = " "
    write()
    for environment in (None, {"USER": "who imports"}):  # who imports a file did not decide it
        refused = milepost("review", "--import", back, env=environment)
        said = " ".join(refused.output.split())
        assert (refused.exit_code, "row 2: The column reviewer is empty" in said) == (2, True)
        assert '--reviewer "Ann Lee"' in said
    said = milepost("review", "--import", back, "--reviewer", "Ann Lee").output
    assert "1 decision read, 1 of them new" in said
    (kept,) = json.loads(milepost("decisions", "--json").stdout)
    assert kept["reviewer"] == "Ann Lee"
    link_persons(home)
    assert persons(home)["north", "N20"] == persons(home)["clinic", "C20"]


@pytest.mark.usefixtures("home")
def test_names_are_not_shown_where_there_is_no_terminal() -> None:
    told = milepost("review")
    assert (told.exit_code, "--export" in told.output) == (2, True)
    assert "Xyqora" not in told.output


@pytest.mark.usefixtures("home")
def test_all_pairs_that_wait_are_counted_whatever_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    from identity import review

    queue = review.review_queue

    def ten(con: duckdb.DuckDBPyConnection, most: int | None = None) -> list[review.Pair]:
        return (queue(con)[:1] * 10)[:most]

    monkeypatch.setattr(review, "review_queue", ten)
    assert "10 pairs wait, and this is no terminal" in milepost("review", "--limit", "2").output


@pytest.mark.usefixtures("home")
def test_the_key_of_the_environment_is_rotated_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    assert milepost("rotate-key").exit_code == 2, "no new key"
    monkeypatch.setenv("MILEPOST_VAULT_NEW_KEY", "another key of enough characters")
    assert milepost("rotate-key").exit_code == 0
    assert milepost("status").exit_code == 2
    monkeypatch.setenv(KEY_VARIABLE, "another key of enough characters")
    assert milepost("status").exit_code == 0


def test_a_partner_is_told_whom_nobody_else_knows_by_its_own_numbers_if_the_community_wants_it(
    home: Home,
) -> None:
    assert not list(home.feedback.glob("*/unmatched.csv"))

    def want(lists: str) -> None:
        home.reference.mkdir(exist_ok=True)
        said = f"select 'lakeside' as community_id, 0.2 as largest_match_rate_drop, 0.002 as largest_reissued_share, 0.002 as largest_contradicted_share, {lists} as unmatched_lists, true as households_by_address"
        duckdb.sql(said).write_parquet(str(home.reference_file("identity_settings")))
        link_persons(home)

    want("true")
    told = home.feedback_list("north", "unmatched").read_text().splitlines()
    assert told == ["student_id", *sorted(f"N{i}" for i in range(21))]
    send(home, "north", *cohort("N", 21, 39), child("=1+1", first_name="Qyx", last_name="Vuzzle"))
    link_persons(home)
    assert home.feedback_list("north", "unmatched").read_text().splitlines() == ["student_id", "'=1+1"]
    send(home, "north", *cohort("N", 21, 39))
    link_persons(home)
    assert not home.feedback_list("north", "unmatched").exists()
    assert home.feedback_list("clinic", "unmatched").exists()
    want("false")
    assert not list(home.feedback.glob("*/unmatched.csv"))
