"""A delivery of lines in which some could not be read: what is held back, told and put in force."""

import csv
import json

import duckdb
import pytest
from test_loading import Deployment

from expectations.loading import load_file
from ingestion.landing.receive import receive

SECRET = "Q7SECRET"
CONTRACT = """\
partner: rivers
entity: attendance
title: Attendance totals
agreement: rivers_2024
file: "attendance_{school_year}.ndjson"
columns:
  student_id: {from: [StudentID], required: true, severity: reject}
  school_id: {from: [SchoolCode], required: true}
  days_enrolled: {from: [DaysEnrolled]}
  days_absent: {from: [DaysAbsent]}
"""


@pytest.fixture
def deployment(tmp_path):
    made = Deployment(tmp_path)
    made.contract("attendance", CONTRACT)
    return made


def lines(n, broken=()):
    """`n` sound lines of which those numbered `broken`, from 1, are cut in the middle."""
    records = [
        {"StudentID": f"A{i}", "SchoolCode": "S1", "DaysEnrolled": 180, "DaysAbsent": 3} for i in range(n)
    ]
    texts = [json.dumps(record) for record in records]
    for number in broken:
        texts[number - 1] = texts[number - 1][:14] + SECRET
    return "\n".join(texts) + "\n"


def load(deployment, text, year):
    communities = deployment.communities()
    path = deployment.send(f"attendance_{year}.ndjson", text)
    (outcome,) = load_file(deployment.home, communities, receive(deployment.home, communities, path))
    return outcome


def test_a_broken_line_is_held_back_by_one_rule_and_told_by_its_number(deployment):
    outcome = load(deployment, lines(100, broken=[7, 50]), 2024)
    assert (outcome.outcome, outcome.rows, outcome.quarantined) == ("accepted_with_quarantine", 100, 2)
    assert [(r.rule, r.violations) for r in outcome.results if not r.passed] == [("line_is_valid_json", 2)]
    assert [(row.row_number, row.rules) for row in outcome.bad_rows] == [
        (7, ("line_is_valid_json",)),
        (50, ("line_is_valid_json",)),
    ]
    home, delivery = deployment.home, outcome.delivery
    held = duckdb.sql(
        f"select _row_number, reasons, student_id, days_absent from"
        f" '{home.quarantine_file('attendance', delivery.load_id)}'"
    ).fetchall()
    assert held == [(7, ["line_is_valid_json"], None, None), (50, ["line_is_valid_json"], None, None)]
    raw = home.raw_file("attendance", delivery.extract_id, 2024, "annual")
    assert "_line_is_broken" not in duckdb.read_parquet(str(raw)).columns
    assert duckdb.sql(f"select count(*), count(student_id) from '{raw}'").fetchall() == [(98, 98)]
    (feedback,) = home.root.glob("feedback/**/*.csv")
    with feedback.open(encoding="utf-8-sig") as file:
        told = [(row["row"], row["rule"]) for row in csv.DictReader(file) if row["row"]]
    assert told == [("7", "line_is_valid_json"), ("50", "line_is_valid_json")]
    for page in home.root.rglob("*"):
        if page.is_file() and "landing" not in page.parts:
            assert SECRET.encode() not in page.read_bytes()


def test_too_many_broken_lines_reject_the_delivery_and_the_last_good_one_stays(deployment):
    good = load(deployment, lines(100), 2024)
    assert good.outcome == "accepted"
    raw = deployment.home.raw_file("attendance", good.delivery.extract_id, 2024, "annual")
    before = raw.read_bytes()
    outcome = load(deployment, lines(100, broken=[1, 2, 3]), 2024)
    assert outcome.outcome == "rejected"
    assert "3 of 100 rows (3 %) would be held back; at most 2 % may." in outcome.reason
    assert "line_is_valid_json" in outcome.reason
    assert raw.read_bytes() == before
    assert not deployment.home.quarantine_file("attendance", outcome.delivery.load_id).exists()
