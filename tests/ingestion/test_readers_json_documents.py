"""Records within a JSON document, and what they take from the objects around them."""

import json

import duckdb
import pytest
from sample_contracts import contract_of, refusal_of, rows_of, write

SECRET = "Zephyrine"
CONTRACT = """
partner: river
entity: attendance
title: Services
agreement: rcs_2024
file: "*.*"
reader: {record: "%s"}
columns:
  student_id: {from: [id]}
  school_id: {from: [%s]}
  days_enrolled: {value: "180"}
  days_absent: {value: "1"}
"""
TWO = {
    "id": "o1",
    "name": SECRET,
    "services": [
        {"id": "s1", "phones": [{"id": "p1"}, {"id": "p2"}], "program": {"id": "g1"}},
        {"id": "s2", "phones": [], "program": None},
        {"id": "s3"},
    ],
}


def read(folder, document, record, outer="../id", name="a.json", extra=""):
    path = write(folder, json.dumps(document, indent=1), name)
    return [
        (row["_row_number"], row["id"], row.get(outer))
        for row in rows_of(path, contract_of(folder, CONTRACT % (record, f"'{outer}'"), extra))
    ]


IGNORED = "ignore: [phones, program]\n"


def test_records_within_a_document_take_keys_of_the_objects_around_them(tmp_path):
    assert read(tmp_path, TWO, "$.services[*]", extra=IGNORED) == [
        (1, "s1", "o1"),
        (2, "s2", "o1"),
        (3, "s3", "o1"),
    ]
    assert read(tmp_path, TWO, "$.services[*].phones[*]") == [(1, "p1", "s1"), (2, "p2", "s1")]
    assert read(tmp_path, TWO, "$.services[*].phones[*]", "../../id") == [(1, "p1", "o1"), (2, "p2", "o1")]
    # the object at the end of a path is a record too, and a list does not count as something around it
    assert read(tmp_path, TWO, "$.services[*].program") == [(1, "g1", "s1")]
    assert read(
        tmp_path, {"contents": [TWO, {"id": "o2"}]}, "$.contents[*].services[*].phones[*]", "../../id"
    ) == [
        (1, "p1", "o1"),
        (2, "p2", "o1"),
    ]


def test_an_array_of_documents_is_no_larger_than_its_objects(tmp_path):
    documents = [{**TWO, "id": f"o{n}", "name": "x" * 1_000_000} for n in range(20)]
    rows = read(tmp_path, documents, "$[*].services[*]", extra=IGNORED)
    assert len(rows) == 60
    assert rows[3] == (4, "s1", "o1")


def test_an_outer_key_that_is_absent_is_empty_and_others_need_no_word(tmp_path):
    document = {"a-b": {"x y": [{"id": "1"}, {"id": "2", "tags": ["u", "v"]}]}, "more": [1]}
    assert read(tmp_path, document, '$.a-b.\\"x y\\"[*]', extra="ignore: [tags]\n") == [
        (1, "1", None),
        (2, "2", None),
    ]


def test_keys_of_a_record_are_declared_like_those_of_any_file(tmp_path):
    path = write(tmp_path, json.dumps(TWO), "a.json")
    message = refusal_of(
        path, contract_of(tmp_path, CONTRACT % ("$.services[*]", "'../id'"), "ignore: [phones]\n")
    )
    assert message.startswith("a.json: undeclared column 'program'.")
    assert SECRET not in message


def test_a_list_that_is_there_and_empty_may_report_that_nothing_happened(tmp_path):
    for document, record in (({"services": []}, "$.services[*]"), ([], "$[*].services[*]")):
        path = write(tmp_path, json.dumps(document), "a.json")
        text = CONTRACT % (record, "'../id'")
        assert "the file is empty" in refusal_of(path, contract_of(tmp_path, text))
        assert rows_of(path, contract_of(tmp_path, text, "tolerance: {empty: true}\n")) == []


