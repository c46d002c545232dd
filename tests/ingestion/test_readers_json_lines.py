"""Files of one JSON object per line: lines that are broken, and FHIR's resources."""

import json
import zipfile

import duckdb
import pytest
from sample_contracts import contract_of, refusal_of, rows_of, write

from ingestion.mapping.mapping import map_source
from ingestion.readers import read_source

SECRET = "Zephyrine"
GOOD = ['{"StudentID": "A1", "Absent": 1}', '{"StudentID": "A3", "Absent": 3}', '{"StudentID": "A4"}']
BARE = """
partner: river
entity: attendance
title: Attendance
agreement: rcs_2024
file: "*.*"
columns:
  student_id: {from: [StudentID]}
  school_id: {value: S1}
  days_enrolled: {value: "180"}
  days_absent: {from: [Absent]}
"""
PATIENT = """
partner: river
entity: person
title: Patients
agreement: rcs_2024
file: "*.*"
columns:
  student_id: {from: [id]}
  last_name: {sql: "json_extract_string(name, '$[0].family')"}
ignore: [meta]
"""


def test_a_text_is_what_stands_between_its_quotes_whatever_it_looks_like(tmp_path):
    texts = [
        "[1, 2]",
        '{"a": 1}',
        "null",
        '"quoted"',
        '"',
        "back\\slash",
        'end\\"',
        "two\nlines",
        "Zoë \U0001f600",
        "a,b",
    ]
    lines = [
        json.dumps({"StudentID": text, "Absent": 1}, ensure_ascii=i % 2 == 0) for i, text in enumerate(texts)
    ]
    lines.append('{"StudentID": null, "Absent": 1.50}')
    lines.append('{"StudentID": ["a", "b"], "Absent": true}')
    rows = rows_of(write(tmp_path, "\n".join(lines) + "\n", "a.ndjson"), contract_of(tmp_path))
    assert [row["StudentID"] for row in rows] == [*texts, None, "a,b"]
    assert [row["Absent"] for row in rows[-2:]] == ["1.5", "true"]


@pytest.mark.parametrize(
    "broken",
    [
        f'{{"StudentID": "{SECRET}',
        f'["{SECRET}"]',
        f'"{SECRET}"',
        "null",
        "7",
        f"StudentID {SECRET}",
        f'{{"StudentID": "{SECRET}\\udc00"}}',
        f'{{"StudentID": "{SECRET}"}} {{"StudentID": "A2"}}',
    ],
)
def test_a_broken_line_is_a_row_without_values_and_the_rest_is_read(tmp_path, broken):
    lines = [GOOD[0], "", broken, *GOOD[1:]]
    rows = rows_of(write(tmp_path, "\n".join(lines) + "\n", "a.ndjson"), contract_of(tmp_path))
    assert [(r["_row_number"], r["StudentID"], r["Absent"], r["_line_is_broken"]) for r in rows] == [
        (1, "A1", "1", False),
        (3, None, None, True),
        (4, "A3", "3", False),
        (5, "A4", None, False),
    ]


def test_a_sound_file_has_no_mark_of_broken_lines(tmp_path):
    rows = rows_of(write(tmp_path, "\n\n".join(GOOD), "a.ndjson"), contract_of(tmp_path))
    assert [r["_row_number"] for r in rows] == [1, 3, 5]
    assert "_line_is_broken" not in rows[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\n".join([GOOD[0], f'{{"StudentID": "{SECRET}']), ["line 2", "cut off", "last line is not whole"]),
        ("\n".join([GOOD[0], SECRET, "x", ""]), ["line 2", "not valid JSON"]),
        ("\n".join([*GOOD, f'{{"_line_is_broken": "{SECRET}"}}']), ["reserved name: '_line_is_broken'"]),
    ],
)
def test_a_file_that_is_cut_off_or_mostly_broken_is_refused(tmp_path, text, words):
    message = refusal_of(write(tmp_path, text, "a.ndjson"), contract_of(tmp_path))
    assert message.startswith("a.ndjson")
    assert all(word in message for word in words), message
    assert SECRET not in message


