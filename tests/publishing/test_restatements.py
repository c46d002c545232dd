"""Why values are others than in the release before: from the ledger to the table readers get.

A test of each cause by itself is beside the models (_unit_tests_of_restatements.yml, disclosure/_unit_tests.yml).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.lake.delivery import Delivery
from ingestion.lake.lake import take_snapshot
from ingestion.lake.ledger import Ledger
from publishing.release import publish
from publishing.withdrawal import withdraw_release
from tests.publishing.conftest import SmallWarehouse

UNIT = "indicator_id = 'chronic_absence' and school_year = 2021"


def tell(small: SmallWarehouse, status: str) -> None:
    """What became of the attendance of 2021, and a snapshot that knows it."""
    home = small.home
    delivery = Delivery(
        *("load_a", "north.attendance", "riverbend", "north", "attendance", 2021, "annual", "a1"),
        *("attendance.csv", home.landing, ""),
    )
    Ledger(home.ledger).append(delivery.event(status, rows=1))
    take_snapshot(home)


def restated(small: SmallWarehouse) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(small.home.current_database), read_only=True) as con:
        return con.execute(
            "select indicator_id, school_year, change, cause, count(*), count(old_value), count(new_value), "
            "any_value(previous_release_id) from published.restatements group by all order by all"
        ).fetchall()


@pytest.mark.xdist_group("published")
def test_a_withdrawn_delivery_and_a_narrower_plan_restate_their_values_alone(
    tmp_path: Path, published_manifest: Any
) -> None:
    small = SmallWarehouse(tmp_path, published_manifest, children=200)
    tell(small, "accepted")
    small.build_published("first")
    publish(small.home)
    assert restated(small) == []
    first = small.home.release_folder("r0001") / "indicator_values.parquet"
    (of_unit, of_schools) = duckdb.sql(
        f"select count(*) filter ({UNIT}), count(*) filter (not ({UNIT}) and geography_level = 'school') from '{first}'"
    ).fetchall()[0]
    assert of_unit > 10

    tell(small, "withdrawn")
    small.change(f"delete from marts.indicator_cells where {UNIT}")
    small.change("update intermediate.int_cell_years set inputs_hash = 'again' where school_year = 2021")
    small.build_published("attendance of 2021 was withdrawn")
    publish(small.home)
    gone = ("chronic_absence", 2021, "removed", "data_restated", of_unit, 0, 0, "r0001")
    assert gone in restated(small)
    # what is left of the year may be hidden otherwise, and nothing else may differ
    assert {row[3] for row in restated(small) if row != gone} <= {"suppression_changed"}

    plan = small.home.reference_file("publication_plan")
    duckdb.sql(f"create table plan as from '{plan}' where geography_level <> 'school'")
    duckdb.sql("from plan").write_parquet(str(plan))
    small.change("update intermediate.int_cell_years set inputs_hash = 'once more'")
    small.build_published("schools are told no more")
    publish(small.home)
    assert {row[3] for row in restated(small)} == {"suppression_changed"}
    assert sum(row[4] for row in restated(small) if row[2] == "removed") == of_schools

    # out of force again: the next is compared with the one before
    withdraw_release(small.home, "r0003", "schools are to be told")
    small.build_published("again")
    (name,) = duckdb.sql(
        f"select max(release_id) from '{small.home.reference_file('last_release_values')}'"
    ).fetchall()[0]
    assert name == "r0002"