def test_an_undeclared_key_that_looks_like_a_value_is_not_shown(tmp_path):
    document = {"services": [{"id": "1", "name": "a", "2011-04-07": "x"}], "id": "2"}
    path = write(tmp_path, json.dumps(document), "a.json")
    message = refusal_of(path, contract_of(tmp_path, CONTRACT % ("$.services[*]", "'../id'")))
    assert "undeclared column" in message
    assert "2011" not in message


@pytest.mark.parametrize(
    ("document", "record", "outer", "words"),
    [
        (
            TWO,
            "$.locations[*]",
            "../id",
            ["nothing at $.locations[*]", "has 3 keys, and none is like 'locations'"],
        ),
        (TWO, "$.service[*]", "../id", ["nothing at $.service[*]", "'services' is most like 'service'"]),
        ({SECRET: {"id": "1"}}, "$.students[*]", "../id", ["has 1 key, and none is like 'students'"]),
        ([TWO], "$.services[*]", "../id", ["what stands at $ is no object"]),
        (TWO, "$[*].services[*]", "../id", ["the file is not an array of objects"]),
        (TWO, "$.name[*]", "../id", ["what stands at $.name is no list"]),
        (TWO, "$.services", "../id", ["row 1", "a value at $.services is not an object"]),
        ({"services": [{"id": "1"}, SECRET]}, "$.services[*]", "../id", ["row 2", "is not an object"]),
        ({"services": [{"id": "1"}, None]}, "$.services[*]", "../id", ["row 2", "is not an object"]),
        (TWO, "$.services[*].program", "../../../id", ["'../../../id' leads out of the document"]),
        (
            {"services": [{"id": "1"}], "id": {"a": SECRET}},
            "$.services[*]",
            "../id",
            ["row 1", "the value of '../id' is an object"],
        ),
        (
            {"services": [{"id": "1"}], "x": SECRET * 2_000_000},
            "$.services[*]",
            "../id",
            ["longer than 16 MB"],
        ),
    ],
)
def test_a_path_that_does_not_fit_the_document_is_refused(tmp_path, document, record, outer, words):
    path = write(tmp_path, json.dumps(document), "a.json")
    message = refusal_of(path, contract_of(tmp_path, CONTRACT % (record, f"'{outer}'")))
    assert message.startswith("a.json")
    assert all(word in message for word in words), message
    assert SECRET not in message


@pytest.mark.parametrize(
    ("name", "text", "record", "words"),
    [
        (
            "a.json",
            f'{{"services":\n [{{"id": "{SECRET}"',
            "$.services[*]",
            ["line 2", "not valid JSON, or cut off"],
        ),
        (
            "a.json",
            f'{{"services": []}}\n{{"services": "{SECRET}"}}',
            "$.services[*]",
            ["line 2", "not valid JSON"],
        ),
        (
            "a.json",
            f'{{"services": [{{"id": "{SECRET}\\ud800"}}]}}',
            "$.services[*]",
            ["half of a character"],
        ),
        (
            "a.json",
            '{"services": [{"id": "1", "id": "2"}]}',
            "$.services[*]",
            ["row 1", "the key 'id' twice"],
        ),
        ("a.ndjson", '{"id": "1"}', "$.services[*]", ["`record` belongs to another format"]),
        ("a.json", '{"id": "1"}', "Patient", ["`record` belongs to another format"]),
    ],
)
def test_a_broken_document_is_refused(tmp_path, name, text, record, words):
    message = refusal_of(write(tmp_path, text, name), contract_of(tmp_path, CONTRACT % (record, "'../id'")))
    assert message.startswith(name)
    assert all(word in message for word in words), message
    assert SECRET not in message


def test_nothing_of_a_document_stays_but_what_the_contract_takes(tmp_path):
    from ingestion.readers import read_source

    path = write(tmp_path, json.dumps(TWO), "a.json")
    with duckdb.connect() as con:
        read_source(con, path, [contract_of(tmp_path, CONTRACT % ("$.services[*]", "'../id'"), IGNORED)])
        for (table,) in con.execute("select table_name from duckdb_tables()").fetchall():
            assert SECRET not in str(con.table(table).fetchall())
