"""Files of XML and JSON that are refused as a whole: what was in force before stays, and nothing is told."""

import json

import duckdb
import pytest
from test_loading import Deployment

from expectations.loading import load_file
from expectations.outcome import LoadOutcome
from ingestion.landing.receive import receive

SECRET = "Q7SECRET"
XML = """\
partner: rivers
entity: attendance
title: Attendance totals
agreement: rivers_2024
file: "attendance_{school_year}.xml"
reader: {record: Event}
columns:
  student_id: {sql: "json_extract_string(Student, '$.Id')", required: true}
  school_id: {from: [School], required: true}
  days_enrolled: {value: "180"}
  days_absent: {from: [Days]}
"""
PERSON = """\
partner: rivers
entity: person
title: Children
agreement: rivers_2024
file: "attendance_{school_year}.xml"
reader: {record: Child}
columns:
  student_id: {from: [Id], required: true}
"""
EVENT = "<Event><Student><Id>A{0}</Id></Student><School>S1</School><Days>{0}</Days></Event>\n"
NDJSON = XML.replace(".xml", ".ndjson")
GOOD_XML = "<All>\n" + EVENT.format(1) + "<Child><Id>A1</Id></Child>\n" + EVENT.format(2) + "</All>"


def line(number: int, kind: str = "Event") -> str:
    return json.dumps({"resourceType": kind, "Student": {"Id": f"A{number}"}, "School": "S1", "Days": number})


GOOD_LINES = f"{line(1)}\n{line(2)}\n"


def load(deployment: Deployment, name: str, text: str) -> list[LoadOutcome]:
    communities = deployment.communities()
    path = deployment.send(name, text)
    return load_file(deployment.home, communities, receive(deployment.home, communities, path))


def test_one_file_of_xml_feeds_two_extracts(tmp_path):
    deployment = Deployment(tmp_path)
    deployment.contract("attendance", XML)
    deployment.contract("person", PERSON)
    outcomes = load(deployment, "attendance_2024.xml", GOOD_XML)
    assert {(o.delivery.entity, o.outcome, o.rows) for o in outcomes} == {
        ("attendance", "accepted", 2),
        ("person", "accepted", 1),
    }
    raw = deployment.home.raw_file("attendance", "rivers.attendance", 2024, "annual")
    rows = duckdb.sql(
        f"select student_id, days_absent::integer, _row_number from '{raw}' order by 3"
    ).fetchall()
    assert rows == [("A1", 1, 1), ("A2", 2, 2)]


@pytest.mark.parametrize(
    ("name", "contract", "good", "bad", "words"),
    [
        (
            *("attendance_2024.xml", XML, GOOD_XML),
            f'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///{SECRET}">]><All><Event><School>&e;</School></Event></All>',
            "attendance_2024.xml, line 1: the file declares a document type",
        ),
        (
            *("attendance_2024.xml", XML, GOOD_XML),
            f"<All>\n{EVENT.format(3)}<Event><School>{SECRET}</School>",
            "attendance_2024.xml, line 3: the file is not well-formed XML, or cut off",
        ),
        (
            *("attendance_2024.xml", XML, GOOD_XML),
            f"<All><Meal><Id>{SECRET}</Id></Meal></All>",
            "attendance_2024.xml: no element is named 'Event'. The file holds 'Meal'.",
        ),
        (
            *("attendance_2024.ndjson", NDJSON, GOOD_LINES),
            json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": [SECRET]}, indent=2),
            "attendance_2024.ndjson, line 1: this is a FHIR Bundle, not one resource per line",
        ),
        (
            *("attendance_2024.ndjson", NDJSON, GOOD_LINES),
            f"{line(1)}\n{line(2)}\n{line(3, SECRET)}\n",
            "attendance_2024.ndjson, line 3: 1 line has another resourceType than Event, or none",
        ),
        (
            *("attendance_2024.ndjson", NDJSON, GOOD_LINES),
            f"{GOOD_LINES}{line(3)}\n{line(4)[:40]}{SECRET}",
            "attendance_2024.ndjson, line 4: the file is cut off: its last line is not whole",
        ),
    ],
)
def test_a_refused_file_changes_nothing_that_is_in_force(tmp_path, name, contract, good, bad, words):
    deployment = Deployment(tmp_path)
    deployment.contract("attendance", contract)
    (first,) = load(deployment, name, good)
    assert (first.outcome, first.rows) == ("accepted", 2)
    raw = deployment.home.raw_file("attendance", "rivers.attendance", 2024, "annual")
    before = raw.read_bytes()
    (outcome,) = load(deployment, name, bad)
    assert (outcome.outcome, outcome.rows) == ("rejected", 0)
    assert words in outcome.reason
    assert raw.read_bytes() == before
    for path in deployment.home.root.rglob("*"):
        if path.is_file() and "landing" not in path.parts:
            assert SECRET.encode() not in path.read_bytes()
