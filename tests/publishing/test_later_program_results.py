"""Results of programs over releases: what was shown is recorded, and stays while few participants changed."""

from __future__ import annotations

import duckdb
import pytest

from publishing.release import publish
from tests.publishing.conftest import SmallWarehouse

pytestmark = pytest.mark.xdist_group("published")
READING = "program_id = 'club:reading' and dosage = 'all'"


def released(here: SmallWarehouse) -> list[tuple[object, ...]]:
    """What the next release says of the program."""
    here.build_published()
    folder = publish(here.home).folder
    with duckdb.connect() as con:
        return con.execute(
            f"select n_matched, round(participant_rate, 4) from '{folder}/program_results.parquet' where {READING}"
        ).fetchall()


def change(here: SmallWarehouse, n: int, successful: int) -> None:
    here.change(
        f"update marts.program_comparisons set n_participants = {n}, n_matched = {n}, n_matched_successful = {successful}, "
        f"participant_rate = {successful} / {n} where {READING}"
    )


def test_a_result_stays_until_many_participants_came(here: SmallWarehouse) -> None:
    """Of 90 participants 27 were chronically absent; one more who was, would be told by 91 and 28."""
    assert released(here) == [(90, 0.3)]
    change(here, 91, 28)
    assert released(here) == [(90, 0.3)]
    # twelve of whom six were absent: nobody is told of
    change(here, 102, 33)
    assert released(here) == [(102, 0.3235)]
    with duckdb.connect() as con:
        known = con.execute(
            "select n_matched, first_release_id, last_release_id "
            f"from '{here.home.shown_programs}' where {READING} order by 1"
        ).fetchall()
    assert [row[0] for row in known] == [90, 102]
    assert known[0][2] < known[1][1]
    # and a child less than what a release showed would be told too
    change(here, 101, 33)
    assert released(here) == [(102, 0.3235)]
