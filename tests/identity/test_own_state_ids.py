"""Where every child has a state id of its own nobody has to be compared; where one has none, all have to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from identity.linking import link_persons
from identity.vault import open_vault
from ingestion.home import Home
from tests.identity.accounts_of_partners import cohort, persons, send


@pytest.fixture
def districts(tmp_path: Path) -> Home:
    """Two districts; forty of the sixty children of one are at the other too, and have state ids."""
    home = Home(tmp_path)
    north = [{**who, "state_student_id": f"S{i}"} for i, who in enumerate(cohort("N", 0, 60))]
    south = [{**who, "state_student_id": f"S{i}"} for i, who in enumerate(cohort("M", 20, 60), 20)]
    send(home, "north", *north)
    send(home, "south", *south)
    return home


def compared(home: Home) -> tuple[int, int]:
    """Accounts that were compared, and models that were fitted."""
    with open_vault(home, read_only=True) as con:
        rows = con.execute(
            "select (select count(*) from vault.record), (select count(*) from vault.model)"
        ).fetchall()
    return rows[0]


def test_nobody_is_compared_where_all_have_state_ids(districts: Home) -> None:
    counts = link_persons(districts)
    assert (counts.students, counts.persons, counts.linked) == (120, 80, 0)
    assert compared(districts) == (0, 0)


def test_one_without_a_state_id_is_compared_with_all_of_before(districts: Home) -> None:
    link_persons(districts)
    before = persons(districts)
    send(districts, "clinic", *cohort("C", 20, 40))
    assert link_persons(districts).linked == 40
    assert compared(districts) == (160, 1)
    after = persons(districts)
    assert {who: after[who] for who in before} == before
    assert all(after["clinic", f"C{i}"] == after["north", f"N{i}"] for i in range(20, 60))


def test_when_the_last_one_without_is_withdrawn_all_is_as_before(districts: Home) -> None:
    link_persons(districts)
    before = persons(districts)
    path = send(districts, "clinic", *cohort("C", 20, 40))
    link_persons(districts)
    path.unlink()
    link_persons(districts)
    assert persons(districts) == before
    assert compared(districts)[0] == 0