def mapped(path, contract):
    with duckdb.connect() as con:
        table = map_source(con, read_source(con, path, [contract]), contract)
        return con.execute(
            f"select student_id, _row_number, _line_is_broken from {table.table} order by _source_file, 2"
        ).fetchall()


def test_a_broken_line_stays_one_row_whatever_the_contract_makes_of_rows(tmp_path):
    path = write(tmp_path, "\n".join([GOOD[0], "x", GOOD[1], "y", ""]), "a.ndjson")
    where = contract_of(tmp_path, BARE, "rows: {where: \"StudentID <> 'A3'\", distinct: true}\n")
    # A3 is filtered away, both broken lines stay
    assert mapped(path, where) == [("A1", 1, False), (None, 2, True), (None, 4, True)]
    unpivot = "unpivot: {name: w, into: {n: {fall: [Absent], spring: [Absent2]}}}\n"
    text = BARE.replace("{from: [Absent]}", "{from: [n]}").replace("{value: S1}", "{from: [w]}")
    unpivoted = contract_of(tmp_path, text, unpivot)
    with duckdb.connect() as con:
        table = map_source(con, read_source(con, path, [unpivoted]), unpivoted).table
        rows = con.execute(f"select student_id, school_id, _row_number from {table} order by 3, 2").fetchall()
    assert rows == [
        ("A1", "fall", 1),
        (None, "fall", 2),
        ("A3", "fall", 3),
        (None, "fall", 4),
    ]


def test_members_with_and_without_broken_lines_are_read_together(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("one.ndjson", "\n".join(GOOD))
        archive.writestr("two.ndjson", f"{GOOD[0]}\nx\n")
    assert mapped(tmp_path / "a.zip", contract_of(tmp_path, BARE)) == [
        ("A1", 1, False),
        ("A3", 2, False),
        ("A4", 3, False),
        ("A1", 1, False),
        (None, 2, True),
    ]


# ---- FHIR
def patient(number, **more):
    return {"resourceType": "Patient", "id": f"p{number}", "name": [{"family": SECRET}], **more}


def test_resources_of_the_stated_type_are_read_and_need_not_declare_it(tmp_path):
    path = write(tmp_path, "\n".join(json.dumps(patient(n, meta={})) for n in (1, 2)), "Patient.ndjson")
    contract = contract_of(tmp_path, PATIENT, "reader: {record: Patient}\n")
    rows = rows_of(path, contract)
    assert [(r["id"], json.loads(r["name"])) for r in rows] == [
        ("p1", [{"family": SECRET}]),
        ("p2", [{"family": SECRET}]),
    ]
    assert "resourceType" not in rows[0]
    # without `record` it is a key like any other
    assert "undeclared column 'resourceType'" in refusal_of(path, contract_of(tmp_path, PATIENT))


@pytest.mark.parametrize("separators", [(", ", ": "), (",", ":")])
@pytest.mark.parametrize(
    "other",
    [
        {"resourceType": "Observation", "id": SECRET},
        {"resourceType": "PatientOther", "id": SECRET},
        {"id": SECRET},
        {"id": SECRET, "name": [{"resourceType": "Patient"}]},
    ],
)
def test_lines_of_another_resource_type_are_refused(tmp_path, other, separators):
    lines = [patient(1), other, patient(2), other]
    text = "\n".join(json.dumps(line, separators=separators) for line in lines)
    path = write(tmp_path, text, "Patient.ndjson")
    message = refusal_of(path, contract_of(tmp_path, PATIENT, "reader: {record: Patient}\n"))
    assert message.startswith(
        "Patient.ndjson, line 2: 2 lines have another resourceType than Patient, or none."
    )
    assert "`reader: {record: Patient}`" in message
    assert SECRET not in message


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("extra", ["", "reader: {record: Patient}\n"])
def test_a_bundle_is_no_file_of_lines(tmp_path, indent, extra):
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient(1)}]}
    path = write(tmp_path, json.dumps(bundle, indent=indent), "Patient.ndjson")
    message = refusal_of(path, contract_of(tmp_path, PATIENT, extra))
    assert message.startswith("Patient.ndjson, line 1: this is a FHIR Bundle, not one resource per line.")
    assert "unpack the Bundle" in message
    assert SECRET not in message
