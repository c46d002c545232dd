"""Open Referral's own nested example: one document feeds several tables."""

import json
from pathlib import Path

import duckdb
import pytest

from ingestion.contracts.loading import load_contract
from ingestion.readers import read_source

pytestmark = pytest.mark.samples
CONTRACT = """\
partner: hsds
entity: attendance
title: Parts of an organization
agreement: a
file: "*.json"
reader: {{record: "{record}"}}
columns:
  student_id: {{from: [id]}}
  school_id: {{from: ["{outer}"]}}
  days_enrolled: {{value: "180"}}
  days_absent: {{value: "1"}}
ignore: {ignored}
"""


@pytest.mark.parametrize(
    ("record", "outer", "parts"),
    [
        ("$.services[*]", "../id", lambda o: [(s["id"], o["id"], s) for s in o["services"]]),
        (
            "$.services[*].phones[*]",
            "../id",
            lambda o: [(p["id"], s["id"], p) for s in o["services"] for p in s["phones"]],
        ),
        (
            "$.locations[*].addresses[*]",
            "../../id",
            lambda o: [(a["id"], o["id"], a) for place in o["locations"] for a in place["addresses"]],
        ),
    ],
)
def test_an_organization_feeds_a_table_for_each_kind_of_part(
    samples: Path, tmp_path: Path, record, outer, parts
):  # type: ignore[no-untyped-def]
    path = samples / "hsds_3_examples" / "organization_full.json"
    expected = parts(json.loads(path.read_text(encoding="utf-8")))
    assert expected
    ignored = sorted({key for *_, part in expected for key in part} - {"id"})
    text = CONTRACT.format(record=record, outer=outer, ignored=ignored)
    (tmp_path / "hsds__attendance.yml").write_text(text)
    with duckdb.connect() as con:
        table = read_source(con, path, [load_contract(tmp_path / "hsds__attendance.yml")])
        rows = con.execute(f'select id, "{outer}" from {table} order by _row_number').fetchall()
    assert rows == [(part_id, outer_id) for part_id, outer_id, _ in expected]
