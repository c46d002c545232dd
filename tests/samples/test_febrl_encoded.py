"""FEBRL's made-up Australians: originals with names here, their duplicates encoded there."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from identity.private.comparing import score_encoded
from identity.private.encoding import Child, Encoder

pytestmark = pytest.mark.samples
SECRET = "made up for these tests alone 1234"


def child_of(row: dict[str, str]) -> Child:
    try:
        born = dt.datetime.strptime(row["date_of_birth"], "%Y%m%d").date()
    except ValueError:
        born = None
    # an Australian postcode has four digits
    return Child(row["given_name"], None, row["surname"], born, None, f"0{row['postcode']}")


@pytest.mark.parametrize("tells_year", [True, False])
@pytest.mark.parametrize(("dataset", "n_true", "least_recall"), [(1, 500, 0.74), (3, 1165, 0.77)])
def test_duplicates_are_found_by_their_bits(
    samples: Path, dataset: int, n_true: int, least_recall: float, tells_year: bool
) -> None:
    with (samples / "linkage_febrl_1_3" / f"dataset{dataset}.csv").open(encoding="utf-8") as file:
        rows = [{name.strip(): value.strip() for name, value in row.items()} for row in csv.DictReader(file)]
    encoder = Encoder(SECRET)
    originals, truth, told = {}, set(), []
    for number, row in enumerate(rows):
        person, kind = row["rec_id"].split("-", 2)[1:]
        if kind == "org":
            originals[person] = number
    for number, row in enumerate(rows):
        person, kind = row["rec_id"].split("-", 2)[1:]
        child = child_of(row)
        common = {"record_id": number, "member_id": number, "group_id": number}
        if kind == "org":
            told.append({**common, "partner_id": "named", **vars(child), "clk": None})
        elif kind == "dup-0":
            year = child.birth_date.year if child.birth_date and tells_year else None
            told.append(
                {
                    **common,
                    "partner_id": "encoded",
                    "clk": encoder.encode(child),
                    "clk_version": encoder.version,
                    "birth_year": year,
                }
            )
            one, other = sorted((number, originals[person]))
            truth.add((one, other))
    assert len(truth) == n_true
    with duckdb.connect() as con:
        names = ["partner_id", *vars(Child()), "clk", "clk_version", "birth_year"]
        con.register(
            "told", pa.table({name: [row.get(name) for row in told] for name in ("record_id", *names)})
        )
        con.execute(
            "create temp table record as select * replace (record_id::ubigint as record_id, birth_date::date as birth_date,"
            " middle_name::varchar as middle_name, sex::varchar as sex, birth_year::integer as birth_year),"
            " record_id::ubigint as member_id, record_id::ubigint as group_id from told"
        )
        con.execute(
            "create table pair (record_l ubigint, record_r ubigint, match_weight double, match_probability double,"
            " levels map(varchar, varchar))"
        )
        score_encoded(con, SECRET)
        found = set(
            con.execute("select record_l, record_r from pair where match_probability >= 0.9").fetchall()
        )
    assert len(found & truth) / len(found) >= 0.99
    # one duplicate in ten has another year of birth, or none: salted by it, such a pair cannot be found
    assert len(found & truth) / len(truth) >= least_recall
